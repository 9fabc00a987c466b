//! Pair moves on designs whose columns are nearly collinear in blocks: the default ends no lower than the block algorithm.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Helpers of tests.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::seq::index::sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_linreg::{Algorithm, Params, optimality};

/// N samples of D columns in blocks of ten; columns of a block are correlated by ρ, 8 columns of D matter, noise 0.5.
fn blocks(seed: u64, n: usize, d: usize, rho: f64) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
    let mut x = DMatrix::zeros(n, d);
    for i in 0..n {
        let mut common = 0.0;
        for j in 0..d {
            if j % 10 == 0 {
                common = normal(&mut rng);
            }
            x[(i, j)] = rho.sqrt() * common + (1.0 - rho).sqrt() * normal(&mut rng);
        }
    }
    let mut t = DVector::from_fn(n, |_, _| 0.5 * normal(&mut rng));
    for j in sample(&mut rng, d, 8.min(d)) {
        let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
        t.axpy(sign * (0.5 + rng.random::<f64>()), &x.column(j), 1.0);
    }
    (x, t)
}

#[test]
fn the_default_ends_no_lower_than_the_block_algorithm_on_nearly_collinear_blocks() {
    let (mut below, mut without) = (Vec::new(), 0);
    for seed in 0..16 {
        let (x, t) = blocks(seed, 200, 100, 0.99);
        for lambda in [1.0, 9.21] {
            let fit = |params: Params| params.lambda(lambda).max_iterations(50_000).fit(&x, &t).unwrap();
            let ours = fit(Params::new());
            let plain = fit(Params::new().pair_moves(false));
            let block = fit(Params::new().algorithm(Algorithm::ExactBlock));
            println!(
                "seed {seed} λ {lambda}: {:.3} ({}) plain {:.3} ({}) block {:.3} ({}) {}",
                ours.report.objective, ours.model.kept(), plain.report.objective, plain.model.kept(),
                block.report.objective, block.model.kept(), ours.report.iterations
            );
            assert!(ours.report.objective >= plain.report.objective - 1e-9);
            without += usize::from(plain.report.objective < block.report.objective - 1e-3);
            if ours.report.objective < block.report.objective - 1e-3 {
                below.push((seed, lambda, block.report.objective - ours.report.objective));
            }
        }
    }
    println!("without pair moves {without} of 32 end below; with {below:?}");
    assert!(below.is_empty(), "{below:?}");
    assert!(without > 0, "the power twin: without pair moves some end below");
}

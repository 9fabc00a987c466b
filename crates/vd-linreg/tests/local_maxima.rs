//! Pair moves on designs whose columns are nearly collinear in blocks: the default ends no lower than the block algorithm.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Helpers of tests.

use nalgebra::{DMatrix, DVector};
use rand::seq::index::sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_linreg::{Algorithm, Params};

/// N samples of D columns in blocks of ten; columns of a block are correlated by ρ, 8 columns of D matter, noise 0.5.
fn blocks(seed: u64, n: usize, d: usize, rho: f64) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
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
fn pair_moves_end_above_the_plain_ascent_and_the_block_algorithm_on_nearly_collinear_blocks() {
    let (mut raised, mut plain_below, mut below) = (0.0, 0, Vec::new());
    for seed in 0..16 {
        let (x, t) = blocks(seed, 200, 100, 0.99);
        for lambda in [1.0, 9.21] {
            let objective = |params: Params| {
                let fit = params.lambda(lambda).max_iterations(50_000).fit(&x, &t).unwrap();
                assert!(fit.report.residual < 1e-2, "{}", fit.report.residual);
                assert!(fit.report.trace.windows(2).all(|w| w[1] >= w[0] - 1e-9 * (1.0 + w[0].abs())));
                fit.report.require_converged().unwrap().objective
            };
            let ours = objective(Params::new());
            let plain = objective(Params::new().pair_moves(false));
            let block = objective(Params::new().algorithm(Algorithm::ExactBlock));
            assert!(ours >= plain - 1e-9 * plain.abs(), "pair moves lower the objective: {plain} to {ours}");
            raised += ours - plain;
            plain_below += usize::from(plain < block - 1e-3);
            if ours < block - 1e-3 {
                below.push((seed, lambda, block - ours));
            }
        }
    }
    // Measured: without pair moves 8 of 32 fits end below the block algorithm, with them one does, by 0.19 nats; they raise the
    // objective by 37 nats in all. A maximum that three features at once would leave is left to neither.
    assert!(below.len() <= 1 && below.iter().all(|b| b.2 < 0.5), "below the block algorithm: {below:?}");
    assert!(raised > 20.0, "{raised}");
    assert!(plain_below >= 4, "the power twin: {plain_below} of 32 end below without pair moves");
}

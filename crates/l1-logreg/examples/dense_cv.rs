//! The choice of C by cross-validation on many dense rows of few features:
//! `cargo run --release -p l1-logreg --example dense_cv -- ROWS FEATURES CLASSES [FOLDS [POINTS [REPEATS]]]`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use l1_logreg::{CrossValidation, Grid, Params};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};

/// Seconds of processor time in this process, all threads, user mode (Linux).
fn user_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(") ").next().unwrap_or_default();
    after.split(' ').nth(11).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(f64::NAN) / 100.0
}

fn main() {
    let argument = |i: usize, or: usize| std::env::args().nth(i).map_or(or, |a| a.parse().unwrap());
    let (n, d, k) = (argument(1, 100_000), argument(2, 20), argument(3, 2));
    let (folds, points, repeats) = (argument(4, 3), argument(5, 10), argument(6, 3));
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let x = DMatrix::from_fn(n, d, |_, _| rng.random_range(-1.7..1.7));
    // A third of the features tell the classes apart.
    let weight = DMatrix::from_fn(d, k, |j, _| if j % 3 == 0 { rng.random_range(-1.0..1.0) } else { 0.0 });
    let scores = &x * weight;
    let t: Vec<usize> = (0..n)
        .map(|i| {
            let mut noisy = || -(-rng.random_range(1e-12..1.0_f64).ln()).ln();
            let score: Vec<f64> = (0..k).map(|c| 2.0 * scores[(i, c)] + noisy()).collect();
            (1..k).fold(0, |best, c| if score[c] > score[best] { c } else { best })
        })
        .collect();
    let cv = CrossValidation::new().folds(folds).grid(Grid::FromCMin { points, ratio: 1e4 });
    for _ in 0..repeats {
        let start = user_seconds();
        let found = Params::new().cross_validate(&x, &t, &cv).unwrap();
        println!(
            "{n} x {d}, {k} classes, {folds} folds: {:.2} s of processor; C {:.5}, mean {:.6}, {} of {points} tried, {}",
            user_seconds() - start,
            found.c(),
            found.mean[found.chosen],
            found.grid.len(),
            found.fit.report.status
        );
    }
}

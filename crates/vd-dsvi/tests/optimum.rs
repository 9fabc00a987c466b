//! With a Gaussian likelihood and orthogonal columns every weight's optimum is known in closed form: (1 + 2u)² D(√u)/√u = z²/λ.
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use kl_approx::ard;
use nalgebra::DMatrix;
use vd_dsvi::{Batch, GradientNoise, Likelihood, NoiseModel, Parametrisation, Params, Schedule, ThetaInit};

const N: usize = 64;
const D: usize = 8;

/// Columns of a Hadamard matrix, scaled: Σ_n x_nd x_ne = 0 for d ≠ e.
fn design() -> DMatrix<f64> {
    DMatrix::from_fn(N, D, |n, d| {
        let sign = if (n & (8 * d + 5)).count_ones() % 2 == 0 { 1.0 } else { -1.0 };
        sign * (0.5 + 0.25 * d as f64)
    })
}

/// z-scores that the targets give the columns at β = 1: four to be kept, four to be pruned.
const Z: [f64; D] = [8.0, -0.5, 3.0, 0.3, -5.0, 0.8, 2.0, 0.0];

/// t = Xw with wanted z-scores z_d = w_d √S_d, plus something orthogonal to every column.
fn targets(x: &DMatrix<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(N, 1, |n, _| {
        let fitted: f64 = (0..D).map(|d| x[(n, d)] * Z[d] / x.column(d).norm()).sum();
        fitted + if (n & 62).count_ones() % 2 == 0 { 0.9 } else { -0.9 }
    })
}

fn params(seed: u64) -> Params {
    let epochs = 30_000usize;
    Params::new()
        .likelihood(Likelihood::Gaussian)
        .noise(NoiseModel::Fixed { std: 1.0 })
        .batch(Batch::Full)
        .epochs(epochs)
        .learning_rate(Schedule::geometric(&[(3000.0, 0.02), (epochs as f64, 2e-5)]))
        .theta_init(ThetaInit::Normal { sd: 0.5 })
        .log_sigma2_init(-3.0)
        .report_every(epochs)
        .threads(1)
        .seed(seed)
}

/// Checks a fitted layer against the closed form at noise precision `beta` and KL weight `lambda`.
fn check(theta: &DMatrix<f64>, log_alpha: &DMatrix<f64>, beta: f64, lambda: f64, tolerance: f64, what: &str) {
    let x = design();
    for d in 0..D {
        let s = x.column(d).norm_squared();
        let least_squares = Z[d] / s.sqrt();
        match ard::optimum(beta * Z[d] * Z[d] / lambda) {
            None => {
                assert!(log_alpha[d] > 3.0, "{what}: column {d} should go, log α = {}", log_alpha[d]);
                assert!(theta[d].abs() * s.sqrt() < 0.05, "{what}: column {d}");
            }
            Some(kept) => {
                let (expected, rate) = (least_squares * kept.shrinkage, kept.alpha.ln());
                let error = (theta[d] - expected).abs() / expected.abs();
                assert!(error < tolerance, "{what}: column {d}: θ = {} for {expected}", theta[d]);
                let gap = (log_alpha[d] - rate).abs();
                assert!(gap < 4.0 * tolerance, "{what}: column {d}: log α = {} for {rate}", log_alpha[d]);
            }
        }
    }
}

#[test]
fn columns_are_orthogonal() {
    let x = design();
    let gram = x.transpose() * &x;
    assert!((0..D).all(|i| (0..D).all(|j| i == j || gram[(i, j)].abs() < 1e-9)));
    let t = targets(&x);
    for d in 0..D {
        assert!((x.column(d).dot(&t.column(0)) / x.column(d).norm() - Z[d]).abs() < 1e-9);
    }
}

#[test]
fn local_reparametrisation_reaches_the_closed_form() {
    let x = design();
    for (lambda, seed) in [(1.0, 1), (3.0, 2)] {
        for parametrisation in [Parametrisation::LogSigma2, Parametrisation::LogAlpha] {
            let fit =
                params(seed).lambda(lambda).parametrisation(parametrisation).fit(&x, &targets(&x)).unwrap();
            let layer = &fit.model.layers()[0];
            check(
                layer.theta(),
                &layer.log_alpha(),
                1.0,
                lambda,
                0.02,
                &format!("λ = {lambda}, {parametrisation:?}"),
            );
        }
    }
}

#[test]
fn weight_noise_reaches_it_too() {
    let x = design();
    let fit = params(3).gradient_noise(GradientNoise::Additive).fit(&x, &targets(&x)).unwrap();
    let layer = &fit.model.layers()[0];
    check(layer.theta(), &layer.log_alpha(), 1.0, 1.0, 0.05, "additive");
}

#[test]
fn the_learned_precision_is_the_stationary_one() {
    let x = design();
    let t = targets(&x);
    let fit = params(4).noise(NoiseModel::Learned).fit(&x, &t).unwrap();
    let layer = &fit.model.layers()[0];
    let beta = fit.model.beta();
    // β = N / (‖Xθ − t‖² + Σ S_d σ_d²).
    let residual = (&x * layer.theta() - &t).norm_squared();
    let noise: f64 = (0..D).map(|d| x.column(d).norm_squared() * layer.log_sigma2()[d].exp()).sum();
    let expected = N as f64 / (residual + noise);
    assert!((beta / expected - 1.0).abs() < 0.02, "β = {beta} for {expected}");
    check(layer.theta(), &layer.log_alpha(), beta, 1.0, 0.03, "learned β");
}

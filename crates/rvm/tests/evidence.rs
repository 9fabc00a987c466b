//! The evidence against direct N x N evaluation, and its monotone trace.

#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rvm::{Noise, RegressionParams, Status};

fn problem(seed: u64, n: usize, d: usize) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let x = DMatrix::from_fn(n, d, |_, _| rng.random_range(-1.0..1.0));
    let t = DVector::from_fn(n, |i, _| 2.0 * x[(i, 0)] - x[(i, 1)] + 0.3 * rng.random_range(-1.0..1.0));
    (x, t)
}

/// `−½ [N log 2π + log |C| + tᵀ C⁻¹ t]` by Cholesky of the N x N covariance.
fn direct(x: &DMatrix<f64>, t: &DVector<f64>, kept: &[usize], alpha: &[f64], beta: f64) -> f64 {
    let n = t.len();
    let mut c = DMatrix::identity(n, n) / beta;
    for (&j, a) in kept.iter().zip(alpha) {
        c += x.column(j) * x.column(j).transpose() / *a;
    }
    let factor = c.cholesky().expect("positive definite");
    let log_det: f64 = factor.l().diagonal().iter().map(|v| 2.0 * v.ln()).sum();
    -0.5 * (n as f64 * (2.0 * std::f64::consts::PI).ln() + log_det + t.dot(&factor.solve(t)))
}

#[test]
fn the_evidence_is_the_direct_one_and_never_falls() {
    for seed in 0..20 {
        let (x, t) = problem(seed, 40, 8);
        for noise in [Noise::Learned, Noise::Fixed(0.05)] {
            let fit =
                RegressionParams::default().bias(false).noise(noise).validate().unwrap().fit(&x, &t).unwrap();
            assert_eq!(fit.report.status, Status::Converged);
            let p = fit.model.posterior();
            let alpha: Vec<f64> = p.log_precision().iter().map(|l| l.exp()).collect();
            let expected = direct(&x, &t, p.kept(), &alpha, 1.0 / fit.model.noise_variance());
            assert!((fit.report.objective - expected).abs() < 1e-9, "{} {expected}", fit.report.objective);
            for pair in fit.report.trace.windows(2) {
                assert!(pair[1] >= pair[0] - 1e-10, "{pair:?}");
            }
            assert!(fit.report.residual < 1e-2, "{}", fit.report.residual);
        }
    }
}

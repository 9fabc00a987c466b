//! Two roads to one bound: `vd-glm`, in closed form, and `vd-dsvi`, by sampled gradients, on problems with one maximum.
#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

use kl_approx::exact;
use vd_dsvi::nalgebra::DMatrix;
use vd_dsvi::{Batch, Likelihood, Params, Schedule};
use vd_glm::{ClassificationParams, Status};

const ROWS: usize = 300;
const COLUMNS: usize = 5;

/// Columns that hardly correlate, of order 1; two of them decide, with noise.
fn problem(seed: usize) -> (DMatrix<f64>, Vec<usize>) {
    let hash = |n: usize| 2.0 * (1e4 * ((n + 7919 * seed) as f64).sin()).rem_euclid(1.0) - 1.0;
    let x = DMatrix::from_fn(ROWS, COLUMNS, |n, d| 1.7 * hash(n * 11 + 3 * d + 1));
    let t = (0..ROWS).map(|n| usize::from(x[(n, 0)] - 0.7 * x[(n, 1)] > 1.2 * hash(n * 11 + 37))).collect();
    (x, t)
}

/// Σ E log p(t | z) − Σ KL(α) by the midpoint rule over 16 standard deviations: nothing of either crate's expectations.
fn bound(x: &DMatrix<f64>, t: &[usize], weights: &[(f64, f64)]) -> f64 {
    let kl: f64 =
        weights.iter().filter(|w| w.0 != 0.0).map(|(m, v)| exact::kl(v.ln() - 2.0 * m.abs().ln())).sum();
    let row = |n: usize| {
        let sign = if t[n] == 1 { 1.0 } else { -1.0 };
        let m: f64 = weights.iter().enumerate().map(|(d, w)| w.0 * x[(n, d)]).sum();
        let v: f64 = weights.iter().enumerate().map(|(d, w)| w.1 * x[(n, d)].powi(2)).sum();
        let node = |i: usize| {
            let z = -8.0 + 0.02 * (i as f64 + 0.5);
            (-0.5 * z * z).exp() * -(-sign * (m + v.sqrt() * z)).exp().ln_1p()
        };
        (0..800).map(node).sum::<f64>() * 0.02 / (2.0 * std::f64::consts::PI).sqrt()
    };
    (0..ROWS).map(row).sum::<f64>() - kl
}

#[test]
fn the_closed_form_is_where_the_stochastic_trainer_ends() {
    for seed in 0..3 {
        let (x, t) = problem(seed);
        let fit = ClassificationParams::new().intercept(false).tolerance(1e-6).fit(&x, &t).unwrap();
        assert_eq!(fit.report.status, Status::Converged);
        let mut exact = vec![(0.0, 0.0); COLUMNS];
        for w in &fit.model.predictors()[0].weights {
            exact[w.column] = (w.mean, w.variance);
        }
        // A rate that falls to nothing averages the noise of the gradients away.
        let rate = Schedule::geometric(&[(0.0, 0.02), (2000.0, 0.02), (6000.0, 1e-5)]);
        let params = Params::new().likelihood(Likelihood::Bernoulli).intercept(false).batch(Batch::Full);
        let trained = params.epochs(6000).learning_rate(rate).seed(seed as u64).fit(&x, &t).unwrap().model;
        let layer = &trained.layers()[0];
        let sampled: Vec<(f64, f64)> =
            (0..COLUMNS).map(|d| (layer.theta()[d], layer.log_sigma2()[d].exp())).collect();

        let (ours, theirs) = (bound(&x, &t, &exact), bound(&x, &t, &sampled));
        assert!((ours - fit.report.objective).abs() < 1e-6, "{ours} is not {}", fit.report.objective);
        // The maximum is nowhere below what sampling reaches, and sampling comes close to it.
        assert!(ours >= theirs - 1e-6 && ours - theirs < 0.05, "seed {seed}: {ours}, sampled {theirs}");
        for (d, ((m, v), (n, _))) in exact.iter().zip(&sampled).enumerate() {
            if *m != 0.0 {
                assert!(
                    (m - n).abs() < 0.1 * v.sqrt().max(0.02),
                    "weight {d} of seed {seed}: {m}, sampled {n}"
                );
            }
        }
    }
}

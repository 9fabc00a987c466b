//! The objective's gradient against central differences, and the poster's signs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // Helpers of tests.

use kl_approx::{EmpiricalBayes, Exact, Sigmoid};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use vd_linreg::{Objective, Thresholding, synthetic::Spec};

fn check_gradient<P: Thresholding>(divergence: P, seed: u64, lambda: f64, intercept: bool) {
    let problem = Spec { correlation: 0.3, ..Spec::new(20, 5, 3, 0.5) }.problem(seed);
    let weights = DVector::from_fn(20, |i, _| ((i * 7 + seed as usize) % 4) as f64 * 0.5);
    let objective =
        Objective::new(&problem.x, &problem.t, Some(weights.as_slice()), intercept, lambda, divergence)
            .unwrap();
    let theta = DVector::from_fn(5, |d, _| 0.3 * (d as f64 - 1.7) + 0.01 * seed as f64 % 1.0);
    let log_alpha = DVector::from_fn(5, |d, _| 1.3 * (d as f64) - 3.0);
    let log_beta = 0.4;
    let gradient = objective.gradient(&theta, &log_alpha, log_beta).unwrap();
    let h = 1e-5;
    let difference = |f: &dyn Fn(f64) -> f64| (f(h) - f(-h)) / (2.0 * h);
    for d in 0..5 {
        let along = |v: &DVector<f64>, e: f64| {
            let mut v = v.clone();
            v[d] += e;
            v
        };
        let by_theta = difference(&|e| objective.value(&along(&theta, e), &log_alpha, log_beta).unwrap());
        let by_alpha = difference(&|e| objective.value(&theta, &along(&log_alpha, e), log_beta).unwrap());
        assert!(
            (by_theta - gradient.theta[d]).abs() < 1e-6 * (1.0 + by_theta.abs()),
            "θ_{d}: {by_theta} {}",
            gradient.theta[d]
        );
        assert!((by_alpha - gradient.log_alpha[d]).abs() < 1e-6 * (1.0 + by_alpha.abs()), "α_{d}");
    }
    let by_beta = difference(&|e| objective.value(&theta, &log_alpha, log_beta + e).unwrap());
    assert!((by_beta - gradient.log_beta).abs() < 1e-6 * (1.0 + by_beta.abs()), "β");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_gradient_is_the_objectives(seed in 0u64..1000, lambda in 0.1f64..5.0, intercept: bool) {
        check_gradient(Exact, seed, lambda, intercept);
        check_gradient(Sigmoid::ICML_2017, seed, lambda, intercept);
        check_gradient(EmpiricalBayes, seed, lambda, intercept);
    }
}

#[test]
fn theta_star_is_stationary_and_the_posters_printed_formula_is_not() {
    for seed in 0..20 {
        let problem = Spec { correlation: 0.5, ..Spec::new(30, 6, 3, 0.5) }.problem(seed);
        let objective = Objective::new(&problem.x, &problem.t, None, false, 1.0, Exact).unwrap();
        let log_alpha = DVector::from_fn(6, |d, _| d as f64 * 0.8 - 2.5);
        let size = |theta: &DVector<f64>| objective.gradient(theta, &log_alpha, 0.0).unwrap().theta.amax();
        let plus = objective.best_theta(&log_alpha, 1.0).unwrap();
        let minus = objective.best_theta(&log_alpha, -1.0).unwrap();
        let scale = problem.x.tr_mul(&problem.t).amax();
        assert!(size(&plus) < 1e-12 * scale, "θ* with a plus is stationary");
        assert!(size(&minus) > 0.01 * scale, "θ* with the poster's minus is not: {}", size(&minus));
        // And it is worse than θ*, by a lot.
        let value = |theta: &DVector<f64>| objective.value(theta, &log_alpha, 0.0).unwrap();
        assert!(value(&minus) < value(&plus) - 1.0);
    }
}

#[test]
fn the_constants_are_those_of_the_expected_log_likelihood() {
    // One object, one feature, α → 0 in effect: L → log N(t | xθ, 1/β) − λ KL.
    let (x, t) = (DMatrix::from_element(1, 1, 2.0), DVector::from_element(1, 3.0));
    let objective = Objective::new(&x, &t, None, false, 2.0, Exact).unwrap();
    let (theta, log_alpha) = (DVector::from_element(1, 1.2), DVector::from_element(1, 0.7));
    let beta: f64 = 1.5;
    let variance = 0.7f64.exp() * 1.2 * 1.2 * 4.0;
    let expected = 0.5 * (beta / (2.0 * std::f64::consts::PI)).ln()
        - 0.5 * beta * ((3.0f64 - 2.4).powi(2) + variance)
        - 2.0 * kl_approx::exact::kl(0.7);
    assert!((objective.value(&theta, &log_alpha, beta.ln()).unwrap() - expected).abs() < 1e-12);
}

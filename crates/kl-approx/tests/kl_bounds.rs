//! What is true of KL(α), and of every approximation, as properties.
//!
//! Proofs are in `docs/decisions/kl-approx-convexity.md` and on the crate's front page; here each statement is tried on random log α.
#![cfg(feature = "proptest")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests, where these are how to fail.

mod common;

use kl_approx::exact::{self, EXCESS_AT_ZERO};
use kl_approx::inverse::{self, Branch, INFLECTION, STEEPEST_SLOPE, Threshold};
use kl_approx::testing::{Claims, check, check_at, log_alphas};
use kl_approx::{Divergence, Domain, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid, ard, weight};
use proptest::prelude::*;

/// Rounding of one value, relative, several times over.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Each approximation with the largest error that its documentation states, rounded up in the last digit given there.
fn stated() -> [(&'static str, &'static dyn Divergence, Claims); 7] {
    let c = Claims::default();
    [
        ("exact", &Exact, Claims { max_abs_error: 0.0, ..c }),
        // The poster's and the ICML paper's k₁ exceed (γ + ln 2)/2, so that they leave the upper bound.
        ("poster", &Sigmoid::POSTER, Claims { max_abs_error: 0.012_90, below_upper_bound: false, ..c }),
        ("ICML 2017", &Sigmoid::ICML_2017, Claims { max_abs_error: 0.009_38, below_upper_bound: false, ..c }),
        ("minimax", &Sigmoid::MINIMAX, Claims { max_abs_error: 0.004_968, ..c }),
        ("empirical Bayes", &EmpiricalBayes, Claims { max_abs_error: EXCESS_AT_ZERO, ..c }),
        // Kingma's forms live on α ≤ 1.
        ("cubic", &KingmaCubic, Claims { max_abs_error: 0.020_18, below_upper_bound: false, ..c }),
        ("Kingma's bound", &KingmaBound, Claims { max_abs_error: 0.245_4, below_upper_bound: false, ..c }),
    ]
}

#[test]
fn every_approximation_keeps_its_stated_claims() {
    for (name, divergence, claims) in stated() {
        check(divergence, &claims).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
}

#[test]
fn the_stated_errors_are_not_generous() {
    for (name, divergence, claims) in stated() {
        if name != "exact" && name != "empirical Bayes" {
            let tighter = Claims { max_abs_error: 0.995 * claims.max_abs_error, ..claims };
            assert_eq!(check(divergence, &tighter).unwrap_err().claim, "max_abs_error", "{name}");
        }
    }
}

#[test]
fn questions_outside_a_domain_are_refused() {
    for divergence in [&KingmaCubic as &dyn Divergence, &KingmaBound] {
        let error = divergence.try_value_grad(0.1).unwrap_err();
        assert_eq!((error.log_alpha, error.domain.upper), (0.1, 0.0));
        assert!(divergence.value(0.1).is_nan());
        assert!(divergence.try_value_grad(0.0).is_ok());
        assert!(divergence.try_value_grad(f64::NAN).is_err());
    }
}

#[test]
fn the_limits_at_both_ends() {
    // KL → 1/(2α) as α → ∞ and → (γ + ln 2)/2 − ½ log α as α → 0, with the next terms' sizes.
    for l in [20.0, 40.0, 200.0, 700.0f64] {
        let first = 0.5 * (-l).exp();
        assert!((exact::kl(l) / first - 1.0).abs() <= first / 3.0 + ROUNDING);
    }
    for l in [-20.0, -40.0, -200.0, -1e10f64] {
        let limit = EXCESS_AT_ZERO - 0.5 * l;
        assert!((exact::kl(l) - limit).abs() <= 0.51 * l.exp() + ROUNDING * limit);
    }
}

#[test]
fn the_inflection_is_where_the_second_derivative_vanishes() {
    // d²KL/d(log α)² = h/2 + u/2 − u h, h = −dKL/d log α (from D' = 1 − 2xD).
    let second = |l: f64| {
        let (u, h) = (0.5 * (-l).exp(), -exact::kl_grad(l));
        0.5 * h + 0.5 * u - u * h
    };
    assert!(second(INFLECTION).abs() < 1e-15);
    assert!(second(INFLECTION - 1e-7) < 0.0 && second(INFLECTION + 1e-7) > 0.0);
    assert!((exact::kl_grad(INFLECTION) - STEEPEST_SLOPE).abs() < 1e-15);
}

proptest! {
    #[test]
    fn exact_kl_keeps_every_claim(l in log_alphas(Domain::ALL)) {
        let claims = Claims { max_abs_error: 0.0, ..Claims::default() };
        prop_assert!(check_at(&Exact, &claims, l).is_ok(), "{}", check_at(&Exact, &claims, l).unwrap_err());
    }

    /// ½ log(1 + 1/α) ≤ KL ≤ ½ log(1 + 1/α) + (γ + ln 2)/2.
    #[test]
    fn two_sided_bound(l in log_alphas(Domain::ALL)) {
        let (kl, lower) = (exact::kl(l), EmpiricalBayes.value(l));
        prop_assert!(lower <= kl * (1.0 + ROUNDING));
        prop_assert!(kl <= (lower + EXCESS_AT_ZERO) * (1.0 + ROUNDING));
    }

    /// The excess over the lower bound falls from (γ + ln 2)/2 to 0 as α rises.
    #[test]
    fn the_excess_is_monotone(a in -40.0..40.0f64, gap in 1e-3..5.0f64) {
        let excess = |l: f64| exact::kl(l) - EmpiricalBayes.value(l);
        prop_assert!(excess(a + gap) <= excess(a) + ROUNDING * exact::kl(a));
        // Its derivative, −h + ½/(1 + α), says so without the cancellation.
        let slope = exact::kl_grad(a) - EmpiricalBayes.grad(a);
        prop_assert!(slope <= ROUNDING);
    }

    #[test]
    fn strictly_decreasing(a in -700.0..700.0f64, gap in 1e-3..50.0f64) {
        let b = (a + gap).min(705.0);
        prop_assert!(exact::kl(b) < exact::kl(a));
        prop_assert!(exact::kl_grad(a) < 0.0);
    }

    /// Convex in log α above the inflection, concave below it: the mean of the ends against the middle.
    #[test]
    fn convexity_in_log_alpha(a in -30.0..30.0f64, b in -30.0..30.0f64) {
        let chord = 0.5 * (exact::kl(a) + exact::kl(b)) - exact::kl(0.5 * (a + b));
        let rounding = ROUNDING * (exact::kl(a) + exact::kl(b));
        if a.min(b) >= INFLECTION {
            prop_assert!(chord >= -rounding);
        }
        if a.max(b) <= INFLECTION {
            prop_assert!(chord <= rounding);
        }
    }

    /// Convex in α everywhere: the slope in α, (dKL/d log α)/α, rises.
    #[test]
    fn convexity_in_alpha(a in -30.0..30.0f64, gap in 1e-3..5.0f64) {
        let slope = |l: f64| exact::kl_grad(l) * (-l).exp();
        prop_assert!(slope(a) < slope(a + gap));
    }

    /// Convex and log-concave in nothing else claimed; the gradient has one minimum, at the inflection.
    #[test]
    fn the_gradient_is_unimodal(a in -30.0..30.0f64, gap in 1e-2..5.0f64) {
        let (g, next) = (exact::kl_grad(a), exact::kl_grad(a + gap));
        prop_assert!(g >= STEEPEST_SLOPE - 1e-15);
        if a >= INFLECTION {
            prop_assert!(next > g);
        }
        if a + gap <= INFLECTION {
            prop_assert!(next <= g + f64::EPSILON);
        }
    }

    #[test]
    fn alpha_from_a_divergence_and_back(l in -700.0..700.0f64) {
        let kl = exact::kl(l);
        let back = inverse::log_alpha_from_kl(kl).unwrap();
        prop_assert!((exact::kl(back) / kl - 1.0).abs() < 1e-14 + f64::EPSILON * l.abs(), "{back}");
    }

    #[test]
    fn alpha_from_a_slope_and_back(l in -30.0..700.0f64) {
        // Rounding may carry the slope just past the steepest.
        let slope = exact::kl_grad(l).max(STEEPEST_SLOPE);
        let branch = if l >= INFLECTION { Branch::Convex } else { Branch::Concave };
        let back = inverse::log_alpha_from_slope(slope, branch).unwrap();
        prop_assert!((exact::kl_grad(back) / slope - 1.0).abs() < 1e-14 + f64::EPSILON * l.abs(), "{back}");
    }

    /// u from z² satisfies its equation, is 0 just at the threshold, and the general search agrees.
    #[test]
    fn the_pruning_equation_is_solved(exponent in -10.0..300.0f64) {
        let z2 = 1.0 + 10f64.powf(exponent);
        let u = ard::threshold_u(z2).unwrap();
        prop_assert!((ard::pruning_statistic(u) / z2 - 1.0).abs() < 8.0 * f64::EPSILON);
        let Threshold::Kept { shrinkage, .. } = inverse::threshold(&Exact, z2).unwrap() else {
            return Err(TestCaseError::fail("pruned"));
        };
        prop_assert!((shrinkage - ard::shrinkage(u)).abs() < 1e-14);
    }

    #[test]
    fn at_or_below_the_threshold_the_weight_is_pruned(z2 in 0.0..=1.0f64) {
        prop_assert_eq!(ard::threshold_u(z2), None);
        for d in [&Exact as &dyn Divergence, &Sigmoid::POSTER, &Sigmoid::MINIMAX, &EmpiricalBayes] {
            prop_assert_eq!(inverse::threshold(d, z2).unwrap(), Threshold::Pruned);
        }
    }

    /// The root of every divergence's equation is the best α: no other log α has a larger profile.
    #[test]
    fn the_optimum_beats_every_other_alpha(z2 in 1.001..400.0f64, other in -12.0..12.0f64) {
        for d in [&Exact as &dyn Divergence, &Sigmoid::POSTER, &Sigmoid::MINIMAX, &EmpiricalBayes] {
            // The objective's profile over α, up to a constant: ½ z²/(1 + α) − KL(α).
            let profile = |l: f64| 0.5 * z2 / (1.0 + l.exp()) - d.value(l);
            let Threshold::Kept { log_alpha, shrinkage } = inverse::threshold(d, z2).unwrap() else {
                return Err(TestCaseError::fail("pruned"));
            };
            prop_assert!(profile(log_alpha) >= profile(other) - 1e-12);
            prop_assert!((shrinkage - 1.0 / (1.0 + log_alpha.exp())).abs() < 1e-14);
        }
    }

    /// Gradients in θ and log σ² against central differences, and their identity ∂θ · θ = −2 ∂log σ².
    #[test]
    fn gradients_in_theta_and_log_variance(theta in -4.0..4.0f64, s in -8.0..8.0f64) {
        prop_assume!(theta.abs() > 1e-2);
        for d in [&Exact as &dyn Divergence, &Sigmoid::ICML_2017, &EmpiricalBayes] {
            let kl = weight::kl(d, theta, s);
            let h = 1e-5 * theta.abs();
            let by_theta = (weight::kl(d, theta + h, s).value - weight::kl(d, theta - h, s).value) / (2.0 * h);
            let k = 1e-5;
            let by_s = (weight::kl(d, theta, s + k).value - weight::kl(d, theta, s - k).value) / (2.0 * k);
            prop_assert!((kl.d_theta - by_theta).abs() < 1e-8 * (1.0 + kl.value / theta.abs()));
            prop_assert!((kl.d_log_sigma2 - by_s).abs() < 1e-8 * (1.0 + kl.value));
            prop_assert!((kl.d_theta * theta + 2.0 * kl.d_log_sigma2).abs() < 1e-14);
        }
    }

    /// As θ → 0 the gradient in θ is θ/σ², through underflow and at 0 itself; nothing is NaN however extreme.
    #[test]
    fn theta_near_zero_and_extreme_arguments(e in -320.0..308.0f64, s in -1400.0..1400.0f64, negative: bool) {
        let theta = 10f64.powf(e) * if negative { -1.0 } else { 1.0 };
        for d in [&Exact as &dyn Divergence, &Sigmoid::POSTER, &EmpiricalBayes] {
            let kl = weight::kl(d, theta, s);
            prop_assert!(kl.value >= 0.0 && kl.d_log_sigma2 <= 0.0);
            prop_assert!(!kl.d_theta.is_nan() && kl.d_theta * theta.signum() >= 0.0);
            let log_alpha = s - 2.0 * theta.abs().ln();
            let log_limit = theta.abs().ln() - s;
            if log_alpha > 60.0 && log_limit.abs() < 690.0 && theta.abs() > 1e-300 {
                prop_assert!((kl.d_theta.abs().ln() - log_limit).abs() < 1e-12, "{} {}", kl.d_theta, log_limit);
            }
            let zero = weight::kl(d, 0.0, s);
            prop_assert_eq!((zero.value, zero.d_theta, zero.d_log_sigma2), (0.0, 0.0, 0.0));
        }
    }
}

#[test]
fn empirical_bayes_is_the_relevance_vector_machines_shrinkage() {
    for z2 in [1.01, 2.0, 4.0, 100.0] {
        let Threshold::Kept { shrinkage, .. } = inverse::threshold(&EmpiricalBayes, z2).unwrap() else {
            panic!("kept")
        };
        assert!((shrinkage - (1.0 - 1.0 / z2)).abs() < 1e-13, "{z2}: {shrinkage}");
    }
}

#[test]
fn a_divergence_that_ends_before_infinity_cannot_prune() {
    assert_eq!(inverse::threshold(&KingmaBound, 3.0).unwrap(), Threshold::AtUpperEnd { log_alpha: 0.0 });
    assert!(matches!(inverse::threshold(&KingmaBound, 5.0).unwrap(), Threshold::Kept { .. }));
}

#[test]
fn inverses_refuse_what_is_never_taken() {
    for kl in [-1e-300, f64::NAN, f64::NEG_INFINITY] {
        assert!(inverse::log_alpha_from_kl(kl).is_err());
    }
    assert_eq!(inverse::log_alpha_from_kl(0.0).unwrap(), f64::INFINITY);
    assert_eq!(inverse::log_alpha_from_kl(f64::INFINITY).unwrap(), f64::NEG_INFINITY);
    for (slope, branch) in
        [(-0.7, Branch::Convex), (0.1, Branch::Convex), (-0.49, Branch::Concave), (f64::NAN, Branch::Convex)]
    {
        assert!(inverse::log_alpha_from_slope(slope, branch).is_err(), "{slope}");
    }
    assert_eq!(inverse::log_alpha_from_slope(0.0, Branch::Convex).unwrap(), f64::INFINITY);
    assert_eq!(inverse::log_alpha_from_slope(-0.5, Branch::Concave).unwrap(), f64::NEG_INFINITY);
    assert!(inverse::threshold(&Exact, f64::NAN).is_err() && inverse::threshold(&Exact, -1.0).is_err());
    assert!(ard::threshold_u(f64::NAN).unwrap().is_nan());
    assert_eq!(ard::threshold_u(f64::INFINITY), Some(f64::INFINITY));
    assert_eq!(ard::threshold_u(f64::NEG_INFINITY), None);
}

//! The numbers that the theory gives, and a simulation of the rate of false keeps.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use kl_approx::{Exact, Sigmoid};
use proptest::prelude::*;
use vd_linreg::analysis::curves::*;
use vd_linreg::analysis::{relevance, story};
use vd_linreg::{Noise, Params, Thresholding, figures, synthetic::Spec};

#[test]
fn shrinkage_and_log_alpha_have_their_known_values() {
    // z, shrinkage, the RVM's, log α: to the digits that a 60-digit evaluation was rounded to.
    for (z, vd, rvm, log_alpha) in [
        (1.01, 0.0119, 0.0197, 4.42),
        (1.08, 0.0890, 0.1427, 2.33),
        (1.2, 0.2005, 0.3056, 1.38),
        (2.0, 0.6088, 0.75, -0.44),
        (3.0, 0.8277, 0.8889, -1.57),
        (5.0, 0.9559, 0.96, -3.08),
        (10.0, 0.9898, 0.99, -4.57),
    ] {
        let r = variational_dropout(&Exact, z, 1.0);
        assert!(
            (r.shrinkage - vd).abs() < 5.1e-5 && (r.log_alpha - log_alpha).abs() < 5.1e-3,
            "z = {z}: {r:?}"
        );
        assert!((relevance_vector_machine(z).shrinkage - rvm).abs() < 5.1e-5);
    }
}

proptest! {
    #[test]
    fn z_of_log_alpha_inverts_the_response(z in 1.0001f64..1e4, lambda in 0.1f64..20.0) {
        fn check<P: Thresholding>(divergence: P, z: f64, lambda: f64) {
            let z = z * lambda.sqrt();
            let back = z_of_log_alpha(&divergence, variational_dropout(&divergence, z, lambda).log_alpha, lambda);
            assert!((back / z - 1.0).abs() < 1e-8, "{z} {back}");
        }
        check(Exact, z, lambda);
        check(Sigmoid::ICML_2017, z, lambda);
        check(Sigmoid::POSTER, z, lambda);
    }

    #[test]
    fn the_rate_and_its_inverse_agree(rate in 1e-12f64..0.999) {
        let lambda = lambda_for_false_keep_rate(rate).unwrap();
        prop_assert!((false_keep_rate(lambda) / rate - 1.0).abs() < 1e-9);
    }
}

#[test]
fn noise_features_are_kept_at_the_predicted_rate() {
    // 60 fits of 30 noise features each on 400 objects, noise known: 1800 nearly independent trials. A binomial count is within 4
    // standard deviations with probability 0.99994; three λ make the test fail by chance once in 5000 changes of seed.
    for lambda in [1.0, 2.0, 4.0] {
        let (mut kept, trials) = (0, 60 * 30);
        for seed in 0..60 {
            let p = Spec::new(400, 30, 0, 1.0).problem(seed);
            let params = Params::new().lambda(lambda).intercept(false).noise(Noise::Fixed { precision: 1.0 });
            kept += params.fit(&p.x, &p.t).unwrap().model.support().len();
        }
        let expected = |rate: f64| (trials as f64 * rate, (trials as f64 * rate * (1.0 - rate)).sqrt());
        let (mean, sd) = expected(false_keep_rate(lambda));
        assert!(
            (kept as f64 - mean).abs() < 4.0 * sd,
            "λ = {lambda}: {kept} kept, {mean:.0} ± {sd:.0} expected"
        );
        // The power twin: the same count refutes a threshold that is wrong by a quarter.
        let (wrong, sd) = expected(false_keep_rate(1.25 * lambda));
        assert!(
            (kept as f64 - wrong).abs() > 3.0 * sd,
            "λ = {lambda}: {kept} would pass for {wrong:.0} ± {sd:.0}"
        );
    }
}

#[test]
fn the_relevance_report_is_the_operator_read_backwards() {
    let p = Spec { correlation: 0.5, ..Spec::new(100, 20, 5, 0.7) }.problem(1);
    let model = Params::new().lambda(3.0).tolerance(1e-10).fit(&p.x, &p.t).unwrap().model;
    for r in relevance(&p.x, &p.t, None, &model).unwrap() {
        let response = variational_dropout(&Exact, r.z, 3.0);
        let z = r.coefficient * model.feature_norms()[r.feature] / model.noise_std();
        assert_eq!(r.kept, r.margin > 0.0);
        assert!((response.shrinkage * r.z - z).abs() < 1e-6, "θ is the shrunk score");
        assert!(!r.kept || (response.log_alpha - r.log_alpha).abs() < 1e-6);
    }
}

#[test]
fn in_variational_dropout_it_is_the_posterior_that_becomes_a_point() {
    let p = Spec::new(60, 12, 3, 0.5).problem(4);
    let story = story::variational_dropout(&Params::new().lambda(2.0), &p.x, &p.t).unwrap();
    let last = story.steps.last().unwrap();
    assert!(!story.delta_at_zero.is_empty() && story.fitted_prior_parameters == 0);
    for &d in &story.delta_at_zero {
        assert!(last.log_alpha[d] == f64::INFINITY && last.mean[d] == 0.0 && last.std[d] == 0.0);
        // On the way there α grew and the posterior narrowed.
        assert!(story.steps[0].log_alpha[d].is_infinite() || story.steps[0].std[d] > 0.0);
    }
    assert!(p.relevant().iter().all(|d| last.log_alpha[*d] < 0.0 && last.std[*d] > 0.0));
    assert!(story.steps.windows(2).all(|w| w[1].objective >= w[0].objective - 1e-9 * w[0].objective.abs()));
}

#[test]
fn figures_are_made_of_what_they_say() {
    let figure = figures::shrinkage_figure(6.0, 60);
    for curve in &figure.shrinkage {
        assert_eq!(curve.points.len(), 60);
        assert!(curve.points.windows(2).all(|w| w[1].1 >= w[0].1), "{} rises", curve.name);
    }
    let path = figures::path_figure(&Spec::new(60, 20, 3, 0.5), 1, 0.5, 8).unwrap();
    assert_eq!(path.error.points.len(), 8);
    assert_eq!(path.coefficients.iter().filter(|c| c.name.starts_with("relevant")).count(), 3);
    let rows = figures::recovery(&Spec::new(60, 20, 3, 0.5), 1).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[3].kept, 3);
    for r in figures::recovery_reference() {
        assert!(figures::recovery_problems().iter().any(|(name, _)| *name == r.problem), "{}", r.problem);
    }
}

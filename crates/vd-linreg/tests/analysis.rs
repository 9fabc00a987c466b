//! The numbers that the theory gives, and a simulation of the rate of false keeps.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use kl_approx::{Exact, Sigmoid};
use proptest::prelude::*;
use vd_linreg::analysis::curves::*;
use vd_linreg::analysis::z_scores;
use vd_linreg::{NoiseModel, Params, Thresholding, synthetic::Spec};

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
    // 60 fits of 30 noise features each on 400 samples, noise known: 1800 nearly independent trials. A binomial count is within 4
    // standard deviations with probability 0.99994; three λ make the test fail by chance once in 5000 changes of seed.
    for lambda in [1.0, 2.0, 4.0] {
        let (mut kept, trials) = (0, 60 * 30);
        for seed in 0..60 {
            let p = Spec::new(400, 30, 0, 1.0).problem(seed);
            let params = Params::new().lambda(lambda).intercept(false).noise(NoiseModel::Fixed { std: 1.0 });
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
    for r in z_scores(&p.x, &p.t, None, &model).unwrap() {
        let response = variational_dropout(&Exact, r.z, 3.0);
        let z = r.coefficient * model.feature_norms()[r.feature] / model.noise_std();
        assert_eq!(r.kept, r.margin > 0.0);
        assert!((response.shrinkage * r.z - z).abs() < 1e-6, "θ is the shrunk score");
        assert!(!r.kept || (response.log_alpha - r.log_alpha).abs() < 1e-6);
    }
}

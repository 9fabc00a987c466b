//! A learned noise level where features outnumber samples: what the fit says when its maximum interpolates the targets.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use vd_linreg::{Fit, Model, NoiseModel, Params, Report, Status, synthetic::Problem, synthetic::Spec};

/// Share of new samples whose noise-free value lies within 1.96 predicted standard deviations.
fn coverage(model: &Model, p: &Problem) -> f64 {
    let (mean, std) = (model.predict(&p.x_test).unwrap(), model.predict_std(&p.x_test).unwrap());
    let inside = (0..mean.len()).filter(|&i| (mean[i] - p.signal_test[i]).abs() < 1.96 * std[i]).count();
    inside as f64 / mean.len() as f64
}

fn fit(p: &Problem, lambda: f64, noise: NoiseModel) -> Fit<Model, Report> {
    Params::new().lambda(lambda).noise(noise).fit(&p.x, &p.t).unwrap()
}

#[test]
fn an_interpolating_fit_says_so_and_its_intervals_are_worthless() {
    for (n, d) in [(60, 120), (100, 300), (200, 2000)] {
        for seed in 0..3 {
            let p = Spec::new(n, d, 5, 0.5).problem(seed);
            let learned = fit(&p, 1.0, NoiseModel::Learned);
            let covered = coverage(&learned.model, &p);
            assert_eq!(
                learned.report.status,
                Status::Interpolated,
                "{n} x {d}, seed {seed}: covers {covered}"
            );
            assert!(covered < 0.6 && learned.model.noise_std() < 0.25, "{n} x {d}, seed {seed}: {covered}");
            let refused = learned.report.require_converged().unwrap_err();
            assert!(refused.to_string().contains("interpolates"), "{refused}");
            // A vague prior does not help, the pre-estimate does.
            let vague = NoiseModel::LearnedWithGammaPrior { shape: 1e-6, rate: 1e-6 };
            assert_eq!(fit(&p, 1.0, vague).report.status, Status::Interpolated);
            let held = fit(&p, 1.0, NoiseModel::PreEstimated);
            assert_eq!(held.report.status, Status::Converged);
            assert!(coverage(&held.model, &p) > 0.9);
        }
    }
}

#[test]
fn a_learned_noise_level_that_means_something_is_converged() {
    for seed in 0..5 {
        // More features than samples, and a λ that keeps few of them.
        let wide = Spec::new(100, 300, 5, 0.5).problem(seed);
        let sparse = fit(&wide, 4.0, NoiseModel::Learned);
        assert_eq!(sparse.report.status, Status::Converged);
        assert!(coverage(&sparse.model, &wide) > 0.9);
        // Fewer features than samples cannot interpolate, however many are kept.
        let dense = Spec::new(60, 40, 40, 0.5).problem(seed);
        assert_ne!(fit(&dense, 1.0, NoiseModel::Learned).report.status, Status::Interpolated);
        // No noise at all: the few relevant features explain the targets, which is no interpolation.
        let exact = Spec::new(40, 60, 3, 0.0).problem(seed);
        assert_ne!(fit(&exact, 1.0, NoiseModel::Learned).report.status, Status::Interpolated);
    }
}

#[test]
fn a_callback_that_stops_a_fit_is_what_its_status_says() {
    let p = Spec::new(100, 300, 5, 0.5).problem(0);
    let params = Params::new().noise(NoiseModel::Learned);
    let stopped = params.fit_with(&p.x, &p.t, |_| std::ops::ControlFlow::Break(())).unwrap();
    assert_eq!(stopped.report.status, Status::StoppedByCallback);
}

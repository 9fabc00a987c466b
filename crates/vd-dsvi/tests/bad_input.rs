//! Bad input is refused with the error that names it; extreme input never leaves a NaN in a model.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests are tests.

use std::ops::ControlFlow;

use nalgebra::DMatrix;
use nalgebra_sparse::{CooMatrix, CsrMatrix};
use vd_dsvi::{
    Batch, Convergence, Dropout, Error, GradientNoise, InputError, Kl, Likelihood, NoiseModel, Optimiser,
    Parametrisation, Params, Real, Rows, Schedule, Status, ThetaInit,
};

fn problem() -> (DMatrix<f64>, Vec<usize>) {
    let x = DMatrix::from_fn(30, 3, |n, d| ((n * 7 + d * 5) as f64).sin());
    let t = (0..30).map(|n| usize::from(x[(n, 0)] > 0.0)).collect();
    (x, t)
}

fn quick() -> Params {
    Params::new().batch(Batch::Size(10)).epochs(2).threads(1)
}

#[test]
fn labels_and_targets() {
    let (x, mut t) = problem();
    let values = DMatrix::from_element(30, 1, 0.5);
    assert!(matches!(
        quick().fit(&x, &t[..29].to_vec()),
        Err(Error::Input(InputError::Shape { expected: 30, found: 29, .. }))
    ));
    assert!(matches!(quick().fit(&x, &vec![1; 30]), Err(Error::Input(InputError::OneClass { found: 1 }))));
    assert!(matches!(quick().fit(&x, &values), Err(Error::TargetKind { likelihood: "softmax", .. })));
    let gaussian = quick().likelihood(Likelihood::Gaussian).noise(NoiseModel::Fixed { std: 1.0 });
    assert!(matches!(gaussian.fit(&x, &t), Err(Error::TargetKind { .. })));
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let mut targets = values.clone();
        targets[7] = bad;
        let bernoulli = quick().likelihood(Likelihood::Bernoulli);
        for params in [&gaussian, &bernoulli] {
            let error = params.fit(&x, &targets).unwrap_err();
            match error {
                Error::Input(InputError::NotFinite { row: 7, col: 0, .. }) => assert!(!bad.is_finite()),
                Error::Input(InputError::TooLarge { col: 0, .. }) => assert!(bad.is_finite()),
                other => panic!("{other}"),
            }
            let column: Vec<f64> = targets.iter().copied().collect();
            assert!(params.fit(&x, &column).is_err());
        }
    }
    t[4] = 2;
    assert!(matches!(
        quick().classes(2).fit(&x, &t),
        Err(Error::Input(InputError::Label { row: 4, label: 2, classes: 2 }))
    ));
    t[4] = usize::MAX;
    let missing = quick().fit(&x, &t);
    assert!(matches!(missing, Err(Error::Input(InputError::MissingClass { class: 2, largest: usize::MAX }))));
    assert!(matches!(
        quick().likelihood(Likelihood::Bernoulli).fit(&x, &t),
        Err(Error::Input(InputError::Label { row: 4, .. }))
    ));
    assert!(matches!(
        quick().classes(2).fit(&x, &vec![0; 30]),
        Err(Error::Input(InputError::OneClass { .. }))
    ));
    let none = DMatrix::<f64>::zeros(30, 0);
    assert!(matches!(gaussian.fit(&x, &none), Err(Error::Input(InputError::Empty { .. }))));
    let outside = DMatrix::from_element(30, 1, 1.5);
    let bernoulli = quick().likelihood(Likelihood::Bernoulli).fit(&x, &outside);
    assert!(matches!(bernoulli, Err(Error::Probability { row: 0, col: 0, .. })));
}

#[test]
fn inputs() {
    let (x, t) = problem();
    for (bad, large) in [(f64::NAN, false), (f64::INFINITY, false), (f64::NEG_INFINITY, false), (1e200, true)]
    {
        let mut x = x.clone();
        x[(3, 1)] = bad;
        match quick().fit(&x, &t) {
            Err(Error::Input(InputError::NotFinite { row: 3, col: 1, .. })) => assert!(!large),
            Err(Error::Input(InputError::TooLarge { col: 1, .. })) => assert!(large),
            other => panic!("{other:?}"),
        }
        let mut coo = CooMatrix::new(30, 3);
        coo.push(3, 1, bad);
        assert!(Rows::from_csr(&CsrMatrix::from(&coo)).is_err());
    }
    let none: [usize; 0] = [];
    assert!(matches!(
        quick().fit(&DMatrix::<f64>::zeros(0, 3), &none),
        Err(Error::Input(InputError::Empty { .. }))
    ));
    assert!(matches!(
        quick().fit(&DMatrix::<f64>::zeros(30, 0), &t),
        Err(Error::Input(InputError::Empty { .. }))
    ));
    assert!(Rows::from_row_major(&[1.0, 2.0, 3.0], 2, 2).is_err());
    let model = quick().fit(&x, &t).unwrap().model;
    let wide = DMatrix::<f64>::zeros(2, 4);
    let shape = |e: Error| matches!(e, Error::Input(InputError::Shape { .. }));
    assert!(shape(model.predict(&wide).unwrap_err()));
    assert!(shape(model.compact(3.0).predict(&wide).unwrap_err()));
    assert!(shape(model.accuracy(&x, &t[..3]).unwrap_err()));
    let no_draws = model.predict_monte_carlo(&x, 0, 1).unwrap_err();
    assert!(matches!(no_draws, Error::Input(InputError::Parameter { name: "draws", .. })));
    // All-zero and constant columns are data like any other.
    let mut dull = x.clone();
    dull.column_mut(1).fill(0.0);
    dull.column_mut(2).fill(7.0);
    assert!(quick().fit(&dull, &t).is_ok());
}

#[test]
fn parameters() {
    let (x, t) = problem();
    let refused = |params: Params, name: &str| match params.fit(&x, &t) {
        Err(
            Error::Input(InputError::Parameter { name: found, .. }) | Error::Schedule { name: found, .. },
        ) => {
            assert_eq!(found, name);
        }
        other => panic!("{name}: {other:?}"),
    };
    refused(quick().batch(Batch::Size(0)), "batch");
    let large = quick().batch(Batch::Size(31)).fit(&x, &t);
    assert!(matches!(large, Err(Error::Batch { batch: 31, samples: 30 })));
    assert!(quick().batch(Batch::AtMost(31)).fit(&x, &t).is_ok());
    refused(quick().epochs(0), "epochs");
    refused(quick().report_every(0), "report_every");
    refused(quick().threads(0), "threads");
    refused(quick().hidden(&[3, 0]), "hidden");
    refused(quick().classes(1), "classes");
    refused(quick().threshold(f64::NAN), "threshold");
    refused(quick().log_sigma2_init(f64::NAN), "log_sigma2_init");
    refused(quick().theta_init(ThetaInit::Normal { sd: -1.0 }), "theta_init.sd");
    refused(quick().convergence(Convergence { window: 0, tolerance: 0.1 }), "convergence.window");
    refused(quick().convergence(Convergence { window: 1, tolerance: f64::NAN }), "convergence.tolerance");
    refused(quick().optimiser(Optimiser::Adam { beta1: 1.0, beta2: 0.9, epsilon: 1e-8 }), "optimiser.beta1");
    refused(
        quick().optimiser(Optimiser::Adam { beta1: 0.9, beta2: f64::NAN, epsilon: 1e-8 }),
        "optimiser.beta2",
    );
    refused(quick().optimiser(Optimiser::Adam { beta1: 0.9, beta2: 0.9, epsilon: 0.0 }), "optimiser.epsilon");
    refused(quick().noise(NoiseModel::Fixed { std: 0.0 }), "noise std");
    let gaussian = quick().likelihood(Likelihood::Gaussian);
    for noise in [NoiseModel::PreEstimated, NoiseModel::LearnedWithGammaPrior { shape: 1.0, rate: 1.0 }] {
        let refused = gaussian.clone().noise(noise).check();
        assert!(matches!(refused, Err(Error::Input(InputError::Combination { .. }))));
    }
    refused(quick().kl(Kl::Sigmoid { k1: 1.0, k2: f64::NAN, k3: 1.0 }), "kl.k2");
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        refused(quick().learning_rate(bad), "learning_rate");
        refused(quick().lambda(bad), "lambda");
    }
    refused(quick().learning_rate(0.0), "learning_rate");
    refused(quick().learning_rate(Schedule::linear(&[])), "learning_rate");
    refused(quick().learning_rate(Schedule::linear(&[(2.0, 0.1), (1.0, 0.2)])), "learning_rate");
    refused(quick().learning_rate(Schedule::geometric(&[(0.0, 0.1), (1.0, 0.0)])), "learning_rate");
    let alone = quick().dropout(Dropout::Fixed(0.0));
    assert!(matches!(alone.fit(&x, &t), Err(Error::Input(InputError::Combination { .. }))));
    assert!(matches!(
        quick().kl(Kl::KingmaCubic).fit(&x, &t),
        Err(Error::Input(InputError::Combination { .. }))
    ));
    assert!(Params::variational_dropout().check().is_ok());
    assert!(Params::gaussian_dropout(-1.0).check().is_ok());
    assert!(Params::poster().check().is_ok());
}

/// Whether a fit gave a model without NaN (whose predictions are probabilities) or a breakdown that names its step.
fn sound<R: Real>(params: &Params, x: &DMatrix<R>, t: &[usize], what: &str) {
    match params.fit(x, t) {
        Ok(fit) => {
            for layer in fit.model.layers() {
                assert!(layer.theta().iter().all(|v| v.is_finite()), "{what}: θ");
                assert!(layer.log_sigma2().iter().all(|v| !v.f64().is_nan()), "{what}: σ²");
            }
            let p = fit.model.predict_response(x).unwrap();
            assert!(p.iter().all(|v| (0.0..=1.0).contains(&v.f64())), "{what}: predictions");
        }
        Err(Error::Diverged { .. } | Error::Input(InputError::TooLarge { .. })) => {}
        Err(other) => panic!("{what}: {other}"),
    }
}

#[test]
fn extreme_starts_and_inputs() {
    let (x, t) = problem();
    let mut fits = 0;
    for scale in [1e-300, 1e-150, 1e-15, 1.0, 1e15, 1e150, 1e300] {
        for lambda in [0.0, 1.0, 1e6] {
            for (start, theta) in [
                (-69.0, ThetaInit::Normal { sd: 0.1 }),
                (-8.0, ThetaInit::Zero),
                (40.0, ThetaInit::Normal { sd: 1e15 }),
            ] {
                for noise in [GradientNoise::Local, GradientNoise::Multiplicative] {
                    for parametrisation in [Parametrisation::LogSigma2, Parametrisation::LogAlpha] {
                        let params = quick()
                            .epochs(12)
                            .learning_rate(0.1)
                            .lambda(lambda)
                            .theta_init(theta)
                            .log_sigma2_init(start)
                            .gradient_noise(noise)
                            .parametrisation(parametrisation);
                        let what =
                            format!("{scale:e} λ={lambda} {start} {theta:?} {noise:?} {parametrisation:?}");
                        sound(&params, &x.map(|v| v * scale), &t, &what);
                        let single = x.map(|v| (v * scale.clamp(1e-37, 1e37)) as f32);
                        sound(&params, &single, &t, &what);
                        sound(&params.clone().hidden(&[3]).intercept(true), &single, &t, &what);
                        fits += 3;
                    }
                }
            }
        }
    }
    assert_eq!(fits, 756);
}

#[test]
fn the_issue_s_table_trains() {
    // Each of these is to give a model that still predicts, not only an absence of NaN.
    let (x, t) = problem();
    let base = quick().epochs(300).learning_rate(0.05).lambda(0.1);
    let cases = [
        ("θ = 0", base.clone().theta_init(ThetaInit::Zero), 1.0),
        ("σ² = 1e-30", base.clone().log_sigma2_init(-69.1), 1.0),
        ("λ = 1e6", base.clone().lambda(1e6), 1.0),
        ("inputs 1e15", base.clone(), 1e15),
        ("inputs 1e-15", base, 1e-15),
    ];
    for (what, params, scale) in cases {
        let x = x.map(|v| v * scale);
        match params.fit(&x, &t) {
            Ok(fit) => {
                let accuracy = fit.model.accuracy(&x, &t).unwrap();
                println!("{what}: accuracy {accuracy}, sparsity {}", fit.model.sparsity_at(3.0));
                assert!(fit.report.last.elbo.is_finite());
                if scale == 1.0 && !what.contains("1e6") {
                    assert!(accuracy > 0.9, "{what}: {accuracy}");
                }
                if what.contains("1e6") {
                    assert_eq!(fit.model.sparsity_at(3.0), 1.0, "nothing is worth 10⁶ nats a weight");
                }
            }
            Err(Error::Diverged { step, .. }) => println!("{what}: broke down at step {step}"),
            Err(other) => panic!("{what}: {other}"),
        }
    }
}

#[test]
fn a_step_rate_too_large_names_the_step() {
    let (x, t) = problem();
    let params = quick().optimiser(Optimiser::Sgd).learning_rate(1e308).epochs(50);
    match params.fit(&x.map(|v| v * 1e6), &t) {
        Err(Error::Diverged { step, epoch, .. }) => assert!(step <= 3 && epoch as u64 == step / 3),
        other => panic!("{other:?}"),
    }
}

#[test]
fn endings() {
    let (x, t) = problem();
    let mut calls = 0;
    let fit = quick().epochs(50).fit_with(&x, &t, |p| {
        calls += 1;
        assert_eq!(p.epoch, calls);
        assert!((p.elbo - (p.data_term - p.lambda * p.kl)).abs() < 1e-9);
        if calls == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let fit = fit.unwrap();
    assert_eq!(
        (fit.report.status, fit.report.last.epoch, fit.report.trace.len()),
        (Status::StoppedByCallback, 4, 4)
    );
    assert!(fit.report.require_converged().is_err());
    let easy =
        quick().epochs(5000).convergence(Convergence { window: 100, tolerance: 0.05 }).learning_rate(0.01);
    let fit = easy.fit(&x, &t).unwrap();
    assert_eq!(fit.report.status, Status::Converged);
    assert!(fit.report.last.epoch < 5000 && fit.report.last.epoch.is_multiple_of(100));
    // One epoch of 30 in batches of 7: 7, 7, 7, 7, 2.
    let short = quick().batch(Batch::Size(7)).epochs(1).fit(&x, &t).unwrap();
    assert_eq!(short.report.last.step, 5);
}

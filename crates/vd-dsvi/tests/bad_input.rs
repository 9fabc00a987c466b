//! Bad input is refused with the error that names it; extreme input never leaves a NaN in a model.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests are tests.

use std::ops::ControlFlow;

use nalgebra::DMatrix;
use nalgebra_sparse::{CooMatrix, CsrMatrix};
use vd_dsvi::{
    Batch, Convergence, Dropout, Error, Kl, Likelihood, Noise, Optimiser, Parametrisation, Params, Precision,
    Real, Rows, Schedule, Status, ThetaInit,
};

fn problem() -> (DMatrix<f64>, Vec<usize>) {
    let x = DMatrix::from_fn(30, 3, |n, d| ((n * 7 + d * 5) as f64).sin());
    let t = (0..30).map(|n| usize::from(x[(n, 0)] > 0.0)).collect();
    (x, t)
}

fn quick() -> Params {
    Params::default().batch(Batch::Size(10)).epochs(2usize).threads(1usize)
}

#[test]
fn labels_and_targets() {
    let (x, mut t) = problem();
    let values = DMatrix::from_element(30, 1, 0.5);
    assert!(matches!(
        quick().fit(&x, &t[..29].to_vec()),
        Err(Error::TargetCount { objects: 30, targets: 29 })
    ));
    assert!(matches!(quick().fit(&x, &vec![1usize; 30]), Err(Error::OneClass { .. })));
    assert!(matches!(quick().fit(&x, &values), Err(Error::TargetKind { likelihood: "softmax", .. })));
    let gaussian = quick().likelihood(Likelihood::Gaussian(Precision::Fixed(1.0)));
    assert!(matches!(gaussian.fit(&x, &t), Err(Error::TargetKind { .. })));
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let mut targets = values.clone();
        targets[7] = bad;
        assert!(matches!(gaussian.fit(&x, &targets), Err(Error::Target { object: 7, output: 0, .. })));
        let bernoulli = quick().likelihood(Likelihood::Bernoulli);
        assert!(matches!(bernoulli.fit(&x, &targets), Err(Error::Target { object: 7, .. })));
    }
    t[4] = 2;
    assert!(matches!(quick().classes(2).fit(&x, &t), Err(Error::Label { object: 4, label: 2, classes: 2 })));
    t[4] = usize::MAX;
    assert!(matches!(quick().fit(&x, &t), Err(Error::Label { object: 4, .. })));
    assert!(matches!(
        quick().likelihood(Likelihood::Bernoulli).fit(&x, &t),
        Err(Error::Label { object: 4, .. })
    ));
    assert!(matches!(quick().classes(2).fit(&x, &vec![0usize; 30]), Err(Error::OneClass { .. })));
    let none = DMatrix::<f64>::zeros(30, 0);
    assert!(matches!(gaussian.fit(&x, &none), Err(Error::Shape { .. })));
}

#[test]
fn inputs() {
    let (x, t) = problem();
    for (bad, large) in [(f64::NAN, false), (f64::INFINITY, false), (f64::NEG_INFINITY, false), (1e200, true)]
    {
        let mut x = x.clone();
        x[(3, 1)] = bad;
        match quick().fit(&x, &t) {
            Err(Error::NonFiniteInput { object: 3, feature: 1, .. }) => assert!(!large),
            Err(Error::InputTooLarge { object: 3, feature: 1, .. }) => assert!(large),
            other => panic!("{other:?}"),
        }
        let mut coo = CooMatrix::new(30, 3);
        coo.push(3, 1, bad);
        assert!(Rows::from_csr(&CsrMatrix::from(&coo)).is_err());
    }
    assert!(matches!(quick().fit(&DMatrix::<f64>::zeros(0, 3), &vec![]), Err(Error::Empty { .. })));
    assert!(matches!(quick().fit(&DMatrix::<f64>::zeros(30, 0), &t), Err(Error::Empty { .. })));
    let model = quick().fit(&x, &t).unwrap().model;
    let wide = DMatrix::<f64>::zeros(2, 4);
    assert!(matches!(model.predict(&wide), Err(Error::Shape { what: "inputs", .. })));
    assert!(matches!(model.sparse(3.0).predict(&wide), Err(Error::Shape { what: "inputs", .. })));
    assert!(matches!(model.accuracy(&x, &t[..3]), Err(Error::TargetCount { .. })));
    assert!(matches!(model.predict_monte_carlo(&x, 0, 1), Err(Error::Parameter { field: "draws", .. })));
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
        Err(Error::Parameter { field, .. }) => assert_eq!(field, name),
        other => panic!("{name}: {other:?}"),
    };
    refused(quick().batch(Batch::Size(0)), "batch");
    refused(quick().batch(Batch::Size(31)), "batch");
    refused(quick().epochs(0usize), "epochs");
    refused(quick().report_every(0usize), "report_every");
    refused(quick().threads(0usize), "threads");
    refused(quick().hidden(vec![3, 0]), "hidden");
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
    refused(quick().likelihood(Likelihood::Gaussian(Precision::Fixed(0.0))), "likelihood.beta");
    refused(quick().kl(Kl::Sigmoid { k1: 1.0, k2: f64::NAN, k3: 1.0 }), "kl.k2");
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        refused(quick().learning_rate(bad), "learning_rate");
        refused(quick().kl_weight(bad), "kl_weight");
    }
    refused(quick().learning_rate(0.0), "learning_rate");
    refused(quick().learning_rate(Schedule::linear(&[])), "learning_rate");
    refused(quick().learning_rate(Schedule::linear(&[(2.0, 0.1), (1.0, 0.2)])), "learning_rate");
    refused(quick().learning_rate(Schedule::geometric(&[(0.0, 0.1), (1.0, 0.0)])), "learning_rate");
    let alone = quick().dropout(Dropout::Fixed(0.0));
    assert!(matches!(alone.fit(&x, &t), Err(Error::Combination { .. })));
    assert!(matches!(quick().kl(Kl::KingmaCubic).fit(&x, &t), Err(Error::Combination { .. })));
    assert!(Params::variational_dropout().check().is_ok());
    assert!(Params::gaussian_dropout(-1.0).check().is_ok());
    assert!(Params::poster().check().is_ok());
}

/// Whether a fit gave a model without NaN (whose predictions are probabilities) or a breakdown that names its step.
fn sound<R: Real>(params: &Params, x: &DMatrix<R>, t: &[usize], what: &str) {
    match params.fit(x, t) {
        Ok(fit) => {
            for layer in &fit.model.layers {
                assert!(layer.theta.iter().all(|v| v.is_finite()), "{what}: θ");
                assert!(layer.log_sigma2.iter().all(|v| !v.f64().is_nan()), "{what}: σ²");
            }
            let p = fit.model.predict(x).unwrap();
            assert!(p.iter().all(|v| (0.0..=1.0).contains(&v.f64())), "{what}: predictions");
        }
        Err(Error::Diverged { .. } | Error::InputTooLarge { .. }) => {}
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
                for noise in [Noise::Local, Noise::Multiplicative] {
                    for parametrisation in [Parametrisation::LogSigma2, Parametrisation::LogAlpha] {
                        let params = quick()
                            .epochs(12usize)
                            .learning_rate(0.1)
                            .kl_weight(lambda)
                            .theta_init(theta)
                            .log_sigma2_init(start)
                            .noise(noise)
                            .parametrisation(parametrisation);
                        let what =
                            format!("{scale:e} λ={lambda} {start} {theta:?} {noise:?} {parametrisation:?}");
                        sound(&params, &x.map(|v| v * scale), &t, &what);
                        let single = x.map(|v| (v * scale.clamp(1e-37, 1e37)) as f32);
                        sound(&params, &single, &t, &what);
                        sound(&params.clone().hidden(vec![3]).bias(true), &single, &t, &what);
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
    let base = quick().epochs(300usize).learning_rate(0.05).kl_weight(0.1);
    let cases = [
        ("θ = 0", base.clone().theta_init(ThetaInit::Zero), 1.0),
        ("σ² = 1e-30", base.clone().log_sigma2_init(-69.1), 1.0),
        ("λ = 1e6", base.clone().kl_weight(1e6), 1.0),
        ("inputs 1e15", base.clone(), 1e15),
        ("inputs 1e-15", base, 1e-15),
    ];
    for (what, params, scale) in cases {
        let x = x.map(|v| v * scale);
        match params.fit(&x, &t) {
            Ok(fit) => {
                let accuracy = fit.model.accuracy(&x, &t).unwrap();
                println!("{what}: accuracy {accuracy}, sparsity {}", fit.model.sparsity(3.0));
                assert!(fit.report.last.elbo.is_finite());
                if scale == 1.0 && !what.contains("1e6") {
                    assert!(accuracy > 0.9, "{what}: {accuracy}");
                }
                if what.contains("1e6") {
                    assert_eq!(fit.model.sparsity(3.0), 1.0, "nothing is worth 10⁶ nats a weight");
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
    let params = quick().optimiser(Optimiser::Sgd).learning_rate(1e308).epochs(50usize);
    match params.fit(&x.map(|v| v * 1e6), &t) {
        Err(Error::Diverged { step, epoch, .. }) => assert!(step <= 3 && epoch as u64 == step / 3),
        other => panic!("{other:?}"),
    }
}

#[test]
fn endings() {
    let (x, t) = problem();
    let mut calls = 0;
    let fit = quick().epochs(50usize).fit_with(&x, &t, |p| {
        calls += 1;
        assert_eq!(p.epoch, calls);
        assert!((p.elbo - (p.data_term - p.kl_weight * p.kl)).abs() < 1e-9);
        if calls == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let fit = fit.unwrap();
    assert_eq!(
        (fit.report.status, fit.report.last.epoch, fit.report.trace.len()),
        (Status::StoppedByCallback, 4, 4)
    );
    assert!(fit.report.summary().require_converged().is_err());
    let easy = quick()
        .epochs(5000usize)
        .convergence(Convergence { window: 100, tolerance: 0.05 })
        .learning_rate(0.01);
    let fit = easy.fit(&x, &t).unwrap();
    assert_eq!(fit.report.status, Status::Converged);
    assert!(fit.report.last.epoch < 5000 && fit.report.last.epoch.is_multiple_of(100));
    // One epoch of 30 in batches of 7: 7, 7, 7, 7, 2.
    let short = quick().batch(Batch::Size(7)).epochs(1usize).fit(&x, &t).unwrap();
    assert_eq!(short.report.last.step, 5);
}

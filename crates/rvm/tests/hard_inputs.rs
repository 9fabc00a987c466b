//! Finite inputs of every awkward kind, through every algorithm and basis: a model without NaN, or a typed error.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use nalgebra::{DMatrix, DVector};
use rvm::{
    Algorithm, Basis, Error, InputError, Kernel, Moderation, NoiseModel, OneVsRestParams, Posterior,
    RegressionParams, SoftmaxParams,
};

const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Sequential, Algorithm::MacKay, Algorithm::ExpectationMaximisation];

fn wave(i: usize, j: usize) -> f64 {
    ((i * 37 + j * 101 + i * j * 13) as f64).sin()
}

/// Designs that have broken solvers.
fn designs() -> Vec<(&'static str, DMatrix<f64>)> {
    let base = DMatrix::from_fn(24, 4, wave);
    let with = |change: &dyn Fn(&mut DMatrix<f64>)| {
        let mut x = base.clone();
        change(&mut x);
        x
    };
    vec![
        ("plain", base.clone()),
        ("duplicated columns", base.select_columns(&[0, 0, 1, 1, 0])),
        ("columns and their negatives", DMatrix::from_fn(24, 4, |i, j| wave(i, j / 2) * [1.0, -1.0][j % 2])),
        ("collinear to 1e-9", DMatrix::from_fn(24, 3, |i, j| wave(i, 0) + 1e-9 * wave(i, j))),
        (
            "collinear to one ulp",
            DMatrix::from_fn(24, 3, |i, j| wave(i, 0) * (1.0 + f64::EPSILON * j as f64)),
        ),
        ("a sum of others", with(&|x| x.set_column(3, &(x.column(0) + x.column(1) + x.column(2))))),
        ("duplicated rows", DMatrix::from_fn(24, 4, |i, j| wave(i % 3, j))),
        ("constant", DMatrix::from_element(24, 2, 3.0)),
        ("zero", DMatrix::zeros(24, 2)),
        (
            "constant but for one",
            with(&|x| x.column_mut(1).copy_from_slice(&[[5.0; 23].as_slice(), &[6.0]].concat())),
        ),
        ("an outlier of 1e300", with(&|x| x[(3, 1)] = 1e300)),
        (
            "units from 1e-300 to 1e300",
            DMatrix::from_fn(24, 4, |i, j| wave(i, j) * [1e-300, 1e-150, 1e150, 1e300][j]),
        ),
        ("subnormal", &base * 1e-310),
        ("at the top of the range", DMatrix::from_fn(24, 4, |i, j| wave(i, j).signum() * f64::MAX)),
        ("1e12 beside an offset", base.map(|v| 1e12 + v)),
        ("more columns than rows", DMatrix::from_fn(24, 60, wave)),
        ("identity", DMatrix::identity(24, 24)),
    ]
}

fn kernels() -> Vec<Kernel> {
    vec![
        Kernel::Rbf { gamma: 0.5 },
        Kernel::Rbf { gamma: 1e-12 },
        Kernel::Rbf { gamma: 1e12 },
        Kernel::Laplacian { gamma: 0.5 },
        Kernel::Linear,
        Kernel::Polynomial { degree: 5, gamma: 1.0, coef0: 1.0 },
    ]
}

fn bases() -> Vec<Basis> {
    core::iter::once(Basis::Features).chain(kernels().into_iter().map(Basis::Kernel)).collect()
}

fn whole(what: &str, p: &Posterior) {
    let numbers = p.mean().iter().chain(p.covariance().iter()).chain(p.log_precision().iter());
    assert!(numbers.into_iter().all(|v| v.is_finite()), "{what}: {p:?}");
    assert!(p.covariance().diagonal().iter().all(|v| *v >= 0.0), "{what}");
    assert!(p.quality().iter().all(|q| !q.quality.is_nan() && !q.sparsity.is_nan()), "{what}");
}

/// Errors that a finite input may honestly end in.
fn honest(what: &str, error: &Error) {
    assert!(
        matches!(error, Error::Input(InputError::Range { .. }) | Error::KernelNotFinite { .. }),
        "{what}: {error}"
    );
}

/// The fixed points start from all functions: 1e24 in every kernel value, and the first mode can't be found.
fn honest_start(what: &str, error: &Error, algorithm: Algorithm) {
    if algorithm == Algorithm::Sequential || !matches!(error, Error::Breakdown { .. }) {
        honest(what, error);
    }
}

#[test]
fn regression_ends_whole() {
    let targets: Vec<(&str, DVector<f64>)> = vec![
        ("a wave", DVector::from_fn(24, |i, _| wave(i, 0) + 0.1 * wave(i, 9))),
        ("noise-free", DVector::from_fn(24, |i, _| 2.0 * wave(i, 0))),
        ("constant", DVector::from_element(24, 7.0)),
        ("zero", DVector::zeros(24)),
        ("one spike", DVector::from_fn(24, |i, _| if i == 5 { 1e150 } else { 0.0 })),
        ("1e-150", DVector::from_fn(24, |i, _| 1e-150 * wave(i, 9))),
    ];
    for (name, x) in designs() {
        for basis in bases() {
            for (target, t) in &targets {
                for algorithm in ALGORITHMS {
                    for bias in [true, false].into_iter().filter(|b| *b || basis == Basis::Features) {
                        let what = format!("{name}, {basis:?}, {target}, {algorithm:?}, bias {bias}");
                        let params = RegressionParams::new()
                            .basis(basis.clone())
                            .algorithm(algorithm)
                            .intercept(bias)
                            .max_steps(200);
                        match params.fit(&x, t) {
                            Ok(fit) => {
                                whole(&what, fit.model.posterior());
                                assert!(fit.report.trace.iter().all(|e| e.is_finite()), "{what}");
                                assert!(!fit.report.residual.is_nan(), "{what}");
                                assert!(fit.model.noise_variance() >= 0.0, "{what}");
                                let m = fit.model.predict(&x).unwrap();
                                let s = fit.model.predict_std(&x).unwrap();
                                assert!(m.iter().chain(s.iter()).all(|v| !v.is_nan()), "{what}");
                            }
                            Err(Error::Input(InputError::ConstantTarget { .. })) => {
                                assert!(t.iter().all(|v| *v == t[0]), "{what}");
                            }
                            Err(error) => honest(&what, &error),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn fixed_noise_of_any_size_ends() {
    let x = DMatrix::from_fn(24, 4, wave);
    let t = DVector::from_fn(24, |i, _| wave(i, 0) + 0.1 * wave(i, 9));
    for std in [f64::MIN_POSITIVE, 1e-154, 1e-150, 1e-75, 1e-6, 1e6, 1e75, 1e150, 1e300] {
        for basis in bases() {
            for algorithm in ALGORITHMS {
                let what = format!("{std:e}, {basis:?}, {algorithm:?}");
                let params = RegressionParams::new().basis(basis.clone()).algorithm(algorithm);
                let machine = params.noise(NoiseModel::Fixed { std }).max_steps(200);
                match machine.fit(&x, &t) {
                    Ok(fit) => whole(&what, fit.model.posterior()),
                    Err(error) => honest(&what, &error),
                }
            }
        }
    }
}

#[test]
fn classification_ends_whole() {
    let labellings: Vec<(&str, Vec<usize>)> = vec![
        ("two, mixed", (0..24).map(|i| usize::from(wave(i, 0) + wave(i, 9) > 0.0)).collect()),
        ("two, separable", (0..24).map(|i| usize::from(wave(i, 0) > 0.0)).collect()),
        ("one against the rest", (0..24).map(|i| usize::from(i == 7)).collect()),
        ("three", (0..24).map(|i| i % 3).collect()),
    ];
    for (name, x) in designs() {
        for (labelling, labels) in &labellings {
            for algorithm in ALGORITHMS {
                for bias in [true, false] {
                    let params = OneVsRestParams::new().algorithm(algorithm).intercept(bias);
                    let params = params.max_linearisations(30);
                    for basis in bases().into_iter().filter(|b| bias || *b == Basis::Features) {
                        let what = format!("{name}, {basis:?}, {labelling}, {algorithm:?}, bias {bias}");
                        let machine = params.clone().basis(basis.clone());
                        match machine.fit(&x, labels) {
                            Ok(fit) => {
                                fit.model.posteriors().iter().for_each(|p| whole(&what, p));
                                let p = fit.model.predict_proba_with(&x, Moderation::Scaled).unwrap();
                                assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{what}");
                            }
                            Err(error) => honest_start(&what, &error, algorithm),
                        }
                    }
                    let what = format!("{name}, softmax, {labelling}, {algorithm:?}, bias {bias}");
                    let params =
                        SoftmaxParams::new().algorithm(algorithm).intercept(bias).max_linearisations(30);
                    match params.fit(&x, labels) {
                        Ok(fit) => {
                            whole(&what, fit.model.posterior());
                            let p = fit.model.predict_proba_with(&x, Moderation::Scaled).unwrap();
                            assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{what}");
                        }
                        Err(error) => honest_start(&what, &error, algorithm),
                    }
                }
            }
        }
    }
}

#[test]
fn two_samples_are_enough_and_one_is_not() {
    for intercept in [true, false] {
        let (machine, joint) =
            (OneVsRestParams::new().intercept(intercept), SoftmaxParams::new().intercept(intercept));
        let x = DMatrix::from_row_slice(2, 1, &[-1.0, 1.0]);
        let fit = machine.fit(&x, &[0, 1]).unwrap();
        fit.model.posteriors().iter().for_each(|p| whole("two samples", p));
        whole("two samples", joint.fit(&x, &[0, 1]).unwrap().model.posterior());
        let one = DMatrix::from_element(1, 1, 2.0);
        let refused = InputError::OneClass { found: 1 };
        assert_eq!(machine.fit(&one, &[0]).unwrap_err(), Error::Input(refused.clone()));
        assert_eq!(joint.fit(&one, &[0]).unwrap_err(), Error::Input(refused));
    }
}

//! Invariances and hard inputs of the regression.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rvm::{Basis, CustomKernel, Error, InputError, Kernel, NoiseModel, RegressionParams};

fn data(n: usize, d: usize) -> impl Strategy<Value = (DMatrix<f64>, DVector<f64>)> {
    (prop::collection::vec(-3.0..3.0f64, n * d), prop::collection::vec(-1.0..1.0f64, n)).prop_map(
        move |(x, e)| {
            let x = DMatrix::from_vec(n, d, x);
            let t = DVector::from_fn(n, |i, _| x[(i, 0)] + 0.3 * e[i]);
            (x, t)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Columns scaled by powers of two: weights scale back, to the bit.
    #[test]
    fn column_units_do_not_matter((x, t) in data(20, 4), e in prop::collection::vec(-200..200i32, 4)) {
        let machine = RegressionParams::new();
        let plain = machine.fit(&x, &t).unwrap();
        let scaled = DMatrix::from_fn(20, 4, |i, j| x[(i, j)] * 2f64.powi(e[j]));
        let fit = machine.fit(&scaled, &t).unwrap();
        prop_assert_eq!(plain.report.objective, fit.report.objective);
        prop_assert_eq!(plain.model.posterior().indices(), fit.model.posterior().indices());
        for j in 0..4 {
            prop_assert_eq!(plain.model.posterior().weights()[j], fit.model.posterior().weights()[j] * 2f64.powi(e[j]));
        }
    }

    /// Targets in another unit: weights and noise follow, the evidence moves by N log c.
    #[test]
    fn target_units_do_not_matter((x, t) in data(20, 3), e in -200..200i32) {
        let machine = RegressionParams::new();
        let plain = machine.fit(&x, &t).unwrap();
        let c = 2f64.powi(e);
        let fit = machine.fit(&x, &(&t * c)).unwrap();
        prop_assert_eq!(plain.model.posterior().weights() * c, fit.model.posterior().weights());
        prop_assert_eq!(plain.model.noise_variance() * c * c, fit.model.noise_variance());
        let shift = 20.0 * c.ln();
        prop_assert!((plain.report.objective - shift - fit.report.objective).abs() < 1e-9 * (1.0 + shift.abs()));
    }

    /// Rows and columns in another order: the same evidence, the same function.
    #[test]
    fn order_does_not_matter((x, t) in data(20, 4)) {
        let machine = RegressionParams::new();
        let plain = machine.fit(&x, &t).unwrap();
        let rows: Vec<usize> = (0..20).rev().collect();
        let fit = machine.fit(&x.select_rows(&rows).select_columns(&[2, 0, 3, 1]), &t.select_rows(&rows)).unwrap();
        prop_assert!((plain.report.objective - fit.report.objective).abs() < 1e-4);
        let weights = fit.model.posterior().weights();
        for (k, j) in [2, 0, 3, 1].into_iter().enumerate() {
            prop_assert!((weights[k] - plain.model.posterior().weights()[j]).abs() < 1e-2);
        }
    }

    /// A second copy of a column changes neither the evidence nor the predictions.
    #[test]
    fn a_duplicate_is_of_no_use((x, t) in data(20, 3)) {
        let machine = RegressionParams::new();
        let plain = machine.fit(&x, &t).unwrap();
        let twice = x.select_columns(&[0, 1, 2, 0]);
        let fit = machine.fit(&twice, &t).unwrap();
        prop_assert!((plain.report.objective - fit.report.objective).abs() < 1e-4);
        let difference = plain.model.predict(&x).unwrap() - fit.model.predict(&twice).unwrap();
        prop_assert!(difference.amax() < 1e-2);
    }

    /// Extreme but finite: an answer without NaN, or a typed error; and it ends.
    #[test]
    fn extreme_units_end((x, t) in data(8, 3), e in prop::sample::select(vec![-300, -150, 150, 300]), f in prop::sample::select(vec![-300, -150, 0, 150, 300])) {
        let machine = RegressionParams::new();
        let (x, t) = (x * 10f64.powi(e), t * 10f64.powi(f));
        match machine.fit(&x, &t) {
            Ok(fit) => prop_assert!(fit.model.predict(&x).unwrap().iter().all(|v| !v.is_nan())),
            Err(error) => prop_assert!(matches!(error, Error::Input(InputError::Range { .. })), "{error}"),
        }
        let kernel = RegressionParams::new().basis(Basis::Kernel(Kernel::Rbf { gamma: 1.0 }));
        match kernel.fit(&x, &t) {
            Ok(fit) => prop_assert!(fit.model.posterior().mean().iter().all(|v| v.is_finite())),
            Err(error) => prop_assert!(matches!(error, Error::Input(InputError::Range { .. })), "{error}"),
        }
    }
}

#[test]
fn collinear_pairs_are_finite() {
    let x = DMatrix::from_fn(30, 2, |i, j| (i as f64).sin() * (1.0 + 1e-9 * (i as f64).cos() * j as f64));
    let t = DVector::from_fn(30, |i, _| (i as f64).sin() + 0.1 * (3.0 * i as f64).cos());
    let fit = RegressionParams::new().fit(&x, &t).unwrap();
    assert!(fit.model.posterior().weights().amax() < 10.0);
}

#[test]
fn noise_free_targets_stop_at_the_floor() {
    let x = DMatrix::from_fn(30, 3, |i, j| ((i * (j + 2)) as f64).sin());
    let t = x.column(0) * 2.0 - x.column(2) * 0.5;
    let fit = RegressionParams::new().fit(&x, &t).unwrap();
    assert!(fit.model.noise_at_floor());
    assert!(fit.model.noise_variance() >= 0.9e-10 * t.norm_squared() / 30.0);
    assert!((fit.model.predict(&x).unwrap() - t).amax() < 1e-4);
}

#[test]
fn more_functions_than_objects_stay_bounded() {
    let x = DMatrix::from_fn(10, 40, |i, j| ((i * 37 + j * 101 + i * j) as f64).sin());
    let t = DVector::from_fn(10, |i, _| ((i * 13) as f64).cos());
    let fit = RegressionParams::new().fit(&x, &t).unwrap();
    assert!(fit.model.noise_variance() > 0.0 && fit.report.objective.is_finite());
}

/// A constant target says nothing about the noise; with a known noise level it is fitted.
#[test]
fn constant_targets_need_a_noise_level() {
    let x = DMatrix::from_fn(10, 2, |i, j| (i + j) as f64);
    for (x, value) in [(x.clone(), 0.0), (x, 5.0), (DMatrix::from_element(1, 1, 2.0), -1e300)] {
        let t = DVector::from_element(x.nrows(), value);
        for basis in [Basis::Features, Basis::Kernel(Kernel::Rbf { gamma: 1.0 })] {
            let params = RegressionParams::new().basis(basis);
            let refused = params.fit(&x, &t).unwrap_err();
            assert_eq!(refused, Error::Input(InputError::ConstantTarget { value }));
            match params.noise(NoiseModel::Fixed { std: 0.01 }).fit(&x, &t) {
                Ok(fit) => assert!((fit.model.predict(&x).unwrap() - t.clone()).amax() < 1e-2),
                // The noise variance in units of 1e300 is out of range.
                Err(error) => {
                    assert!(value < -1e299 && matches!(error, Error::Input(InputError::Range { .. })))
                }
            }
        }
    }
}

#[test]
fn a_kernel_of_ones_own() {
    let x = DMatrix::from_fn(40, 1, |i, _| i as f64 / 10.0);
    let t = x.column(0).map(f64::sin);
    let own = Kernel::Custom(CustomKernel::new(|a, b| (-(a[0] - b[0]).powi(2)).exp()));
    let machine =
        |kernel| RegressionParams::new().basis(Basis::Kernel(kernel)).noise(NoiseModel::Fixed { std: 1e-2 });
    let (mine, builtin) =
        (machine(own).fit(&x, &t).unwrap(), machine(Kernel::Rbf { gamma: 1.0 }).fit(&x, &t).unwrap());
    assert!((mine.report.objective - builtin.report.objective).abs() < 1e-3);
    assert_eq!(mine.model.relevance_vectors().unwrap().ncols(), 1);
    let bad =
        Kernel::Custom(CustomKernel::new(|a, b| if a[0] == 0.0 && b[0] == 0.1 { f64::NAN } else { 1.0 }));
    assert!(matches!(machine(bad).fit(&x, &t), Err(Error::KernelNotFinite { row: 0, centre: 1, .. })));
}

#[test]
fn bad_input_is_a_typed_error() {
    let machine = RegressionParams::new();
    let input = |result: Result<rvm::Fit<rvm::RegressionModel>, Error>| match result {
        Err(Error::Input(error)) => error,
        other => panic!("{other:?}"),
    };
    let x = DMatrix::from_fn(3, 1, |i, _| i as f64);
    assert!(matches!(input(machine.fit(&x, &[0.0, 1.0])), InputError::Shape { expected: 3, found: 2, .. }));
    let nan = input(machine.fit(&x, &[0.0, f64::INFINITY, 0.0]));
    assert!(matches!(nan, InputError::NotFinite { row: 1, .. }));
    assert!(matches!(input(machine.fit(&DMatrix::zeros(3, 0), &[0.0; 3])), InputError::Empty { .. }));
    for std in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = machine.clone().noise(NoiseModel::Fixed { std }).check();
        assert!(matches!(refused, Err(Error::Input(InputError::Parameter { name: "noise std", .. }))));
    }
    for noise in [NoiseModel::PreEstimated, NoiseModel::LearnedWithGammaPrior { shape: 1.0, rate: 1.0 }] {
        let refused = input(machine.clone().noise(noise).fit(&x, &[0.0, 1.0, 2.0]));
        assert!(matches!(refused, InputError::Combination { .. }));
    }
}

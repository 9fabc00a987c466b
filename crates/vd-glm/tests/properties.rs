//! What holds whatever the data: monotone ascent, optimality, invariances, limits.
#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

use std::ops::ControlFlow;

use nalgebra::DMatrix;
use nalgebra_sparse::{CooMatrix, CscMatrix};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_glm::{
    ClassificationParams, Coding, Error, Family, InputError, Link, RegressionParams, Slab, Status, nalgebra,
};

fn normal(rows: usize, cols: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, cols, |_, _| StandardNormal.sample(&mut rng))
}

/// Labels of noisy scores: classes overlap, so that the optimum is no limit.
fn labels(x: &DMatrix<f64>, classes: usize, seed: u64) -> Vec<usize> {
    let noise = normal(x.nrows(), classes, seed + 1000);
    let score = |n: usize, k: usize| x[(n, k % x.ncols())] * 1.3 + 1.2 * noise[(n, k)];
    (0..x.nrows())
        .map(|n| (0..classes).max_by(|&a, &b| score(n, a).total_cmp(&score(n, b))).unwrap())
        .collect()
}

fn counts(x: &DMatrix<f64>) -> Vec<f64> {
    (0..x.nrows()).map(|n| (0.7 + 0.6 * x[(n, 0)] - 0.4 * x[(n, 1)]).exp().round()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_bound_never_falls_and_the_end_is_optimal(
        seed in 0_u64..1000, classes in 2_usize..4, lambda in 0.5_f64..6.0, one_vs_rest: bool,
    ) {
        let x = normal(150, 5, seed);
        let t = labels(&x, classes, seed);
        prop_assume!((0..classes).all(|k| t.contains(&k)));
        let coding = if one_vs_rest { Coding::OneVsRest } else { Coding::Softmax };
        let params = ClassificationParams::new().classes(classes).coding(coding).lambda(lambda).tolerance(1e-4);
        let fit = params.fit(&x, &t).unwrap();
        prop_assert_eq!(fit.report.status, Status::Converged);
        // The quadrature of a softmax errs by up to 1e-7 a sample.
        let noise = if classes > 2 && !one_vs_rest { 2e-5 } else { 1e-9 };
        for pair in fit.report.trace.windows(2) {
            prop_assert!(pair[1] >= pair[0] - noise, "{:?}", fit.report.trace);
        }
        // The certificate shares no sums with the ascent, whose tolerance it confirms.
        prop_assert!(fit.report.residual < 1.01e-4, "residual {}", fit.report.residual);
    }

    #[test]
    fn a_column_is_one_decision(seed in 0_u64..1000, classes in 3_usize..6, lambda in 0.5_f64..6.0, slab: bool) {
        let x = normal(200, 8, seed);
        let t = labels(&x, classes, seed);
        prop_assume!((0..classes).all(|k| t.contains(&k)));
        let params = ClassificationParams::new().by_column(true).lambda(lambda).tolerance(1e-4);
        let params = if slab { params.slab(Slab::Learned) } else { params };
        let fit = params.fit(&x, &t).unwrap();
        prop_assert_eq!(fit.report.status, Status::Converged);
        for pair in fit.report.trace.windows(2).filter(|_| !slab) {
            prop_assert!(pair[1] >= pair[0] - 2e-5, "{:?}", fit.report.trace);
        }
        // The certificate shares no sums with the ascent.
        prop_assert!(fit.report.residual < 1.01e-4, "residual {}", fit.report.residual);
        let log_alpha = fit.model.log_alpha();
        for row in log_alpha.row_iter() {
            prop_assert!(row.iter().all(|a| a.is_finite()) || row.iter().all(|a| *a == f64::INFINITY));
            prop_assert!(row[0] == f64::INFINITY || row.max() - row.min() < 1e-9, "{row}");
        }
        prop_assert_eq!(fit.model.kept(), classes * fit.model.support().len());
    }

    #[test]
    fn counts_reach_an_optimum(seed in 0_u64..1000, lambda in 0.5_f64..6.0) {
        let x = normal(120, 5, seed);
        let fit = RegressionParams::new().lambda(lambda).tolerance(1e-4).fit(&x, &counts(&x)).unwrap();
        prop_assert_eq!(fit.report.status, Status::Converged);
        prop_assert!(fit.report.trace.windows(2).all(|p| p[1] >= p[0] - 1e-9));
        prop_assert!(fit.report.residual < 1.01e-4, "residual {}", fit.report.residual);
    }

    #[test]
    fn columns_may_be_permuted_and_rescaled(seed in 0_u64..1000) {
        let x = normal(120, 4, seed);
        let t = labels(&x, 2, seed);
        prop_assume!(t.contains(&0) && t.contains(&1));
        let order = [2, 0, 3, 1];
        let scale = [1e-6, 3.0, -250.0, 1e7];
        let moved = DMatrix::from_fn(120, 4, |n, d| x[(n, order[d])] * scale[d] + 5.0 * scale[d]);
        let params = ClassificationParams::new().lambda(1.5).tolerance(1e-5);
        let (a, b) = (params.fit(&x, &t).unwrap(), params.fit(&moved, &t).unwrap());
        for d in 0..4 {
            let (u, v) = (a.model.weights()[(order[d], 0)], b.model.weights()[(d, 0)] * scale[d]);
            prop_assert!((u - v).abs() < 1e-4 * (1.0 + u.abs()), "{u} {v}");
        }
    }
}

/// §2's coordinate ascent, written out: what a Gaussian family has to give.
#[test]
fn the_gaussian_family_is_variational_dropout_linear_regression() {
    let x = normal(80, 6, 3);
    let t: Vec<f64> = (0..80).map(|n| 2.0 + x[(n, 0)] - 0.5 * x[(n, 3)] + 0.3 * x[(n, 5)]).collect();
    let (std, lambda) = (0.4, 1.7);
    let params = RegressionParams::new().family(Family::Gaussian { std }).lambda(lambda).tolerance(1e-9);
    let fit = params.fit(&x, &t).unwrap();
    let mut centred = x.clone();
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let mean = t.iter().sum::<f64>() / 80.0;
    let mut theta = [0.0; 6];
    for _ in 0..2000 {
        for d in 0..6 {
            let residual = |n: usize| t[n] - mean - (0..6).map(|e| centred[(n, e)] * theta[e]).sum::<f64>();
            let s: f64 = centred.column(d).norm_squared();
            let q = (0..80).map(|n| centred[(n, d)] * residual(n)).sum::<f64>() + s * theta[d];
            let shrunk =
                kl_approx::ard::optimum(q * q / s / (std * std) / lambda).map_or(0.0, |k| k.shrinkage);
            theta[d] = q / s * shrunk;
        }
    }
    for d in 0..6 {
        let found = fit.model.weights()[d];
        assert!((found - theta[d]).abs() < 1e-9, "weight {d}: {found} for {}", theta[d]);
    }
}

#[test]
fn dense_and_sparse_designs_agree_and_threads_change_no_bit() {
    let mut x = normal(700, 6, 5);
    x.iter_mut().for_each(|v| *v = if v.abs() < 0.8 { 0.0 } else { *v + 1.0 });
    let t = labels(&x, 3, 5);
    let mut coo = CooMatrix::new(700, 6);
    for n in 0..700 {
        for d in 0..6 {
            if x[(n, d)] != 0.0 {
                coo.push(n, d, x[(n, d)]);
            }
        }
    }
    let sparse = CscMatrix::from(&coo);
    let params = ClassificationParams::new().lambda(2.0).tolerance(1e-5);
    let (a, b) = (params.fit(&x, &t).unwrap(), params.fit(&sparse, &t).unwrap());
    assert!((a.model.weights() - b.model.weights()).abs().max() < 1e-3);
    assert!(
        (a.model.predict_proba(&x).unwrap() - b.model.predict_proba(&sparse).unwrap()).abs().max() < 1e-4
    );
    for threads in [1, 2, 4] {
        assert_eq!(params.clone().threads(threads).fit(&x, &t).unwrap(), a, "{threads} threads");
    }
}

#[test]
fn hard_inputs_end_well() {
    let x = normal(60, 3, 9);
    // A duplicate and a constant column: one of the two carries the weight, the constant none.
    let doubled = DMatrix::from_fn(60, 5, |n, d| if d == 4 { 7.0 } else { x[(n, d % 3)] });
    let t = labels(&x, 2, 9);
    let fit = ClassificationParams::new().fit(&doubled, &t).unwrap();
    assert!(fit.model.weights()[(4, 0)] == 0.0 && fit.report.objective.is_finite());
    // Separable classes: the bound has a maximum, or the fit says that it has not reached it.
    let split: Vec<usize> = (0..60).map(|n| usize::from(x[(n, 0)] > 0.0)).collect();
    let fit = ClassificationParams::new().fit(&x, &split).unwrap();
    assert_eq!(fit.model.support(), [0]);
    assert!(fit.model.accuracy(&x, &split).unwrap() > 0.95);
    // Nothing to explain.
    let refused = ClassificationParams::new().fit(&x, &[1; 60]);
    assert_eq!(refused, Err(Error::Input(InputError::OneClass { found: 1 })));
    let zeros = RegressionParams::new().fit(&x, &[0.0; 60]);
    assert_eq!(zeros, Err(Error::Input(InputError::ConstantTarget { value: 0.0 })));
    let negative = RegressionParams::new().fit(&x, &[-1.0; 60]);
    assert!(matches!(negative, Err(Error::Target { row: 0, .. })));
    // One weight of 0 for a whole class leaves one class.
    let weights: Vec<f64> = t.iter().map(|&k| k as f64).collect();
    assert!(ClassificationParams::new().weights(&weights).fit(&x, &t).is_err());
    let probit = ClassificationParams::new().link(Link::Probit).fit(&x, &t).unwrap();
    assert!(probit.report.require_converged().is_ok());
    let three = ClassificationParams::new().link(Link::Probit).fit(&x, &labels(&x, 3, 9));
    assert!(matches!(three, Err(Error::Input(InputError::Combination { .. }))));
}

#[test]
fn weights_are_repetitions_and_offsets_are_exposures() {
    let x = normal(50, 3, 11);
    let t = counts(&x);
    let twice = DMatrix::from_fn(100, 3, |n, d| x[(n % 50, d)]);
    let repeated: Vec<f64> = (0..100).map(|n| t[n % 50]).collect();
    let params = RegressionParams::new().tolerance(1e-6);
    let a = params.clone().weights(&[2.0; 50]).fit(&x, &t).unwrap().model;
    let b = params.fit(&twice, &repeated).unwrap().model;
    assert!((a.weights() - b.weights()).abs().max() < 1e-5);
    // Offsets that are the same everywhere move the intercept.
    let c = params.clone().offsets(&[3.0; 50]).weights(&[2.0; 50]).fit(&x, &t).unwrap().model;
    assert!(
        (a.weights() - c.weights()).abs().max() < 1e-5 && (a.intercept() - c.intercept() - 3.0).abs() < 1e-5
    );
    let mean = c.predict_with_offsets(&x, &[3.0; 50]).unwrap();
    assert!((mean - a.predict(&x).unwrap()).abs().max() < 1e-4);
}

#[test]
fn a_callback_stops_a_fit_and_a_path_falls() {
    let x = normal(100, 4, 13);
    let t = labels(&x, 3, 13);
    let stopped = ClassificationParams::new().fit_with(&x, &t, |_| ControlFlow::Break(())).unwrap();
    assert_eq!(stopped.report.status, Status::StoppedByCallback);
    let path = ClassificationParams::new().path(&x, &t, &[1.0, 1000.0, 4.0]).unwrap();
    let kept: Vec<usize> = path.iter().map(|f| f.model.kept()).collect();
    assert_eq!(path.iter().map(|f| f.model.lambda()).collect::<Vec<_>>(), [1000.0, 4.0, 1.0]);
    assert!(kept[0] == 0 && kept[1] <= kept[2], "{kept:?}");
}

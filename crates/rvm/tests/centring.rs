//! Where the zero of a column lies does not matter.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rvm::{OneVsRestParams, RegressionParams, SoftmaxParams};

fn normal(rng: &mut rand_chacha::ChaCha8Rng) -> f64 {
    rng.sample(rand_distr::StandardNormal)
}

/// A year, a column of unit spread and one of noise; the first two make the target, with noise of 0.3.
fn years(seed: u64, n: usize) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let x = DMatrix::from_fn(n, 3, |_, j| match j {
        0 => 2000.0 + 10.0 * normal(&mut rng),
        1 => 50.0 + normal(&mut rng),
        _ => normal(&mut rng) - 300.0,
    });
    let t = DVector::from_fn(n, |i, _| {
        3.0 * (x[(i, 0)] - 2000.0) / 10.0 + 2.2 * (x[(i, 1)] - 50.0) + 0.3 * normal(&mut rng)
    });
    (x, t)
}

#[test]
fn columns_far_from_zero_are_found() {
    for seed in 0..10 {
        let (x, t) = years(seed, 120);
        let fit = RegressionParams::new().fit(&x, &t).unwrap();
        let support = fit.model.support();
        assert!(support.contains(&0) && support.contains(&1), "seed {seed}: {support:?}");
        let rmse = ((fit.model.predict(&x).unwrap() - &t).norm_squared() / 120.0).sqrt();
        assert!(rmse < 0.36, "seed {seed}: {rmse}");
        let labels: Vec<usize> = t.iter().map(|t| usize::from(*t > -1.0) + usize::from(*t > 1.0)).collect();
        let rate = |p: Vec<usize>| p.iter().zip(&labels).filter(|(a, b)| a == b).count() as f64 / 120.0;
        // The middle class is no half space: one-vs-rest on features can't tell it.
        let ends: Vec<usize> = labels.iter().map(|&l| usize::from(l > 0)).collect();
        let fit = OneVsRestParams::new().fit(&x, &ends).unwrap();
        assert!(fit.model.accuracy(&x, &ends).unwrap() > 0.94, "seed {seed}");
        let fit = SoftmaxParams::new().fit(&x, &labels).unwrap();
        assert!(rate(fit.model.predict(&x).unwrap()) > 0.9, "seed {seed}");
    }
}

/// The power twin: without centring the fits of `columns_far_from_zero_are_found` fail.
#[test]
fn without_centring_they_are_not() {
    let lost = (0..10).filter(|&seed| {
        let (x, t) = years(seed, 120);
        let fit = RegressionParams::new().centre(false).fit(&x, &t).unwrap();
        ((fit.model.predict(&x).unwrap() - &t).norm_squared() / 120.0).sqrt() > 0.36
    });
    assert!(lost.count() >= 5);
}

/// The intercept and the posterior of the raw columns say what the predictions say.
#[test]
fn the_raw_columns_posterior_predicts_the_same() {
    let (x, t) = years(3, 80);
    let fit = RegressionParams::new().fit(&x, &t).unwrap();
    let raw = fit.model.raw_posterior();
    let phi = x.clone().insert_column(3, 1.0).select_columns(&raw.indices);
    let (mean, std) = (fit.model.predict(&x).unwrap(), fit.model.predict_std(&x).unwrap());
    let projected = &phi * &raw.covariance;
    for n in 0..80 {
        assert!((phi.row(n).dot(&raw.mean.transpose()) - mean[n]).abs() < 1e-9);
        let line = fit.model.intercept() + x.row(n).dot(&fit.model.weights().transpose());
        assert!((line - mean[n]).abs() < 1e-9);
        let variance = projected.row(n).dot(&phi.row(n)) + fit.model.noise_variance();
        assert!((variance.sqrt() - std[n]).abs() < 1e-6, "{variance} {}", std[n]);
    }
    let labels: Vec<usize> = t.iter().map(|t| usize::from(*t > 0.0)).collect();
    let machines = OneVsRestParams::new().fit(&x, &labels).unwrap().model;
    let joint = SoftmaxParams::new().fit(&x, &labels).unwrap().model;
    let plain = rvm::Moderation::Plain;
    for (logits, weights, intercept) in [
        (machines.logits(&x, plain).unwrap(), machines.weights(), machines.intercept()),
        (joint.logits(&x, plain).unwrap(), joint.weights(), joint.intercept()),
    ] {
        let mut line = &x * weights;
        for (k, mut column) in line.column_iter_mut().enumerate() {
            column.add_scalar_mut(intercept[k]);
        }
        assert!((line - logits).amax() < 1e-8);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Columns and target moved by any amounts: the same weights, the same evidence but for what rounding takes.
    #[test]
    fn shifts_do_not_matter(seed in 0..1000_u64, shift in prop::collection::vec(-1e4..1e4_f64, 3)) {
        let (x, t) = years(seed, 60);
        let moved = DMatrix::from_fn(60, 3, |i, j| x[(i, j)] + shift[j]);
        let machine = RegressionParams::new();
        let (a, b) = (machine.fit(&x, &t).unwrap(), machine.fit(&moved, &t).unwrap());
        prop_assert_eq!(a.model.support(), b.model.support());
        prop_assert!((a.report.objective - b.report.objective).abs() < 1e-4);
        prop_assert!((a.model.weights() - b.model.weights()).amax() < 1e-3);
        let labels: Vec<usize> = t.iter().map(|t| usize::from(*t > 0.0)).collect();
        let machine = OneVsRestParams::new();
        let (a, b) = (machine.fit(&x, &labels).unwrap(), machine.fit(&moved, &labels).unwrap());
        prop_assert_eq!(a.model.support(), b.model.support());
        let p = a.model.predict_proba(&x).unwrap() - b.model.predict_proba(&moved).unwrap();
        prop_assert!(p.amax() < 1e-3);
    }

    /// Columns whose means are zero already: centring changes nothing but rounding.
    #[test]
    fn centred_columns_stay(seed in 0..1000_u64) {
        let (mut x, t) = years(seed, 60);
        for mut column in x.column_iter_mut() {
            let mean = column.mean();
            column.add_scalar_mut(-mean);
        }
        let t = t.add_scalar(-t.mean());
        let a = RegressionParams::new().fit(&x, &t).unwrap();
        let b = RegressionParams::new().centre(false).fit(&x, &t).unwrap();
        prop_assert_eq!(a.model.support(), b.model.support());
        prop_assert!((a.report.objective - b.report.objective).abs() < 1e-4);
    }
}

//! The slab, the refit and cross-validation.
#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

use std::ops::ControlFlow;

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_glm::{
    ClassificationParams, Coding, CrossValidation, Error, Family, InputError, Refit, RegressionParams, Rule,
    Slab, Status, nalgebra,
};

fn normal(rows: usize, cols: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, cols, |_, _| StandardNormal.sample(&mut rng))
}

/// Labels that the first columns decide, with some noise.
fn labels(x: &DMatrix<f64>, classes: usize, noise: f64, seed: u64) -> Vec<usize> {
    let e = normal(x.nrows(), classes, seed + 1000);
    let score = |n: usize, k: usize| x[(n, k % x.ncols())] + noise * e[(n, k)];
    let best = |n: usize| (0..classes).max_by(|&a, &b| score(n, a).total_cmp(&score(n, b))).unwrap();
    (0..x.nrows()).map(best).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Separable or not: with a slab the bound has a maximum at moderate weights, and the fit reaches it.
    #[test]
    fn with_a_slab_even_separable_classes_reach_an_optimum(
        seed in 0_u64..1000, classes in 2_usize..4, lambda in 0.5_f64..4.0, noise in 0.0_f64..0.5, learned: bool,
    ) {
        let x = normal(120, 6, seed);
        let t = labels(&x, classes, noise, seed);
        prop_assume!((0..classes).all(|k| t.contains(&k)));
        let slab = if learned { Slab::Learned } else { Slab::Precision(0.5) };
        let params = ClassificationParams::new().lambda(lambda).slab(slab).tolerance(1e-3);
        let fit = params.fit(&x, &t).unwrap();
        prop_assert_eq!(fit.report.status, Status::Converged);
        let rounding = 2e-5;
        prop_assert!(fit.report.trace.windows(2).all(|p| p[1] >= p[0] - rounding), "{:?}", fit.report.trace);
        prop_assert!(fit.report.residual < 0.05, "residual {}", fit.report.residual);
        prop_assert!(fit.model.slabs().iter().all(|a| *a > 0.0));
    }
}

/// Ridge regression and its precision satisfy their equations: with the Gaussian family both are in closed form.
#[test]
fn the_refit_is_ridge_regression_of_learned_precision() {
    let x = normal(90, 7, 3);
    let t: Vec<f64> = (0..90).map(|n| 1.0 + 0.8 * x[(n, 0)] - 0.6 * x[(n, 3)] + 0.3 * x[(n, 5)]).collect();
    let std = 0.5;
    let params =
        RegressionParams::new().family(Family::Gaussian { std }).lambda(3.0).tolerance(1e-9).max_rounds(1000);
    let plain = params.fit(&x, &t).unwrap().model;
    let model = params.refit(Refit::Ridge).fit(&x, &t).unwrap().model;
    assert_eq!(model.support(), plain.support());
    // Standardised columns and centred targets.
    let mut z = x.clone();
    for mut column in z.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
        let scale = (column.norm_squared() / 90.0).sqrt();
        column /= scale;
    }
    let scale = |d: usize| x.column(d).variance().sqrt();
    let kept = model.support();
    let weight = |d: usize| model.predictor().weights.iter().find(|w| w.column == d).unwrap();
    let theta: Vec<f64> = kept.iter().map(|&d| weight(d).mean * scale(d)).collect();
    let variance: Vec<f64> = kept.iter().map(|&d| weight(d).variance * scale(d) * scale(d)).collect();
    let square: f64 = theta.iter().zip(&variance).map(|(m, v)| m * m + v).sum();
    let a = kept.len() as f64 / square;
    let mean = t.iter().sum::<f64>() / 90.0;
    for (i, &d) in kept.iter().enumerate() {
        let fitted = |n: usize| kept.iter().zip(&theta).map(|(&d, m)| z[(n, d)] * m).sum::<f64>();
        let slope: f64 = (0..90).map(|n| z[(n, d)] * (t[n] - mean - fitted(n))).sum::<f64>() / (std * std);
        assert!(
            (slope - a * theta[i]).abs() < 1e-3 * a * theta[i].abs(),
            "column {d}: {slope} {}",
            a * theta[i]
        );
        let expected = 1.0 / (90.0 / (std * std) + a);
        assert!((variance[i] / expected - 1.0).abs() < 1e-4, "column {d}: {} {expected}", variance[i]);
    }
}

#[test]
fn cross_validation_finds_what_matters_whatever_the_threads() {
    let x = normal(400, 12, 7);
    let noise = normal(400, 1, 8);
    let t: Vec<usize> =
        (0..400).map(|n| usize::from(1.2 * x[(n, 2)] - x[(n, 9)] + noise[(n, 0)] > 0.0)).collect();
    let cv = CrossValidation::new().points(12);
    let params = ClassificationParams::new().slab(Slab::Learned);
    let chosen = params.cross_validate(&x, &t, &cv).unwrap();
    let support = chosen.fit.model.support();
    assert!(support.contains(&2) && support.contains(&9), "{support:?}");
    assert_eq!(chosen.fit.model.lambda(), chosen.curve[chosen.chosen].lambda);
    assert!(chosen.curve.windows(2).all(|p| p[1].lambda <= p[0].lambda));
    let least = chosen.curve.iter().map(|p| p.error).fold(f64::INFINITY, f64::min);
    let minimum = params.cross_validate(&x, &t, &cv.clone().rule(Rule::Minimum)).unwrap();
    assert_eq!(minimum.curve[minimum.chosen].error, least);
    for threads in [1, 3] {
        assert_eq!(
            params.clone().threads(threads).cross_validate(&x, &t, &cv).unwrap(),
            chosen,
            "{threads} threads"
        );
    }
    let stopped = params.cross_validate_with(&x, &t, &cv, |_| ControlFlow::Break(())).unwrap();
    assert_eq!((stopped.fit.report.status, stopped.curve.len()), (Status::StoppedByCallback, 2));
}

#[test]
fn counts_are_cross_validated_and_bad_settings_refused() {
    let x = normal(200, 6, 17);
    let t: Vec<f64> = (0..200).map(|n| (0.5 + 0.7 * x[(n, 1)]).exp().round()).collect();
    let cv = CrossValidation::new().points(8).folds(4);
    let chosen = RegressionParams::new().cross_validate(&x, &t, &cv).unwrap();
    assert!(chosen.fit.model.support().contains(&1));
    let refused = RegressionParams::new().cross_validate(&x, &t, &cv.clone().folds(1));
    assert!(matches!(refused, Err(Error::Input(InputError::Folds { .. }))));
    assert!(RegressionParams::new().cross_validate(&x, &t, &cv.clone().folds(500)).is_err());
    assert!(RegressionParams::new().cross_validate(&x, &t, &cv.refits(&[])).is_err());
    assert!(RegressionParams::new().slab(Slab::Precision(-1.0)).fit(&x, &t).is_err());
}

/// A rare class that some folds lack is no error, and every tolerance that is allowed works.
#[test]
fn rare_classes_and_the_largest_tolerance() {
    let x = normal(80, 3, 23);
    let mut t = labels(&x, 2, 0.5, 23);
    t[5] = 2;
    let cv = CrossValidation::new().points(5);
    for coding in [Coding::Softmax, Coding::OneVsRest] {
        let params = ClassificationParams::new().coding(coding).slab(Slab::Learned).tolerance(0.1);
        assert_eq!(params.cross_validate(&x, &t, &cv).unwrap().fit.model.classes(), 3);
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_damaged_model_is_an_error() {
    let x = normal(60, 3, 29);
    let t = labels(&x, 2, 0.5, 29);
    let fit = ClassificationParams::new().slab(Slab::Learned).fit(&x, &t).unwrap();
    let text = serde_json::to_string(&fit.model).unwrap();
    let again: vd_glm::Classifier = serde_json::from_str(&text).unwrap();
    assert_eq!(again, fit.model);
    for (from, to) in [
        ("\"features\":3", "\"features\":0"),
        ("\"classes\":2", "\"classes\":1"),
        ("\"lambda\":1.0", "\"lambda\":-1.0"),
    ] {
        assert!(text.contains(from), "{text}");
        assert!(serde_json::from_str::<vd_glm::Classifier>(&text.replace(from, to)).is_err(), "{to}");
    }
}

/// Fifteen rows of thirty columns and labels that mean nothing: a fit with sample weights takes the same road as one with repeated rows.
#[test]
fn weights_are_repetitions_where_labels_are_noise() {
    let (mut compared, mut worst) = (0, 0.0_f64);
    for seed in 0..40 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let x = DMatrix::from_fn(15, 30, |_, _| rng.random::<f64>());
        let t: Vec<usize> = (0..15).map(|_| rng.random_range(0..3)).collect();
        let counts: Vec<usize> = (0..15).map(|_| rng.random_range(0..5)).collect();
        let rows: Vec<usize> = (0..15).flat_map(|n| core::iter::repeat_n(n, counts[n])).collect();
        let repeated: Vec<usize> = rows.iter().map(|&n| t[n]).collect();
        if !(0..3).all(|k| repeated.contains(&k)) {
            continue;
        }
        let params =
            ClassificationParams::new().classes(3).lambda(4.5).slab(Slab::Learned).refit(Refit::Ridge);
        let weights: Vec<f64> = counts.iter().map(|&c| c as f64).collect();
        let a = params.clone().weights(&weights).fit(&x, &t).unwrap();
        let b = params.fit(&x.select_rows(&rows), &repeated).unwrap();
        let apart = (a.model.predict_proba(&x).unwrap() - b.model.predict_proba(&x).unwrap()).abs().max();
        worst = worst.max(apart);
        compared += 1;
    }
    assert!(compared > 25 && worst < 1e-6, "{compared} {worst}");
}

/// Three classes in a row along four columns that say much the same, the first of them apart: few weights, of large variances.
#[test]
fn classes_in_a_row_reach_an_optimum() {
    for seed in 0..12 {
        let e = normal(105, 4, seed);
        let t: Vec<usize> = (0..105).map(|n| n % 3).collect();
        let place = [-1.3, 0.3, 1.0];
        let x = DMatrix::from_fn(105, 4, |n, d| place[t[n]] + [0.5, 0.9, 0.2, 0.25][d] * e[(n, d)]);
        for lambda in [1.0, 4.0, 9.0] {
            let params = ClassificationParams::new().lambda(lambda).slab(Slab::Learned);
            let report = params.fit(&x, &t).unwrap().report;
            assert_eq!(report.status, Status::Converged, "seed {seed}, lambda {lambda}");
            assert!(report.residual < 1.01e-2, "seed {seed}, lambda {lambda}: residual {}", report.residual);
        }
    }
}

/// What a column separates has no largest weight: the learned slab bounds it, and the fit has a maximum. (It can be slow to reach.)
#[test]
fn separable_classes_have_a_maximum() {
    let mut converged = 0;
    for seed in 0..6 {
        let x = normal(90, 6, seed);
        for cuts in [&[0.0][..], &[-0.5, 0.5]] {
            let t: Vec<usize> = x.column(0).iter().map(|v| cuts.iter().filter(|&c| v > c).count()).collect();
            for coding in [Coding::Softmax, Coding::OneVsRest] {
                let params = ClassificationParams::new().lambda(5.0).coding(coding).slab(Slab::Learned);
                let fit = params.refit(Refit::Ridge).fit(&x, &t).unwrap();
                let support = fit.model.support();
                assert!(support.starts_with(&[0]) && support.len() <= 2, "{seed}, {cuts:?}: {support:?}");
                assert!(fit.model.weights().amax() < 60.0, "{}", fit.model.weights());
                converged += usize::from(fit.report.status == Status::Converged);
            }
        }
    }
    assert!(converged >= 22, "{converged} of 24");
}

/// `max_rounds` holds for all that λ selects with, the rounds that learn the slab included.
#[test]
fn the_limit_of_rounds_is_one_limit() {
    let x = normal(200, 12, 3);
    let t: Vec<usize> = (0..200).map(|n| usize::from(x[(n, 0)] + x[(n, 1)] > 0.3 * x[(n, 2)])).collect();
    for most in [1, 2, 5] {
        let params = ClassificationParams::new().lambda(0.01).slab(Slab::Learned).max_rounds(most);
        let report = params.fit(&x, &t).unwrap().report;
        assert_eq!((report.status, report.iterations), (Status::MaxIterations, most));
    }
}

//! Fits from means and centred products: the same whatever the partitioning, and the same as from rows.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use vd_linreg::synthetic::Spec;
use vd_linreg::{
    Averaging, CrossValidation, Error, FoldStatistics, InputError, Model, NoiseModel, Params, Refit, Rule,
    Statistics, analysis::z_scores, z_scores_statistics,
};

fn statistics(x: &DMatrix<f64>, t: &DVector<f64>) -> Statistics {
    let mut s = Statistics::new(x.ncols()).unwrap();
    s.update(x, t).unwrap();
    s
}

/// Largest difference of two models' weights, intercepts and noise levels, relative to the largest weight (in standardised units), the target's scale, and the noise.
fn difference(a: &Model, b: &Model) -> f64 {
    let (p, q) = (a.standardised_coefficients(), b.standardised_coefficients());
    let weights = (&p - &q).amax() / q.amax().max(1e-300);
    let intercepts = (a.intercept() - b.intercept()).abs() / (1.0 + b.intercept().abs());
    weights.max(intercepts).max((a.noise_std() / b.noise_std() - 1.0).abs())
}

fn problem(seed: u64) -> (DMatrix<f64>, DVector<f64>) {
    let p = Spec::new(300, 30, 5, 0.5).problem(seed);
    // Scales and means of all sizes.
    let mut x = p.x.clone();
    for (j, mut column) in x.column_iter_mut().enumerate() {
        column *= 10_f64.powi(j as i32 % 7 - 3);
        column.add_scalar_mut(10_f64.powi(j as i32 % 5 - 1));
    }
    (x, p.t.add_scalar(100.0))
}

#[test]
fn a_fit_is_that_of_the_rows() {
    for seed in 0..5 {
        let (x, t) = problem(seed);
        let s = statistics(&x, &t);
        for params in [
            Params::new(),
            Params::new().lambda(6.0).refit(Refit::LeastSquares),
            Params::new().noise(NoiseModel::Learned),
            Params::new().noise(NoiseModel::Fixed { std: 0.5 }),
            Params::new().intercept(false),
        ] {
            let (found, expected) = (params.fit_statistics(&s).unwrap(), params.fit(&x, &t).unwrap());
            assert_eq!(found.model.support(), expected.model.support());
            assert_eq!(found.report.status, expected.report.status);
            let off = difference(&found.model, &expected.model);
            assert!(off < 1e-9, "{off:e}");
            let gap = (found.report.objective - expected.report.objective).abs();
            assert!(gap < 1e-8 * (1.0 + expected.report.objective.abs()), "{gap:e}");
            let found_z = z_scores_statistics(&s, &found.model).unwrap();
            let expected_z = z_scores(&x, &t, None, &expected.model).unwrap();
            for (a, b) in found_z.iter().zip(&expected_z) {
                assert_eq!((a.feature, a.kept), (b.feature, b.kept));
                assert!((a.z - b.z).abs() < 1e-7 * (1.0 + b.z.abs()), "{a:?} {b:?}");
            }
            // The means and norms that a prediction's deviation needs.
            let row = x.rows(7, 1).into_owned();
            let (a, b) = (found.model.predict(&row).unwrap()[0], expected.model.predict(&row).unwrap()[0]);
            assert!((a - b).abs() < 1e-8 * b.abs().max(1.0));
        }
        let lambdas = [50.0, 10.0, 4.0, 1.0];
        let params = Params::new().refit(Refit::LeastSquares);
        let (found, expected) =
            (params.path_statistics(&s, &lambdas).unwrap(), params.path(&x, &t, &lambdas).unwrap());
        assert!((found.empty_from / expected.empty_from - 1.0).abs() < 1e-9);
        for (a, b) in found.fits.iter().zip(&expected.fits) {
            assert!(difference(&a.model, &b.model) < 1e-9);
        }
        let averaging = Averaging::new();
        let averaged = Params::new().average_statistics(&s, &averaging).unwrap();
        let expected = Params::new().fit_averaged(&x, &t, &averaging).unwrap();
        assert_eq!(averaged.fit.model.support(), expected.fit.model.support());
        assert!(difference(&averaged.fit.model, &expected.fit.model) < 1e-6);
        let groups: Vec<usize> = (0..30).map(|j| j / 3).collect();
        let averaged = Params::new().average_statistics_groups(&s, &groups, &averaging).unwrap();
        let expected = Params::new().fit_averaged_groups(&x, &t, &groups, &averaging).unwrap();
        assert_eq!(averaged.fit.model.support(), expected.fit.model.support());
        assert!(difference(&averaged.fit.model, &expected.fit.model) < 1e-6);
    }
}

/// The tolerance has a twin: statistics of one row less are another fit by far more.
#[test]
fn one_row_less_is_seen() {
    let (x, t) = problem(0);
    let fewer = statistics(&x.rows(0, 299).into_owned(), &t.rows(0, 299).into_owned());
    let (a, b) = (Params::new().fit_statistics(&fewer).unwrap(), Params::new().fit(&x, &t).unwrap());
    assert!(difference(&a.model, &b.model) > 1e-6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_partitioning_does_not_matter(
        seed in 0_u64..100,
        cuts in proptest::collection::vec(0_usize..300, 0..8),
        order in any::<u64>(),
        shift in -1e6..1e6,
    ) {
        let (x, t) = problem(seed);
        let x = x.add_scalar(shift);
        let whole = statistics(&x, &t);
        let mut ends: Vec<usize> = cuts.into_iter().chain([0, 300]).collect();
        ends.sort_unstable();
        let mut parts: Vec<Statistics> = ends
            .windows(2)
            .map(|w| {
                let (from, n) = (w[0], w[1] - w[0]);
                let mut part = Statistics::new(30).unwrap();
                if n > 0 {
                    part.update(&x.rows(from, n).into_owned(), &t.rows(from, n).into_owned()).unwrap();
                }
                part
            })
            .collect();
        let turn = order as usize % parts.len();
        parts.rotate_left(turn);
        let merge = |parts: &[Statistics]| {
            let mut sum = Statistics::new(30).unwrap();
            parts.iter().for_each(|p| sum.merge(p).unwrap());
            sum
        };
        let merged = merge(&parts);
        prop_assert_eq!(&merged, &merge(&parts)); // The same bits for the same parts.
        prop_assert_eq!(merged.rows(), 300);
        for j in 0..=30 {
            for i in 0..=j {
                let scale = (whole.product(i, i) * whole.product(j, j)).sqrt();
                // Rounding of the values beside their mean bounds what any order can keep.
                let ulp = 2.2e-16 * shift.abs() * 300_f64.sqrt()
                    * (whole.product(i, i).sqrt() + whole.product(j, j).sqrt()) / scale;
                let off = (merged.product(i, j) - whole.product(i, j)).abs() / scale;
                prop_assert!(off < 1e-12 + 4.0 * ulp, "{} {}: {:e} {:e}", i, j, off, ulp);
            }
        }
    }
}

#[test]
fn layouts_and_weights_are_rows() {
    let (x, t) = problem(3);
    let dense = statistics(&x, &t);
    let rows: Vec<f64> = x.transpose().as_slice().to_vec();
    let mut by_rows = Statistics::new(30).unwrap();
    by_rows.update(vd_linreg::Design::from_row_major(&rows, 300, 30).unwrap(), &t).unwrap();
    assert_eq!(by_rows, dense);
    let sparse = vd_linreg::nalgebra_sparse::CscMatrix::from(&x);
    let mut by_columns = Statistics::new(30).unwrap();
    by_columns.update(&sparse, &t).unwrap();
    assert_eq!(by_columns, dense);
    // Whole weights repeat rows; 0 leaves a row out.
    let weights: Vec<f64> = (0..300).map(|i| (i % 3) as f64).collect();
    let mut weighted = Statistics::new(30).unwrap();
    weighted.update_weighted(&x, &t, &weights).unwrap();
    assert_eq!((weighted.rows(), weighted.samples()), (200, 300.0));
    let found = Params::new().fit_statistics(&weighted).unwrap();
    let expected = Params::new().weights(&weights).fit(&x, &t).unwrap();
    assert_eq!(found.model.support(), expected.model.support());
    assert!(difference(&found.model, &expected.model) < 1e-9);
}

#[test]
fn collinear_and_constant_columns_are_what_they_are_from_rows() {
    let (mut x, t) = problem(1);
    let copy = x.column(2) * 2.0;
    x.set_column(5, &copy);
    x.column_mut(7).fill(1e9);
    let (found, expected) =
        (Params::new().fit_statistics(&statistics(&x, &t)).unwrap(), Params::new().fit(&x, &t).unwrap());
    assert_eq!(found.model.feature_norms()[7], 0.0);
    assert_eq!(expected.model.feature_norms()[7], 0.0);
    let (a, b) = (found.model.predict(&x).unwrap(), expected.model.predict(&x).unwrap());
    assert!((a - &b).amax() < 1e-6 * b.amax());
}

#[test]
fn cross_validation_from_folds_predicts_as_well() {
    for seed in 0..4 {
        let (x, t) = problem(seed);
        let mut folds = FoldStatistics::new(30, 5, 7).unwrap();
        folds.update(&x, &t).unwrap();
        // In parts, in another order: the same folds.
        let mut parts = FoldStatistics::new(30, 5, 7).unwrap();
        for from in [150, 0] {
            parts.update(&x.rows(from, 150).into_owned(), &t.rows(from, 150).into_owned()).unwrap();
        }
        let sizes = |f: &FoldStatistics| f.folds().iter().map(Statistics::rows).collect::<Vec<_>>();
        assert_eq!(sizes(&folds), sizes(&parts));
        assert!(sizes(&folds).iter().all(|n| (35..=85).contains(n)), "{:?}", sizes(&folds));
        let cv = CrossValidation::new().rule(Rule::Minimum);
        let found = Params::new().cross_validate_statistics(&folds, &cv).unwrap();
        let expected = Params::new().cross_validate(&x, &t, &cv).unwrap();
        let (a, b) = (found.curve[found.chosen].error, expected.curve[expected.chosen].error);
        // Other folds of the same rows: the errors differ by less than their standard error.
        assert!((a - b).abs() < expected.curve[expected.chosen].standard_error, "{a} {b}");
        let truth = Spec::new(300, 30, 5, 0.5).problem(seed);
        assert!(truth.relevant().iter().all(|j| found.fit.model.support().contains(j)));
        // The held-out error is that of the rows, not of something else.
        let model = &found.fit.model;
        let residual = &t - model.predict(&x).unwrap();
        let total: f64 = folds.total().unwrap().samples();
        assert_eq!(total, 300.0);
        assert!(residual.norm_squared() / total < 1.2 * a);
    }
}

#[test]
fn they_are_stored_and_what_is_no_statistics_is_refused() {
    let (x, t) = problem(2);
    let s = statistics(&x, &t);
    let text = serde_json::to_string(&s).unwrap();
    assert_eq!(serde_json::from_str::<Statistics>(&text).unwrap(), s);
    let mut folds = FoldStatistics::new(30, 3, 0).unwrap();
    folds.update(&x, &t).unwrap();
    let stored = serde_json::to_string(&folds).unwrap();
    assert_eq!(serde_json::from_str::<FoldStatistics>(&stored).unwrap(), folds);
    for (from, to) in [
        ("\"features\":30", "\"features\":31"),
        ("\"features\":30", "\"features\":18446744073709551615"),
        ("\"samples\":300.0", "\"samples\":-1.0"),
        ("\"means\":[", "\"means\":[0.0,"),
    ] {
        let broken = text.replace(from, to);
        assert_ne!(broken, text);
        assert!(serde_json::from_str::<Statistics>(&broken).is_err(), "{to}");
    }
    let mut other = s.clone();
    assert!(other.merge(&Statistics::new(29).unwrap()).is_err());
    assert!(other.update(&DMatrix::from_element(2, 30, f64::NAN), &[1.0, 2.0]).is_err());
    assert!(other.update(&DMatrix::from_element(2, 30, 1e200), &[1.0, -1e200]).is_err());
    assert_eq!(other, s);
    let empty = Statistics::new(3).unwrap();
    assert!(matches!(Params::new().fit_statistics(&empty), Err(Error::Input(InputError::Empty { .. }))));
    assert!(Params::new().weights(&[1.0]).fit_statistics(&s).is_err());
    let constant = statistics(&x, &DVector::from_element(300, 4.0));
    assert!(matches!(
        Params::new().fit_statistics(&constant),
        Err(Error::Input(InputError::ConstantTarget { value })) if value == 4.0
    ));
}

/// Indicators of a category's levels sum to one: decided on as a whole from the smallest table, they are what they are from the rows.
#[test]
fn a_category_as_a_whole_is_what_it_is_from_rows() {
    let n = 3000;
    let level = |i: usize| (i * i + i / 7) % 3;
    let noise = |i: usize| (1e4 * (i as f64 + 0.5).sin()).fract();
    let x = DMatrix::from_fn(n, 5, |i, j| match j {
        0 => 1000.0 + 100.0 * noise(3 * i),
        1 => noise(3 * i + 1),
        j => f64::from(u8::from(level(i) == j - 2)),
    });
    let t = DVector::from_fn(n, |i, _| 0.01 * x[(i, 0)] + 0.7 * x[(i, 4)] + 0.5 * noise(3 * i + 2));
    let averaging = vd_linreg::Averaging::new();
    let groups = [0, 1, 2, 2, 2];
    let rows = Params::new().fit_averaged_groups(&x, &t, &groups, &averaging).unwrap().fit.model;
    let (small, targets, weights) = statistics(&x, &t).table(true).unwrap();
    assert_eq!(small.nrows(), 7);
    let params = Params::new().weights(&weights);
    let table = params.fit_averaged_groups(&small, &targets, &groups, &averaging).unwrap().fit.model;
    assert_eq!(rows.support(), table.support());
    assert!(rows.support().contains(&0) && rows.support().iter().any(|j| *j >= 2), "{:?}", rows.support());
    for (a, b) in rows.coefficients().iter().zip(table.coefficients().iter()) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-6), "{a} {b}");
    }
    assert!((rows.intercept() - table.intercept()).abs() <= 1e-9 * rows.intercept().abs());
}

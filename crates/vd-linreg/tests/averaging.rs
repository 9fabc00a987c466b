//! The average over supports: against the sum over all supports, at its limits, and on hard inputs.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::{CooMatrix, CscMatrix};
use vd_linreg::synthetic::{HardDesign, Problem, Spec};
use vd_linreg::{Averaging, Error, InputError, NoiseModel, Params, Sparsity, nalgebra, nalgebra_sparse};

fn small() -> Problem {
    Spec { correlation: 0.7, ..Spec::new(40, 8, 3, 1.5) }.problem(4)
}

/// Inclusion probabilities by summing over all 2^D supports and every v, from the formulas of the front page alone.
fn enumerated(x: &DMatrix<f64>, t: &DVector<f64>) -> Vec<f64> {
    let (n, d) = x.shape();
    let column = |j: usize| {
        let c = x.column(j).add_scalar(-x.column(j).mean());
        let norm = c.norm();
        c / norm
    };
    let x = DMatrix::from_columns(&(0..d).map(column).collect::<Vec<_>>());
    let t = t.add_scalar(-t.mean()).normalize();
    let (low, high) = (10f64.ln(), (4.0 * n as f64).ln());
    let mut masses = Vec::new();
    for support in 0u32..1 << d {
        let kept: Vec<usize> = (0..d).filter(|j| support >> j & 1 == 1).collect();
        let k = kept.len();
        let sub = x.select_columns(&kept);
        let prior: f64 = (0..k).map(|k| ((k as f64 + 1.0) / (2.0 * d as f64 - k as f64 - 1.0)).ln()).sum();
        for g in 0..24 {
            let v = (low + (high - low) * f64::from(g) / 23.0).exp();
            let a = sub.tr_mul(&sub) + DMatrix::identity(k, k) / v;
            let r = sub.tr_mul(&t);
            let explained = a.clone().cholesky().map_or(0.0, |c| r.dot(&c.solve(&r)));
            let rest = 1.0 - explained;
            let shape = if k == 0 { 0.0 } else { -0.5 * (a * v).determinant().ln() };
            masses.push((support, prior + shape - 0.5 * (n as f64 - 1.0) * rest.ln()));
        }
    }
    let top = masses.iter().map(|m| m.1).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = masses.iter().map(|m| (m.1 - top).exp()).sum();
    let one = |j: usize| {
        let with = masses.iter().filter(|m| m.0 >> j & 1 == 1);
        with.map(|m| (m.1 - top).exp()).sum::<f64>() / total
    };
    (0..d).map(one).collect()
}

#[test]
fn inclusion_is_that_of_the_sum_over_all_supports() {
    let p = small();
    let settings = Averaging::new().walks(8).steps(20_000).background(false);
    let average = Params::new().fit_averaged(&p.x, &p.t, &settings).unwrap();
    let exact = enumerated(&p.x, &p.t);
    assert!(exact.iter().any(|e| *e > 0.75) && exact.iter().any(|e| (0.05..0.6).contains(e)), "{exact:?}");
    for (found, exact) in average.inclusion.iter().zip(&exact) {
        // Twice the largest deviation over seeds 0 to 9 was 0.02.
        assert!((found - exact).abs() < 0.03, "{} {exact:?}", average.inclusion);
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let p = HardDesign::LowSignal.problem(5);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Params::new().fit_averaged(&p.x, &p.t, &Averaging::new().steps(1000)).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn where_columns_separate_it_is_least_squares_on_those_that_matter() {
    for seed in 0..4 {
        let p = Spec::new(300, 50, 4, 0.3).problem(seed);
        let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new()).unwrap();
        let model = &average.fit.model;
        assert_eq!(model.support(), p.relevant());
        assert_eq!(average.most_probable, p.relevant());
        let (oracle, intercept) = p.oracle();
        let best = p.relative_error(&oracle, intercept);
        assert!(p.relative_error(model.coefficients(), model.intercept()) < 1.2 * best);
        assert!((model.noise_std() / 0.3 - 1.0).abs() < 0.15);
    }
}

#[test]
fn the_noise_is_that_of_least_squares_however_little_there_is() {
    // R² from 0.5 to 1 − 1e-8: what a bound on the weights' prior takes from them must not be taken for noise.
    for (seed, noise) in [3.0, 1.0, 0.3, 0.05, 1e-3, 1e-4].into_iter().enumerate() {
        let p = Spec::new(50, 4, 2, noise).problem(seed as u64);
        let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new()).unwrap();
        let model = &average.fit.model;
        let left = &p.t - model.predict(&p.x).unwrap();
        let least_squares = (left.norm_squared() / (50.0 - 1.0 - model.support().len() as f64)).sqrt();
        let ratio = model.noise_std() / least_squares;
        assert!((0.97..1.1).contains(&ratio), "noise {noise}: {ratio}");
    }
}

#[test]
fn columns_and_target_in_other_units_give_the_same() {
    let p = small();
    let settings = Averaging::new().steps(1000);
    let plain = Params::new().fit_averaged(&p.x, &p.t, &settings).unwrap();
    let mut x = p.x.clone();
    x.column_mut(1).scale_mut(1e6);
    let scaled = Params::new().fit_averaged(&x, &(&p.t * 1e-3), &settings).unwrap();
    for j in 0..8 {
        assert!((plain.inclusion[j] - scaled.inclusion[j]).abs() < 1e-6);
        let unit = if j == 1 { 1e-9 } else { 1e-3 };
        let (a, b) = (plain.mean_coefficients[j] * unit, scaled.mean_coefficients[j]);
        assert!((a - b).abs() < 1e-6 * a.abs() + 1e-12, "{a} {b}");
    }
}

#[test]
fn a_dense_truth_is_told_and_predicted_as_well_as_by_ridge() {
    let p = HardDesign::Dense.problem(11);
    let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new()).unwrap();
    assert!(!average.looks_sparse() && average.fit.model.kept() > 150);
    let without = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new().background(false)).unwrap();
    let error = |m: &vd_linreg::Model| p.relative_error(m.coefficients(), m.intercept());
    assert!(error(&average.fit.model) < 0.7 * error(&without.fit.model));
    // Ridge at its best penalty by the test samples themselves: no cross-validation can do better.
    let centred = DMatrix::from_fn(400, 200, |i, j| p.x[(i, j)] - p.x.column(j).mean());
    let t = p.t.add_scalar(-p.t.mean());
    let best = (0..40)
        .map(|k| {
            let penalty = 10f64.powf(-1.0 + 0.1 * f64::from(k));
            let gram = centred.tr_mul(&centred) + DMatrix::identity(200, 200) * penalty;
            let theta = gram.cholesky().unwrap().solve(&centred.tr_mul(&t));
            let shift: f64 = (0..200).map(|j| theta[j] * p.x.column(j).mean()).sum();
            p.relative_error(&theta, p.t.mean() - shift)
        })
        .fold(f64::INFINITY, f64::min);
    assert!(error(&average.fit.model) < 1.05 * best, "{} {best}", error(&average.fit.model));
}

#[test]
fn a_sparse_truth_is_not_taken_for_a_dense_one() {
    for seed in 0..5 {
        for p in [Spec::new(200, 100, 8, 1.0).problem(seed), HardDesign::LowSignal.problem(seed)] {
            let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new().steps(1000)).unwrap();
            assert!(average.looks_sparse());
        }
    }
}

#[test]
fn sparse_and_dense_columns_and_repeated_rows_agree() {
    let p = small();
    let settings = Averaging::new().steps(500);
    let dense = Params::new().fit_averaged(&p.x, &p.t, &settings).unwrap();
    let csc = CscMatrix::from(&CooMatrix::from(&p.x));
    let sparse = Params::new().fit_averaged(&csc, &p.t, &settings).unwrap();
    assert!((&dense.mean_coefficients - &sparse.mean_coefficients).amax() < 1e-6);
    let twice = DMatrix::from_fn(80, 8, |i, j| p.x[(i / 2, j)]);
    let t = DVector::from_fn(80, |i, _| p.t[i / 2]);
    let repeated = Params::new().fit_averaged(&twice, &t, &settings).unwrap();
    let weighted = Params::new().weights(&[2.0; 40]).fit_averaged(&p.x, &p.t, &settings).unwrap();
    assert!((&repeated.mean_coefficients - &weighted.mean_coefficients).amax() < 1e-6);
}

#[test]
fn a_wanted_number_of_columns_and_a_wanted_accuracy() {
    let p = HardDesign::Blocks.problem(2);
    let fit = |sparsity| {
        let settings = Averaging::new().steps(1000).sparsity(sparsity);
        Params::new().fit_averaged(&p.x, &p.t, &settings).unwrap()
    };
    assert_eq!(fit(Sparsity::Columns(7)).fit.model.kept(), 7);
    assert_eq!(fit(Sparsity::Columns(0)).fit.model.kept(), 0);
    let kept: Vec<usize> = [0.0, 0.01, 0.1, 10.0].map(|s| fit(Sparsity::Within(s)).fit.model.kept()).to_vec();
    assert!(kept.is_sorted_by(|a, b| a >= b) && kept[0] > kept[2] && kept[3] == 0, "{kept:?}");
    let average = fit(Sparsity::Within(0.01));
    let rows = p.x.nrows() as f64;
    let mean = (&p.x * &average.mean_coefficients).add_scalar(average.mean_intercept);
    let distance = (average.fit.model.predict(&p.x).unwrap() - mean).norm_squared();
    let variance = average.fit.model.noise_std().powi(2);
    assert!(distance <= 0.01 * rows * variance * (1.0 + 1e-6) && distance > 0.0);
}

#[test]
fn stand_ins_are_named() {
    // Columns 0 and 1 are nearly the same; column 0 matters.
    let p = Spec::new(100, 6, 0, 1.0).problem(1);
    let mut x = p.x.clone();
    for i in 0..100 {
        x[(i, 1)] = x[(i, 0)] + 0.05 * x[(i, 1)];
    }
    let t = DVector::from_fn(100, |i, _| x[(i, 0)] + p.t[i]);
    let average = Params::new().fit_averaged(&x, &t, &Averaging::new()).unwrap();
    assert_eq!(average.fit.model.kept(), 1);
    let pair = average.stand_ins.first().expect("a stand-in");
    assert!(average.stand_ins.len() == 1 && pair.kept + pair.other == 1 && pair.correlation > 0.99);
    let together: f64 = average.inclusion[0] + average.inclusion[1];
    assert!(together > 0.99 && average.inclusion[pair.kept] < 0.95);
}

#[test]
fn hard_inputs_are_fitted_or_refused() {
    let p = small();
    let settings = Averaging::new().steps(200);
    let fit = |x: &DMatrix<f64>, t: &DVector<f64>, params: &Params| params.fit_averaged(x, t, &settings);
    let params = Params::new();
    let constant = DVector::from_element(40, 3.0);
    assert!(matches!(fit(&p.x, &constant, &params), Err(Error::Input(InputError::ConstantTarget { .. }))));
    let known = params.clone().noise(NoiseModel::Fixed { std: 1.5 });
    assert_eq!(fit(&p.x, &constant, &known).unwrap().fit.model.kept(), 0);
    assert!((fit(&p.x, &p.t, &known).unwrap().fit.model.noise_std() - 1.5).abs() < 1e-12);
    // A constant column, a repeated one, exact data, three rows, one column.
    let mut x = p.x.clone();
    x.column_mut(2).fill(7.0);
    let copy = x.column(3).into_owned();
    x.set_column(4, &copy);
    assert_eq!(fit(&x, &p.t, &params).unwrap().inclusion[2], 0.0);
    let exact = &p.x * &p.weights;
    let model = fit(&p.x, &exact, &params).unwrap().fit.model;
    assert_eq!(model.support(), p.relevant());
    for rows in 3..6 {
        let (x, t) = (p.x.rows(0, rows).into_owned(), p.t.rows(0, rows).into_owned());
        assert!(fit(&x, &t, &params).unwrap().mean_coefficients.iter().all(|c| c.is_finite()));
    }
    let one = p.x.columns(0, 1).into_owned();
    assert!(fit(&one, &p.t, &params).unwrap().inclusion[0] <= 1.0);
    for wrong in [settings.walks(0), settings.steps(3), settings.sparsity(Sparsity::Loss(f64::NAN))] {
        let error = params.fit_averaged(&p.x, &p.t, &wrong).unwrap_err();
        assert!(matches!(error, Error::Input(InputError::Parameter { .. })), "{error}");
    }
}

#[test]
fn a_callback_that_breaks_keeps_what_was_seen() {
    let p = HardDesign::LowSignal.problem(5);
    let mut calls = 0;
    let stopped = Params::new().fit_averaged_with(&p.x, &p.t, &Averaging::new(), |progress| {
        calls += 1;
        assert_eq!(progress.steps, 500 * calls);
        core::ops::ControlFlow::Break(())
    });
    let stopped = stopped.unwrap();
    assert_eq!((calls, stopped.fit.report.status), (1, vd_linreg::Status::StoppedByCallback));
    assert!(stopped.fit.model.kept() > 0);
}

#[cfg(feature = "serde")]
#[test]
fn averages_are_stored_and_read() {
    let p = small();
    let average = Params::new().fit_averaged(&p.x, &p.t, &Averaging::new().steps(200)).unwrap();
    let text = serde_json::to_string(&average).unwrap();
    let read: vd_linreg::Averaged = serde_json::from_str(&text).unwrap();
    assert_eq!(read.inclusion.len(), 8);
    let damaged = text.replace("\"most_probable\":[", "\"most_probable\":[99,");
    assert!(serde_json::from_str::<vd_linreg::Averaged>(&damaged).is_err());
}

//! The vocabulary that every estimator shares, and what this crate adds to it.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use estimator::testing::{features, regression, values};
use std::ops::ControlFlow;
use vd_linreg::nalgebra_sparse::CscMatrix;
use vd_linreg::{Algorithm, CrossValidation, Design, Error, InputError, NoiseModel, Params, Refit, Status};

#[test]
fn it_speaks_the_shared_language() {
    regression(&Params::new()).unwrap();
    regression(&Params::new().algorithm(Algorithm::ExactBlock)).unwrap();
    regression(&Params::new().noise(NoiseModel::Learned)).unwrap();
    regression(&Params::new().lambda(4.0).refit(Refit::LeastSquares)).unwrap();
    regression(&Params::new().divergence(kl_approx::EmpiricalBayes)).unwrap();
}

#[test]
fn the_same_numbers_give_the_same_model_however_they_lie_in_memory() {
    let x = features();
    let t = values(&x);
    let (n, d) = x.shape();
    let rows: Vec<f64> = x.transpose().as_slice().to_vec();
    let by_columns = Params::new().fit(&x, &t).unwrap();
    let design = Design::from_row_major(&rows, n, d).unwrap();
    assert_eq!(by_columns, Params::new().fit(design, &t).unwrap());
    assert_eq!(by_columns.model.predict(&x).unwrap(), by_columns.model.predict(design).unwrap());
    let sparse = Params::new().fit(&CscMatrix::from(&x), &t).unwrap();
    assert_eq!(sparse.model.support(), by_columns.model.support());
    for (n, d) in [(n, d + 1), (n - 1, d), (usize::MAX, 2)] {
        assert!(Design::from_row_major(&rows, n, d).is_err(), "{n} x {d}");
    }
    let empty = Params::new().fit(Design::from_row_major(&[], 5, 0).unwrap(), &[0.0; 5]).unwrap_err();
    assert!(matches!(empty, Error::Input(InputError::Empty { rows: 5, cols: 0, .. })));
}

#[test]
fn strengths_are_the_squared_z_scores_of_the_data() {
    let x = features();
    let t = values(&x);
    for refit in [Refit::None, Refit::LeastSquares] {
        let model = Params::new().tolerance(1e-10).refit(refit).fit(&x, &t).unwrap().model;
        let z = vd_linreg::analysis::z_scores(&x, &t, None, &model).unwrap();
        for r in model.relevance() {
            let expected = z[r.feature].z.powi(2);
            assert!((r.strength / expected - 1.0).abs() < 1e-5, "{refit:?}: {} {expected}", r.strength);
            assert!(refit == Refit::LeastSquares || r.strength > model.lambda());
        }
    }
}

#[test]
fn paths_and_cross_validations_can_be_watched_and_stopped() {
    let x = features();
    let t = values(&x);
    let lambdas = [100.0, 10.0, 1.0];
    let mut seen = Vec::new();
    let path = Params::new()
        .path_with(&x, &t, &lambdas, |p| {
            seen.push((p.iteration, p.kept));
            if p.iteration == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen.iter().map(|s| s.0).collect::<Vec<_>>(), [1, 2]);
    let status: Vec<Status> = path.fits.iter().map(|f| f.report.status).collect();
    assert_eq!(status, [Status::Converged, Status::StoppedByCallback]);
    let whole = Params::new().path(&x, &t, &lambdas).unwrap();
    assert_eq!(whole.fits[1].model, path.fits[1].model);

    let cv = CrossValidation::new();
    let mut done = 0;
    let stopped = Params::new()
        .cross_validate_with(&x, &t, &cv, |p| {
            done = p.done;
            assert_eq!(p.curve.len(), 2 * p.done);
            if p.done == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!((done, stopped.curve.len(), stopped.fit.report.status), (4, 8, Status::StoppedByCallback));
    let whole = Params::new().cross_validate(&x, &t, &cv).unwrap();
    assert_eq!(whole.curve[..8], stopped.curve);
}

#[test]
fn weights_count_and_relative_weights_do_not() {
    let x = features();
    let t = values(&x);
    let plain = Params::new().fit(&x, &t).unwrap().model;
    let ones = vec![1.0 / t.len() as f64; t.len()];
    let relative = Params::new().relative_weights(&ones).fit(&x, &t).unwrap().model;
    assert_eq!(relative.support(), plain.support());
    assert!((relative.noise_std() / plain.noise_std() - 1.0).abs() < 1e-9);
    // Weights that sum to 1 are the evidence of one sample: refused, not silently fitted by the empty model.
    let refused = Params::new().weights(&ones).fit(&x, &t).unwrap_err();
    assert!(refused.to_string().contains("relative_weights"), "{refused}");
    assert!(matches!(refused, Error::Input(InputError::Parameter { .. })));
    // Where the noise level is known, little evidence is a legitimate question.
    let known = Params::new().noise(NoiseModel::Fixed { std: 0.2 }).weights(&ones);
    assert!(known.fit(&x, &t).is_ok());
    // Weights that a fit refuses are named as they came in.
    for (row, bad) in [(3, -0.5), (5, f64::NAN), (0, f64::INFINITY)] {
        let mut weights = ones.clone();
        weights[row] = bad;
        match Params::new().relative_weights(&weights).fit(&x, &t) {
            Err(Error::Input(InputError::Weight { row: r, value })) => {
                assert!(r == row && value.to_bits() == bad.to_bits());
            }
            other => panic!("{other:?}"),
        }
    }
    let zero = Params::new().relative_weights(&vec![0.0; t.len()]).fit(&x, &t).unwrap_err();
    assert!(matches!(zero, Error::Input(InputError::Weight { row: 0, value: 0.0 })));
}

#[test]
fn weights_are_checked_wherever_they_are_taken() {
    use vd_linreg::{Objective, analysis::z_scores, optimality};
    let x = features();
    let t = values(&x);
    let model = Params::new().fit(&x, &t).unwrap().model;
    let mut weights = vec![1.0; t.len()];
    weights[4] = -1.0;
    let w = Some(weights.as_slice());
    let named = |e: Error| assert!(matches!(e, Error::Input(InputError::Weight { row: 4, .. })), "{e}");
    named(model.covariance(&x, w).unwrap_err());
    named(optimality(&x, &t, w, &model, &kl_approx::Exact).unwrap_err());
    named(z_scores(&x, &t, w, &model).unwrap_err());
    named(Objective::new(&x, &t, w, true, 1.0, kl_approx::Exact).unwrap_err());
}

#[cfg(feature = "serde")]
#[test]
fn edited_settings_are_refused_when_they_are_read() {
    use serde_json::{Value, from_value, to_value};
    use vd_linreg::{Bagging, Selection};
    fn refuses<T: serde::Serialize + serde::de::DeserializeOwned>(held: &T, edits: &[(&str, Value)]) {
        let stored = to_value(held).unwrap();
        assert!(from_value::<T>(stored.clone()).is_ok());
        for (field, bad) in edits {
            let mut edited = stored.clone();
            edited[field] = bad.clone();
            assert!(from_value::<T>(edited).is_err(), "{field} = {bad}");
        }
    }
    let out_of_range = |names: &[&'static str]| -> Vec<(&'static str, Value)> {
        names
            .iter()
            .flat_map(|n| [(*n, Value::from(-1.0)), (*n, Value::from(0.0)), (*n, Value::Null)])
            .collect()
    };
    refuses(&Params::new(), &out_of_range(&["lambda", "tolerance", "max_iterations"]));
    let wrong_noise = serde_json::json!({ "Fixed": { "std": -2.0 } });
    refuses(&Params::new(), &[("noise", wrong_noise)]);
    refuses(&CrossValidation::new(), &out_of_range(&["folds", "points", "smallest"]));
    refuses(&CrossValidation::new(), &[("refits", Value::Array(Vec::new()))]);
    refuses(&Bagging::new(), &out_of_range(&["members", "fraction", "share"]));
    let x = features();
    let selection: Selection =
        Params::new().cross_validate(&x, &values(&x), &CrossValidation::new()).unwrap();
    refuses(&selection, &[("chosen", Value::from(selection.curve.len()))]);
}

#[test]
fn lambda_can_be_given_as_an_expected_number_of_false_keeps() {
    let x = features();
    let t = values(&x);
    for count in [0.01, 1.0, 3.0] {
        let model = Params::new().expected_false_keeps(count).fit(&x, &t).unwrap().model;
        let rate = vd_linreg::analysis::curves::false_keep_rate(model.lambda());
        assert!((rate * x.ncols() as f64 / count - 1.0).abs() < 1e-12, "{rate}");
    }
    // The later of the two setters holds.
    assert_eq!(Params::new().expected_false_keeps(1.0).lambda(2.0).fit(&x, &t).unwrap().model.lambda(), 2.0);
    for wrong in [0.0, -1.0, 6.0, 7.0, f64::NAN, f64::INFINITY] {
        match Params::new().expected_false_keeps(wrong).fit(&x, &t) {
            Err(Error::Input(InputError::Parameter { name: "expected_false_keeps", .. })) => {}
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

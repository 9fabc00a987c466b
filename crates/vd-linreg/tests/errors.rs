//! Bad input gives the error that names it.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CscMatrix;
use vd_linreg::{
    CrossValidation, Error, InputError, NoiseModel, Objective, Params, analysis::z_scores, default_lambdas,
    optimality, synthetic::Spec,
};

type E = InputError;

/// The shared input error inside.
fn input<T: std::fmt::Debug>(result: Result<T, Error>) -> InputError {
    match result.unwrap_err() {
        Error::Input(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn every_bad_input_has_its_error() {
    let p = Spec::new(10, 4, 2, 0.5).problem(0);
    let (x, t) = (&p.x, &p.t);
    let with = |i: usize, j: usize, v: f64| {
        let mut x = x.clone();
        x[(i, j)] = v;
        x
    };
    let fit = |x: &DMatrix<f64>, t: &DVector<f64>| input(Params::new().fit(x, t));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(fit(&with(3, 2, bad), t), E::NotFinite { row: 3, col: 2, .. }));
        let sparse = CscMatrix::from(&with(3, 2, bad));
        assert!(matches!(input(Params::new().fit(&sparse, t)), E::NotFinite { row: 3, col: 2, .. }));
        let mut t = t.clone();
        t[4] = bad;
        assert!(matches!(fit(x, &t), E::NotFinite { row: 4, .. }));
        let weights = |w: f64| {
            Params::new().weights(&std::array::from_fn::<f64, 10, _>(|i| if i == 1 { w } else { 1.0 }))
        };
        assert!(matches!(input(weights(bad).fit(x, &p.t)), E::Weight { row: 1, .. }));
        for params in [
            Params::new().lambda(bad),
            Params::new().tolerance(bad),
            Params::new().noise(NoiseModel::Fixed { std: bad }),
            Params::new().noise(NoiseModel::LearnedWithGammaPrior { shape: bad, rate: 1.0 }),
            Params::new().noise(NoiseModel::LearnedWithGammaPrior { shape: 1.0, rate: bad }),
        ] {
            assert!(matches!(input(params.fit(x, &p.t)), E::Parameter { .. }), "{params:?}");
        }
    }
    assert!(matches!(fit(&DMatrix::zeros(0, 4), &DVector::zeros(0)), E::Empty { rows: 0, cols: 4, .. }));
    assert!(matches!(fit(&DMatrix::zeros(4, 0), &DVector::zeros(4)), E::Empty { rows: 4, cols: 0, .. }));
    assert!(matches!(fit(x, &DVector::zeros(9)), E::Shape { expected: 10, found: 9, .. }));
    assert!(matches!(fit(x, &DVector::from_element(10, 3.0)), E::ConstantTarget { value } if value == 3.0));
    assert!(matches!(input(Params::new().lambda(0.0).fit(x, t)), E::Parameter { name: "lambda", .. }));
    assert!(matches!(input(Params::new().max_iterations(0).fit(x, t)), E::Parameter { .. }));
    assert!(matches!(input(Params::new().weights(&[1.0; 9]).fit(x, t)), E::Shape { found: 9, .. }));
    assert!(matches!(input(Params::new().weights(&[0.0; 10]).fit(x, t)), E::Weight { .. }));
    assert!(matches!(input(Params::new().weights(&[1e308; 10]).fit(x, t)), E::Range { .. }));
}

#[test]
fn models_paths_and_cross_validation_refuse_what_does_not_fit() {
    let p = Spec::new(10, 4, 2, 0.5).problem(0);
    let model = Params::new().fit(&p.x, &p.t).unwrap().model;
    let narrow = DMatrix::zeros(5, 3);
    assert!(matches!(input(model.predict(&narrow)), E::Shape { expected: 4, found: 3, .. }));
    assert!(matches!(input(model.predict_std(&narrow)), E::Shape { .. }));
    assert!(matches!(input(model.covariance(&narrow, None)), E::Shape { .. }));
    assert!(matches!(
        input(optimality(&narrow, &DVector::zeros(5), None, &model, &kl_approx::Exact)),
        E::Shape { .. }
    ));
    assert!(matches!(input(z_scores(&narrow, &DVector::zeros(5), None, &model)), E::Shape { .. }));
    let cv = |cv: CrossValidation| input(Params::new().cross_validate(&p.x, &p.t, &cv));
    assert!(matches!(cv(CrossValidation::new().folds(1)), E::Folds { folds: 1, .. }));
    assert!(matches!(cv(CrossValidation::new().folds(11)), E::Folds { folds: 11, samples: 10 }));
    assert!(matches!(cv(CrossValidation::new().points(1)), E::Parameter { .. }));
    assert!(matches!(cv(CrossValidation::new().smallest(f64::NAN)), E::Parameter { .. }));
    assert!(matches!(cv(CrossValidation::new().refits(&[])), E::Empty { .. }));
    let learned = Params::new().noise(NoiseModel::Learned);
    assert!(matches!(
        input(learned.cross_validate(&p.x, &p.t, &CrossValidation::new())),
        E::Combination { .. }
    ));
    assert!(matches!(input(learned.path(&p.x, &p.t, &[1.0])), E::Combination { .. }));
    assert!(matches!(input(Params::new().path(&p.x, &p.t, &[])), E::Empty { .. }));
    assert!(matches!(input(Params::new().path(&p.x, &p.t, &[1.0, f64::NAN])), E::Parameter { .. }));
    assert!(default_lambdas(1.0, 2.0, 3).is_err() && default_lambdas(1.0, 0.5, 0).is_err());
    assert!(matches!(
        input(Objective::new(&p.x, &DVector::zeros(3), None, true, 1.0, kl_approx::Exact)),
        E::Shape { .. }
    ));
}

#[test]
fn cross_validation_survives_folds_in_which_nothing_varies() {
    // All of the signal sits in one object, so that four folds of five train on ... a target that varies in one of them only.
    let mut p = Spec::new(10, 3, 1, 0.5).problem(0);
    p.t.fill(1.0);
    p.t[0] = 2.0;
    let selection = Params::new().cross_validate(&p.x, &p.t, &CrossValidation::new()).unwrap();
    assert!(selection.fit.model.coefficients().iter().all(|c| c.is_finite()));
    assert!(selection.curve.iter().all(|c| c.error.is_finite()));
}

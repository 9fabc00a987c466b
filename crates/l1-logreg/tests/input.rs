//! What is refused, and with which words.
#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

mod common;

use common::random;
use estimator::AsInputError;
use l1_logreg::{
    Certificate, CrossValidation, Error, Grid, InputError, Intercept, Loss, Model, Params, Penalty, Score,
    Solver, certify,
};
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

fn input(error: Error) -> InputError {
    error.as_input().unwrap().clone()
}

#[test]
fn bad_features_and_labels_are_named() {
    let (x, t) = random(20, 3, 2, 1);
    let fit = |x: &DMatrix<f64>, t: &[usize]| input(Params::new().fit(x, t).unwrap_err());
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = x.clone();
        bad[(4, 1)] = value;
        assert!(matches!(fit(&bad, &t), InputError::NotFinite { row: 4, col: 1, .. }));
        let sparse = CsrMatrix::from(&bad);
        let error = input(Params::new().fit(&sparse, &t).unwrap_err());
        assert!(matches!(error, InputError::NotFinite { row: 4, col: 1, .. }));
    }
    let mut large = x.clone();
    large[(0, 2)] = 1e305;
    assert!(matches!(fit(&large, &t), InputError::TooLarge { col: 2, .. }));
    assert!(matches!(fit(&DMatrix::zeros(0, 3), &[]), InputError::Empty { rows: 0, cols: 3, .. }));
    assert!(matches!(fit(&DMatrix::zeros(20, 0), &t), InputError::Empty { rows: 20, cols: 0, .. }));
    assert!(matches!(fit(&x, &t[1..]), InputError::Shape { found: 19, expected: 20, .. }));
    assert!(matches!(fit(&x, &[0; 20]), InputError::OneClass { found: 1 }));
    let mut far = t.clone();
    far[7] = usize::MAX;
    assert!(matches!(fit(&x, &far), InputError::MissingClass { class: 2, largest: usize::MAX }));
    let gap: Vec<usize> = t.iter().map(|&k| 2 * k).collect();
    assert!(matches!(fit(&x, &gap), InputError::MissingClass { class: 1, largest: 2 }));
    let error = input(Params::new().classes(2).fit(&x, &gap).unwrap_err());
    assert!(matches!(error, InputError::Label { label: 2, classes: 2, .. }));
    // A class without a sample has no finite intercept; a number of classes without bound takes no memory.
    for classes in [3, 99, usize::MAX] {
        assert!(matches!(
            input(Params::new().classes(classes).fit(&x, &t).unwrap_err()),
            InputError::RareClass { class: 2, found: 0, needed: 1 }
        ));
    }
    let one_row = Params::new().fit(&DMatrix::from_element(1, 1, 1.0), &[0]).unwrap_err();
    assert!(matches!(input(one_row), InputError::OneClass { found: 1 }));
}

#[test]
fn bad_parameters_are_named() {
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200, 1e200] {
        assert!(matches!(
            Params::new().c(c).check(),
            Err(Error::Input(InputError::Parameter { name: "C", .. }))
        ));
    }
    for tolerance in [0.0, f64::NAN, 1.0, 1e-20] {
        assert!(matches!(
            Params::new().tolerance(tolerance).check(),
            Err(Error::Input(InputError::Parameter { name: "tolerance", .. }))
        ));
    }
    for l1_ratio in [0.0, 1.0, f64::NAN, -0.1] {
        let params = Params::new().penalty(Penalty::ElasticNet { l1_ratio });
        assert!(matches!(params.check(), Err(Error::Input(InputError::Parameter { name: "l1_ratio", .. }))));
    }
    assert!(Params::new().max_iterations(0).check().is_err());
    assert!(Params::new().classes(1).check().is_err());
    assert!(matches!(
        Params::new().solver(Solver::Lbfgs).check(),
        Err(Error::Input(InputError::Combination { .. }))
    ));
    let (x, t) = random(20, 3, 2, 1);
    let ridge = Params::new().penalty(Penalty::Ridge);
    assert!(matches!(ridge.c_min(&x, &t), Err(Error::Input(InputError::Combination { .. }))));
    let estimator = Params::new();
    for grid in [
        Grid::Values(vec![]),
        Grid::Values(vec![1.0, 1.0]),
        Grid::Values(vec![2.0, 1.0]),
        Grid::Values(vec![1.0, f64::NAN]),
        Grid::Values(vec![f64::NAN]),
        Grid::FromCMin { points: 0, ratio: 10.0 },
        Grid::FromCMin { points: 3, ratio: 1.0 },
        Grid::FromCMin { points: 3, ratio: f64::INFINITY },
    ] {
        assert!(
            matches!(estimator.path(&x, &t, &grid), Err(Error::Input(InputError::Parameter { .. }))),
            "{grid:?}"
        );
    }
    for folds in [0, 1, 21] {
        let cv = CrossValidation::new().folds(folds);
        let error = input(estimator.cross_validate(&x, &t, &cv).unwrap_err());
        assert!(matches!(error, InputError::Parameter { name: "folds", .. } | InputError::Folds { .. }));
    }
    let mut lonely = vec![0; 20];
    lonely[3] = 1;
    let error = input(estimator.cross_validate(&x, &lonely, &CrossValidation::new()).unwrap_err());
    assert!(matches!(error, InputError::RareClass { class: 1, found: 1, needed: 2 }));
    assert!(error.to_string().contains("class 1 has 1 samples"));
    // No C breaks the empty model when every feature is zero.
    let nothing = DMatrix::<f64>::zeros(20, 3);
    assert!(estimator.c_min(&nothing, &t).unwrap().is_infinite());
    assert_eq!(
        estimator.path(&nothing, &t, &Grid::FromCMin { points: 3, ratio: 10.0 }).unwrap_err(),
        Error::NoCMin
    );
    assert_eq!(estimator.fit(&nothing, &t).unwrap().model.kept(), 0);
}

/// Every function that takes features refuses what a fit refuses, and a certificate is never blind to NaN.
#[test]
fn every_function_refuses_what_fit_refuses() {
    let (x, t) = random(20, 3, 2, 1);
    let (_, three) = random(20, 3, 3, 1);
    for t in [t, three] {
        let params = Params::new();
        let model = params.fit(&x, &t).unwrap().model;
        let wrong = Model::new(
            model.weights().add_scalar(5.0),
            model.intercept().clone(),
            Loss::Softmax,
            Penalty::L1,
            Intercept::Unpenalised,
            1.0,
        )
        .unwrap();
        let refusals = |x: &DMatrix<f64>| {
            let sparse = CsrMatrix::from(x);
            let cv = CrossValidation::new();
            vec![
                input(params.fit(x, &t).unwrap_err()),
                input(params.fit(&sparse, &t).unwrap_err()),
                input(params.path(x, &t, &Grid::Values(vec![1.0])).unwrap_err()),
                input(params.cross_validate(x, &t, &cv).unwrap_err()),
                input(params.c_min(x, &t).unwrap_err()),
                input(model.predict(x).unwrap_err()),
                input(model.predict(&sparse).unwrap_err()),
                input(model.predict_proba(x).unwrap_err()),
                input(model.predict_proba(&x.map(|v| v as f32)).unwrap_err()),
                input(model.scores(x).unwrap_err()),
                input(model.accuracy(x, &t).unwrap_err()),
                input(model.log_loss(x, &t).unwrap_err()),
                input(certify(x, &t, &model).unwrap_err()),
                input(certify(&sparse, &t, &wrong).unwrap_err()),
            ]
        };
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for col in 0..3 {
                let mut bad = x.clone();
                bad[(4, col)] = value;
                for error in refusals(&bad) {
                    let named = matches!(error, InputError::NotFinite { row: 4, col: c, .. } if c == col);
                    assert!(named, "{value} in column {col}: {error}");
                }
            }
        }
        // Finite numbers whose products overflow: an error, or a certificate that proves nothing.
        let mut huge = x.clone();
        huge[(0, 0)] = 1e300;
        let steep = Model::new(
            model.weights().map(|_| 1e300),
            model.intercept().clone(),
            Loss::OneVsRest,
            Penalty::L1,
            Intercept::Unpenalised,
            1.0,
        )
        .unwrap();
        assert!(matches!(input(steep.predict_proba(&huge).unwrap_err()), InputError::Range { .. }));
        let certificate = certify(&huge, &t, &steep).unwrap();
        assert_eq!(certificate.relative_gap(), f64::INFINITY, "{certificate:?}");
    }
    for (primal, dual) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, f64::INFINITY), (0.0, -1.0)] {
        let gap = Certificate { primal, dual, subgradient: 0.0 }.relative_gap();
        assert_eq!(gap, f64::INFINITY, "{primal} {dual}");
    }
}

/// A class of two samples is in every training part, and absent from most held-out parts: all scores can be computed.
#[test]
fn rare_classes_leave_scores_that_can_be_computed() {
    let x = DMatrix::from_fn(60, 2, |i, j| ((i * 7 + j) % 11) as f64);
    let t: Vec<usize> = (0..60).map(|i| usize::from(i < 2)).collect();
    for score in [Score::Accuracy, Score::LogLikelihood] {
        let cv = CrossValidation::new().folds(10).score(score);
        let found = Params::new().cross_validate(&x, &t, &cv).unwrap();
        assert!(found.scores.iter().flatten().all(|s| s.is_finite()));
        assert_eq!((found.score, found.scores[0].len()), (score, 10));
    }
}

#[test]
fn a_model_refuses_other_shapes() {
    let (x, t) = random(20, 3, 2, 1);
    let fit = Params::new().fit(&x, &t).unwrap();
    let other = DMatrix::<f64>::zeros(20, 4);
    assert!(matches!(fit.model.predict(&other), Err(Error::Input(InputError::Shape { .. }))));
    assert!(matches!(
        fit.model.predict_proba(&CsrMatrix::from(&other)),
        Err(Error::Input(InputError::Shape { .. }))
    ));
    assert!(matches!(fit.model.accuracy(&x, &t[1..]), Err(Error::Input(InputError::Shape { .. }))));
    assert!(matches!(
        fit.model.log_loss(&x, &[5; 20]),
        Err(Error::Input(InputError::Label { label: 5, .. }))
    ));
    assert!(matches!(certify(&x, &[5; 20], &fit.model), Err(Error::Input(InputError::Label { .. }))));
}

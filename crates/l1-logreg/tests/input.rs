//! What is refused, and with which words.

mod common;

use common::random;
use l1_logreg::{CrossValidation, Error, Features, Grid, Params, Penalty, Solver, certify};
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;

#[test]
fn bad_features_and_labels_are_named() {
    let (x, t) = random(20, 3, 2, 1);
    let fit = |x: &DMatrix<f64>, t: &[usize]| Params::new().check().unwrap().fit(x, t).unwrap_err();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = x.clone();
        bad[(4, 1)] = value;
        assert!(matches!(fit(&bad, &t), Error::NotFinite { row: 4, column: 1, .. }));
        let sparse = CsrMatrix::from(&bad);
        let error = Params::new().check().unwrap().fit(&sparse, &t).unwrap_err();
        assert!(matches!(error, Error::NotFinite { row: 4, column: 1, .. }));
    }
    let mut large = x.clone();
    large[(0, 2)] = 1e305;
    assert!(matches!(fit(&large, &t), Error::TooLarge { column: 2, .. }));
    assert!(matches!(fit(&DMatrix::zeros(0, 3), &[]), Error::Empty { rows: 0, columns: 3 }));
    assert!(matches!(fit(&DMatrix::zeros(20, 0), &t), Error::Empty { rows: 20, columns: 0 }));
    assert!(matches!(fit(&x, &t[1..]), Error::Shape { found: 19, expected: 20, .. }));
    assert!(matches!(fit(&x, &[0; 20]), Error::OneClass { found: 1 }));
    let mut far = t.clone();
    far[7] = usize::MAX;
    assert!(matches!(fit(&x, &far), Error::Label { row: 7, label: usize::MAX, .. }));
    let gap: Vec<usize> = t.iter().map(|&k| 2 * k).collect();
    assert!(matches!(fit(&x, &gap), Error::RareClass { class: 1, found: 0, needed: 1 }));
    let error = Params::new().classes(2).check().unwrap().fit(&x, &gap).unwrap_err();
    assert!(matches!(error, Error::Label { label: 2, classes: 2, .. }));
    assert!(matches!(
        Params::new().classes(99).check().unwrap().fit(&x, &t),
        Err(Error::Parameter { name: "classes", .. })
    ));
    assert!(matches!(
        Params::new().classes(3).check().unwrap().fit(&x, &t),
        Err(Error::RareClass { class: 2, .. })
    ));
    let one_row = Params::new().check().unwrap().fit(&DMatrix::from_element(1, 1, 1.0), &[0]);
    assert!(matches!(one_row, Err(Error::OneClass { found: 1 })));
}

#[test]
fn bad_parameters_are_named() {
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200, 1e200] {
        assert!(matches!(Params::new().c(c).check(), Err(Error::Parameter { name: "C", .. })));
    }
    for tolerance in [0.0, f64::NAN, 1.0, 1e-20] {
        assert!(matches!(
            Params::new().tolerance(tolerance).check(),
            Err(Error::Parameter { name: "tolerance", .. })
        ));
    }
    for l1_ratio in [0.0, 1.0, f64::NAN, -0.1] {
        let params = Params::new().penalty(Penalty::ElasticNet { l1_ratio });
        assert!(matches!(params.check(), Err(Error::Parameter { name: "l1_ratio", .. })));
    }
    assert!(Params::new().max_iterations(0).check().is_err());
    assert!(Params::new().classes(1).check().is_err());
    assert!(matches!(Params::new().solver(Solver::Lbfgs).check(), Err(Error::Combination { .. })));
    let (x, t) = random(20, 3, 2, 1);
    let ridge = Params::new().penalty(Penalty::Ridge).check().unwrap();
    assert!(matches!(ridge.smallest_c(&x, &t), Err(Error::Combination { .. })));
    let estimator = Params::new().check().unwrap();
    for grid in [
        Grid::Values(vec![]),
        Grid::Values(vec![1.0, 1.0]),
        Grid::Values(vec![2.0, 1.0]),
        Grid::Values(vec![1.0, f64::NAN]),
        Grid::Values(vec![f64::NAN]),
        Grid::FromEmpty { points: 0, ratio: 10.0 },
        Grid::FromEmpty { points: 3, ratio: 1.0 },
        Grid::FromEmpty { points: 3, ratio: f64::INFINITY },
    ] {
        assert!(matches!(estimator.path(&x, &t, &grid), Err(Error::Parameter { .. })), "{grid:?}");
    }
    for folds in [0, 1, 21] {
        let cv = CrossValidation::new().folds(folds);
        assert!(matches!(estimator.cross_validate(&x, &t, &cv), Err(Error::Parameter { name: "folds", .. })));
    }
    let mut lonely = vec![0; 20];
    lonely[3] = 1;
    let error = estimator.cross_validate(&x, &lonely, &CrossValidation::new()).unwrap_err();
    assert!(matches!(error, Error::RareClass { class: 1, found: 1, needed: 2 }));
    assert!(error.to_string().contains("class 1 has 1 examples"));
    // No C breaks the empty model when every feature is zero.
    let nothing = DMatrix::<f64>::zeros(20, 3);
    assert!(estimator.smallest_c(&nothing, &t).unwrap().is_infinite());
    assert!(estimator.path(&nothing, &t, &Grid::FromEmpty { points: 3, ratio: 10.0 }).is_err());
    assert_eq!(estimator.fit(&nothing, &t).unwrap().model.kept(), 0);
}

#[test]
fn a_model_refuses_other_shapes() {
    let (x, t) = random(20, 3, 2, 1);
    let fit = Params::new().check().unwrap().fit(&x, &t).unwrap();
    let other = DMatrix::<f64>::zeros(20, 4);
    assert!(matches!(fit.model.predict(&other), Err(Error::Shape { .. })));
    assert!(matches!(fit.model.probabilities(&CsrMatrix::from(&other)), Err(Error::Shape { .. })));
    assert!(matches!(fit.model.accuracy(&x, &t[1..]), Err(Error::Shape { .. })));
    assert!(matches!(fit.model.log_loss(&x, &[5; 20]), Err(Error::Label { label: 5, .. })));
    assert!(matches!(certify(&x, &[5; 20], &fit.model), Err(Error::Label { .. })));
    assert!(matches!(Features::select_rows(&x, &[20]), Err(Error::Shape { .. })));
}

//! Dense or sparse, single or double precision, one thread or four: the same model.

#![allow(clippy::expect_used)] // Helpers outside of tests.

mod common;

use common::{digits, random};
use l1_logreg::{CrossValidation, Grid, Loss, Params, Penalty, Rule, Score, Status, certify};
use nalgebra_sparse::CsrMatrix;

fn in_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

#[test]
fn sparse_and_dense_agree_and_f32_is_certified_on_its_own_data() {
    let (x, t) = digits(500);
    // Every other pixel cleared, so that the dense matrix takes the sparse road inside.
    let mut thin = x.clone();
    for (j, mut column) in thin.column_iter_mut().enumerate() {
        if j % 3 != 0 {
            column.fill(0.0);
        }
    }
    for x in [x, thin] {
        for loss in [Loss::Softmax, Loss::OneVsRest] {
            let params = Params::new().loss(loss).c(0.5);
            let dense = params.fit(&x, &t).unwrap();
            let sparse = params.fit(&CsrMatrix::from(&x), &t).unwrap();
            let narrow_x = x.map(|v| v as f32);
            let narrow = params.fit(&narrow_x, &t).unwrap();
            let narrow_sparse = params.fit(&CsrMatrix::from(&narrow_x), &t).unwrap();
            for fit in [&dense, &sparse, &narrow, &narrow_sparse] {
                assert_eq!(fit.report.status, Status::Converged);
                assert!((fit.report.objective / dense.report.objective - 1.0).abs() < 2e-6);
            }
            let again = certify(&narrow_x, &t, &narrow.model).unwrap();
            assert!(again.relative_gap() <= 1e-6);
        }
    }
}

#[test]
fn thread_counts_leave_no_trace() {
    let (x, t) = digits(700);
    let narrow = x.map(|v| v as f32);
    for loss in [Loss::Softmax, Loss::OneVsRest] {
        for penalty in [Penalty::L1, Penalty::Ridge] {
            let params = Params::new().loss(loss).penalty(penalty).c(0.2).tolerance(1e-4);
            let fits: Vec<_> = [1, 2, 4]
                .map(|n| in_threads(n, || (params.fit(&x, &t).unwrap(), params.fit(&narrow, &t).unwrap())))
                .into();
            assert!(fits.windows(2).all(|w| w[0] == w[1]), "{loss:?} {penalty:?}");
        }
    }
    let params = Params::new().loss(Loss::OneVsRest).tolerance(1e-4);
    let cv = CrossValidation::new().seed(4);
    let (x, t) = random(90, 5, 3, 9);
    let runs: Vec<_> = [1, 4].map(|n| in_threads(n, || params.cross_validate(&x, &t, &cv).unwrap())).into();
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn cross_validation_chooses_by_its_rule() {
    let (x, t) = random(240, 12, 3, 21);
    let params = Params::new();
    let cv = CrossValidation::new().folds(3).grid(Grid::geometric(1e-4, 1e4, 10)).patience(usize::MAX);
    let cv = cv.score(Score::Accuracy);
    let best = params.cross_validate(&x, &t, &cv).unwrap();
    let simple = params.cross_validate(&x, &t, &cv.clone().rule(Rule::OneStandardError)).unwrap();
    assert_eq!(best.scores, simple.scores);
    assert_eq!((best.grid.len(), best.scores[0].len()), (10, 3));
    assert!((best.grid[0] / 1e-4 - 1.0).abs() < 1e-12 && (best.grid[9] / 1e4 - 1.0).abs() < 1e-12);
    assert!(best.mean.iter().all(|&m| m <= best.mean[best.best]));
    assert!(simple.chosen <= best.chosen);
    assert!(simple.mean[simple.chosen] >= best.mean[best.best] - best.standard_error[best.best]);
    assert!(simple.fit.model.sparsity() >= best.fit.model.sparsity());
    assert_eq!(best.fit.model.c(), best.c());
    // The nine features that do not matter: the model must predict far above chance on data that it has not seen.
    let (y, u) = random(240, 12, 3, 22);
    assert!(best.fit.model.accuracy(&y, &u).unwrap() > 0.6);
    let likely = params.cross_validate(&x, &t, &cv.clone().score(Score::LogLikelihood)).unwrap();
    assert!(likely.mean.iter().all(|&m| m < 0.0));
    let other = params.cross_validate(&x, &t, &cv.seed(1)).unwrap();
    assert_ne!(other.scores, best.scores);
}

#[cfg(feature = "serde")]
#[test]
fn what_is_stored_survives_and_is_checked() {
    let (x, t) = random(60, 4, 3, 2);
    let params = Params::new().c(0.7).penalty(Penalty::ElasticNet { l1_ratio: 0.25 });
    let fit = params.fit(&x, &t).unwrap();
    let text = serde_json::to_string(&fit).unwrap();
    let back: l1_logreg::Fit<l1_logreg::Model> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, fit);
    let back: Params = serde_json::from_str(&serde_json::to_string(&params).unwrap()).unwrap();
    assert_eq!(back, params);
    let cv = CrossValidation::new().folds(3);
    let found = params.cross_validate(&x, &t, &cv).unwrap();
    let back: l1_logreg::CvFit = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
    assert_eq!(back, found);

    use serde_json::{Value, json, to_value};
    let edited = |mut value: Value, path: &str, new: Value| {
        *value.pointer_mut(path).unwrap() = new;
        value
    };
    let model = to_value(&fit.model).unwrap();
    for (path, new) in [
        ("/c", json!(-3.0)),
        ("/c", json!(0.0)),
        ("/penalty", json!({"ElasticNet": {"l1_ratio": 2.0}})),
        ("/intercept", json!([[0.0], 1, null])),
        ("/feature_std", json!([1.0])),
        ("/feature_std/0", json!(-1.0)),
        ("/weights/1", json!(3)),
    ] {
        let value = edited(model.clone(), path, new);
        assert!(serde_json::from_value::<l1_logreg::Model>(value).is_err(), "{path}");
    }
    for (path, new) in [
        ("/c", json!(-3.0)),
        ("/tolerance", json!(0.0)),
        ("/max_iterations", json!(0)),
        ("/classes", json!(1)),
    ] {
        let value = edited(to_value(params).unwrap(), path, new);
        assert!(serde_json::from_value::<Params>(value).is_err(), "{path}");
    }
    for (path, new) in [
        ("/folds", json!(1)),
        ("/patience", json!(0)),
        ("/tolerance", json!(9.0)),
        ("/grid", json!({"Values": [2.0, 1.0]})),
        ("/grid", json!({"FromCMin": {"points": 0, "ratio": 2.0}})),
    ] {
        let value = edited(to_value(&cv).unwrap(), path, new);
        assert!(serde_json::from_value::<CrossValidation>(value).is_err(), "{path}");
    }
    for (path, new) in [("/chosen", json!(99)), ("/mean", json!([])), ("/grid", json!([1.0]))] {
        let value = edited(to_value(&found).unwrap(), path, new);
        assert!(serde_json::from_value::<l1_logreg::CvFit>(value).is_err(), "{path}");
    }
}

//! Cases whose answer is known exactly, and inputs at the edge of what numbers can hold.

mod common;

use common::{digits, random, wine};
use l1_logreg::{
    Contrast, Error, Grid, InputError, Intercept, Loss, Params, Penalty, Solver, Status, certify,
};
use nalgebra::{DMatrix, DVector};

const LOSSES: [Loss; 2] = [Loss::Softmax, Loss::OneVsRest];
const INTERCEPTS: [Intercept; 3] = [Intercept::Unpenalised, Intercept::Penalised, Intercept::None];

#[test]
fn the_c_min_is_where_the_first_weight_appears() {
    let (x, t) = wine();
    for loss in LOSSES {
        for intercept in INTERCEPTS {
            for penalty in [Penalty::L1, Penalty::ElasticNet { l1_ratio: 0.3 }] {
                let params = Params::new().loss(loss).intercept(intercept).penalty(penalty).tolerance(1e-10);
                let c = params.c_min(&x, &t).unwrap();
                let kept = |c: f64| {
                    let model = params.c(c).fit(&x, &t).unwrap().model;
                    let biased =
                        intercept == Intercept::Penalised && model.intercept().iter().any(|&b| b != 0.0);
                    model.kept() + usize::from(biased)
                };
                assert_eq!(kept(c * (1.0 - 1e-6)), 0, "{loss:?} {intercept:?} {penalty:?}");
                assert!(kept(c * (1.0 + 1e-3)) > 0, "{loss:?} {intercept:?} {penalty:?}");
            }
        }
    }
}

#[test]
fn a_tiny_c_leaves_the_class_shares() {
    let (x, t) = wine();
    let c = 1e-12;
    let fit = Params::new().c(c).fit(&x, &t).unwrap();
    let p = fit.model.predict_proba(&x).unwrap();
    for k in 0..3 {
        let share = t.iter().filter(|&&v| v == k).count() as f64 / t.len() as f64;
        assert!((p[(0, k)] - share).abs() < 1e-12);
    }
    let entropy = fit.model.log_loss(&x, &t).unwrap() * t.len() as f64;
    assert!((fit.report.objective / (c * entropy) - 1.0).abs() < 1e-12);
}

#[test]
fn two_classes_of_softmax_are_one_logistic_model() {
    let (x, t) = random(120, 6, 2, 11);
    let fit = |loss| Params::new().loss(loss).c(3.0).tolerance(1e-10).fit(&x, &t).unwrap();
    let (softmax, ovr) = (fit(Loss::Softmax), fit(Loss::OneVsRest));
    // One column, whatever the loss: the binary logistic regression of class 1 against class 0.
    assert_eq!(
        (softmax.model.weights(), softmax.model.intercept()),
        (ovr.model.weights(), ovr.model.intercept())
    );
    assert_eq!(softmax.model.weights().shape(), (6, 1));
    assert_eq!((softmax.model.classes(), softmax.model.contrast()), (2, Contrast::AgainstClass0));
    let p = softmax.model.predict_proba(&x).unwrap();
    let log_odds = softmax.model.scores(&x).unwrap();
    for i in 0..120 {
        assert!(((p[(i, 1)] / p[(i, 0)]).ln() - log_odds[(i, 0)]).abs() < 1e-9);
    }
    assert!(softmax.model.relevance().iter().all(|r| r.output == 1));
}

#[test]
fn separable_data_at_large_c_end_clearly() {
    let x = DMatrix::from_fn(40, 3, |i, j| if j == 0 { i as f64 - 19.5 } else { ((i * (j + 3)) % 7) as f64 });
    let t: Vec<usize> = (0..40).map(|i| usize::from(i >= 20)).collect();
    for loss in LOSSES {
        for intercept in INTERCEPTS {
            for c in [1e2, 1e6, 1e10, 1e100, 1e150] {
                let fit = Params::new().loss(loss).intercept(intercept).c(c).fit(&x, &t).unwrap();
                let report = &fit.report;
                assert!(report.objective.is_finite() && fit.model.weights().iter().all(|w| w.is_finite()));
                assert_eq!(fit.model.accuracy(&x, &t).unwrap(), 1.0, "{loss:?} {intercept:?} {c}");
                if c <= 1e10 {
                    assert_eq!(
                        report.status,
                        Status::Converged,
                        "{loss:?} {intercept:?} {c}: {}",
                        report.residual
                    );
                }
                assert_eq!(report.status == Status::Converged, report.residual <= 1e-6);
            }
        }
    }
}

#[test]
fn scales_from_1e_300_to_1e300_leave_no_nan() {
    let (x, t) = wine();
    for exponent in [-300, -150, -30, -12, 12, 30, 150, 299] {
        let factor = 10_f64.powi(exponent);
        for loss in LOSSES {
            for penalty in [Penalty::L1, Penalty::Ridge] {
                for solver in [Solver::Auto, Solver::Fista] {
                    let estimator =
                        Params::new().loss(loss).penalty(penalty).solver(solver).max_iterations(100);
                    let fit = estimator.fit(&(&x * factor), &t).unwrap();
                    let model = &fit.model;
                    assert!(model.weights().iter().chain(model.intercept().iter()).all(|w| w.is_finite()));
                    assert!(fit.report.objective.is_finite(), "{exponent} {loss:?} {penalty:?} {solver:?}");
                }
            }
        }
        let narrow = (&x * factor).map(|v| v as f32);
        match Params::new().fit(&narrow, &t) {
            Ok(fit) => assert!(fit.report.objective.is_finite()),
            Err(error) => assert!(
                matches!(error, Error::Input(InputError::NotFinite { .. })) && exponent > 38,
                "{error}"
            ),
        }
    }
}

#[test]
fn columns_may_be_constant_or_equal() {
    let (x, t) = random(60, 4, 3, 5);
    let plain = Params::new().c(2.0).tolerance(1e-10);
    let base = plain.fit(&x, &t).unwrap();
    // A constant column says nothing that a free intercept does not say for nothing.
    let with_constant = x.clone().insert_column(4, 7.5);
    let fit = plain.fit(&with_constant, &t).unwrap();
    assert_eq!(fit.report.status, Status::Converged);
    assert!(fit.model.weights().row(4).iter().all(|&w| w == 0.0));
    assert!((fit.report.objective / base.report.objective - 1.0).abs() < 1e-9);
    let mut twice = x.clone().insert_column(4, 0.0);
    twice.set_column(4, &x.column(0));
    for solver in [Solver::ProximalNewton, Solver::Fista] {
        let fit = Params::new().c(2.0).solver(solver).fit(&twice, &t).unwrap();
        assert_eq!(fit.report.status, Status::Converged);
        assert!((fit.report.objective / base.report.objective - 1.0).abs() < 2e-6, "{solver:?}");
    }
}

#[test]
fn the_certificate_tells_a_wrong_answer() {
    let (x, t) = digits(300);
    let params = Params::new().c(0.3);
    let fit = params.fit(&x, &t).unwrap();
    let good = certify(&x, &t, &fit.model).unwrap();
    assert!(good.relative_gap() <= 1e-6 && good.gap() >= -1e-12 * good.primal);
    // One weight moved by one part in a hundred.
    let mut weights = fit.model.weights().clone();
    let largest = weights.iamax_full();
    weights[largest] *= 1.01;
    let wrong = l1_logreg::Model::new(
        weights,
        fit.model.intercept().clone(),
        Loss::Softmax,
        Penalty::L1,
        Intercept::Unpenalised,
        0.3,
    );
    let wrong = certify(&x, &t, &wrong.unwrap()).unwrap();
    assert!(wrong.primal > good.primal && wrong.subgradient > 30.0 * good.subgradient);
    assert!(wrong.gap() > 1e-5 * wrong.primal && wrong.dual <= good.primal);
    let empty = l1_logreg::Model::new(
        DMatrix::zeros(64, 10),
        DVector::zeros(10),
        Loss::Softmax,
        Penalty::L1,
        Intercept::Unpenalised,
        0.3,
    );
    assert!(certify(&x, &t, &empty.unwrap()).unwrap().dual <= good.primal);
}

#[test]
fn a_path_gives_what_single_fits_give() {
    let (x, t) = digits(300);
    let estimator = Params::new().tolerance(1e-8);
    let grid = Grid::FromCMin { points: 6, ratio: 300.0 };
    let path = estimator.path(&x, &t, &grid).unwrap();
    assert_eq!(path.len(), 6);
    assert_eq!(path[0].fit.model.kept(), 0);
    for point in &path {
        assert_eq!(point.fit.report.status, Status::Converged);
        let single = estimator.c(point.c).fit(&x, &t).unwrap();
        assert!((single.report.objective / point.fit.report.objective - 1.0).abs() < 1e-8);
    }
}

#[test]
fn a_caller_can_watch_and_stop() {
    let (x, t) = digits(200);
    let mut seen = Vec::new();
    let fit = Params::new().fit_with(&x, &t, |p| {
        seen.push(p.objective);
        if p.iteration == 3 {
            core::ops::ControlFlow::Break(())
        } else {
            core::ops::ControlFlow::Continue(())
        }
    });
    let fit = fit.unwrap();
    assert_eq!(fit.report.status, Status::StoppedByCallback);
    assert_eq!(seen.len(), 3);
    assert!(seen[2] < seen[1] && seen[1] < seen[0]);
    // The report belongs to the model that came back.
    assert!((fit.report.objective / certify(&x, &t, &fit.model).unwrap().primal - 1.0).abs() < 1e-12);
    let cut = Params::new().max_iterations(1).fit(&x, &t).unwrap();
    assert_eq!(cut.report.status, Status::MaxIterations);
    assert!(cut.report.residual > 1e-6);
}

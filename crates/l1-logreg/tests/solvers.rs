//! Every solver finds the same optimum of every loss, penalty and intercept.

mod common;

use common::random;
use l1_logreg::{Intercept, Loss, Params, Penalty, Solver, Status};

#[test]
fn solvers_agree() {
    let (x, t) = random(150, 10, 4, 3);
    for loss in [Loss::Softmax, Loss::OneVsRest] {
        for penalty in [Penalty::L1, Penalty::Ridge, Penalty::ElasticNet { l1_ratio: 0.5 }] {
            for intercept in [Intercept::Unpenalised, Intercept::Penalised, Intercept::None] {
                let mut objectives = Vec::new();
                for solver in [Solver::Auto, Solver::ProximalNewton, Solver::Fista, Solver::Lbfgs] {
                    if solver == Solver::Lbfgs && penalty != Penalty::Ridge {
                        continue;
                    }
                    let estimator = Params::new()
                        .c(2.0)
                        .loss(loss)
                        .penalty(penalty)
                        .intercept(intercept)
                        .solver(solver)
                        .tolerance(1e-8)
                        .max_iterations(5000);
                    let fit = estimator.fit(&x, &t).expect("good data");
                    assert_eq!(
                        fit.report.status,
                        Status::Converged,
                        "{loss:?} {penalty:?} {intercept:?} {solver:?}"
                    );
                    assert!(fit.report.residual <= 1e-8);
                    objectives.push(fit.report.objective);
                }
                for o in &objectives {
                    assert!((o / objectives[0] - 1.0).abs() < 1.1e-8, "{loss:?} {penalty:?} {objectives:?}");
                }
            }
        }
    }
}

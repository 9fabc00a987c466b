//! The same objective as scikit-learn's, to one part in a million, on three problems (`peers/reference.py` made the values).

mod common;

use common::{Problem, digits, wide, wine};
use l1_logreg::{Intercept, Loss, Params, Penalty, Status, certify};

#[test]
fn the_objectives_are_scikit_learns() {
    let problems: [(&str, Problem); 3] = [("digits", digits(600)), ("wine", wine()), ("wide", wide())];
    let table = include_str!("reference/objectives.csv");
    let mut compared = 0;
    for line in table.lines().skip(1) {
        let field: Vec<&str> = line.split(',').collect();
        let (_, (x, t)) = problems.iter().find(|p| p.0 == field[0]).expect("a known problem");
        let loss = if field[1] == "softmax" { Loss::Softmax } else { Loss::OneVsRest };
        let penalty = match field[2] {
            "l1" => Penalty::L1,
            "ridge" => Penalty::Ridge,
            _ => Penalty::ElasticNet { l1_ratio: 0.5 },
        };
        let intercept = match field[3] {
            "unpenalised" => Intercept::Unpenalised,
            "penalised" => Intercept::Penalised,
            _ => Intercept::None,
        };
        let c: f64 = field[4].parse().expect("C");
        let reference: f64 = field[5].parse().expect("an objective");
        let estimator = Params::new().loss(loss).penalty(penalty).intercept(intercept).c(c).tolerance(1e-8);
        let fit = estimator.fit(x, t).expect("good data");
        assert_eq!(fit.report.status, Status::Converged, "{line}");
        let ours = fit.report.objective;
        assert!((ours / reference - 1.0).abs() < 1e-6, "{line}: ours {ours}");
        // No reference may lie below our lower bound, or one of the two is wrong.
        let bound = certify(x, t, &fit.model).expect("a certificate").dual;
        assert!(reference >= bound - 1e-9 * bound.abs(), "{line}: bound {bound}");
        compared += 1;
    }
    assert_eq!(compared, 54, "every line of the table was compared");
}

//! Softmax weights of more than two classes are one stated point of the optimal set, whatever the route to it.

mod common;

use common::random;
use l1_logreg::{Params, SharedShift, Solver};

#[test]
fn weights_do_not_depend_on_the_route() {
    for classes in [4, 6] {
        let (x, t) = random(200, 4, classes, 17);
        // At a large C most features take part in every class, so that the median interval is wide.
        let params = Params::new().c(20.0).tolerance(1e-11).max_iterations(20_000);
        let newton = params.fit(&x, &t).unwrap();
        let other = params.solver(Solver::Fista).fit(&x, &t).unwrap();
        let as_solved = params.shared_shift(SharedShift::AsSolved).fit(&x, &t).unwrap();
        assert!((newton.model.weights() - other.model.weights()).amax() < 1e-3, "{classes} classes");
        assert!((newton.model.intercept() - other.model.intercept()).amax() < 1e-3);
        assert!(newton.model.intercept().sum().abs() < 1e-9);
        // The shift leaves the objective and the predictions.
        assert!(newton.report.objective <= as_solved.report.objective * (1.0 + 1e-12));
        let p = (newton.model.predict_proba(&x).unwrap(), as_solved.model.predict_proba(&x).unwrap());
        assert!((p.0 - p.1).amax() < 1e-12);
        for row in newton.model.weights().row_iter() {
            let mut w: Vec<f64> = row.iter().copied().collect();
            w.sort_by(f64::total_cmp);
            assert!(w[classes / 2 - 1] == 0.0 || w[classes / 2] == 0.0, "a median weight is zero: {w:?}");
        }
    }
}

//! The shared language, spoken: the same test that every estimator passes.

use l1_logreg::{Loss, Params};

#[test]
fn l1_speaks_the_shared_language() {
    // At C = 1 the two informative features are in, and the fit converges in a few iterations.
    for loss in [Loss::Softmax, Loss::OneVsRest] {
        estimator::testing::classification(&Params::new().loss(loss)).unwrap();
    }
}

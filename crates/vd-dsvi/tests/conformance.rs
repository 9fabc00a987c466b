//! The trainer speaks the language that all estimators share.
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use vd_dsvi::{Batch, Convergence, Likelihood, Params};

/// The default has no stopping rule and so cannot converge; with one, and a learning rate for 120 samples, it does.
fn params() -> Params {
    Params::new()
        .intercept(true)
        .batch(Batch::Full)
        .epochs(20_000)
        .learning_rate(0.01)
        .convergence(Convergence { window: 100, tolerance: 0.02 })
        .threads(1)
}

#[test]
fn classifications_speak_the_shared_language() {
    estimator::testing::classification(&params()).unwrap();
}

#[test]
fn regressions_speak_the_shared_language() {
    estimator::testing::regression(&params().likelihood(Likelihood::Gaussian)).unwrap();
}

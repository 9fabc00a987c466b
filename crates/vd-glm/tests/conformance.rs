//! The shared language of estimators.

use vd_glm::{ClassificationParams, Coding, Family, RegressionParams};

#[test]
fn classifications_speak_the_shared_language() {
    estimator::testing::classification(&ClassificationParams::new()).unwrap();
    estimator::testing::classification(&ClassificationParams::new().coding(Coding::OneVsRest)).unwrap();
}

#[test]
fn regressions_speak_the_shared_language() {
    // The test problem's targets can be below 0, so that the normal distribution is the family that suits.
    estimator::testing::regression(&RegressionParams::new().family(Family::Gaussian { std: 0.25 })).unwrap();
}

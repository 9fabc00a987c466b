//! The shared language of the estimators.
#![allow(clippy::unwrap_used)] // Tests.

use rvm::{Algorithm, Basis, Kernel, OneVsRestParams, RegressionParams, SoftmaxParams};

#[test]
fn regression_speaks_the_shared_language() {
    estimator::testing::regression(&RegressionParams::new()).unwrap();
    estimator::testing::regression(&RegressionParams::new().centre(false)).unwrap();
    // MacKay's precisions of what should leave run off without end: a looser tolerance.
    let mackay = RegressionParams::new().algorithm(Algorithm::MacKay).tolerance(1e-3);
    estimator::testing::regression(&mackay).unwrap();
}

#[test]
fn classification_speaks_the_shared_language() {
    estimator::testing::classification(&OneVsRestParams::new()).unwrap();
    estimator::testing::classification(&SoftmaxParams::new()).unwrap();
}

/// The support of a kernel model are samples, so that the shared test does not fit; the refusals are the same.
#[test]
fn kernels_refuse_what_features_refuse() {
    let x = estimator::testing::features();
    let fit = RegressionParams::new()
        .basis(Basis::Kernel(Kernel::Rbf { gamma: 0.1 }))
        .fit(&x, &estimator::testing::values(&x))
        .unwrap();
    let mut bad = x.clone();
    bad[(2, 5)] = f64::NAN;
    assert!(fit.model.predict(&bad).is_err() && fit.model.predict_std(&bad).is_err());
    assert!(fit.model.predict(&x.columns(0, 5).into_owned()).is_err());
}

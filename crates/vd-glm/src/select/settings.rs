//! Settings of a cross-validation, and a point of its curve.

use estimator::{LambdaSearch, Refits};

use crate::params::settings::Refit;

/// How λ is cross-validated: 24 values of λ down to 0.1, five folds (stratified by class), without a refit and by ridge, unless told otherwise.
pub type CrossValidation = LambdaSearch<Refit>;

/// One point of the cross-validation curve; the error is the mean negative log likelihood, in nats.
pub type CvPoint = estimator::CvPoint<Refit>;

impl Refits for Refit {
    const TRIED: &'static [Self] = &[Self::None, Self::Ridge];
    const POINTS: usize = 24;
    const SMALLEST: f64 = 0.1;
}

//! Settings of a cross-validation, and a point of its curve.

use estimator::{LambdaSearch, Refits};

use crate::params::Refit;

/// How λ is cross-validated: 40 values of λ down to 0.5, five folds, without a refit and by least squares, unless told otherwise.
pub type CrossValidation = LambdaSearch<Refit>;

/// One point of the cross-validation curve; the error is the mean squared one, in squared units of the target.
pub type CvPoint = estimator::CvPoint<Refit>;

impl Refits for Refit {
    const TRIED: &'static [Self] = &[Self::None, Self::LeastSquares];
    const POINTS: usize = 40;
    const SMALLEST: f64 = 0.5;
}

//! What a caller asks for.

use predictor::Column;

use crate::options::Options;
use crate::problem::Response;
use crate::registry::Method;
use crate::split::Split;

/// What is to be fitted to what, and how it is scored.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The estimator.
    pub method: Method,
    /// The columns to predict from.
    pub columns: &'a [Column],
    /// The rows in use, in the order of `t`.
    pub rows: &'a [usize],
    /// What is to be predicted.
    pub t: &'a Response,
    /// How often each row of `t` counts, in the fit and in the score; once where there are none.
    pub weights: Option<&'a [f64]>,
    /// What the estimator is told.
    pub options: &'a Options,
    /// Whether a missing value becomes the column's mean or most frequent name.
    pub impute: bool,
    /// Whether features are centred and divided by their standard deviation.
    pub standardise: bool,
    /// Which rows are held out for the score.
    pub split: Split,
}

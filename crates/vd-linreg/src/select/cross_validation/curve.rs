//! The cross-validation curve: held-out error against λ.

use crate::params::Refit;

/// One point of the cross-validation curve.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CvPoint {
    /// λ.
    pub lambda: f64,
    /// What followed the selection.
    pub refit: Refit,
    /// Mean squared error of the held-out samples, in squared units of the target.
    pub error: f64,
    /// Its standard error over the samples.
    pub standard_error: f64,
    /// Features kept, averaged over the folds.
    pub kept: f64,
}

/// The mean and its standard error.
pub(crate) fn moments(v: &[f64]) -> (f64, f64) {
    let n = v.len() as f64;
    let mean = v.iter().sum::<f64>() / n;
    let var = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (var / n).sqrt())
}

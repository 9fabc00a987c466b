//! The cross-validation curve: held-out error against λ.

/// One point of a cross-validation curve.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CvPoint<R> {
    /// λ.
    pub lambda: f64,
    /// What followed the selection.
    pub refit: R,
    /// Mean loss of the held-out samples: the squared error in squared units of the target where numbers are fitted by least squares, else the
    /// negative log likelihood in nats, its probabilities integrated over the weights' posterior.
    pub error: f64,
    /// Its standard error over the samples.
    pub standard_error: f64,
    /// Features (weights, of a classifier) kept, averaged over the folds.
    pub kept: f64,
}

/// The mean of some losses and its standard error.
#[must_use]
pub fn mean_and_error(losses: &[f64]) -> (f64, f64) {
    let n = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / n;
    let var = losses.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (var / n).sqrt())
}

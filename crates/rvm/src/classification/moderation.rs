//! How the uncertainty of logits enters the probabilities.

use nalgebra::DMatrix;

/// How a logit's posterior variance enters its probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Moderation {
    /// `σ(a)` at the posterior mean.
    Plain,
    /// `σ(a / √(1 + π s²/8))`, MacKay 1992: within 0.02 of `E σ(a + s ε)`.
    #[default]
    Variance,
}

impl Moderation {
    pub(crate) fn logit(self, mean: f64, variance: f64) -> f64 {
        match self {
            Self::Plain => mean,
            Self::Variance => mean / (core::f64::consts::PI / 8.0 * variance).sqrt().hypot(1.0),
        }
    }
}

/// The index of the largest entry of each row; of equal ones the first.
pub(crate) fn argmax_rows(m: &DMatrix<f64>) -> Vec<usize> {
    m.row_iter()
        .map(|row| (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best }))
        .collect()
}

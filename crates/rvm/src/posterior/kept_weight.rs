//! What a fit says about one kept weight.

use crate::engine::quality::Quality;
use crate::posterior::Posterior;

/// A kept weight with its certainty and what decided over it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeptWeight {
    /// The candidate: a feature, a kernel centre (row of the training data), or the intercept.
    pub index: usize,
    /// Whether it is the intercept.
    pub is_intercept: bool,
    /// Posterior mean.
    pub weight: f64,
    /// Posterior standard deviation.
    pub std: f64,
    /// Mean over standard deviation.
    pub z_score: f64,
    /// `log α`.
    pub log_precision: f64,
    /// `γ = 1 − α Σ_jj` in [0, 1]: how far the data, not the prior, decide the weight.
    pub well_determined: f64,
    /// Quality and sparsity.
    pub quality: Quality,
}

impl Posterior {
    /// The kept weights with their figures, the most certain first.
    #[must_use]
    pub fn kept_weights(&self) -> Vec<KeptWeight> {
        let mut rows: Vec<KeptWeight> = (0..self.kept.len())
            .map(|k| {
                let std = self.covariance[(k, k)].max(0.0).sqrt();
                let log_share = self.log_precision[k] + self.covariance[(k, k)].ln();
                KeptWeight {
                    index: self.kept[k],
                    is_intercept: self.has_intercept && self.kept[k] + 1 == self.candidates,
                    weight: self.mean[k],
                    std,
                    z_score: self.mean[k] / std,
                    log_precision: self.log_precision[k],
                    well_determined: 1.0 - log_share.exp().min(1.0),
                    quality: self.quality[self.kept[k]],
                }
            })
            .collect();
        rows.sort_by(|a, b| b.z_score.abs().total_cmp(&a.z_score.abs()).then(a.index.cmp(&b.index)));
        rows
    }
}

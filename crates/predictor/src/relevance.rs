//! How much a feature matters.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, finite};

/// How much a feature matters: its strongest weight and what the method says about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct FeatureRelevance {
    /// The strongest of the feature's weights, in units of output (the target's unit for a regression) per unit of the feature
    /// after preprocessing; 0 where no weight is kept.
    pub weight: f64,
    /// The output that this weight belongs to. [`SavedModel::contrast`](crate::SavedModel::contrast) says which class it speaks
    /// for.
    pub output: u32,
    /// How many of the weights that start at this feature are kept.
    pub kept: u32,
    /// log α of the strongest weight (natural logarithm); none where the method has none, or it is infinite.
    pub log_alpha: Option<f64>,
    /// Prior precision of the strongest weight; none where the method has none, or it is infinite.
    pub precision: Option<f64>,
    /// z-score of the strongest weight; none where the method has none.
    pub z: Option<f64>,
}

#[derive(Deserialize)]
struct Unchecked {
    weight: f64,
    output: u32,
    kept: u32,
    log_alpha: Option<f64>,
    precision: Option<f64>,
    z: Option<f64>,
}

impl TryFrom<Unchecked> for FeatureRelevance {
    type Error = String;

    fn try_from(raw: Unchecked) -> Result<Self, String> {
        let Unchecked { weight, output, kept, log_alpha, precision, z } = raw;
        let relevance = Self { weight, output, kept, log_alpha, precision, z };
        relevance.check()?;
        Ok(relevance)
    }
}

impl FeatureRelevance {
    pub(crate) fn check(&self) -> Checked {
        finite("a relevance", [Some(self.weight), self.log_alpha, self.precision, self.z].iter().flatten())
    }

    /// By what features are ranked: |z| where there is one, else the weight's magnitude times `spread`, the standard deviation of
    /// the feature after preprocessing ([`Feature::spread`](crate::Feature::spread)).
    #[must_use]
    pub fn strength(&self, spread: f64) -> f64 {
        self.z.unwrap_or(self.weight * spread).abs()
    }
}

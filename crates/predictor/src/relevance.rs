//! How much a feature matters.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, ensure, finite};

/// A feature that could stand in for another one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StandIn {
    /// The feature.
    pub feature: u32,
    /// Its correlation with the one that it could stand in for; for a group, the root of the share of that one that it explains.
    pub correlation: f64,
}

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
    /// The posterior probability that the feature matters; none where the method has none.
    pub inclusion: Option<f64>,
    /// Features that could stand in for this one, which is kept.
    pub stand_ins: Vec<StandIn>,
    /// The first feature of the decision that this one is part of, itself or an earlier one; none where it is decided on alone.
    ///
    /// The levels of a category that is kept as a whole share it. One of them may have the weight 0: the reference, whose effect is in the
    /// constant.
    pub decided: Option<u32>,
}

#[derive(Deserialize)]
struct Unchecked {
    weight: f64,
    output: u32,
    kept: u32,
    log_alpha: Option<f64>,
    precision: Option<f64>,
    z: Option<f64>,
    inclusion: Option<f64>,
    stand_ins: Vec<StandIn>,
    decided: Option<u32>,
}

impl TryFrom<Unchecked> for FeatureRelevance {
    type Error = String;

    fn try_from(raw: Unchecked) -> Result<Self, String> {
        let Unchecked { weight, output, kept, log_alpha, precision, z, inclusion, stand_ins, decided } = raw;
        let relevance = Self { weight, output, kept, log_alpha, precision, z, inclusion, stand_ins, decided };
        relevance.check()?;
        Ok(relevance)
    }
}

impl FeatureRelevance {
    pub(crate) fn check(&self) -> Checked {
        finite("a relevance", [Some(self.weight), self.log_alpha, self.precision, self.z].iter().flatten())?;
        let share = self.inclusion.is_none_or(|p| (0.0..=1.0).contains(&p));
        ensure(share, || format!("an inclusion of {:?}, which is no probability", self.inclusion))?;
        finite("a correlation", self.stand_ins.iter().map(|s| &s.correlation))
    }

    /// By what features are ranked: |z| where there is one, else the weight's magnitude times `spread`, the standard deviation of
    /// the feature after preprocessing ([`Feature::spread`](crate::Feature::spread)).
    #[must_use]
    pub fn strength(&self, spread: f64) -> f64 {
        self.z.unwrap_or(self.weight * spread).abs()
    }
}

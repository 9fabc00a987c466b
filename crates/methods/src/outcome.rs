//! What a method answers.

use predictor::{FeatureRelevance, FitSummary, Predictor};

/// What a method answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// From features to predictions.
    pub predictor: Predictor,
    /// One per feature; none for a kernel expansion, which weighs rows.
    pub relevance: Vec<FeatureRelevance>,
    /// How many weights there were before pruning.
    pub weights_before: u64,
    /// The log α above which a weight was dropped; none where the method drops by itself.
    pub threshold: Option<f64>,
    /// How the fit ended.
    pub summary: FitSummary,
}

/// A number that a summary can carry: none for what is not finite.
pub(crate) fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

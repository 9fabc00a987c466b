//! The parts of a saved model.

use serde::{Deserialize, Serialize};

use crate::predictor::Predictor;
use crate::preprocessing::Preprocessing;
use crate::provenance::Provenance;
use crate::relevance::FeatureRelevance;
use crate::score::Score;
use crate::summary::FitSummary;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// A number.
    Regression,
    /// One of some names.
    Classification,
    /// How often something happens: 0, 1, 2, …
    Counts,
}

/// The column that is predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The classes, in the order of the outputs; none for a number.
    pub levels: Vec<String>,
}

/// The parts of a model, before they are known to fit each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it predicts.
    pub target: Target,
    /// How rows become features.
    pub preprocessing: Preprocessing,
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
    /// How well it predicts rows that were not fitted.
    pub score: Option<Score>,
}

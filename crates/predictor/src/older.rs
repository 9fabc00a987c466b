//! Models of the layout before: features without inclusion, stand-ins and decisions.

use serde::Deserialize;

use crate::parts::{self, Target};
use crate::predictor::Predictor;
use crate::preprocessing::Preprocessing;
use crate::provenance::Provenance;
use crate::relevance::FeatureRelevance;
use crate::score::Score;
use crate::summary::FitSummary;

/// [`parts::Parts`] in layout 2.
#[derive(Deserialize)]
pub(crate) struct Parts {
    provenance: Provenance,
    target: Target,
    preprocessing: Preprocessing,
    predictor: Predictor,
    relevance: Vec<Relevance>,
    weights_before: u64,
    threshold: Option<f64>,
    summary: FitSummary,
    score: Option<Score>,
}

#[derive(Deserialize)]
struct Relevance {
    weight: f64,
    output: u32,
    kept: u32,
    log_alpha: Option<f64>,
    precision: Option<f64>,
    z: Option<f64>,
}

impl From<Relevance> for FeatureRelevance {
    fn from(old: Relevance) -> Self {
        let Relevance { weight, output, kept, log_alpha, precision, z } = old;
        Self { weight, output, kept, log_alpha, precision, z, ..Self::default() }
    }
}

impl From<Parts> for parts::Parts {
    fn from(old: Parts) -> Self {
        Self {
            provenance: old.provenance,
            target: old.target,
            preprocessing: old.preprocessing,
            predictor: old.predictor,
            relevance: old.relevance.into_iter().map(FeatureRelevance::from).collect(),
            weights_before: old.weights_before,
            threshold: old.threshold,
            summary: old.summary,
            score: old.score,
        }
    }
}

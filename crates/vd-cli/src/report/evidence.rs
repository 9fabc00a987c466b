//! What a table says of a model.

use std::collections::HashMap;

use methods::{HeldOut, Walk};
use predictor::Prediction;

use crate::report::correlations::Correlations;

/// Which rows were predicted, to the model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// Rows of the training table, each predicted by a fit to others; how they were held out.
    HeldOut(String),
    /// Rows of the training table, predicted by the model that was fitted to them.
    Fitted,
    /// Rows of another table.
    Other,
}

/// Rows whose truth is known, and their predictions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assessed {
    pub origin: Origin,
    /// Each row's number, or the index of its class.
    pub truth: Vec<f64>,
    pub predictions: Vec<Prediction>,
}

/// How often each feature was kept by the fits without held-out rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Folds {
    /// The number of fits.
    pub fits: usize,
    /// By the feature's name.
    pub kept: HashMap<String, usize>,
    /// What was predicted, by the row's index in the response.
    pub predictions: Vec<(usize, Prediction)>,
}

impl Folds {
    /// Adds a held-out part.
    pub fn add(&mut self, part: &HeldOut<'_>) {
        self.fits += 1;
        for (feature, relevance) in part.preprocessing.features().iter().zip(&part.outcome.relevance) {
            if relevance.kept > 0 {
                *self.kept.entry(feature.name.clone()).or_default() += 1;
            }
        }
        self.predictions.extend(part.rows.iter().copied().zip(part.predictions.iter().cloned()));
    }
}

/// What a table says of a model. Where something is not there, the reason stands in its place, as a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    /// The table's file, without its folder.
    pub file: String,
    pub sha256: String,
    /// Whether the table is the one that the model was fitted to.
    pub training: bool,
    /// Names and values for the facts about the table.
    pub facts: Vec<(String, String)>,
    pub assessed: Result<Assessed, String>,
    pub folds: Option<Folds>,
    pub walk: Result<Walk, String>,
    pub correlations: Result<Correlations, String>,
}

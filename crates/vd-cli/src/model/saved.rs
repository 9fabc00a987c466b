//! The model file.

use crate::model::{Link, Prediction, Predictor, Prep, Uncertainty, check};
use estimator::Status;
use model_file::{Kind, Stored};
use serde::{Deserialize, Serialize};

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// A number.
    Regression,
    /// One of some names.
    Classification,
}

/// The column that is predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The classes; none for a number.
    pub levels: Vec<String>,
}

/// What is known of a feature's relevance; the weights are those of standardised features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relevance {
    /// The weight of largest magnitude among the outputs; in the target's unit.
    pub weight: f64,
    /// How many of the weights that start at this feature are kept.
    pub kept: u32,
    /// The smallest log α among them (natural logarithm); none where the method has none, or it is infinite.
    pub log_alpha: Option<f64>,
    /// The smallest precision among them; none where the method has none, or it is infinite.
    pub precision: Option<f64>,
    /// The z-score; none where the method has none.
    pub z: Option<f64>,
}

/// A measure of prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What it is.
    pub name: String,
    /// Its mean over the parts.
    pub mean: f64,
    /// Its standard deviation over the parts; none for a single part.
    pub deviation: Option<f64>,
}

/// How well rows that were not fitted are predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How they were set apart.
    pub method: String,
    /// The measures.
    pub metrics: Vec<Metric>,
}

/// How the fit ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Converged or not.
    pub status: Status,
    /// The objective, in the estimator's sign and unit.
    pub objective: f64,
    /// An optimality residual; none where the estimator has none to give.
    pub residual: Option<f64>,
    /// Iterations, or epochs.
    pub iterations: u64,
    /// What the fit chose or found: λ, noise, and the like.
    pub found: Vec<(String, f64)>,
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of vd.
    pub version: String,
    /// The estimator.
    pub model: String,
    /// The command's options.
    pub options: Vec<String>,
    /// The data file's name, without its directory.
    pub data: String,
    /// SHA-256 of the data file's bytes as they lie on the disk.
    pub data_sha256: String,
    /// Rows that were fitted.
    pub rows: u64,
    /// The seed.
    pub seed: u64,
}

/// A fitted model with all that is needed to use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Where it comes from.
    pub provenance: Provenance,
    /// What it predicts.
    pub target: Target,
    /// How rows become features.
    pub prep: Prep,
    /// From features to outputs.
    pub predictor: Predictor,
    /// From outputs to predictions.
    pub link: Link,
    /// The predictive variance.
    pub uncertainty: Uncertainty,
    /// One per feature; none for a kernel expansion.
    pub relevance: Vec<Relevance>,
    /// How many weights there were before pruning.
    pub weights_before: u64,
    /// The log α above which a weight was dropped; none where the method drops by itself.
    pub threshold: Option<f64>,
    /// How the fit ended.
    pub account: Account,
    /// How well it predicts.
    pub score: Option<Score>,
}

impl Saved {
    /// Regression or classification.
    pub fn task(&self) -> Task {
        if self.target.levels.is_empty() { Task::Regression } else { Task::Classification }
    }

    /// Features of which at least one weight is kept.
    pub fn kept(&self) -> usize {
        self.relevance.iter().filter(|r| r.kept > 0).count()
    }

    /// Weights that are kept, relevance vectors' included.
    pub fn weights(&self) -> usize {
        match &self.predictor {
            Predictor::Layers(layers) => layers.weights(),
            Predictor::Kernel(kernel) => kernel.weights.iter().filter(|w| **w != 0.0).count(),
        }
    }

    /// The prediction for standardised features; those that [`Predictor::features`] does not name are not looked at.
    pub fn predict(&self, x: &[f64], scratch: &mut Vec<f64>) -> Prediction {
        Prediction::of(&self.predictor, self.link, &self.uncertainty, x, scratch)
    }

    /// The columns that the predictor looks at, ascending.
    pub fn columns(&self) -> Vec<usize> {
        let of = |&f: &u32| self.prep.features.get(f as usize).map(|f| f.column as usize);
        let mut columns: Vec<usize> = self.predictor.features().iter().filter_map(of).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Stored for Saved {
    const KIND: Kind = Kind::new("vd.model", 1);

    fn check(&self) -> Result<(), String> {
        check::saved(self)
    }
}

//! All that a fit leaves behind.

use estimator::Status;
use methods::Outcome;
use predictor::{FeatureRelevance, FitSummary, Predictor};
use serde::{Deserialize, Serialize};

use crate::input::Features;
use crate::refusal::Refusal;

/// A fitted model as its own crate has it: predictions are its own, to the bit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Model {
    /// Linear regression, and the z-score of every feature, kept or not.
    Linear(vd_linreg::Model, Vec<f64>),
    /// Classes.
    Classifier(vd_glm::Classifier),
    /// Counts.
    Counts(vd_glm::Regressor),
    /// A relevance vector regression.
    RvmRegressor(rvm::RegressionModel),
    /// Relevance vector machines, one per class.
    RvmClassifier(rvm::OneVsRestModel),
    /// L1 logistic regression, and its C.
    L1(l1_logreg::Model),
    /// A network: the predictor is the whole model.
    Network,
}

/// All that a fit leaves behind: the model, the same as a saved model holds it, and how the fit went.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// The estimator's name in the registry of methods.
    pub method: String,
    pub model: Model,
    pub predictor: Predictor,
    pub relevance: Vec<FeatureRelevance>,
    pub weights_before: u64,
    pub threshold: Option<f64>,
    pub summary: FitSummary,
    /// The objective after every iteration.
    pub trace: Vec<f64>,
    /// What a user should know about the fit, one sentence each.
    pub warnings: Vec<String>,
    /// Standard deviation of every feature.
    pub deviations: Vec<f64>,
    /// Number of samples.
    pub rows: u64,
}

/// What stands in a [`State`] beside the model and the outcome.
pub(crate) struct Beside {
    pub trace: Vec<f64>,
    pub warnings: Vec<String>,
    pub deviations: Vec<f64>,
    pub rows: usize,
}

impl State {
    pub(crate) fn new(method: methods::Method, model: Model, outcome: Outcome, beside: Beside) -> Self {
        let Outcome { predictor, relevance, weights_before, threshold, summary } = outcome;
        let Beside { trace, warnings, deviations, rows } = beside;
        Self {
            method: method.name().to_owned(),
            model,
            predictor,
            relevance,
            weights_before,
            threshold,
            summary,
            trace,
            warnings,
            deviations,
            rows: rows as u64,
        }
    }

    /// The warning of a fit that did not converge; none where it did, was told to stop, or has no rule to stop by.
    pub(crate) fn not_converged(status: Status, iterations: usize) -> Vec<String> {
        match status {
            Status::Converged | Status::StoppedByCallback => Vec::new(),
            other => vec![format!("the fit {other} after {iterations} iterations")],
        }
    }

    /// Means, one per row.
    pub(crate) fn predict(&self, x: &Features) -> Result<Vec<f64>, Refusal> {
        match &self.model {
            Model::Linear(model, _) => crate::linreg::predict(model, x),
            Model::Counts(model) => crate::glm::predict(model, x),
            Model::RvmRegressor(model) => crate::rvm::predict(model, x),
            Model::Network => crate::network::each(self, x, |p| p.value()),
            _ => Err(Refusal::of("a classifier has no means")),
        }
    }

    /// Standard deviations of the target, one per row.
    pub(crate) fn predict_std(&self, x: &Features) -> Result<Vec<f64>, Refusal> {
        match &self.model {
            Model::Linear(model, _) => crate::linreg::predict_std(model, x),
            Model::Counts(model) => crate::glm::predict_std(model, x),
            Model::RvmRegressor(model) => crate::rvm::predict_std(model, x),
            Model::Network if self.predictor.has_deviation() => {
                crate::network::each(self, x, |p| p.deviation.unwrap_or(f64::NAN))
            }
            Model::Network => Err(Refusal::of("a network with hidden layers has no standard deviation")),
            _ => Err(Refusal::of("a classifier has no standard deviation; use predict_proba")),
        }
    }

    /// The most probable class of every row.
    pub(crate) fn predict_labels(&self, x: &Features) -> Result<Vec<usize>, Refusal> {
        match &self.model {
            Model::Classifier(model) => crate::glm::predict_labels(model, x),
            Model::RvmClassifier(model) => crate::rvm::predict_labels(model, x),
            Model::L1(model) => crate::l1::predict_labels(model, x),
            Model::Network => crate::network::each(self, x, |p| p.class),
            _ => Err(Refusal::of("a regression has no classes")),
        }
    }

    /// Probability of every class, N x K.
    pub(crate) fn predict_proba(&self, x: &Features) -> Result<nalgebra::DMatrix<f64>, Refusal> {
        match &self.model {
            Model::Classifier(model) => crate::glm::predict_proba(model, x),
            Model::RvmClassifier(model) => crate::rvm::predict_proba(model, x),
            Model::L1(model) => crate::l1::predict_proba(model, x),
            Model::Network => crate::network::predict_proba(self, x),
            _ => Err(Refusal::of("a regression has no classes")),
        }
    }
}

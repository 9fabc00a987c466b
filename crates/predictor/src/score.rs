//! How well a model predicts rows that were not fitted.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, finite};

/// A measure of prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What it is: RMSE, R², accuracy, log loss, …
    pub name: String,
    /// Its mean over the parts that were scored.
    pub mean: f64,
    /// Its standard deviation over those parts; none for a single part.
    pub deviation: Option<f64>,
}

/// How well rows that were not fitted are predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Score {
    /// How the rows were held out.
    pub method: String,
    /// The measures; none where no part could be scored.
    pub metrics: Vec<Metric>,
    /// What could not be scored and why, one sentence each; empty where all went well.
    pub failures: Vec<String>,
}

#[derive(Deserialize)]
struct Unchecked {
    method: String,
    metrics: Vec<Metric>,
    failures: Vec<String>,
}

impl TryFrom<Unchecked> for Score {
    type Error = String;

    fn try_from(raw: Unchecked) -> Result<Self, String> {
        let score = Self { method: raw.method, metrics: raw.metrics, failures: raw.failures };
        score.check()?;
        Ok(score)
    }
}

impl Score {
    pub(crate) fn check(&self) -> Checked {
        for metric in &self.metrics {
            finite("a score", [metric.mean].iter().chain(&metric.deviation))?;
        }
        Ok(())
    }
}

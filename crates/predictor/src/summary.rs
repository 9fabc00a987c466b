//! How a fit ended.

use estimator::Status;
use serde::{Deserialize, Serialize};

use crate::error::{Checked, finite};

/// How a fit ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct FitSummary {
    /// Converged or not.
    pub status: Status,
    /// The objective, in the estimator's sign and unit (of the standardised target, for a regression).
    pub objective: f64,
    /// An optimality residual; none where the estimator has none to give.
    pub residual: Option<f64>,
    /// Iterations, or epochs.
    pub iterations: u64,
    /// What the fit found or was told beside the weights, by name: λ, C, the noise level.
    pub found: Vec<(String, f64)>,
    /// How many columns that do nothing are expected to be kept; none where the method cannot say.
    pub false_keeps: Option<f64>,
}

#[derive(Deserialize)]
struct Unchecked {
    status: Status,
    objective: f64,
    residual: Option<f64>,
    iterations: u64,
    found: Vec<(String, f64)>,
    false_keeps: Option<f64>,
}

impl TryFrom<Unchecked> for FitSummary {
    type Error = String;

    fn try_from(raw: Unchecked) -> Result<Self, String> {
        let Unchecked { status, objective, residual, iterations, found, false_keeps } = raw;
        let summary = Self { status, objective, residual, iterations, found, false_keeps };
        summary.check()?;
        Ok(summary)
    }
}

impl FitSummary {
    pub(crate) fn check(&self) -> Checked {
        finite("the objective", [self.objective].iter())?;
        finite("the residual", self.residual.iter())?;
        finite("the expected number of false keeps", self.false_keeps.iter())?;
        finite("what the fit found", self.found.iter().map(|(_, value)| value))
    }

    /// A value that the fit found or was told, by its name.
    #[must_use]
    pub fn found(&self, name: &str) -> Option<f64> {
        self.found.iter().find(|(found, _)| found == name).map(|(_, value)| *value)
    }
}

//! What a finished fit says about itself.

use estimator::{NotConverged, Report, Status, Summary};

use crate::train::progress::Progress;

/// The report of a finished fit.
///
/// A fit that was given no stopping rule ([`Params::convergence`](crate::Params::convergence)) ends with its last epoch and the
/// status [`Status::MaxIterations`]: nothing has tested whether it converged.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrainingReport {
    /// How the fit ended.
    pub status: Status,
    /// The last progress report: its figures belong to the returned model.
    pub last: Progress,
    /// Every progress report, in order.
    pub trace: Vec<Progress>,
    /// Number of weights that are kept although their squared z-score, given the other weights, is at most λ. At the optimum
    /// each of them is pruned, so more epochs would drop them. None for networks, for fits in blocks, for dropout rates that are
    /// not free, and for λ = 0.
    pub undecided: Option<usize>,
    /// The largest |z| that Adam's steps could have built on a sample of average size: Σ η times the mean of Σ_d |x_d|. None for
    /// fits in blocks and under SGD.
    pub reach: Option<f64>,
}

/// Below this reach no class can become more probable than 55 to 1.
const SHORT: f64 = 4.0;

impl TrainingReport {
    /// The fit in the terms that all estimators share: objective L, one iteration an epoch, residual
    /// [`Progress::gradient_ratio`] (NaN under SGD).
    #[must_use]
    pub fn summary(&self) -> Report {
        Report {
            status: self.status,
            objective: self.last.elbo,
            residual: self.last.gradient_ratio.unwrap_or(f64::NAN),
            iterations: self.last.epoch,
            trace: self.trace.iter().map(|p| p.elbo).collect(),
        }
    }

    /// Returns the report if the fit converged.
    ///
    /// # Errors
    /// [`NotConverged`] with the status, the number of epochs and the residual otherwise.
    pub fn require_converged(self) -> Result<Self, NotConverged> {
        Summary::require_converged(self)
    }

    /// What a user should know about this fit, one sentence each; empty if there is nothing.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(count) = self.undecided.filter(|&count| count > 0) {
            let (kept, lambda) = (self.last.kept, self.last.lambda);
            warnings.push(format!(
                "{count} of {kept} kept weights have a squared z-score of at most λ = {lambda}: the optimum drops them; train for \
                 more epochs, with a learning rate that falls"
            ));
        }
        if let Some(reach) = self.reach.filter(|&reach| reach < SHORT) {
            warnings.push(format!(
                "the optimiser's steps are too short for inputs of this scale: they move an output by at most {reach:.2}; rescale \
                 the inputs to order 1, or raise the learning rate or the number of epochs"
            ));
        }
        warnings
    }
}

impl Summary for TrainingReport {
    fn summary(&self) -> Report {
        self.summary()
    }
}

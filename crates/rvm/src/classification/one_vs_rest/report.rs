//! How the fits of the classes went.

use estimator::{NotConverged, Report, Status, Summary};

/// Fit summary of a one-vs-rest fit: one report per class.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OneVsRestReport {
    /// One report per class; the objective is Laplace's log evidence in nats, the residual the largest gain in
    /// evidence (nats) that a single step on a freshly linearised model would still offer.
    pub classes: Vec<Report>,
}

impl OneVsRestReport {
    /// Converged if every class did; otherwise the status of the first that did not.
    #[must_use]
    pub fn status(&self) -> Status {
        self.classes.iter().map(|r| r.status).find(|s| *s != Status::Converged).unwrap_or(Status::Converged)
    }

    /// Sum of the classes' log evidences, nats.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        self.classes.iter().map(|r| r.objective).sum()
    }

    /// The classes together: objectives and iterations summed, the largest residual, and as trace the sum of the evidences
    /// after each linearisation, where a class that has ended keeps its last.
    #[must_use]
    pub fn summary(&self) -> Report {
        Summary::summary(self)
    }

    /// Returns the report if every class converged.
    ///
    /// # Errors
    /// [`NotConverged`] with the status of the first class that did not converge.
    pub fn require_converged(self) -> Result<Self, NotConverged> {
        Summary::require_converged(self)
    }
}

impl Summary for OneVsRestReport {
    fn summary(&self) -> Report {
        let longest = self.classes.iter().map(|r| r.trace.len()).max().unwrap_or(0);
        let at = |round: usize| {
            self.classes.iter().filter_map(|r| r.trace.get(round).or(r.trace.last())).sum::<f64>()
        };
        Report {
            status: self.status(),
            objective: self.log_evidence(),
            residual: self.classes.iter().map(|r| r.residual).fold(0.0, f64::max),
            iterations: self.classes.iter().map(|r| r.iterations).sum(),
            trace: (0..longest).map(at).collect(),
        }
    }
}

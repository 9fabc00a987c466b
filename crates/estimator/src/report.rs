//! What a finished fit says about itself.

use core::fmt;

use crate::status::Status;

/// Fit summary; every figure belongs to the returned model, none to the starting point.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    /// How the fit ended.
    pub status: Status,
    /// The objective at the returned model (the estimator states its unit and sign).
    pub objective: f64,
    /// An optimality residual at the returned model, computed apart from the stopping rule.
    pub residual: f64,
    /// Number of iterations done (the estimator states what one iteration is).
    pub iterations: usize,
    /// The objective after each iteration.
    pub trace: Vec<f64>,
}

/// A report that can be summarised in the shared terms.
///
/// [`Report`] is its own summary. An estimator that records more (the epochs of a stochastic trainer, the classes of a
/// one-vs-rest fit) has a report type of its own and implements this trait.
pub trait Summary: Sized {
    /// The fit in the terms that all estimators share.
    fn summary(&self) -> Report;

    /// Returns the report if the fit converged.
    ///
    /// # Errors
    /// [`NotConverged`] with the status, the number of iterations and the residual otherwise.
    fn require_converged(self) -> Result<Self, NotConverged> {
        let Report { status, iterations, residual, .. } = self.summary();
        if status == Status::Converged {
            Ok(self)
        } else {
            Err(NotConverged { status, iterations, residual })
        }
    }
}

impl Summary for Report {
    fn summary(&self) -> Report {
        self.clone()
    }
}

impl Report {
    /// Returns the report if the fit converged ([`Summary::require_converged`], without the trait in scope).
    ///
    /// # Errors
    /// [`NotConverged`] with the status, the number of iterations and the residual otherwise.
    pub fn require_converged(self) -> Result<Self, NotConverged> {
        Summary::require_converged(self)
    }
}

/// A fit that was required to converge did not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotConverged {
    /// How the fit ended instead.
    pub status: Status,
    /// Number of iterations done.
    pub iterations: usize,
    /// The optimality residual reached.
    pub residual: f64,
}

impl fmt::Display for NotConverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, iterations, residual } = self;
        write!(f, "the fit {status} after {iterations} iterations, optimality residual {residual:e}")
    }
}

impl core::error::Error for NotConverged {}

/// A model together with the report of its fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fit<M, R = Report> {
    /// The fitted model.
    pub model: M,
    /// How the fit went.
    pub report: R,
}

//! What every estimator of this workspace says about a finished fit.
//!
//! Not converging is a [`Status`], not an error and not silence; [`Report::require_converged`] turns it into an error.
#![doc = include_str!("../README.md")]

use core::fmt;

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Status {
    /// The stopping rule was met.
    Converged,
    /// The iteration limit came first.
    MaxIterations,
    /// No further progress was possible in floating point, short of the tolerance.
    Stalled,
    /// The caller's progress callback asked to stop.
    StoppedByCallback,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::MaxIterations => "stopped at the iteration limit",
            Self::Stalled => "stalled short of the tolerance",
            Self::StoppedByCallback => "stopped by the caller",
        })
    }
}

/// The account of a finished fit; every figure belongs to the returned model, none to the starting point.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    /// How the fit ended.
    pub status: Status,
    /// The objective at the returned model (its unit and sign are the estimator's).
    pub objective: f64,
    /// An optimality residual at the returned model, computed apart from the stopping rule.
    pub residual: f64,
    /// Iterations done (the estimator says what one is).
    pub iterations: usize,
    /// The objective after each iteration.
    pub trace: Vec<f64>,
}

impl Report {
    /// The report if the fit converged.
    ///
    /// # Errors
    /// [`NotConverged`] with the status, the iterations and the residual otherwise.
    pub fn require_converged(self) -> Result<Self, NotConverged> {
        if self.status == Status::Converged {
            return Ok(self);
        }
        let Self { status, iterations, residual, .. } = self;
        Err(NotConverged { status, iterations, residual })
    }
}

/// A fit that was required to converge did not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotConverged {
    /// How the fit ended instead.
    pub status: Status,
    /// Iterations done.
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

/// A model together with the account of how it was fitted.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fit<M, R = Report> {
    /// The fitted model.
    pub model: M,
    /// How the fit went.
    pub report: R,
}

//! How a fit ended.

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
    /// The objective has no maximum that means anything: the model interpolates the training targets, and the learned noise
    /// level has run to its floor. Fix the noise level, or choose λ by cross-validation.
    Interpolated,
    /// The caller's progress callback asked to stop.
    StoppedByCallback,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::MaxIterations => "stopped at the iteration limit",
            Self::Stalled => "stalled short of the tolerance",
            Self::Interpolated => "interpolates the training targets",
            Self::StoppedByCallback => "stopped by the caller",
        })
    }
}

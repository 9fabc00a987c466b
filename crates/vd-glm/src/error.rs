//! What can go wrong.

use estimator::{AsInputError, InputError};

/// Why a fit or a prediction was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input that any estimator would refuse.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A target that the family gives no probability.
    #[error("the target is {value} at row {row}: the {family} family needs {allowed}")]
    Target {
        /// Its row.
        row: usize,
        /// The value.
        value: f64,
        /// The family.
        family: &'static str,
        /// What it needs.
        allowed: &'static str,
    },
    /// A pass over rows that lie elsewhere.
    #[error("a pass over the rows failed: {reason}")]
    Pass {
        /// What the pass said.
        reason: String,
    },
    /// Worker threads could not be started.
    #[error("the {threads} worker threads could not be started: {reason}")]
    Threads {
        /// The number asked for.
        threads: usize,
        /// The system's reason.
        reason: String,
    },
}

impl AsInputError for Error {
    fn as_input(&self) -> Option<&InputError> {
        match self {
            Self::Input(error) => Some(error),
            _ => None,
        }
    }
}

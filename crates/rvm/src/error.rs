//! The error type of the crate.

use estimator::{AsInputError, InputError};

/// What can go wrong: bad input, or numerical breakdown. Not converging is a status, not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Features, targets, labels or parameters that every estimator refuses.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A kernel gave NaN or an infinity.
    #[error(
        "the kernel of row {row} and the centre at row {centre} is {value}: a kernel must be finite at every pair of rows"
    )]
    KernelNotFinite {
        /// Row of X that is the kernel's first argument.
        row: usize,
        /// Row of X that is the kernel's centre.
        centre: usize,
        /// The value.
        value: f64,
    },
    /// A factorisation broke down although every input is finite.
    #[error(
        "numerical breakdown in the {what}: rescale or thin out the columns, or choose the sequential algorithm"
    )]
    Breakdown {
        /// What could not be computed.
        what: &'static str,
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

/// The error of a result outside the range of `f64`.
pub(crate) fn range(what: &'static str) -> Error {
    Error::Input(InputError::Range { what })
}

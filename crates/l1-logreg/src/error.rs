//! What can be wrong with an input.

use estimator::{AsInputError, InputError};

/// Everything that this crate refuses. Not converging is no error: it is a [`Status`](estimator::Status).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What any estimator refuses: features, labels or parameters.
    #[error(transparent)]
    Input(#[from] InputError),
    /// No value of C gives a model with a weight, so that a grid cannot begin at C_min.
    #[error(
        "no feature varies with the labels, so that no C gives a weight other than zero and a grid cannot begin at C_min: \
         check the features, or give the values of C"
    )]
    NoCMin,
}

impl AsInputError for Error {
    fn as_input(&self) -> Option<&InputError> {
        match self {
            Self::Input(error) => Some(error),
            Self::NoCMin => None,
        }
    }
}

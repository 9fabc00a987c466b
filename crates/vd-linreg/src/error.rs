//! What can be wrong with a fit, a prediction or an analysis.

use estimator::{AsInputError, InputError};

/// Why a fit, a prediction or an analysis was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An input that every estimator refuses: data, targets, weights or parameters.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A factorisation met a matrix that is not positive definite in floating point.
    #[error(
        "the {size} x {size} matrix of the kept columns is not positive definite in floating point: \
         some of these columns are collinear"
    )]
    NotPositiveDefinite {
        /// The matrix's size.
        size: usize,
    },
}

impl AsInputError for Error {
    fn as_input(&self) -> Option<&InputError> {
        match self {
            Self::Input(error) => Some(error),
            Self::NotPositiveDefinite { .. } => None,
        }
    }
}

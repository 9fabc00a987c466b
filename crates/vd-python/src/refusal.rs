//! What Python is told when a fit is refused.

use core::fmt::Display;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Why there is no fit, in the words of the crate that refused it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Data or parameters: Python's `ValueError`.
    #[error("{0}")]
    Value(String),
    /// Anything else: Python's `RuntimeError`.
    #[error("{0}")]
    Run(String),
}

impl Refusal {
    /// The refusal of an input.
    pub(crate) fn of(error: impl Display) -> Self {
        Self::Value(error.to_string())
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Value(text) => PyValueError::new_err(text),
            Refusal::Run(text) => PyRuntimeError::new_err(text),
        }
    }
}

//! Range checks of parameters.

use crate::input::InputError;

/// Range checks that parameters' `check` methods are written with.
///
/// ```
/// use estimator::{Check, InputError};
///
/// let wrong = Check::positive("tolerance", -1.0).unwrap_err();
/// assert_eq!(wrong.to_string(), "tolerance must be a finite number above 0, and is -1");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Check;

impl Check {
    /// Accepts the value if `ok`.
    ///
    /// # Errors
    /// [`InputError::Parameter`] with the name, the value and the allowed range in words.
    pub fn range(name: &'static str, value: f64, ok: bool, allowed: &'static str) -> Result<(), InputError> {
        if ok { Ok(()) } else { Err(InputError::Parameter { name, value, allowed }) }
    }

    /// Accepts finite numbers above 0.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for any other number, NaN included.
    pub fn positive(name: &'static str, value: f64) -> Result<(), InputError> {
        Self::range(name, value, value > 0.0 && value.is_finite(), "a finite number above 0")
    }

    /// Accepts finite numbers from 0.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for any other number, NaN included.
    pub fn not_negative(name: &'static str, value: f64) -> Result<(), InputError> {
        Self::range(name, value, value >= 0.0 && value.is_finite(), "a finite number from 0")
    }

    /// Accepts counts from `least`, which `allowed` says in words.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for a smaller count.
    pub fn at_least(
        name: &'static str,
        value: usize,
        least: usize,
        allowed: &'static str,
    ) -> Result<(), InputError> {
        Self::range(name, value as f64, value >= least, allowed)
    }
}

//! The crate's error.

use crate::domain::OutOfDomain;

/// What was wrong with a request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// Slices that belong together differ in length.
    Lengths {
        /// Length of the input.
        input: usize,
        /// Length of the slice for the values.
        value: usize,
        /// Length of the slice for the gradients.
        grad: usize,
    },
    /// A divergence was asked for outside its domain.
    Domain(OutOfDomain),
    /// An argument lies outside its range.
    Argument {
        /// The argument's name.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A sample or a grid has fewer points than the computation needs.
    TooFew {
        /// What was counted.
        field: &'static str,
        /// How many there are.
        value: usize,
        /// The least number allowed.
        least: usize,
    },
    /// Parameters that mean nothing together.
    Combination(&'static str),
    /// An iteration met a number that is not finite.
    Breakdown {
        /// Where.
        field: &'static str,
    },
}

impl From<OutOfDomain> for Error {
    fn from(error: OutOfDomain) -> Self {
        Self::Domain(error)
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Lengths { input, value, grad } => write!(
                f,
                "slices of equal length are needed: {input} log α, {value} places for values, {grad} for gradients"
            ),
            Self::Domain(error) => error.fmt(f),
            Self::Argument { field, value, allowed } => write!(f, "{field} = {value} is outside {allowed}"),
            Self::TooFew { field, value, least } => {
                write!(f, "{field}: {value}, at least {least} are needed")
            }
            Self::Combination(what) => f.write_str(what),
            Self::Breakdown { field } => write!(f, "{field} stopped being finite"),
        }
    }
}

impl core::error::Error for Error {}

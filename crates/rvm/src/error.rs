//! The one error type of the crate.

use core::fmt;

/// What can go wrong: bad input, or numerical breakdown. Not converging is a status, not an error.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// An input has no rows, no columns or no entries.
    Empty {
        /// The input.
        what: &'static str,
    },
    /// An input holds NaN or an infinity.
    NonFinite {
        /// The input.
        what: &'static str,
        /// The row (or entry).
        row: usize,
        /// The column (0 for vectors).
        column: usize,
        /// The value.
        value: f64,
    },
    /// Two shapes that should agree do not.
    ShapeMismatch {
        /// The input.
        what: &'static str,
        /// The shape that the rest asks for.
        expected: (usize, usize),
        /// The shape that was given.
        found: (usize, usize),
    },
    /// A parameter lies outside its range.
    Parameter {
        /// The parameter.
        name: &'static str,
        /// The value.
        value: f64,
        /// The allowed range.
        allowed: &'static str,
    },
    /// A label is not below the number of classes.
    LabelOutOfRange {
        /// The row.
        row: usize,
        /// The label.
        label: usize,
        /// The number of classes: labels are 0, 1, …, classes − 1.
        classes: usize,
    },
    /// A class has no object (or, with two classes, all of them): there is nothing to tell apart.
    EmptyClass {
        /// The class without objects.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A kernel gave NaN or an infinity.
    KernelNotFinite {
        /// Row of the first argument.
        left: usize,
        /// Row of the second argument.
        right: usize,
        /// The value.
        value: f64,
    },
    /// A result does not fit in the range of `f64`, although every input does.
    Overflow {
        /// The result.
        what: &'static str,
    },
    /// What was asked for is not offered.
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// A factorisation broke down.
    Breakdown {
        /// The place.
        what: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { what } => write!(f, "{what} is empty"),
            Self::NonFinite { what, row, column, value } => {
                write!(f, "{what} holds {value} at row {row}, column {column}; every entry must be finite")
            }
            Self::ShapeMismatch { what, expected, found } => {
                write!(f, "{what} is {} x {}, should be {} x {}", found.0, found.1, expected.0, expected.1)
            }
            Self::Parameter { name, value, allowed } => write!(f, "{name} = {value}, allowed: {allowed}"),
            Self::LabelOutOfRange { row, label, classes } => {
                write!(f, "label {label} at row {row}, but there are {classes} classes")
            }
            Self::EmptyClass { class, classes } => {
                write!(f, "class {class} of {classes} has no object to tell from the others")
            }
            Self::KernelNotFinite { left, right, value } => {
                write!(f, "the kernel of rows {left} and {right} is {value}")
            }
            Self::Overflow { what } => write!(f, "{what} does not fit in the range of f64"),
            Self::Unsupported { what } => write!(f, "{what} is not offered"),
            Self::Breakdown { what } => write!(f, "numerical breakdown: {what}"),
        }
    }
}

impl core::error::Error for Error {}

//! What can be wrong with an input of any estimator.

use core::fmt;

/// Which extent of an input has the wrong size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Rows of a matrix: samples.
    Rows,
    /// Columns of a matrix: features.
    Columns,
    /// Entries of a vector.
    Entries,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rows => "rows",
            Self::Columns => "columns",
            Self::Entries => "entries",
        })
    }
}

/// An input that an estimator refuses: data, labels or parameters. Rows, columns and classes are counted from 0.
///
/// Every crate's `Error` has these as `Error::Input`, beside what only that crate can say.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A matrix or vector has no entries.
    #[error("{what} is empty ({rows} x {cols})")]
    Empty {
        /// What is empty.
        what: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
    },
    /// Two sizes that have to agree do not.
    #[error("{what}: {found} {extent} where {expected} are needed")]
    Shape {
        /// What has the wrong size.
        what: &'static str,
        /// Which of its extents.
        extent: Extent,
        /// The size needed.
        expected: usize,
        /// The size found.
        found: usize,
    },
    /// A matrix entry is NaN or infinite.
    #[error("{what} has the value {value} at row {row}, column {col}: every value must be finite")]
    NotFinite {
        /// Where the entry is.
        what: &'static str,
        /// Its row.
        row: usize,
        /// Its column; 0 for a vector.
        col: usize,
        /// The value.
        value: f64,
    },
    /// A matrix entry is finite, yet so large that sums over samples can overflow.
    #[error(
        "{what} has the value {value:e} in column {col}: magnitudes above {limit:e} can overflow; rescale the column"
    )]
    TooLarge {
        /// Where the entry is.
        what: &'static str,
        /// Its column.
        col: usize,
        /// The value.
        value: f64,
        /// The largest magnitude that is allowed.
        limit: f64,
    },
    /// A parameter lies outside its range, or is NaN.
    #[error("{name} must be {allowed}, and is {}", shown(*.value))]
    Parameter {
        /// The parameter's name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The allowed values in words.
        allowed: &'static str,
    },
    /// Two choices exclude each other.
    #[error("{choice} cannot be used with {with}: {instead}")]
    Combination {
        /// The choice.
        choice: &'static str,
        /// What it cannot be used with.
        with: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// A label is not below the number of classes.
    #[error("label {label} at row {row}: with {classes} classes, labels are 0 to {}", classes.saturating_sub(1))]
    Label {
        /// The row.
        row: usize,
        /// The label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A class between 0 and the largest label has no sample.
    #[error(
        "class {class} has no sample, though the largest label is {largest}: number the classes 0, 1, 2, … without a gap, \
         or state the number of classes"
    )]
    MissingClass {
        /// The first class without a sample.
        class: usize,
        /// The largest label.
        largest: usize,
    },
    /// A class has too few samples.
    #[error("class {class} has {found} samples where {needed} are needed")]
    RareClass {
        /// The class.
        class: usize,
        /// How many samples it has.
        found: usize,
        /// How many it needs.
        needed: usize,
    },
    /// Fewer than two classes.
    #[error("the labels hold {found} class: classification needs at least 2")]
    OneClass {
        /// The number of classes found.
        found: usize,
    },
    /// The target does not vary, so that the noise level cannot be estimated.
    #[error(
        "the target is {value} at every row: there is nothing to explain (to fit it anyway, fix the noise's standard deviation)"
    )]
    ConstantTarget {
        /// The constant.
        value: f64,
    },
    /// A sample weight is negative or not finite, or all are zero.
    #[error("sample weight {value} at row {row}: weights must be finite, at least 0 and not all 0")]
    Weight {
        /// The row.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// The number of folds does not suit the number of samples.
    #[error("{folds} folds for {samples} samples: choose from 2 folds to one a sample")]
    Folds {
        /// The folds asked for.
        folds: usize,
        /// The samples that can be dealt out.
        samples: usize,
    },
    /// A result of finite input does not fit into the range of floating point.
    #[error("{what} is outside the range of floating point: rescale the columns or the target")]
    Range {
        /// The result.
        what: &'static str,
    },
}

impl InputError {
    /// The error of a matrix with the wrong number of columns.
    #[must_use]
    pub fn columns(what: &'static str, expected: usize, found: usize) -> Self {
        Self::Shape { what, extent: Extent::Columns, expected, found }
    }

    /// The error of a vector (targets, labels, weights) with the wrong number of entries.
    #[must_use]
    pub fn entries(what: &'static str, expected: usize, found: usize) -> Self {
        Self::Shape { what, extent: Extent::Entries, expected, found }
    }

    /// The error of a matrix with the wrong number of rows.
    #[must_use]
    pub fn rows(what: &'static str, expected: usize, found: usize) -> Self {
        Self::Shape { what, extent: Extent::Rows, expected, found }
    }
}

/// An error that may wrap an [`InputError`]; every crate's `Error` implements this trait.
pub trait AsInputError {
    /// The shared input error inside, if this is one.
    fn as_input(&self) -> Option<&InputError>;
}

impl AsInputError for InputError {
    fn as_input(&self) -> Option<&InputError> {
        Some(self)
    }
}

/// A number in as few digits as it takes: 1e308 is not written out.
fn shown(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || (1e-6..1e15).contains(&magnitude) || !value.is_finite() {
        return value.to_string();
    }
    format!("{value:e}")
}

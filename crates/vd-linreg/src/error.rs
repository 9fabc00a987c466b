//! What can be wrong with an input.

/// Why a fit, a prediction or an analysis was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinregError {
    /// Two shapes that have to agree do not.
    #[error("{what} has {found} entries where {expected} are needed")]
    Shape {
        /// What has the wrong size.
        what: &'static str,
        /// The size needed.
        expected: usize,
        /// The size found.
        found: usize,
    },
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
    /// An entry is NaN or infinite.
    #[error("{what} has the value {value} at row {row}, column {col}; every value has to be finite")]
    NotFinite {
        /// Where the entry is.
        what: &'static str,
        /// Its row.
        row: usize,
        /// Its column.
        col: usize,
        /// The value.
        value: f64,
    },
    /// A parameter is outside its range (or NaN).
    #[error("{field} = {value} is outside {allowed}")]
    Parameter {
        /// The parameter's name.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The values allowed.
        allowed: &'static str,
    },
    /// A sample weight is negative, or all are zero.
    #[error("sample weight {value} at row {row}: weights have to be finite, at least 0 and not all 0")]
    Weight {
        /// The row.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// The target does not vary (or is zero where no intercept is fitted), so that the noise cannot be estimated.
    #[error(
        "the target does not vary (value {value} throughout): fix the noise precision, or leave the fit out"
    )]
    ConstantTarget {
        /// The constant.
        value: f64,
    },
    /// A result of finite input is outside the range of `f64`.
    #[error("{what} is outside the range of f64: rescale the columns or the target")]
    Range {
        /// What overflows.
        what: &'static str,
    },
    /// More folds than rows with positive weight, or fewer than two.
    #[error("{folds} folds for {rows} rows: folds have to be from 2 to the number of rows")]
    Folds {
        /// The folds asked for.
        folds: usize,
        /// The rows of positive weight.
        rows: usize,
    },
    /// A factorisation met a matrix that is not positive definite in floating point.
    #[error(
        "the {size} x {size} system of the exact block update is not positive definite in floating point"
    )]
    NotPositiveDefinite {
        /// The system's size.
        size: usize,
    },
    /// The method needs a divergence that is defined for every α.
    #[error("the divergence '{name}' is not defined up to α = ∞, so {what} has no meaning for it")]
    Divergence {
        /// The divergence.
        name: &'static str,
        /// What was asked for.
        what: &'static str,
    },
}

//! What can go wrong.

/// Why a model cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The parts of a model contradict each other, or a number in it is not finite.
    #[error("the model is inconsistent: {0}")]
    Inconsistent(String),
    /// A table whose columns cannot stand side by side.
    #[error("the table is inconsistent: {0}")]
    Table(String),
    /// No column varies, so that there is nothing to fit.
    #[error("every column has one value only: there is nothing to fit")]
    NothingVaries,
    /// A row has another number of features than the model.
    #[error("a row of {found} features, where the model has {expected}")]
    Features {
        /// How many the model has.
        expected: usize,
        /// How many the row has.
        found: usize,
    },
    /// A table lacks a column that the model uses.
    #[error("the table has no column `{name}`, which the model uses")]
    MissingColumn {
        /// The column.
        name: String,
    },
    /// A column holds names where the model was fitted on numbers, or the other way round.
    #[error("column `{name}` holds {found}, where the model was fitted on {expected}")]
    ColumnKind {
        /// The column.
        name: String,
        /// What the model was fitted on.
        expected: &'static str,
        /// What the table holds.
        found: &'static str,
    },
    /// A value is missing, and the model does not know what to put in its place.
    #[error(
        "column `{name}` has no value at row {row}, and the model was fitted without filling in missing values"
    )]
    MissingValue {
        /// The column.
        name: String,
        /// The row, from 0.
        row: usize,
    },
    /// A name that the training data did not have.
    #[error("column `{name}` has `{level}` at row {row}, a name that the training data did not have")]
    UnknownLevel {
        /// The column.
        name: String,
        /// The row, from 0.
        row: usize,
        /// The name.
        level: String,
    },
    /// A prediction is outside the range of floating point.
    #[error("the prediction of row {row} overflows: a value is far outside the training data")]
    Overflow {
        /// The row, from 0.
        row: usize,
    },
    /// The beginning of the C names is not a C name.
    #[error("the prefix `{0}` is not the beginning of a C name: letters, digits and _, no digit first")]
    Prefix(String),
    /// A kernel model has no C form.
    #[error("a kernel model has no C form; export it as JSON")]
    NoCForm,
}

/// What a check returns: what does not hold, in words.
pub(crate) type Checked = Result<(), String>;

pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

pub(crate) fn finite<'a>(what: &str, mut values: impl Iterator<Item = &'a f64>) -> Checked {
    ensure(values.all(|v| v.is_finite()), || format!("{what} is not finite"))
}

pub(crate) fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Checked {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        ensure(seen.insert(name), || format!("the {what} `{name}` occurs twice"))?;
    }
    Ok(())
}

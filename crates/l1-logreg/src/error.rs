//! What can be wrong with an input.

use thiserror::Error;

/// Everything this crate refuses. Not converging is no error: it is a [`estimator::Status`].
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter lies outside its documented range.
    #[error("{name} is {value}, allowed is {allowed}")]
    Parameter {
        /// The parameter's name.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// Two parameters exclude each other.
    #[error("{first} does not go with {second}")]
    Combination {
        /// The first choice.
        first: &'static str,
        /// The choice that it excludes.
        second: &'static str,
    },
    /// The feature matrix has no rows or no columns.
    #[error("the features are {rows} x {columns}: both must be at least 1")]
    Empty {
        /// Rows of the feature matrix.
        rows: usize,
        /// Columns of the feature matrix.
        columns: usize,
    },
    /// The labels do not match the features, or a model does not match the data.
    #[error("{what} has {found}, expected {expected}")]
    Shape {
        /// What has the wrong shape.
        what: &'static str,
        /// The extent found.
        found: usize,
        /// The extent expected.
        expected: usize,
    },
    /// A feature is NaN or infinite.
    #[error("the feature in row {row}, column {column} is {value}")]
    NotFinite {
        /// The row of the first such value.
        row: usize,
        /// Its column.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A feature is finite, yet so large that a sum over the rows can overflow.
    #[error("a feature in column {column} has magnitude {value:e}: at most {limit:e} is allowed")]
    TooLarge {
        /// The column.
        column: usize,
        /// Its largest magnitude.
        value: f64,
        /// The largest allowed magnitude.
        limit: f64,
    },
    /// A label is not below the number of classes.
    #[error("label {label} in row {row} is not below the number of classes, {classes}")]
    Label {
        /// The row.
        row: usize,
        /// The label found there.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// Fewer than two classes.
    #[error("{found} class in the labels: at least 2 are needed")]
    OneClass {
        /// The number of classes found.
        found: usize,
    },
    /// A class has too few examples.
    #[error("class {class} has {found} examples, at least {needed} are needed")]
    RareClass {
        /// The class.
        class: usize,
        /// How many examples it has.
        found: usize,
        /// How many it needs.
        needed: usize,
    },
}

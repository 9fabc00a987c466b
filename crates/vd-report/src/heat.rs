//! A matrix of numbers as colours.

use serde::Serialize;

/// A matrix of numbers as colours, with a name for each row and column.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Heat {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// What the rows are.
    pub row_axis: String,
    /// What the columns are.
    pub column_axis: String,
    /// The rows' names.
    pub rows: Vec<String>,
    /// The columns' names.
    pub columns: Vec<String>,
    /// The numbers, row by row.
    pub values: Vec<f64>,
    /// What a number means, with its unit.
    pub measure: String,
    /// Whether numbers below 0 have a colour of their own; else 0 has the paper's.
    pub diverging: bool,
    /// The numbers of the lightest and darkest colours.
    pub range: (f64, f64),
}

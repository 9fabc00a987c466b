//! Bars with a name each, such as the strength of every column.

use serde::Serialize;

/// Horizontal bars with a name each.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Bars {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// What the length means, with its unit.
    pub axis: String,
    /// One name per bar.
    pub names: Vec<String>,
    /// One length per bar.
    pub values: Vec<f64>,
    /// Half the length of each bar's interval; empty for none.
    pub spreads: Vec<f64>,
    /// Whether each bar is of the first kind.
    pub first: Vec<bool>,
    /// What the two kinds are called, such as kept and dropped.
    pub kinds: (String, String),
    /// A vertical line at a value, and what it means.
    pub rule: Option<(f64, String)>,
}

//! A path of models that a slider walks.

use serde::Serialize;

/// One model on the path.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Step {
    /// Value of the parameter.
    pub value: f64,
    /// Columns kept: their index in [`Walk::names`], and the weight.
    pub kept: Vec<(usize, f64)>,
    /// The error on held-out rows; none where it was not measured.
    pub error: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// How many columns that do nothing are kept in expectation; none where it is not known.
    pub false_keeps: Option<f64>,
}

/// A path of models, from few columns to many, that a slider walks.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Walk {
    /// What is shown.
    pub title: String,
    /// What is to be seen, in words: also for those who do not see it.
    pub caption: String,
    /// What the slider moves, such as λ.
    pub parameter: String,
    /// What the error is, with its unit.
    pub error: String,
    /// What a weight is, with its unit.
    pub weight: String,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The models, from few columns to many.
    pub steps: Vec<Step>,
    /// The model where the slider starts.
    pub start: usize,
    /// Places on the path with a name each, such as the λ of the model.
    pub marks: Vec<(f64, String)>,
}

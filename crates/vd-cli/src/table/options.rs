//! What a survey is told about the columns.

/// What a survey is told about the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyOptions {
    /// Columns whose values are names, numbers or not.
    pub categorical: Vec<String>,
    /// Columns that are not looked at.
    pub ignored: Vec<String>,
    /// The column that is predicted, for messages.
    pub target: Option<String>,
    /// The most names in a column.
    pub max_levels: usize,
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self { categorical: Vec::new(), ignored: Vec::new(), target: None, max_levels: 100 }
    }
}

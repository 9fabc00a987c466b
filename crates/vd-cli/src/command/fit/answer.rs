//! What is printed after a fit.

use std::fmt::Write as _;

use crate::command::describe;
use crate::command::fit::rows::Rows;
use crate::show::{Style, feature_table, summary};
use crate::table::clip;
use methods::Task;
use predictor::SavedModel;

/// Rows of the printed table.
const SHOWN: usize = 40;

/// What is said of a fit beside its model.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The task.
    pub task: Task,
    /// Why it is this task.
    pub why: &'a str,
    /// Which rows were used.
    pub rows: Rows,
    /// How the rows were weighed, in words.
    pub weighing: Option<&'a str>,
    /// Where the model was written.
    pub out: Option<&'a str>,
    /// Where a report of it was written.
    pub report: Option<&'a str>,
}

impl Answer<'_> {
    /// One JSON object, for scripts.
    #[must_use]
    pub fn json(&self, model: &SavedModel) -> String {
        let rows = self.rows;
        let input = serde_json::json!({ "task_because": self.why, "rows_found": rows.found, "rows_used": rows.used(),
            "rows_left_out": rows.left_out(), "rows_without_target": rows.without_target, "values_imputed": rows.imputed, "weights": self.weighing });
        describe(model, Some(input))
    }

    /// A few lines and a table, for people.
    #[must_use]
    pub fn text(&self, model: &SavedModel, style: Style) -> String {
        let mut text = self.opening(model, style);
        if let Some(weighing) = self.weighing {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}  {weighing}", style.bold("Weights"));
        }
        text.push_str(&summary(model, style));
        text.push_str(&feature_table(model, style, SHOWN));
        if !model.preprocessing.constant().is_empty() && !style.quiet {
            let shown: Vec<&str> =
                model.preprocessing.constant().iter().take(10).map(String::as_str).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "\nConstant, so left out: {} in all: {}",
                model.preprocessing.constant().len(),
                shown.join(", ")
            );
        }
        if let Some(out) = self.out.filter(|_| !style.quiet) {
            let _ = writeln!(text, "\nModel written to {out}");
        }
        if let Some(path) = self.report.filter(|_| !style.quiet) {
            let _ = writeln!(text, "{}Report written to {path}", if self.out.is_none() { "\n" } else { "" });
        }
        text
    }

    /// Which task was inferred and why, and which rows are used.
    fn opening(&self, model: &SavedModel, style: Style) -> String {
        let noun = match (self.task, model.target.levels.len()) {
            (Task::Classification, count) => format!("one of {count} classes"),
            (Task::Counts, _) => "a count".to_owned(),
            _ => "a number".to_owned(),
        };
        let (task, used) = (style.bold("Task"), style.bold("Rows"));
        let (target, rows) = (clip(&model.target.name), self.rows);
        format!("{task}  `{target}` is {noun}: {}\n{used}  {rows}\n", self.why)
    }
}

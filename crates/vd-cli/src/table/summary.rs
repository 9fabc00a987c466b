//! What is known of a column after one pass.

use crate::error::Place;
use predictor::Moments;
use predictor::notation::Notation;

/// What is known of a column after one pass.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// Its position, from 0.
    pub position: usize,
    /// Whether it is left out.
    pub ignored: bool,
    /// Records without a value.
    pub missing: u64,
    /// The place of the first record without a value.
    pub first_missing: Option<Place>,
    /// The first text that was taken for a missing value; none where all missing ones are empty.
    pub missing_mark: Option<String>,
    /// Mean and deviation of what are finite numbers.
    pub moments: Moments,
    /// The first value that is no number, and its place.
    pub not_a_number: Option<(Place, String)>,
    /// How its numbers are written.
    pub notation: Notation,
    /// The first value that is an infinity or NaN as a number, and its place.
    pub not_finite: Option<(Place, String)>,
    /// Whether its values are 0, 1, 2, … or 1, 2, 3, … down the rows.
    pub counts_rows: bool,
    /// The distinct texts and how often each occurs, in the order of first sight; none where there are too many.
    pub levels: Option<Vec<(String, u64)>>,
    /// Whether its values are names because it was said.
    pub(super) forced: bool,
}

impl ColumnSurvey {
    /// A column of which nothing is known yet but its name and position.
    #[must_use]
    pub fn new(position: usize, name: String) -> Self {
        Self {
            name,
            position,
            ignored: false,
            missing: 0,
            first_missing: None,
            missing_mark: None,
            moments: Moments::default(),
            not_a_number: None,
            notation: Notation::default(),
            not_finite: None,
            counts_rows: false,
            levels: None,
            forced: false,
        }
    }

    /// The same with its values taken for names.
    #[must_use]
    pub fn of_names(self) -> Self {
        Self { forced: true, ..self }
    }

    /// Whether its values are names rather than numbers.
    pub fn is_categorical(&self) -> bool {
        self.forced || self.not_a_number.is_some()
    }

    /// The distinct texts in order: as numbers where all are, else by bytes.
    pub fn sorted_levels(&self) -> Vec<(String, u64)> {
        let mut levels = self.levels.clone().unwrap_or_default();
        if self.not_a_number.is_none() {
            let value = |text: &str| self.notation.read(text.as_bytes()).unwrap_or(f64::NAN);
            levels.sort_by(|a, b| value(&a.0).total_cmp(&value(&b.0)).then_with(|| a.0.cmp(&b.0)));
        } else {
            levels.sort();
        }
        levels
    }
}

//! Which rows are used, and what was missing in them.

use crate::cli::{FitArgs, Missing};
use crate::error::{Error, Result};
use crate::table::Survey;
use predictor::{Column, Table};

/// How many rows are used and left out, and how many values were filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rows {
    /// Rows in the file.
    pub found: u64,
    /// Rows left out because a value is missing.
    pub left_out: u64,
    /// Missing values that were filled in.
    pub imputed: u64,
}

impl Rows {
    /// Rows that are used.
    pub fn used(self) -> u64 {
        self.found - self.left_out
    }

    /// All rows of a file that is read in passes.
    pub fn of_survey(survey: &Survey, target: &str) -> Self {
        let used = survey.columns.iter().filter(|c| !c.ignored && c.name != target);
        Self { found: survey.rows, left_out: 0, imputed: used.map(|c| c.missing).sum() }
    }

    /// These rows of a table.
    pub fn of_table(table: &Table, rows: &[usize]) -> Self {
        let missing = |c: &Column| rows.iter().filter(|&&r| c.is_missing(r)).count() as u64;
        Self {
            found: table.rows() as u64,
            left_out: (table.rows() - rows.len()) as u64,
            imputed: table.columns().iter().map(missing).sum(),
        }
    }
}

/// The rows without missing values, or all of them.
pub(super) fn usable(args: &FitArgs, table: &Table, target: &Column) -> Result<Vec<usize>> {
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    if args.columns.missing == Missing::Drop {
        rows.retain(|&r| !target.is_missing(r) && table.columns().iter().all(|c| !c.is_missing(r)));
    }
    if rows.len() < 2 {
        return Err(Error::usage(format!("{} row(s) are too few to fit anything", rows.len())));
    }
    Ok(rows)
}

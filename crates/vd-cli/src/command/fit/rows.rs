//! Which rows are used, and what was missing in them.

use core::fmt;

use crate::cli::{FitArgs, Missing};
use crate::error::{Error, Place, Result};
use crate::table::{Survey, clip};
use predictor::{Column, Table, Values};

/// How many rows are used and left out, and how many values were filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rows {
    /// Rows in the file.
    pub found: u64,
    /// Rows left out because they have no target.
    pub without_target: u64,
    /// Rows left out because a value of another column is missing.
    pub incomplete: u64,
    /// Missing values that were filled in.
    pub imputed: u64,
}

impl Rows {
    /// Rows that are left out.
    pub fn left_out(self) -> u64 {
        self.without_target + self.incomplete
    }

    /// Rows that are used.
    pub fn used(self) -> u64 {
        self.found - self.left_out()
    }

    /// The rows of a file that is read in passes: all that have a target.
    pub fn of_survey(survey: &Survey, target: &str) -> Self {
        let used = survey.columns.iter().filter(|c| !c.ignored && c.name != target);
        let without_target = survey.columns.iter().find(|c| c.name == target).map_or(0, |c| c.missing);
        Self { found: survey.rows, without_target, incomplete: 0, imputed: used.map(|c| c.missing).sum() }
    }

    /// These rows of a table.
    pub fn of_table(table: &Table, target: &Column, rows: &[usize]) -> Self {
        let missing = |c: &Column| rows.iter().filter(|&&r| c.is_missing(r)).count() as u64;
        let without_target = (0..table.rows()).filter(|&r| target.is_missing(r)).count() as u64;
        Self {
            found: table.rows() as u64,
            without_target,
            incomplete: ((table.rows() - rows.len()) as u64).saturating_sub(without_target),
            imputed: table.columns().iter().map(missing).sum(),
        }
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} used; ", self.used(), self.found)?;
        match (self.without_target, self.incomplete) {
            (0, 0) => f.write_str("none left out"),
            (0, incomplete) => write!(f, "{incomplete} left out for a missing value"),
            (without, 0) => write!(f, "{without} left out for want of a target"),
            (without, incomplete) => {
                write!(f, "{without} left out for want of a target, {incomplete} for a missing value")
            }
        }?;
        match self.imputed {
            0 => f.write_str(", nothing imputed"),
            imputed => write!(f, ", {imputed} missing value(s) imputed"),
        }
    }
}

/// The rows that have a target, a weight above 0 and, where rows were to be dropped, no missing value.
///
/// # Errors
/// Too few rows, with what is missing in how many of them; a class that has no row left.
pub(super) fn usable(
    args: &FitArgs,
    table: &Table,
    target: &Column,
    weights: Option<&[f64]>,
    classes: &[String],
) -> Result<Vec<usize>> {
    let counts = |r: usize| !target.is_missing(r) && weights.is_none_or(|w| w[r] > 0.0);
    let mut rows: Vec<usize> = (0..table.rows()).filter(|&r| counts(r)).collect();
    if args.columns.missing == Missing::Drop {
        rows.retain(|&r| table.columns().iter().all(|c| !c.is_missing(r)));
    }
    if rows.len() < 2 {
        return Err(refuse(args, too_few(args, table, target, rows.len())));
    }
    if let Values::Codes { codes, .. } = &target.values
        && let Some(what) = vanished(&rows, codes, classes)
    {
        return Err(refuse(args, format!("without the rows that are left out, {what}")));
    }
    Ok(rows)
}

/// Which class has no row, if one has none.
fn vanished(rows: &[usize], codes: &[u32], classes: &[String]) -> Option<String> {
    let mut count = vec![0_usize; classes.len()];
    rows.iter().for_each(|&r| count[codes[r] as usize] += 1);
    let gone: Vec<String> =
        (0..classes.len()).filter(|&k| count[k] == 0).map(|k| format!("`{}`", clip(&classes[k]))).collect();
    if gone.is_empty() {
        return None;
    }
    match classes.len() - gone.len() {
        1 => {
            let left =
                classes.iter().zip(&count).find(|(_, n)| **n > 0).map_or("", |(name, _)| name.as_str());
            Some(format!(
                "the target is `{}` in every row: --missing impute keeps rows with missing values",
                clip(left)
            ))
        }
        _ => Some(format!(
            "{} {} no row left: --missing impute keeps rows with missing values",
            gone.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            if gone.len() == 1 { "has" } else { "have" }
        )),
    }
}

/// Why so few rows are left.
fn too_few(args: &FitArgs, table: &Table, target: &Column, left: usize) -> String {
    let rows = table.rows();
    if rows < 2 || args.columns.missing != Missing::Drop {
        return format!("{left} row(s) with a target are too few to fit anything");
    }
    let missing = |c: &Column| (0..rows).filter(|&r| c.is_missing(r)).count();
    let mut counts: Vec<(usize, &str)> = table
        .columns()
        .iter()
        .chain([target])
        .map(|c| (missing(c), c.name.as_str()))
        .filter(|(n, _)| *n > 0)
        .collect();
    counts.sort_by_key(|(n, _)| core::cmp::Reverse(*n));
    let named: Vec<String> =
        counts.iter().take(5).map(|(n, name)| format!("`{}` in {n}", clip(name))).collect();
    format!(
        "--missing drop leaves {left} of {rows} rows, too few to fit anything; missing are {}: --ignore a column that is mostly \
         missing, or --missing impute",
        named.join(", ")
    )
}

fn refuse(args: &FitArgs, what: String) -> Error {
    Error::data(Place::line(&args.data, 0), what)
}

//! The first pass: what every column holds.

use std::collections::BTreeMap;

use datafusion::arrow::array::ArrayRef;
use serde::{Deserialize, Serialize};
use vd_cli::Place;
use vd_cli::shared::Rows;
use vd_cli::table::{ColumnSurvey, Survey};

use crate::cells::{Cells, Kind};
use crate::error::{Error, Result};
use predictor::notation::Notation;
use predictor::{ColumnSummary, Moments};

/// The longest name of a category, in bytes.
const LONGEST: usize = 4096;

/// What the first pass is to look at: the target first, then the columns in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SurveyRequest {
    pub columns: Vec<Asked>,
    /// Whether a row with a missing value is left out.
    pub drop: bool,
    /// The most names of a column.
    pub most: usize,
}

/// A column of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub name: String,
    pub kind: Kind,
    /// Whether its distinct values are counted.
    pub counted: bool,
}

/// What a survey has found so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Surveyed {
    rows: u64,
    used: u64,
    without_target: u64,
    columns: Vec<Found>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Found {
    missing: u64,
    /// Missing values in the rows that are used.
    imputed: u64,
    not_finite: u64,
    /// Of the rows that are used.
    moments: Moments,
    /// How often each value occurs in all rows and in those that are used; none where there are too many.
    levels: Option<BTreeMap<String, (u64, u64)>>,
}

impl Surveyed {
    /// Nothing yet.
    pub fn new(request: &SurveyRequest) -> Self {
        let one = |asked: &Asked| Found { levels: asked.counted.then(BTreeMap::new), ..Found::default() };
        let columns = request.columns.iter().map(one).collect();
        Self { rows: 0, used: 0, without_target: 0, columns }
    }

    /// Takes in some rows.
    pub fn update(&mut self, request: &SurveyRequest, arrays: &[ArrayRef]) -> Result<()> {
        let Some(rows) = arrays.first().map(|array| array.len()) else { return Ok(()) };
        if arrays.len() != request.columns.len() {
            return Err(Error::Wire("a survey of other columns than it was asked for".to_owned()));
        }
        let cells: Vec<Cells> = arrays.iter().zip(&request.columns).map(cells).collect::<Result<_>>()?;
        let mut used = vec![true; rows];
        for (k, cells) in cells.iter().enumerate() {
            if k == 0 || request.drop {
                used.iter_mut().enumerate().for_each(|(row, used)| *used &= !cells.is_missing(row));
            }
        }
        self.rows += rows as u64;
        self.used += used.iter().filter(|used| **used).count() as u64;
        let first = cells.first();
        self.without_target += first.map_or(0, |c| (0..rows).filter(|&row| c.is_missing(row)).count()) as u64;
        for ((found, cells), asked) in self.columns.iter_mut().zip(&cells).zip(&request.columns) {
            found.update(cells, asked, &used, request.most);
        }
        Ok(())
    }

    /// Takes in what another part found.
    pub fn merge(&mut self, other: &Self, request: &SurveyRequest) -> Result<()> {
        if self.columns.len() != other.columns.len() {
            return Err(Error::Wire("surveys of different columns".to_owned()));
        }
        self.rows += other.rows;
        self.used += other.used;
        self.without_target += other.without_target;
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.merge(theirs, request.most);
        }
        Ok(())
    }

    /// Number of rows that are used.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// The rows in words and numbers.
    pub fn rows(&self) -> Rows {
        Rows {
            found: self.rows,
            without_target: self.without_target,
            incomplete: self.rows - self.used - self.without_target,
            imputed: self.columns.iter().skip(1).map(|c| c.imputed).sum(),
        }
    }

    /// The moments of the target over the rows that are used.
    pub fn target(&self) -> Moments {
        self.columns.first().map(|c| c.moments).unwrap_or_default()
    }

    /// How often each of these classes occurs in the rows that are used.
    pub fn class_counts(&self, classes: &[String]) -> Vec<usize> {
        let levels = self.columns.first().and_then(|c| c.levels.as_ref());
        let count = |class: &String| levels.and_then(|l| l.get(class)).map_or(0, |(_, used)| *used as usize);
        classes.iter().map(count).collect()
    }

    /// The same as `vd fit` would have found it.
    ///
    /// # Errors
    /// A number that is not finite; a column of too many names.
    pub fn survey(&self, request: &SurveyRequest) -> Result<Survey> {
        let mut columns = Vec::new();
        for (position, (found, asked)) in self.columns.iter().zip(&request.columns).enumerate() {
            if found.not_finite > 0 {
                let what = format!(
                    "{} values are infinite or NaN: leave their rows out in the query",
                    found.not_finite
                );
                return Err(Error::column(&asked.name, what));
            }
            let named = asked.kind == Kind::Name;
            if found.levels.is_none() && named {
                let most = request.most;
                let what = format!(
                    "it has more than {most} distinct values, or too long ones, to be a category: --ignore it, or raise --max-levels"
                );
                return Err(Error::column(&asked.name, what));
            }
            let mut column = ColumnSurvey::new(position, asked.name.clone());
            column.missing = found.missing;
            column.moments = found.moments;
            let all = |levels: &BTreeMap<String, (u64, u64)>| {
                levels.iter().map(|(text, (all, _))| (text.clone(), *all)).collect()
            };
            column.levels = found.levels.as_ref().map(all);
            if asked.kind == Kind::Day {
                column.notation = Notation::Date;
            }
            if named {
                let text = found.levels.as_ref().and_then(|l| l.keys().next()).cloned().unwrap_or_default();
                column.not_a_number = Some((Place::line(crate::QUERY, 0), text));
            } else if asked.counted && position > 0 {
                column = column.of_names();
            }
            columns.push(column);
        }
        Ok(Survey { columns, rows: self.rows, file: crate::QUERY.to_owned() })
    }

    /// What the features are made of: the rows that are used.
    pub fn summaries(&self, survey: &Survey) -> Vec<ColumnSummary> {
        let pairs = survey.columns.iter().zip(&self.columns).skip(1);
        pairs
            .map(|(column, found)| {
                let name = column.name.clone();
                match &found.levels {
                    Some(counts) if column.is_categorical() => {
                        let used = |(text, _): (String, u64)| {
                            let count = counts.get(&text).map_or(0, |(_, used)| *used);
                            (text, count)
                        };
                        let levels = column.sorted_levels().into_iter().map(used).collect();
                        ColumnSummary::Category { name, levels }
                    }
                    _ => ColumnSummary::Number { name, moments: found.moments },
                }
            })
            .collect()
    }
}

/// A column's values, as names where they are counted.
fn cells((array, asked): (&ArrayRef, &Asked)) -> Result<Cells> {
    match asked.kind {
        Kind::Name => Cells::names(array, &asked.name),
        _ => Cells::numbers(array, &asked.name),
    }
}

impl Found {
    fn update(&mut self, cells: &Cells, asked: &Asked, used: &[bool], most: usize) {
        let mut memory = String::new();
        for (row, &used) in used.iter().enumerate() {
            if cells.is_missing(row) {
                self.missing += 1;
                self.imputed += u64::from(used);
                continue;
            }
            if let Cells::Numbers(values) = cells {
                let value = values.value(row);
                if !value.is_finite() {
                    self.not_finite += 1;
                    continue;
                }
                if used {
                    self.moments.push(value);
                }
            }
            if asked.counted && self.levels.is_some() {
                let text = cells.text(row, &mut memory);
                self.count(text, (1, u64::from(used)), most);
            }
        }
    }

    fn count(&mut self, text: &str, (all, used): (u64, u64), most: usize) {
        let Some(levels) = &mut self.levels else { return };
        if let Some(counts) = levels.get_mut(text) {
            *counts = (counts.0 + all, counts.1 + used);
        } else if levels.len() == most || text.len() > LONGEST {
            self.levels = None;
        } else {
            levels.insert(text.to_owned(), (all, used));
        }
    }

    fn merge(&mut self, other: &Self, most: usize) {
        self.missing += other.missing;
        self.imputed += other.imputed;
        self.not_finite += other.not_finite;
        self.moments.merge(&other.moments);
        match &other.levels {
            Some(levels) => levels.iter().for_each(|(text, counts)| self.count(text, *counts, most)),
            None => self.levels = None,
        }
    }
}

//! From columns to standardised features.

use crate::error::{Error, Result};
use crate::table::{Column, MISSING_LEVEL, Moments, Survey, Values};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// What an input column holds, and what stands in for a missing value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Numbers.
    Number {
        /// The training rows' mean; none where missing values are refused.
        fill: Option<f64>,
    },
    /// Names.
    Category {
        /// The names seen.
        levels: Vec<String>,
        /// The training rows' most frequent one; none where missing values are refused.
        fill: Option<u32>,
    },
}

/// An input column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// A feature: (value − mean) / scale, where the value is a number or the indicator of a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// The column's name, and the level's.
    pub name: String,
    /// Which column.
    pub column: u32,
    /// Which level; none for a number.
    pub level: Option<u32>,
    /// What is taken off.
    pub mean: f64,
    /// What it is divided by.
    pub scale: f64,
}

impl Feature {
    /// The feature of a column's value: a number, or a level's index (negative for an unknown one).
    #[inline]
    pub fn of(&self, value: f64) -> f64 {
        let value = match self.level {
            None => value,
            Some(level) => f64::from(u8::from(value == f64::from(level))),
        };
        standardised(value, self.mean, self.scale)
    }
}

/// (x − mean) / scale; the difference of two huge numbers is taken in halves.
#[inline]
fn standardised(x: f64, mean: f64, scale: f64) -> f64 {
    let z = (x - mean) / scale;
    if z.is_finite() { z } else { (0.5 * x - 0.5 * mean) / scale * 2.0 }
}

/// How rows become features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prep {
    /// The input columns.
    pub columns: Vec<InputColumn>,
    /// The features, in the order of the columns; constant ones are left out.
    pub features: Vec<Feature>,
    /// The constants left out.
    pub constant: Vec<String>,
}

/// What is known of a column's training values.
enum Summary {
    /// Of numbers.
    Number(Moments),
    /// Of names: how often each level occurs.
    Category(Vec<u64>),
}

impl Prep {
    /// From the rows of a table.
    ///
    /// # Errors
    /// [`Error::Usage`] where every column is constant.
    pub fn from_columns(columns: &[Column], rows: &[usize], impute: bool, standardise: bool) -> Result<Self> {
        let summaries = columns.iter().map(|column| {
            let (kind, summary) = match &column.values {
                Values::Numbers(x) => {
                    let mut moments = Moments::default();
                    rows.iter().map(|&r| x[r]).filter(|x| !x.is_nan()).for_each(|x| moments.push(x));
                    (None, Summary::Number(moments))
                }
                Values::Codes { codes, levels } => {
                    let mut counts = vec![0; levels.len()];
                    for &row in rows {
                        if let Some(count) = counts.get_mut(codes[row] as usize) {
                            *count += 1;
                        }
                    }
                    (Some(levels.clone()), Summary::Category(counts))
                }
            };
            (column.name.clone(), kind, summary)
        });
        Self::from_summaries(summaries, impute, standardise)
    }

    /// From a survey of a whole file.
    ///
    /// # Errors
    /// As for [`Prep::from_columns`].
    pub fn from_survey(survey: &Survey, target: &str, impute: bool, standardise: bool) -> Result<Self> {
        let used = survey.columns.iter().filter(|c| !c.ignored && c.name != target);
        let summaries = used.map(|c| {
            if !c.is_categorical() {
                return (c.name.clone(), None, Summary::Number(c.moments));
            }
            let (levels, counts) = c.sorted_levels().into_iter().unzip();
            (c.name.clone(), Some(levels), Summary::Category(counts))
        });
        Self::from_summaries(summaries, impute, standardise)
    }

    /// From (name, levels of a category, summary) of each column.
    fn from_summaries(
        summaries: impl Iterator<Item = (String, Option<Vec<String>>, Summary)>,
        impute: bool,
        standardise: bool,
    ) -> Result<Self> {
        let mut prep = Self { columns: Vec::new(), features: Vec::new(), constant: Vec::new() };
        for (name, levels, summary) in summaries {
            let kind = match summary {
                Summary::Number(moments) => {
                    prep.add(name.clone(), None, moments.mean(), moments.deviation(), standardise);
                    ColumnKind::Number { fill: impute.then(|| moments.mean()) }
                }
                Summary::Category(counts) => {
                    let levels = levels.unwrap_or_default();
                    let most = counts.iter().enumerate().max_by_key(|(i, n)| (**n, usize::MAX - i));
                    let fill = most.filter(|_| impute).map(|(i, _)| i as u32);
                    prep.add_levels(&name, &levels, &counts, standardise);
                    ColumnKind::Category { levels, fill }
                }
            };
            prep.columns.push(InputColumn { name, kind });
        }
        if prep.features.is_empty() {
            return Err(Error::usage("there is no column that varies, so nothing to fit"));
        }
        Ok(prep)
    }

    /// An indicator for every level; for two levels, of the second alone.
    fn add_levels(&mut self, name: &str, levels: &[String], counts: &[u64], standardise: bool) {
        let total: u64 = counts.iter().sum();
        let seen = counts.iter().filter(|&&n| n > 0).count();
        let skip = usize::from(levels.len() == 2);
        for (i, (level, &count)) in levels.iter().zip(counts).enumerate().skip(skip) {
            let share = count as f64 / total.max(1) as f64;
            let deviation = if seen < 2 { 0.0 } else { (share * (1.0 - share)).sqrt() };
            self.add(format!("{name}={level}"), Some(i as u32), share, deviation, standardise);
        }
    }

    /// Adds a feature of the column that is being added.
    fn add(&mut self, name: String, level: Option<u32>, mean: f64, deviation: f64, standardise: bool) {
        if !(deviation > 0.0 && deviation.is_finite()) {
            self.constant.push(name);
            return;
        }
        let (mean, scale) = if standardise { (mean, deviation) } else { (0.0, 1.0) };
        self.features.push(Feature { name, column: self.columns.len() as u32, level, mean, scale });
    }

    /// The features of some rows of the training table, N × D.
    pub fn design(&self, columns: &[Column], rows: &[usize]) -> DMatrix<f64> {
        let mut x = DMatrix::zeros(rows.len(), self.features.len());
        for (feature, mut out) in self.features.iter().zip(x.column_iter_mut()) {
            let at = feature.column as usize;
            for (&row, out) in rows.iter().zip(out.iter_mut()) {
                *out = feature.of(self.filled(at, &columns[at].values, row));
            }
        }
        x
    }

    /// A value of the training table as [`Feature::of`] wants it.
    fn filled(&self, column: usize, values: &Values, row: usize) -> f64 {
        let value = match values {
            Values::Numbers(x) => Some(x[row]).filter(|x| !x.is_nan()),
            Values::Codes { codes, .. } => Some(codes[row]).filter(|&c| c != MISSING_LEVEL).map(f64::from),
        };
        value.or_else(|| self.columns[column].kind.fill()).unwrap_or(f64::NAN)
    }
}

impl ColumnKind {
    /// What stands in for a missing value, as [`Feature::of`] wants it.
    pub fn fill(&self) -> Option<f64> {
        match self {
            Self::Number { fill } => *fill,
            Self::Category { fill, .. } => fill.map(f64::from),
        }
    }
}

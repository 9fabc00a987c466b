//! From the columns of a table to features of comparable scale.

use crate::notation::Notation;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::error::{Checked, Error, distinct, ensure, finite};
use crate::moments::Moments;
use crate::table::{Column, Values};

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
        /// The index of the training rows' most frequent name; none where missing values are refused.
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
    /// How its numbers are written, so that new tables are read as the training table was.
    pub notation: Notation,
}

/// A feature: (value − mean) / scale, where the value is a number or the indicator of a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// The column's name; for an indicator `column=name`.
    pub name: String,
    /// Which column.
    pub column: u32,
    /// Which of the column's names; none for a number.
    pub level: Option<u32>,
    /// What is subtracted: the training rows' mean, or 0 without standardising.
    pub mean: f64,
    /// What the difference is divided by: the training rows' standard deviation, or 1 without standardising.
    pub scale: f64,
    /// Standard deviation of the value over the training rows, whether standardised or not.
    pub deviation: f64,
}

impl Feature {
    /// The feature of a column's value: a number, or a name's index (negative for an unknown one).
    #[must_use]
    #[inline]
    pub fn of(&self, value: f64) -> f64 {
        let value = match self.level {
            None => value,
            Some(level) => f64::from(u8::from(value == f64::from(level))),
        };
        standardised(value, self.mean, self.scale)
    }

    /// Standard deviation of the feature after preprocessing: 1 where it is standardised.
    #[must_use]
    pub fn spread(&self) -> f64 {
        self.deviation / self.scale
    }
}

/// (x − mean) / scale; the difference of two huge numbers is taken in halves.
#[inline]
fn standardised(x: f64, mean: f64, scale: f64) -> f64 {
    let z = (x - mean) / scale;
    if z.is_finite() { z } else { (0.5 * x - 0.5 * mean) / scale * 2.0 }
}

/// What is known of a column's training values.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSummary {
    /// A column of numbers.
    Number {
        /// Its name.
        name: String,
        /// Mean and standard deviation of its values.
        moments: Moments,
    },
    /// A column of names.
    Category {
        /// Its name.
        name: String,
        /// The names, and how often each occurs.
        levels: Vec<(String, u64)>,
    },
}

impl ColumnSummary {
    /// The summary of some rows of a column.
    #[must_use]
    pub fn of(column: &Column, rows: &[usize]) -> Self {
        let name = column.name.clone();
        match &column.values {
            Values::Numbers(x) => {
                let mut moments = Moments::default();
                rows.iter().map(|&r| x[r]).filter(|x| !x.is_nan()).for_each(|x| moments.push(x));
                Self::Number { name, moments }
            }
            Values::Codes { codes, levels } => {
                let mut counts = vec![0; levels.len()];
                for &row in rows {
                    if let Some(count) = counts.get_mut(codes[row] as usize) {
                        *count += 1;
                    }
                }
                Self::Category { name, levels: levels.iter().cloned().zip(counts).collect() }
            }
        }
    }
}

/// How the rows of a table become features.
///
/// A column of numbers is one feature, (x − mean) / deviation. A column of names is an indicator for every name, centred and
/// scaled in the same way; a column of two names is the indicator of the second alone. What does not vary is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Preprocessing {
    columns: Vec<InputColumn>,
    features: Vec<Feature>,
    constant: Vec<String>,
}

#[derive(Deserialize)]
struct Unchecked {
    columns: Vec<InputColumn>,
    features: Vec<Feature>,
    constant: Vec<String>,
}

impl TryFrom<Unchecked> for Preprocessing {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        let preprocessing = Self { columns: raw.columns, features: raw.features, constant: raw.constant };
        preprocessing.check().map_err(Error::Inconsistent)?;
        Ok(preprocessing)
    }
}

impl Preprocessing {
    /// The same, with how each input column writes its numbers.
    #[must_use]
    pub fn with_notations(mut self, of: impl Fn(&str) -> Notation) -> Self {
        for column in &mut self.columns {
            column.notation = of(&column.name);
        }
        self
    }

    /// From what is known of the columns. With `impute`, a missing value becomes the mean or the most frequent name; without
    /// `standardise`, features keep the columns' location and scale.
    ///
    /// # Errors
    /// [`Error::NothingVaries`] where every column is constant.
    pub fn new(
        summaries: impl IntoIterator<Item = ColumnSummary>,
        impute: bool,
        standardise: bool,
    ) -> Result<Self, Error> {
        let mut made = Self { columns: Vec::new(), features: Vec::new(), constant: Vec::new() };
        for summary in summaries {
            let column = match summary {
                ColumnSummary::Number { name, moments } => {
                    made.add(name.clone(), None, moments.mean(), moments.deviation(), standardise);
                    {
                        let kind = ColumnKind::Number { fill: impute.then(|| moments.mean()) };
                        InputColumn { name, kind, notation: Notation::default() }
                    }
                }
                ColumnSummary::Category { name, levels } => {
                    let most = levels.iter().enumerate().max_by_key(|(i, (_, n))| (*n, usize::MAX - i));
                    let fill = most.filter(|_| impute).map(|(i, _)| i as u32);
                    made.add_levels(&name, &levels, standardise);
                    let levels = levels.into_iter().map(|(level, _)| level).collect();
                    InputColumn {
                        name,
                        kind: ColumnKind::Category { levels, fill },
                        notation: Notation::default(),
                    }
                }
            };
            made.columns.push(column);
        }
        if made.features.is_empty() {
            return Err(Error::NothingVaries);
        }
        Ok(made)
    }

    /// From columns and features that are known already: of a model that was fitted to a matrix, whose columns are features as they
    /// stand, those that do not vary among them.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a name twice, a feature of a column or level that there is not, or a number out of its range.
    pub fn from_features(columns: Vec<InputColumn>, features: Vec<Feature>) -> Result<Self, Error> {
        let made = Self { columns, features, constant: Vec::new() };
        made.check().map_err(Error::Inconsistent)?;
        Ok(made)
    }

    /// From some rows of a table's columns; see [`Preprocessing::new`].
    ///
    /// # Errors
    /// As [`Preprocessing::new`].
    pub fn from_columns(
        columns: &[Column],
        rows: &[usize],
        impute: bool,
        standardise: bool,
    ) -> Result<Self, Error> {
        Self::new(columns.iter().map(|column| ColumnSummary::of(column, rows)), impute, standardise)
    }

    /// An indicator for every name; for two names, of the second alone.
    fn add_levels(&mut self, name: &str, levels: &[(String, u64)], standardise: bool) {
        let total: u64 = levels.iter().map(|(_, n)| n).sum();
        let seen = levels.iter().filter(|(_, n)| *n > 0).count();
        let skip = usize::from(levels.len() == 2);
        for (i, (level, count)) in levels.iter().enumerate().skip(skip) {
            let share = *count as f64 / total.max(1) as f64;
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
        let column = self.columns.len() as u32;
        self.features.push(Feature { name, column, level, mean, scale, deviation });
    }

    fn check(&self) -> Checked {
        distinct("column", self.columns.iter().map(|c| &c.name))?;
        for column in &self.columns {
            match &column.kind {
                ColumnKind::Number { fill } => finite("a fill", fill.iter())?,
                ColumnKind::Category { levels, fill } => {
                    distinct("level", levels.iter())?;
                    ensure(fill.is_none_or(|f| (f as usize) < levels.len()), || {
                        "a fill that is no level".to_owned()
                    })?;
                }
            }
        }
        self.features.iter().try_for_each(|feature| self.check_feature(feature))
    }

    fn check_feature(&self, f: &Feature) -> Checked {
        let Some(column) = self.columns.get(f.column as usize) else {
            return Err(format!("feature `{}` of a column that there is not", f.name));
        };
        let fits = match (&column.kind, f.level) {
            (ColumnKind::Number { .. }, None) => true,
            (ColumnKind::Category { levels, .. }, Some(level)) => (level as usize) < levels.len(),
            _ => false,
        };
        ensure(fits, || format!("feature `{}` does not fit its column", f.name))?;
        let finite = |v: f64| v.is_finite() && v >= 0.0;
        // A column of a matrix may be constant, and still be a feature.
        let usable = f.mean.is_finite() && finite(f.scale) && f.scale > 0.0 && finite(f.deviation);
        ensure(usable, || {
            let Feature { name, mean, scale, deviation, .. } = f;
            format!("feature `{name}` has mean {mean}, scale {scale} and deviation {deviation}")
        })
    }

    /// The input columns.
    #[must_use]
    pub fn columns(&self) -> &[InputColumn] {
        &self.columns
    }

    /// The features, in the order of the columns; what does not vary is left out.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The names of what was left out because it does not vary.
    #[must_use]
    pub fn constant(&self) -> &[String] {
        &self.constant
    }

    /// The features of some rows of the training table, N x D. `columns` are those that the preprocessing was made from.
    #[must_use]
    pub fn design(&self, columns: &[Column], rows: &[usize]) -> DMatrix<f64> {
        let mut x = DMatrix::zeros(rows.len(), self.features.len());
        for (feature, mut out) in self.features.iter().zip(x.column_iter_mut()) {
            let at = feature.column as usize;
            let fill = self.columns[at].kind.fill();
            for (&row, out) in rows.iter().zip(out.iter_mut()) {
                *out = feature.of(columns[at].values.get(row).or(fill).unwrap_or(f64::NAN));
            }
        }
        x
    }
}

impl ColumnKind {
    /// What stands in for a missing value, as [`Feature::of`] wants it.
    #[must_use]
    pub fn fill(&self) -> Option<f64> {
        match self {
            Self::Number { fill } => *fill,
            Self::Category { fill, .. } => fill.map(f64::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnKind, Preprocessing};
    use crate::table::Column;

    fn columns() -> Vec<Column> {
        vec![
            Column::numbers("a", [1.0, f64::NAN, 3.0, 5.0]),
            Column::names("b", &["x", "y", "x", "x"]),
            Column::names("c", &["p", "q", "r", "q"]),
            Column::numbers("d", [7.0; 4]),
        ]
    }

    #[test]
    fn features_are_named_and_of_unit_spread() {
        let columns = columns();
        let made = Preprocessing::from_columns(&columns, &[0, 1, 2, 3], true, true).unwrap();
        let names: Vec<&str> = made.features().iter().map(|f| f.name.as_str()).collect();
        assert_eq!((names, made.constant()), (vec!["a", "b=y", "c=p", "c=q", "c=r"], &["d".to_owned()][..]));
        let x = made.design(&columns, &[0, 1, 2, 3]);
        // The imputed value is the mean, so 0 after centring; the others are -2, 0 and 2 about it.
        assert_eq!((x[(1, 0)], x[(2, 0)]), (0.0, 0.0));
        assert!((x[(3, 0)] + x[(0, 0)]).abs() < 1e-15 && x.column(1).sum().abs() < 1e-15);
        assert!(made.features().iter().all(|f| (f.spread() - 1.0).abs() < 1e-15));
        assert_eq!(
            made.columns()[2].kind,
            ColumnKind::Category { levels: ["p", "q", "r"].map(str::to_owned).to_vec(), fill: Some(1) }
        );
        let text = serde_json::to_string(&made).unwrap();
        assert_eq!(serde_json::from_str::<Preprocessing>(&text).unwrap(), made);
        assert!(
            serde_json::from_str::<Preprocessing>(&text.replace("\"column\":0", "\"column\":9")).is_err()
        );
    }

    /// Without standardising the features are the values, and their deviation is still known.
    #[test]
    fn raw_features_know_their_deviation() {
        let columns = columns();
        let raw = Preprocessing::from_columns(&columns, &[0, 2, 3], false, false).unwrap();
        let standard = Preprocessing::from_columns(&columns, &[0, 2, 3], false, true).unwrap();
        assert_eq!(raw.design(&columns, &[0, 2, 3]).column(0).as_slice(), [1.0, 3.0, 5.0]);
        for (r, s) in raw.features().iter().zip(standard.features()) {
            assert_eq!((r.scale, r.deviation, r.spread()), (1.0, s.scale, s.deviation));
        }
    }
}

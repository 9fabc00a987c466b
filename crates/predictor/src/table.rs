//! A table in memory: named columns of numbers and of names.

use std::collections::HashMap;

use crate::error::Error;

/// The code of a missing name.
pub const MISSING_LEVEL: u32 = u32::MAX;

/// A column's values.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
    /// Names, as indices into a list of them; [`MISSING_LEVEL`] where missing.
    Codes {
        /// One per row.
        codes: Vec<u32>,
        /// The names.
        levels: Vec<String>,
    },
}

impl Values {
    /// Values of names: the levels are the distinct names in the order of their bytes.
    #[must_use]
    pub fn names<S: AsRef<str>>(names: &[S]) -> Self {
        let mut levels: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        levels.sort_unstable();
        levels.dedup();
        let code = |name: &str| levels.partition_point(|level| level.as_str() < name) as u32;
        let codes = names.iter().map(|name| code(name.as_ref())).collect();
        Self::Codes { codes, levels }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(x) => x.len(),
            Self::Codes { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's number, or the code of its name; none where it is missing.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<f64> {
        match self {
            Self::Numbers(x) => x.get(row).copied().filter(|x| !x.is_nan()),
            Self::Codes { codes, .. } => {
                codes.get(row).copied().filter(|&c| c != MISSING_LEVEL).map(f64::from)
            }
        }
    }
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

impl Column {
    /// A column of numbers.
    #[must_use]
    pub fn numbers(name: impl Into<String>, values: impl Into<Vec<f64>>) -> Self {
        Self { name: name.into(), values: Values::Numbers(values.into()) }
    }

    /// A column of names.
    #[must_use]
    pub fn names<S: AsRef<str>>(name: impl Into<String>, names: &[S]) -> Self {
        Self { name: name.into(), values: Values::names(names) }
    }

    /// Whether a row has no value.
    #[must_use]
    pub fn is_missing(&self, row: usize) -> bool {
        self.values.get(row).is_none()
    }
}

/// Named columns with as many rows each.
///
/// ```
/// use predictor::{Column, Table};
///
/// let table = Table::new(vec![
///     Column::numbers("size", [80.0, 120.0, 95.0]),
///     Column::names("colour", &["red", "blue", "red"]),
/// ])?;
/// assert_eq!((table.rows(), table.columns().len()), (3, 2));
/// # Ok::<(), predictor::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// [`Error::Table`] for columns of different lengths, a name that occurs twice, an infinite number, a code without a name, or
    /// a list of names in which one occurs twice.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut seen = HashMap::new();
        for column in &columns {
            let name = &column.name;
            if seen.insert(name.as_str(), ()).is_some() {
                return Err(Error::Table(format!("the column `{name}` occurs twice")));
            }
            let found = column.values.len();
            if found != rows {
                let what = format!("the column `{name}` has {found} rows, the first column has {rows}");
                return Err(Error::Table(what));
            }
            check_values(column)?;
        }
        Ok(Self { columns, rows })
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Takes the column of this name out of the table.
    pub fn remove(&mut self, name: &str) -> Option<Column> {
        let at = self.columns.iter().position(|c| c.name == name)?;
        Some(self.columns.remove(at))
    }
}

fn check_values(column: &Column) -> Result<(), Error> {
    let name = &column.name;
    match &column.values {
        Values::Numbers(x) => match x.iter().position(|x| x.is_infinite()) {
            None => Ok(()),
            Some(row) => Err(Error::Table(format!("the column `{name}` is {} at row {row}", x[row]))),
        },
        Values::Codes { codes, levels } => {
            if let Some(row) = codes.iter().position(|&c| c != MISSING_LEVEL && c as usize >= levels.len()) {
                let what =
                    format!("the column `{name}` has code {} at row {row}, without a name", codes[row]);
                return Err(Error::Table(what));
            }
            crate::error::distinct("name", levels.iter())
                .map_err(|what| Error::Table(format!("in the column `{name}` {what}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, MISSING_LEVEL, Table, Values};

    #[test]
    fn columns_that_cannot_stand_side_by_side_are_refused() {
        let a = Column::numbers("a", [1.0, f64::NAN]);
        let codes = |codes: &[u32], levels: &[&str]| Column {
            name: "b".into(),
            values: Values::Codes {
                codes: codes.to_vec(),
                levels: levels.iter().map(|&l| l.to_owned()).collect(),
            },
        };
        let table = Table::new(vec![a.clone(), codes(&[1, MISSING_LEVEL], &["x", "y"])]);
        let mut table = table.unwrap();
        assert!(table.column("a").is_some_and(|c| c.is_missing(1)) && table.column("c").is_none());
        assert!(table.columns()[1].is_missing(1) && !table.columns()[1].is_missing(0));
        assert_eq!(table.remove("b").map(|c| c.name), Some("b".to_owned()));
        for wrong in [
            Column::numbers("a", [0.0, 1.0]),
            Column::numbers("b", [0.0]),
            Column::numbers("b", [0.0, f64::INFINITY]),
            codes(&[0, 2], &["x", "y"]),
            codes(&[0, 1], &["x", "x"]),
        ] {
            assert!(Table::new(vec![a.clone(), wrong.clone()]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_become_codes_in_the_order_of_their_bytes() {
        let Values::Codes { codes, levels } = Values::names(&["red", "blue", "red"]) else { return };
        assert_eq!((codes, levels), (vec![1, 0, 1], vec!["blue".to_owned(), "red".to_owned()]));
    }
}

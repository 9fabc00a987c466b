//! From the columns of a query to the features and targets of a fit.

use datafusion::arrow::array::ArrayRef;
use predictor::{ColumnKind, Preprocessing};
use serde::{Deserialize, Serialize};

use crate::cells::{Cells, Codes};
use crate::error::{Error, Result};

/// How rows become features and a target: what every pass after the first is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Coding {
    pub preprocessing: Preprocessing,
    pub target: TargetCoding,
    /// The target's name.
    pub name: String,
    /// Whether a row with a missing value is left out.
    pub drop: bool,
}

/// How a target becomes a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum TargetCoding {
    /// (t − mean)/scale.
    Number { mean: f64, scale: f64 },
    /// The index of a class.
    Classes(Vec<String>),
}

/// Some rows as a fit reads them.
#[derive(Debug, Default)]
pub(crate) struct CodedRows {
    /// Number of rows in use.
    pub count: usize,
    /// Their features, feature by feature.
    pub features: Vec<f64>,
    pub targets: Vec<f64>,
}

/// A coding at work.
#[derive(Debug)]
pub(crate) struct Coder {
    coding: Coding,
    columns: Vec<Option<Codes>>,
    classes: Option<Codes>,
}

impl Coder {
    pub fn new(coding: Coding) -> Self {
        let codes = |kind: &ColumnKind| match kind {
            ColumnKind::Number { .. } => None,
            ColumnKind::Category { levels, .. } => Some(Codes::new(levels)),
        };
        let columns = coding.preprocessing.columns().iter().map(|c| codes(&c.kind)).collect();
        let classes = match &coding.target {
            TargetCoding::Classes(names) => Some(Codes::new(names)),
            TargetCoding::Number { .. } => None,
        };
        Self { coding, columns, classes }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.coding.preprocessing.features().len()
    }

    /// The rows of these arrays that are in use: the target's array first, then the columns'.
    pub fn rows(&mut self, arrays: &[ArrayRef]) -> Result<CodedRows> {
        let Some((target, arrays)) = arrays.split_first() else { return Ok(CodedRows::default()) };
        let coding = &self.coding;
        let known = coding.preprocessing.columns();
        if arrays.len() != known.len() {
            return Err(Error::Wire("a pass over other columns than the first".to_owned()));
        }
        let target = read(target, self.classes.is_some(), &coding.name)?;
        let named = |(array, column): (&ArrayRef, &predictor::InputColumn)| {
            read(array, matches!(column.kind, ColumnKind::Category { .. }), &column.name)
        };
        let cells: Vec<Cells> = arrays.iter().zip(known).map(named).collect::<Result<_>>()?;
        let size = arrays.first().map_or(0, |array| array.len());
        let complete = |&row: &usize| !coding.drop || cells.iter().all(|c| !c.is_missing(row));
        let used: Vec<usize> = (0..size).filter(|&row| !target.is_missing(row)).filter(complete).collect();
        let targets = match (&coding.target, &mut self.classes, &target) {
            (TargetCoding::Number { mean, scale }, _, Cells::Numbers(t)) => {
                used.iter().map(|&row| (t.value(row) - mean) / scale).collect()
            }
            (_, Some(classes), target) => {
                let code = |&row: &usize| classes.of(target, row, &coding.name).map(f64::from);
                used.iter().map(code).collect::<Result<_>>()?
            }
            _ => return Err(Error::column(&coding.name, "a target of numbers that holds names")),
        };
        // A column's values once, for all its features.
        let mut values = Vec::with_capacity(used.len());
        let mut filled = usize::MAX;
        let mut features = Vec::with_capacity(used.len() * coding.preprocessing.features().len());
        for feature in coding.preprocessing.features() {
            let column = feature.column as usize;
            if filled != column {
                let (name, fill) = (&known[column].name, known[column].kind.fill());
                values.clear();
                for &row in &used {
                    values.push(match (&cells[column], &mut self.columns[column]) {
                        (cells, _) if cells.is_missing(row) => fill.ok_or_else(|| {
                            Error::Changed(format!(
                                "column `{name}` misses values, and the first pass found all"
                            ))
                        })?,
                        (cells, Some(codes)) => f64::from(codes.of(cells, row, name)?),
                        (Cells::Numbers(numbers), None) => numbers.value(row),
                        (Cells::Names(_), None) => return Err(Error::column(name, "numbers that are names")),
                    });
                }
                filled = column;
            }
            features.extend(values.iter().map(|value| feature.of(*value)));
        }
        Ok(CodedRows { count: used.len(), features, targets })
    }
}

fn read(array: &ArrayRef, as_names: bool, name: &str) -> Result<Cells> {
    if as_names { Cells::names(array, name) } else { Cells::numbers(array, name) }
}

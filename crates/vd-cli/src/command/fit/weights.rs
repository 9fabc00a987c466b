//! How often each row counts.

use crate::cli::{ClassWeights, FitArgs};
use crate::error::{Error, Place, Result};
use crate::table::clip;
use predictor::{Column, Table, Values};

/// The weights of the rows in use, and what they are in words.
pub(super) struct Weights {
    pub values: Vec<f64>,
    pub about: String,
}

/// Takes the column of weights out of the table; one weight for each of its rows, or none where no column was named.
///
/// # Errors
/// A column that is not there or holds no numbers, and a weight below 0.
pub(super) fn take(args: &FitArgs, table: &mut Table) -> Result<Option<Vec<f64>>> {
    let Some(name) = &args.columns.weights else { return Ok(None) };
    if *name == args.target {
        return Err(Error::usage("--weights names the target: weights are a column of their own"));
    }
    let Some(column) = table.remove(name) else {
        return Err(Error::usage(format!(
            "--weights: there is no column `{}`, or it is left out",
            clip(name)
        )));
    };
    let Values::Numbers(values) = column.values else {
        return Err(refuse(args, format!("the weights in `{}` are not numbers", clip(name))));
    };
    if let Some(row) = values.iter().position(|w| *w < 0.0) {
        let what = format!("the weight in row {} of `{}` is {}, below 0", row + 1, clip(name), values[row]);
        return Err(refuse(args, what));
    }
    Ok(Some(values))
}

impl Weights {
    /// The weights of these rows by their column and their class; none where every row counts once.
    ///
    /// Whole numbers count rows: 3 is three rows. Others only say how much a row counts beside another and are scaled to a mean of 1, so
    /// that the evidence is that of as many rows as there are.
    pub fn new(args: &FitArgs, column: Option<&[f64]>, target: &Column, rows: &[usize]) -> Option<Self> {
        let mut values: Vec<f64> = rows.iter().map(|&r| column.map_or(1.0, |w| w[r])).collect();
        let mut about = Vec::new();
        if let (Some(name), Some(_)) = (&args.columns.weights, column) {
            let sum: f64 = values.iter().sum();
            if values.iter().all(|w| w.fract() == 0.0) {
                about.push(format!("whole numbers in `{}`, {sum} rows in all", clip(name)));
            } else {
                let scale = values.len() as f64 / sum;
                values.iter_mut().for_each(|w| *w *= scale);
                about.push(format!("`{}`, scaled to a mean of 1", clip(name)));
            }
        }
        if let (Some(ClassWeights::Balanced), Values::Codes { codes, levels }) =
            (args.columns.class_weights, &target.values)
        {
            balance(&mut values, rows, codes, levels.len());
            about.push("every class counts as much as any other (--class-weights balanced)".to_owned());
        }
        (!about.is_empty()).then(|| Self { values, about: about.join("; ") })
    }
}

/// Scales each class's weights to the same sum, and keeps the sum of all.
fn balance(values: &mut [f64], rows: &[usize], codes: &[u32], classes: usize) {
    let mut sums = vec![0.0; classes];
    values.iter().zip(rows).for_each(|(w, &r)| sums[codes[r] as usize] += w);
    let share = sums.iter().sum::<f64>() / sums.iter().filter(|s| **s > 0.0).count().max(1) as f64;
    values.iter_mut().zip(rows).for_each(|(w, &r)| *w *= share / sums[codes[r] as usize]);
}

fn refuse(args: &FitArgs, what: String) -> Error {
    Error::data(Place::line(&args.data, 0), what)
}

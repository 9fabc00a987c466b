//! The diabetes data, embedded: 442 patients, ten measurements, and the disease's progression a year later.
//!
//! Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, *Least Angle Regression*, Annals of Statistics 32 (2004), 407–499;
//! the unscaled copy that scikit-learn 1.9.1 ships (BSD-3-Clause).

use std::io::Read;

use nalgebra::{DMatrix, DVector};

use crate::error::{Error, Result};

const PACKED: &[u8] = include_bytes!("../../assets/diabetes.csv.gz");

/// A regression problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// One object a row.
    pub x: DMatrix<f64>,
    /// The targets.
    pub t: DVector<f64>,
    /// The columns' names.
    pub names: Vec<String>,
}

/// The data set as it is, in the units it was measured in.
///
/// # Errors
/// [`Error::Embedded`] if the binary is damaged.
pub fn load() -> Result<Regression> {
    let damaged = |reason: String| Error::Embedded { name: "diabetes", reason };
    let mut text = String::new();
    flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text).map_err(|e| damaged(e.to_string()))?;
    let mut lines = text.lines();
    let mut names: Vec<String> = lines.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    names.pop();
    let values: Vec<f64> = lines
        .flat_map(|line| line.split(','))
        .map(|field| field.parse().map_err(|e| damaged(format!("{field}: {e}"))))
        .collect::<Result<_>>()?;
    let columns = names.len() + 1;
    if values.len() != 442 * columns {
        return Err(damaged(format!("{} values", values.len())));
    }
    let all = DMatrix::from_row_slice(442, columns, &values);
    Ok(Regression {
        x: all.columns(0, columns - 1).into_owned(),
        t: all.column(columns - 1).into_owned(),
        names,
    })
}

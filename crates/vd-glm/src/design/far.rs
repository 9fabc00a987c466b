//! What a fit knows of rows that lie elsewhere.

use estimator::{Check, InputError};

use crate::design::prepare::Units;

/// What is known of rows that lie elsewhere: their number, and the mean and the scale of every column.
///
/// The passes over these rows see standardised columns, (x − mean)/scale, without the columns of scale 0, which do not vary. The means and
/// scales of a fit to rows in memory are the columns' means and standard deviations (divisor N); without an intercept the means are 0 and
/// the scales root mean squares.
#[derive(Debug, Clone, PartialEq)]
pub struct FarRows {
    /// N.
    pub rows: usize,
    /// What is subtracted from each column.
    pub means: Vec<f64>,
    /// What each column is divided by; 0 for one that does not vary.
    pub scales: Vec<f64>,
}

impl FarRows {
    /// The columns that take part, and their units.
    pub(crate) fn units(&self) -> Result<Units, InputError> {
        let (rows, cols) = (self.rows, self.means.len());
        if rows == 0 || cols == 0 {
            return Err(InputError::Empty { what: "the rows that lie elsewhere", rows, cols });
        }
        if self.scales.len() != cols {
            return Err(InputError::entries("the scales of the columns", cols, self.scales.len()));
        }
        for (&mean, &scale) in self.means.iter().zip(&self.scales) {
            Check::range("a column's mean", mean, mean.is_finite(), "a finite number")?;
            Check::range("a column's scale", scale, scale >= 0.0 && scale.is_finite(), "from 0, finite")?;
        }
        let features: Vec<usize> = (0..cols).filter(|&j| self.scales[j] > 0.0).collect();
        let of = |values: &[f64]| features.iter().map(|&j| values[j]).collect();
        Ok(Units { means: of(&self.means), scales: of(&self.scales), features })
    }
}

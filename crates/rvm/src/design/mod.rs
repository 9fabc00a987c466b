//! The design matrix: raw features or a kernel, as the fits see it.

pub(crate) mod features;
pub(crate) mod gram;
pub(crate) mod kept;
pub(crate) mod kernel;
mod low_rank;

use estimator::InputError;
use nalgebra::{DMatrix, DVector};

use crate::design::gram::Gram;
use crate::error::{Error, range};
use crate::watch::{Halt, Watch};

/// What a fit asks of a design matrix Φ (N x M).
pub(crate) trait Design: Sync {
    type Quadratic<'d>: Gram
    where
        Self: 'd;
    /// N.
    fn rows(&self) -> usize;
    /// M: candidates, the intercept included.
    fn len(&self) -> usize;
    /// The scaled columns with these indices.
    fn columns(&self, active: &[usize]) -> DMatrix<f64>;
    /// `H = Φᵀ diag(b) Φ` and `c = Φᵀ z`.
    fn quadratic<'d>(
        &'d self,
        b: Option<&[f64]>,
        z: &[f64],
        watch: &'d Watch<'d>,
    ) -> Result<Self::Quadratic<'d>, Halt>;
    /// Candidate `i` in the caller's numbering.
    fn original(&self, i: usize) -> usize;
    /// Columns are divided by `2^exponent`.
    fn exponent(&self, i: usize) -> i32;
}

/// The exponent that brings `largest` into [1, 2); 0 for 0.
pub(crate) fn exponent_of(largest: f64) -> i32 {
    if largest == 0.0 { 0 } else { libm::ilogb(largest) }
}

/// X must have rows and columns and be finite.
pub(crate) fn check_features(x: &DMatrix<f64>) -> Result<(), InputError> {
    if x.is_empty() {
        return Err(InputError::Empty { what: "X", rows: x.nrows(), cols: x.ncols() });
    }
    match x.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, col) = (at % x.nrows(), at / x.nrows());
            Err(InputError::NotFinite { what: "X", row, col, value: x[(row, col)] })
        }
    }
}

/// X as a model takes it: as wide as the training data, with rows, finite, and within range of the means that are subtracted.
pub(crate) fn check_new(
    x: &DMatrix<f64>,
    features: usize,
    centre: Option<&DVector<f64>>,
) -> Result<(), Error> {
    if x.ncols() != features {
        return Err(InputError::columns("X", features, x.ncols()).into());
    }
    check_features(x)?;
    let fits =
        |m: &DVector<f64>| x.column_iter().zip(m.iter()).all(|(x, m)| x.iter().all(|x| (x - m).is_finite()));
    if centre.is_none_or(fits) { Ok(()) } else { Err(range("a feature minus its mean")) }
}

/// Features N x D from N·D numbers in row-major order, one sample after the other.
///
/// # Errors
/// [`InputError::Shape`] if there are not N·D numbers.
///
/// ```
/// let x = rvm::from_row_major(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?;
/// assert_eq!((x.nrows(), x.ncols(), x[(2, 0)]), (3, 2, 5.0));
/// # Ok::<(), rvm::Error>(())
/// ```
pub fn from_row_major(values: &[f64], n: usize, d: usize) -> Result<DMatrix<f64>, Error> {
    let expected = n.saturating_mul(d);
    if values.len() != expected {
        return Err(InputError::entries("the row-major features", expected, values.len()).into());
    }
    Ok(DMatrix::from_row_slice(n, d, values))
}

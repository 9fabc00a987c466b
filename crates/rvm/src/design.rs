//! The design matrix as the fits see it: columns scaled by powers of two, bias as one more column.
//!
//! The evidence does not change when a column is scaled and its precision with it, so the scaling is free, and by
//! powers of two it is exact: weights come out with the same bits whatever the unit of a column.

use nalgebra::DMatrix;

use crate::error::Error;
use crate::gram::{Dense, Gram};
use crate::linalg::{gram, tr_matvec};

/// What a fit asks of a design matrix Φ (N x M).
pub(crate) trait Design: Sync {
    type Quadratic<'d>: Gram
    where
        Self: 'd;
    /// N.
    fn rows(&self) -> usize;
    /// M: candidates, bias included.
    fn len(&self) -> usize;
    /// The scaled columns with these indices.
    fn columns(&self, active: &[usize]) -> DMatrix<f64>;
    /// `H = Φᵀ diag(b) Φ` and `c = Φᵀ z`.
    fn quadratic(&self, b: Option<&[f64]>, z: &[f64]) -> Result<Self::Quadratic<'_>, Error>;
    /// Candidate `i` in the caller's numbering.
    fn original(&self, i: usize) -> usize;
    /// Columns are divided by `2^exponent`.
    fn exponent(&self, i: usize) -> i32;
}

/// The exponent that brings `largest` into [1, 2); 0 for 0.
pub(crate) fn exponent_of(largest: f64) -> i32 {
    if largest == 0.0 { 0 } else { libm::ilogb(largest) }
}

/// Raw features: the columns of X that are not zero throughout, and ones for the bias.
pub(crate) struct Features {
    x: DMatrix<f64>,
    original: Vec<usize>,
    exponent: Vec<i32>,
}

impl Features {
    /// With `bias`, a column of ones is candidate D, and constant columns (its copies) are left out.
    pub(crate) fn new(x: &DMatrix<f64>, bias: bool) -> Self {
        let (n, d) = x.shape();
        let mut original = Vec::new();
        for j in 0..d {
            let first = x[(0, j)];
            let constant = x.column(j).iter().all(|&v| v == first);
            if !(constant && (bias || first == 0.0)) {
                original.push(j);
            }
        }
        let live = original.len();
        let mut scaled = DMatrix::from_element(n, live + usize::from(bias), 1.0);
        let mut exponent = vec![0; live + usize::from(bias)];
        for (k, &j) in original.iter().enumerate() {
            let e = exponent_of(x.column(j).amax());
            exponent[k] = e;
            for (to, &from) in scaled.column_mut(k).iter_mut().zip(x.column(j).iter()) {
                *to = libm::scalbn(from, -e);
            }
        }
        if bias {
            original.push(d);
        }
        Self { x: scaled, original, exponent }
    }
}

impl Features {
    /// The scaled matrix, live columns and bias.
    pub(crate) fn matrix(&self) -> &DMatrix<f64> {
        &self.x
    }
}

impl Design for Features {
    type Quadratic<'d> = Dense;
    fn rows(&self) -> usize {
        self.x.nrows()
    }
    fn len(&self) -> usize {
        self.x.ncols()
    }
    fn columns(&self, active: &[usize]) -> DMatrix<f64> {
        self.x.select_columns(active)
    }
    fn quadratic(&self, b: Option<&[f64]>, z: &[f64]) -> Result<Dense, Error> {
        Ok(Dense::new(gram(&self.x, b), tr_matvec(&self.x, z)))
    }
    fn original(&self, i: usize) -> usize {
        self.original[i]
    }
    fn exponent(&self, i: usize) -> i32 {
        self.exponent[i]
    }
}

/// X must have rows and columns and be finite.
pub(crate) fn check_matrix(what: &'static str, x: &DMatrix<f64>) -> Result<(), Error> {
    if x.is_empty() {
        return Err(Error::Empty { what });
    }
    match x.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at % x.nrows(), at / x.nrows());
            Err(Error::NonFinite { what, row, column, value: x[(row, column)] })
        }
    }
}

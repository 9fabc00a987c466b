//! Design matrices that the estimators take: dense, or sparse by columns.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CscMatrix;

use crate::LinregError;

/// A borrowed N x D design matrix; made by `into()` from `&DMatrix<f64>` or `&CscMatrix<f64>`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Design<'a> {
    /// Dense, column-major.
    Dense(&'a DMatrix<f64>),
    /// Sparse, compressed columns; what is not stored is zero.
    Sparse(&'a CscMatrix<f64>),
}

impl<'a> From<&'a DMatrix<f64>> for Design<'a> {
    fn from(x: &'a DMatrix<f64>) -> Self {
        Self::Dense(x)
    }
}

impl<'a> From<&'a CscMatrix<f64>> for Design<'a> {
    fn from(x: &'a CscMatrix<f64>) -> Self {
        Self::Sparse(x)
    }
}

impl Design<'_> {
    /// N, the number of objects.
    #[must_use]
    pub fn nrows(&self) -> usize {
        match self {
            Self::Dense(x) => x.nrows(),
            Self::Sparse(x) => x.nrows(),
        }
    }

    /// D, the number of features.
    #[must_use]
    pub fn ncols(&self) -> usize {
        match self {
            Self::Dense(x) => x.ncols(),
            Self::Sparse(x) => x.ncols(),
        }
    }

    /// Calls `visit(row, value)` for every stored entry of column j.
    pub(crate) fn visit(&self, j: usize, mut visit: impl FnMut(usize, f64)) {
        match self {
            Self::Dense(x) => {
                let n = x.nrows();
                for (i, v) in x.as_slice()[j * n..(j + 1) * n].iter().enumerate() {
                    visit(i, *v);
                }
            }
            Self::Sparse(x) => {
                let (offsets, rows, values) = (x.col_offsets(), x.row_indices(), x.values());
                for k in offsets[j]..offsets[j + 1] {
                    visit(rows[k], values[k]);
                }
            }
        }
    }

    /// X·v + b for a vector v that is zero outside `support`.
    pub(crate) fn times(&self, v: &DVector<f64>, support: &[usize], b: f64) -> DVector<f64> {
        let mut out = DVector::from_element(self.nrows(), b);
        for &j in support {
            self.visit(j, |i, x| out[i] += x * v[j]);
        }
        out
    }

    /// Refuses entries that are not finite in the columns asked for.
    pub(crate) fn check_finite(&self, columns: impl IntoIterator<Item = usize>) -> Result<(), LinregError> {
        for col in columns {
            let mut bad = None;
            self.visit(col, |row, value| {
                if !value.is_finite() && bad.is_none() {
                    bad = Some((row, value));
                }
            });
            if let Some((row, value)) = bad {
                return Err(LinregError::NotFinite { what: "the design matrix", row, col, value });
            }
        }
        Ok(())
    }

    /// Refuses an empty matrix; the entries are checked where they are read.
    pub(crate) fn check_shape(&self) -> Result<(), LinregError> {
        let (rows, cols) = (self.nrows(), self.ncols());
        if rows == 0 || cols == 0 {
            return Err(LinregError::Empty { what: "the design matrix", rows, cols });
        }
        Ok(())
    }
}

/// Refuses a vector of the wrong length or with an entry that is not finite.
pub(crate) fn check_vector(what: &'static str, v: &[f64], expected: usize) -> Result<(), LinregError> {
    if v.len() != expected {
        return Err(LinregError::Shape { what, expected, found: v.len() });
    }
    match v.iter().position(|x| !x.is_finite()) {
        Some(row) => Err(LinregError::NotFinite { what, row, col: 0, value: v[row] }),
        None => Ok(()),
    }
}

//! Design matrices that the estimators take: dense, or sparse by columns.

use estimator::InputError;
use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CscMatrix;

/// What error messages call X.
const MATRIX: &str = "the design matrix";

/// A borrowed N x D design matrix.
///
/// Made by `into()` from `&DMatrix<f64>` or `&CscMatrix<f64>`, or by [`Design::from_row_major`] from a slice.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Design<'a> {
    /// Dense, column-major.
    Dense(&'a DMatrix<f64>),
    /// Dense, row by row in one slice.
    RowMajor(RowMajor<'a>),
    /// Sparse, compressed columns; what is not stored is zero.
    Sparse(&'a CscMatrix<f64>),
}

/// A dense matrix, row by row in one slice; made by [`Design::from_row_major`].
#[derive(Debug, Clone, Copy)]
pub struct RowMajor<'a> {
    values: &'a [f64],
    rows: usize,
    cols: usize,
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

impl<'a> Design<'a> {
    /// A dense N x D matrix in a slice, row after row: x_nd is `values[n * d_count + d]`.
    ///
    /// ```
    /// use vd_linreg::{Design, Params};
    /// let rows = [0.0, 1.0, 1.0, 0.5, 2.0, -1.0, 3.0, 0.2, 4.0, 0.9]; // five samples of two features
    /// let t = [0.1, 1.9, 4.1, 6.0, 7.9];
    /// let fit = Params::new().fit(Design::from_row_major(&rows, 5, 2)?, &t)?;
    /// assert_eq!(fit.model.support(), [0]);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InputError::Shape`] unless the slice has N·D numbers.
    pub fn from_row_major(values: &'a [f64], rows: usize, cols: usize) -> Result<Self, InputError> {
        let expected =
            rows.checked_mul(cols).ok_or(InputError::Range { what: "the number of rows times columns" })?;
        if values.len() != expected {
            return Err(InputError::entries("the slice of a design matrix", expected, values.len()));
        }
        Ok(Self::RowMajor(RowMajor { values, rows, cols }))
    }
}

impl Design<'_> {
    /// N, the number of samples.
    #[must_use]
    pub fn nrows(&self) -> usize {
        match self {
            Self::Dense(x) => x.nrows(),
            Self::RowMajor(x) => x.rows,
            Self::Sparse(x) => x.nrows(),
        }
    }

    /// D, the number of features.
    #[must_use]
    pub fn ncols(&self) -> usize {
        match self {
            Self::Dense(x) => x.ncols(),
            Self::RowMajor(x) => x.cols,
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
            Self::RowMajor(x) => {
                for (i, v) in x.values.iter().skip(j).step_by(x.cols).enumerate() {
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

    /// Row i of a dense matrix; a sparse one is not asked for rows.
    pub(crate) fn copy_row(&self, i: usize, out: &mut [f64]) {
        match self {
            Self::Dense(x) => out.iter_mut().enumerate().for_each(|(j, out)| *out = x[(i, j)]),
            Self::RowMajor(x) => out.copy_from_slice(&x.values[i * x.cols..(i + 1) * x.cols]),
            Self::Sparse(_) => {}
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

    /// Refuses an empty matrix and entries that are not finite.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        self.check_shape()?;
        self.check_finite()
    }

    /// Refuses entries that are not finite, in any column.
    pub(crate) fn check_finite(&self) -> Result<(), InputError> {
        for col in 0..self.ncols() {
            let mut bad = None;
            self.visit(col, |row, value| {
                if !value.is_finite() && bad.is_none() {
                    bad = Some((row, value));
                }
            });
            if let Some((row, value)) = bad {
                return Err(not_finite(row, col, value));
            }
        }
        Ok(())
    }

    /// Refuses a matrix with another number of columns than a model has features.
    pub(crate) fn check_columns(&self, expected: usize) -> Result<(), InputError> {
        if self.ncols() == expected {
            Ok(())
        } else {
            Err(InputError::columns(MATRIX, expected, self.ncols()))
        }
    }

    /// Refuses an empty matrix; the entries are checked where they are read.
    pub(crate) fn check_shape(&self) -> Result<(), InputError> {
        let (rows, cols) = (self.nrows(), self.ncols());
        if rows == 0 || cols == 0 {
            return Err(InputError::Empty { what: MATRIX, rows, cols });
        }
        Ok(())
    }
}

/// The error of an entry that is NaN or infinite.
pub(crate) fn not_finite(row: usize, col: usize, value: f64) -> InputError {
    InputError::NotFinite { what: MATRIX, row, col, value }
}

//! Design matrices that the estimators take: dense, or sparse by columns.

use estimator::InputError;
use nalgebra::{DMatrix, DMatrixView};
use nalgebra_sparse::{CooMatrix, CscMatrix};

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

/// What error messages call the matrix.
const WHAT: &str = "the design matrix";

impl Design<'_> {
    /// N, the number of samples.
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

    /// Whether column j stores every row.
    pub(crate) fn full(&self, j: usize) -> bool {
        match self {
            Self::Dense(_) => true,
            Self::Sparse(x) => x.col_offsets()[j + 1] - x.col_offsets()[j] == x.nrows(),
        }
    }

    /// Refuses an empty matrix and entries that are NaN or infinite.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        let (rows, cols) = (self.nrows(), self.ncols());
        if rows == 0 || cols == 0 {
            return Err(InputError::Empty { what: WHAT, rows, cols });
        }
        for col in 0..cols {
            let mut bad = None;
            self.visit(col, |row, value| {
                if !value.is_finite() && bad.is_none() {
                    bad = Some(InputError::NotFinite { what: WHAT, row, col, value });
                }
            });
            if let Some(error) = bad {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Refuses what [`Design::check`] refuses and any other number of columns than `expected`; rows there may be none.
    pub(crate) fn check_columns(&self, expected: usize) -> Result<(), InputError> {
        if self.ncols() != expected {
            return Err(InputError::columns(WHAT, expected, self.ncols()));
        }
        if self.nrows() == 0 { Ok(()) } else { self.check() }
    }
}

/// Some rows of a design matrix.
#[derive(Debug, Clone)]
pub(crate) enum SomeRows {
    Dense(DMatrix<f64>),
    Sparse(CscMatrix<f64>),
}

impl SomeRows {
    /// The rows of `x` with these indices, ascending.
    pub fn new(x: Design<'_>, rows: &[usize]) -> Self {
        match x {
            Design::Dense(x) => Self::Dense(x.select_rows(rows)),
            Design::Sparse(matrix) => {
                let mut coo = CooMatrix::new(rows.len(), matrix.ncols());
                for j in 0..matrix.ncols() {
                    x.visit(j, |i, value| {
                        if let Ok(at) = rows.binary_search(&i) {
                            coo.push(at, j, value);
                        }
                    });
                }
                Self::Sparse(CscMatrix::from(&coo))
            }
        }
    }

    /// As a design matrix.
    pub fn design(&self) -> Design<'_> {
        match self {
            Self::Dense(x) => Design::Dense(x),
            Self::Sparse(x) => Design::Sparse(x),
        }
    }
}

/// The N x D matrix whose rows lie one after the other in `values`: tables that come as plain slices.
///
/// # Errors
/// [`InputError::Shape`] unless there are `rows`·`cols` values.
///
/// ```
/// let x = vd_glm::matrix_from_rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?;
/// assert_eq!((x.shape(), x[(1, 0)]), ((3, 2), 3.0));
/// # Ok::<(), vd_glm::InputError>(())
/// ```
pub fn matrix_from_rows(values: &[f64], rows: usize, cols: usize) -> Result<DMatrix<f64>, InputError> {
    if rows.checked_mul(cols) != Some(values.len()) {
        return Err(InputError::entries("the table's values", rows.saturating_mul(cols), values.len()));
    }
    Ok(DMatrixView::from_slice(values, cols, rows).transpose())
}

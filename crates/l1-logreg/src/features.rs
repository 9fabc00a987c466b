//! What a feature matrix can be, and the two products with it that predictions and certificates need.
//!
//! The products here are plain double-precision loops. The solvers do not use them (they have kernels of their own in
//! `design`), so a certificate rests on code that no solver shares.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CsrMatrix;
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::scalar::Scalar;

/// Rows a worker takes at a time: fixed, so that no sum depends on the number of threads.
const BLOCK: usize = 2048;

mod sealed {
    pub trait Sealed {}
    impl<T: super::Scalar> Sealed for nalgebra::DMatrix<T> {}
    impl<T: super::Scalar> Sealed for nalgebra_sparse::CsrMatrix<T> {}
}

/// A feature matrix, one row per example: [`DMatrix`] or [`CsrMatrix`] of `f32` or `f64`.
///
/// A dense matrix that is mostly zeros (such as MNIST's pixels) is worked on as a sparse one; the answer is the same.
pub trait Features: sealed::Sealed + Sync {
    /// The element type.
    type Scalar: Scalar;
    /// The number of examples N.
    fn rows(&self) -> usize;
    /// The number of features D.
    fn columns(&self) -> usize;
    /// The given rows in the given order, as a matrix of its own.
    ///
    /// # Errors
    /// [`Error::Shape`] when an index is not below [`rows`](Self::rows).
    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error>
    where
        Self: Sized;
    /// The largest magnitude of every column.
    ///
    /// # Errors
    /// [`Error::NotFinite`] at the first NaN or infinity.
    fn column_max(&self) -> Result<Vec<f64>, Error>;
    /// `X W + 1 bᵀ` (N x K) in double precision; `weights` is D x K, `intercept` has length K.
    ///
    /// # Errors
    /// [`Error::Shape`] when the shapes do not match.
    fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> Result<DMatrix<f64>, Error>;
    /// `Xᵀ R` (D x K) in double precision; `residual` is N x K.
    ///
    /// # Errors
    /// [`Error::Shape`] when the shapes do not match.
    fn back(&self, residual: &DMatrix<f64>) -> Result<DMatrix<f64>, Error>;
    #[doc(hidden)]
    fn design(&self) -> Design<'_, Self::Scalar>;
}

fn check(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Shape { what, found, expected }) }
}

fn check_rows(rows: &[usize], n: usize) -> Result<(), Error> {
    match rows.iter().find(|&&i| i >= n) {
        Some(&i) => Err(Error::Shape { what: "a selected row index", found: i, expected: n }),
        None => Ok(()),
    }
}

fn starting_scores(n: usize, intercept: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(n, intercept.len(), |_, k| intercept[k])
}

/// Σ x r in eight interleaved sums.
fn dot<T: Scalar>(x: &[T], r: &[f64]) -> f64 {
    let ((x, x_rest), (r, r_rest)) = (x.as_chunks::<8>(), r.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (x, r) in x.iter().zip(r) {
        for lane in 0..8 {
            sums[lane] += x[lane].to_f64() * r[lane];
        }
    }
    sums.iter().sum::<f64>() + x_rest.iter().zip(r_rest).map(|(x, r)| x.to_f64() * r).sum::<f64>()
}

/// Blocks of rows of a column-major N x K result, computed side by side and put in place.
fn by_blocks(out: &mut DMatrix<f64>, work: impl Fn(usize, usize, &mut [f64]) + Sync) {
    let (n, k) = out.shape();
    let blocks: Vec<(usize, usize)> = (0..n).step_by(BLOCK).map(|a| (a, n.min(a + BLOCK))).collect();
    let parts: Vec<Vec<f64>> = blocks
        .par_iter()
        .map(|&(a, b)| {
            let mut part = vec![0.0; (b - a) * k];
            work(a, b, &mut part);
            part
        })
        .collect();
    for (&(a, b), part) in blocks.iter().zip(&parts) {
        for c in 0..k {
            let column = &mut out.as_mut_slice()[c * n + a..c * n + b];
            for (o, p) in column.iter_mut().zip(&part[c * (b - a)..(c + 1) * (b - a)]) {
                *o += p;
            }
        }
    }
}

impl<T: Scalar> Features for DMatrix<T> {
    type Scalar = T;
    fn rows(&self) -> usize {
        self.nrows()
    }
    fn columns(&self) -> usize {
        self.ncols()
    }
    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        check_rows(rows, self.nrows())?;
        Ok(Self::from_fn(rows.len(), self.ncols(), |i, j| self[(rows[i], j)]))
    }
    fn column_max(&self) -> Result<Vec<f64>, Error> {
        let mut out = vec![0.0_f64; self.ncols()];
        for (column, largest) in out.iter_mut().enumerate() {
            for (row, v) in self.column(column).iter().enumerate() {
                let value = v.to_f64();
                if !value.is_finite() {
                    return Err(Error::NotFinite { row, column, value });
                }
                *largest = largest.max(value.abs());
            }
        }
        Ok(out)
    }
    fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> Result<DMatrix<f64>, Error> {
        check("the weights' rows", weights.nrows(), self.ncols())?;
        check("the intercept", intercept.len(), weights.ncols())?;
        let n = self.nrows();
        let mut out = starting_scores(n, intercept);
        by_blocks(&mut out, |a, b, part| {
            for j in 0..self.ncols() {
                let column = &self.as_slice()[j * n + a..j * n + b];
                for (k, target) in part.chunks_exact_mut(b - a).enumerate() {
                    let w = weights[(j, k)];
                    if w != 0.0 {
                        for (o, x) in target.iter_mut().zip(column) {
                            *o += x.to_f64() * w;
                        }
                    }
                }
            }
        });
        Ok(out)
    }
    fn back(&self, residual: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        check("the residual's rows", residual.nrows(), self.nrows())?;
        let (n, k) = residual.shape();
        let columns: Vec<Vec<f64>> = (0..self.ncols())
            .into_par_iter()
            .map(|j| {
                let x = &self.as_slice()[j * n..(j + 1) * n];
                (0..k)
                    .map(|c| {
                        let r = &residual.as_slice()[c * n..(c + 1) * n];
                        dot(x, r)
                    })
                    .collect()
            })
            .collect();
        Ok(DMatrix::from_fn(self.ncols(), k, |j, c| columns[j][c]))
    }
    fn design(&self) -> Design<'_, T> {
        Design::dense(self.nrows(), self.ncols(), self.as_slice())
    }
}

impl<T: Scalar> Features for CsrMatrix<T> {
    type Scalar = T;
    fn rows(&self) -> usize {
        self.nrows()
    }
    fn columns(&self) -> usize {
        self.ncols()
    }
    fn select_rows(&self, rows: &[usize]) -> Result<Self, Error> {
        check_rows(rows, self.nrows())?;
        let (from, index, value) = self.csr_data();
        let (mut offsets, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for &i in rows {
            indices.extend_from_slice(&index[from[i]..from[i + 1]]);
            values.extend_from_slice(&value[from[i]..from[i + 1]]);
            offsets.push(indices.len());
        }
        Self::try_from_csr_data(rows.len(), self.ncols(), offsets, indices, values)
            .map_err(|_| Error::Shape { what: "the selected rows", found: rows.len(), expected: rows.len() })
    }
    fn column_max(&self) -> Result<Vec<f64>, Error> {
        let mut out = vec![0.0_f64; self.ncols()];
        for (row, column, v) in self.triplet_iter() {
            let value = v.to_f64();
            if !value.is_finite() {
                return Err(Error::NotFinite { row, column, value });
            }
            out[column] = out[column].max(value.abs());
        }
        Ok(out)
    }
    fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> Result<DMatrix<f64>, Error> {
        check("the weights' rows", weights.nrows(), self.ncols())?;
        check("the intercept", intercept.len(), weights.ncols())?;
        let (from, index, value) = self.csr_data();
        let mut out = starting_scores(self.nrows(), intercept);
        by_blocks(&mut out, |a, b, part| {
            for i in a..b {
                for (k, target) in part.chunks_exact_mut(b - a).enumerate() {
                    let w = weights.column(k);
                    for p in from[i]..from[i + 1] {
                        target[i - a] += value[p].to_f64() * w[index[p]];
                    }
                }
            }
        });
        Ok(out)
    }
    fn back(&self, residual: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        check("the residual's rows", residual.nrows(), self.nrows())?;
        let (from, index, value) = self.csr_data();
        let columns: Vec<Vec<f64>> = (0..residual.ncols())
            .into_par_iter()
            .map(|k| {
                let r = residual.column(k);
                let mut out = vec![0.0; self.ncols()];
                for i in 0..self.nrows() {
                    for p in from[i]..from[i + 1] {
                        out[index[p]] += value[p].to_f64() * r[i];
                    }
                }
                out
            })
            .collect();
        Ok(DMatrix::from_fn(self.ncols(), residual.ncols(), |j, k| columns[k][j]))
    }
    fn design(&self) -> Design<'_, T> {
        let (from, index, value) = self.csr_data();
        Design::csr(self.ncols(), from, index, value)
    }
}

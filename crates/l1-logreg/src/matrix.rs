//! What a feature matrix can be, and the two products with it that predictions and certificates need.
//!
//! The products here are plain double-precision loops. The solvers do not use them (they have kernels of their own in
//! `design`), so a certificate rests on code that no solver shares.

use std::borrow::Cow;

use estimator::InputError;
use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::CsrMatrix;
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::scalar::Scalar;

/// What an error calls the features.
pub(crate) const FEATURES: &str = "the features";

/// The error of a feature that is NaN or infinite.
fn not_finite(row: usize, col: usize, value: f64) -> InputError {
    InputError::NotFinite { what: FEATURES, row, col, value }
}

/// Rows a worker takes at a time: fixed, so that no sum depends on the number of threads.
const BLOCK: usize = 2048;

/// A feature matrix, one row per sample: [`DMatrix`] or [`CsrMatrix`] of `f32` or `f64`.
///
/// A dense matrix that is mostly zeros (such as MNIST's pixels) is worked on as a sparse one; the answer is the same.
pub trait FeatureMatrix: products::Products {
    /// Number of samples N.
    fn samples(&self) -> usize;
    /// Number of features D.
    fn features(&self) -> usize;
}

/// A dense feature matrix from a slice: `samples` rows of `features` values, one row after the other.
///
/// ```
/// let x = l1_logreg::from_row_major(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?;
/// assert_eq!(x[(1, 0)], 3.0);
/// assert!(l1_logreg::from_row_major(&[1.0, 2.0, 3.0], 2, 2).is_err());
/// # Ok::<(), l1_logreg::Error>(())
/// ```
///
/// # Errors
/// [`InputError::Shape`] when `values` does not have `samples` x `features` entries.
pub fn from_row_major<T: Scalar>(values: &[T], samples: usize, features: usize) -> Result<DMatrix<T>, Error> {
    let expected = samples.saturating_mul(features);
    if values.len() != expected {
        return Err(InputError::entries("the features", expected, values.len()).into());
    }
    Ok(DMatrix::from_row_slice(samples, features, values))
}

pub(crate) mod products {
    use super::{DMatrix, DVector, Design, InputError, Scalar};

    /// What this crate does with a feature matrix. Shapes have been checked before.
    pub trait Products: Sync {
        /// The element type.
        type Scalar: Scalar;
        /// The largest magnitude of every column.
        ///
        /// # Errors
        /// [`InputError::NotFinite`] at the first NaN or infinity.
        fn column_max(&self) -> Result<Vec<f64>, InputError>;
        /// The standard deviation of every column, given the largest magnitudes.
        fn column_std(&self, largest: &[f64]) -> Vec<f64>;
        /// `X W + 1 bᵀ` (N x K) in double precision; `weights` is D x K, `intercept` has length K.
        fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> DMatrix<f64>;
        /// [`scores`](Self::scores) of the given rows, in the given order.
        fn scores_of(&self, rows: &[usize], weights: &DMatrix<f64>, intercept: &DVector<f64>)
        -> DMatrix<f64>;
        /// `Xᵀ R` (D x K) in double precision; `residual` is N x K.
        fn back(&self, residual: &DMatrix<f64>) -> DMatrix<f64>;
        /// The matrix in the solvers' layout.
        fn design(&self) -> Design<'_, Self::Scalar>;
        /// The given rows, in the given order, in the solvers' layout.
        fn design_of(&self, rows: &[usize]) -> Design<'static, Self::Scalar>;
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

impl<T: Scalar> FeatureMatrix for DMatrix<T> {
    fn samples(&self) -> usize {
        self.nrows()
    }
    fn features(&self) -> usize {
        self.ncols()
    }
}

impl<T: Scalar> products::Products for DMatrix<T> {
    type Scalar = T;
    fn column_max(&self) -> Result<Vec<f64>, InputError> {
        let mut out = vec![0.0_f64; self.ncols()];
        for (column, largest) in out.iter_mut().enumerate() {
            for (row, v) in self.column(column).iter().enumerate() {
                let value = v.to_f64();
                if !value.is_finite() {
                    return Err(not_finite(row, column, value));
                }
                *largest = largest.max(value.abs());
            }
        }
        Ok(out)
    }
    fn column_std(&self, largest: &[f64]) -> Vec<f64> {
        let n = self.nrows() as f64;
        let deviation = |(column, &largest): (usize, &f64)| {
            // In units of the largest magnitude, so that no square overflows.
            let unit = if largest > 0.0 { largest } else { 1.0 };
            let values = || self.column(column).into_iter().map(|v| v.to_f64() / unit);
            let mean = values().sum::<f64>() / n;
            unit * (values().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
        };
        largest.par_iter().enumerate().map(deviation).collect()
    }
    fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> DMatrix<f64> {
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
        out
    }
    fn scores_of(&self, rows: &[usize], weights: &DMatrix<f64>, intercept: &DVector<f64>) -> DMatrix<f64> {
        let n = self.nrows();
        let mut out = starting_scores(rows.len(), intercept);
        by_blocks(&mut out, |a, b, part| {
            for j in 0..self.ncols() {
                let column = &self.as_slice()[j * n..(j + 1) * n];
                for (k, target) in part.chunks_exact_mut(b - a).enumerate() {
                    let w = weights[(j, k)];
                    if w != 0.0 {
                        for (o, &row) in target.iter_mut().zip(&rows[a..b]) {
                            *o += column[row].to_f64() * w;
                        }
                    }
                }
            }
        });
        out
    }
    fn back(&self, residual: &DMatrix<f64>) -> DMatrix<f64> {
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
        DMatrix::from_fn(self.ncols(), k, |j, c| columns[j][c])
    }
    fn design(&self) -> Design<'_, T> {
        Design::dense(self.nrows(), self.ncols(), Cow::Borrowed(self.as_slice()))
    }
    fn design_of(&self, rows: &[usize]) -> Design<'static, T> {
        let n = self.nrows();
        let columns = self.as_slice().chunks_exact(n.max(1));
        let data = columns.flat_map(|column| rows.iter().map(move |&i| column[i])).collect();
        Design::dense(rows.len(), self.ncols(), Cow::Owned(data))
    }
}

impl<T: Scalar> FeatureMatrix for CsrMatrix<T> {
    fn samples(&self) -> usize {
        self.nrows()
    }
    fn features(&self) -> usize {
        self.ncols()
    }
}

impl<T: Scalar> products::Products for CsrMatrix<T> {
    type Scalar = T;
    fn column_max(&self) -> Result<Vec<f64>, InputError> {
        let mut out = vec![0.0_f64; self.ncols()];
        for (row, column, v) in self.triplet_iter() {
            let value = v.to_f64();
            if !value.is_finite() {
                return Err(not_finite(row, column, value));
            }
            out[column] = out[column].max(value.abs());
        }
        Ok(out)
    }
    fn column_std(&self, largest: &[f64]) -> Vec<f64> {
        let n = self.nrows() as f64;
        let unit = |column: usize| if largest[column] > 0.0 { largest[column] } else { 1.0 };
        let (mut stored, mut mean) = (vec![0_usize; self.ncols()], vec![0.0; self.ncols()]);
        for (_, column, v) in self.triplet_iter() {
            stored[column] += 1;
            mean[column] += v.to_f64() / unit(column) / n;
        }
        // Values that are not stored are zeros.
        let mut square: Vec<f64> =
            mean.iter().zip(&stored).map(|(m, &stored)| (n - stored as f64) * m * m).collect();
        for (_, column, v) in self.triplet_iter() {
            square[column] += (v.to_f64() / unit(column) - mean[column]).powi(2);
        }
        square.iter().enumerate().map(|(column, s)| unit(column) * (s / n).sqrt()).collect()
    }
    fn scores(&self, weights: &DMatrix<f64>, intercept: &DVector<f64>) -> DMatrix<f64> {
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
        out
    }
    fn scores_of(&self, rows: &[usize], weights: &DMatrix<f64>, intercept: &DVector<f64>) -> DMatrix<f64> {
        let (from, index, value) = self.csr_data();
        let mut out = starting_scores(rows.len(), intercept);
        by_blocks(&mut out, |a, b, part| {
            for (i, &row) in rows[a..b].iter().enumerate() {
                for (k, target) in part.chunks_exact_mut(b - a).enumerate() {
                    let w = weights.column(k);
                    for p in from[row]..from[row + 1] {
                        target[i] += value[p].to_f64() * w[index[p]];
                    }
                }
            }
        });
        out
    }
    fn back(&self, residual: &DMatrix<f64>) -> DMatrix<f64> {
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
        DMatrix::from_fn(self.ncols(), residual.ncols(), |j, k| columns[k][j])
    }
    fn design(&self) -> Design<'_, T> {
        let (from, index, value) = self.csr_data();
        Design::csr(self.ncols(), from, index, Cow::Borrowed(value))
    }
    fn design_of(&self, rows: &[usize]) -> Design<'static, T> {
        let (from, index, value) = self.csr_data();
        let (mut offsets, mut indices, mut values) = (vec![0], Vec::new(), Vec::new());
        for &i in rows {
            indices.extend_from_slice(&index[from[i]..from[i + 1]]);
            values.extend_from_slice(&value[from[i]..from[i + 1]]);
            offsets.push(indices.len());
        }
        Design::csr(self.ncols(), &offsets, &indices, Cow::Owned(values))
    }
}

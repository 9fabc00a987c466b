//! Feature matrices as Python hands them over.
//!
//! A dense array is copied once, into the column order and the precision that the estimators work in; it may be of either precision
//! and order, read-only or strided. A sparse one is copied once, its indices widened. The interpreter lock is free meanwhile.

use core::ops::Range;

use nalgebra::DMatrix;
use nalgebra_sparse::{CscMatrix, CsrMatrix};
use numpy::ndarray::ArrayView2;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::refusal::Refusal;

/// Rows that are turned at a time, so that both sides of the turn stay in the cache.
const BLOCK: usize = 64;
/// Entries that are copied between two looks for signals.
const PART: usize = 1 << 22;

/// Features, owned, so that a fit needs nothing of Python's.
#[derive(Debug)]
pub(crate) enum Features {
    /// Every entry, in column order.
    Dense(DMatrix<f64>),
    /// Compressed columns.
    Columns(CscMatrix<f64>),
    /// Compressed rows.
    Rows(CsrMatrix<f64>),
}

/// The arrays of a compressed matrix: format, data, indices, offsets, shape.
type Compressed<'py> = (
    String,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    (usize, usize),
);

impl Features {
    /// The features of a float array with two axes, or of the five parts of a compressed matrix.
    pub(crate) fn read(x: &Bound<'_, PyAny>) -> PyResult<Self> {
        if x.cast::<PyArray2<f64>>().is_ok() || x.cast::<PyArray2<f32>>().is_ok() {
            return dense(x).map(Self::Dense);
        }
        let (format, data, indices, offsets, shape) = x.extract::<Compressed<'_>>()?;
        let (data, indices, offsets) = (data.as_slice()?, indices.as_slice()?, offsets.as_slice()?);
        let made = x.py().detach(|| compressed(&format, shape, offsets, indices, data));
        Ok(made?)
    }

    /// N, the number of samples.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense(x) => x.nrows(),
            Self::Columns(x) => x.nrows(),
            Self::Rows(x) => x.nrows(),
        }
    }

    /// D, the number of features.
    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Dense(x) => x.ncols(),
            Self::Columns(x) => x.ncols(),
            Self::Rows(x) => x.ncols(),
        }
    }

    /// Number of columns that are not constant: the candidates of an error rate. A column of zeros alone is constant; the entries of
    /// compressed rows are not searched.
    pub(crate) fn varying(&self) -> usize {
        let count = match self {
            Self::Dense(x) => x.column_iter().filter(|c| c.iter().any(|v| *v != c[0])).count(),
            Self::Columns(x) => x
                .col_iter()
                .filter(|c| {
                    let first =
                        if c.nnz() < x.nrows() { 0.0 } else { c.values().first().copied().unwrap_or(0.0) };
                    c.values().iter().any(|v| *v != first)
                })
                .count(),
            Self::Rows(x) => x.ncols(),
        };
        count.max(1)
    }

    /// The entries of every row, one row after the other, through a scratch row of D numbers.
    pub(crate) fn each_row(
        &self,
        mut visit: impl FnMut(&[f64]) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        match self {
            Self::Dense(x) => {
                let turned = x.transpose();
                (0..x.nrows()).try_for_each(|n| visit(turned.column(n).as_slice()))
            }
            Self::Rows(x) => {
                let mut row = vec![0.0; x.ncols()];
                x.row_iter().try_for_each(|entries| {
                    row.fill(0.0);
                    entries.col_indices().iter().zip(entries.values()).for_each(|(&j, &v)| row[j] = v);
                    visit(&row)
                })
            }
            Self::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
        }
    }

    /// Standard deviation of every column (divisor n), as a saved model states it.
    pub(crate) fn deviations(&self) -> Vec<f64> {
        match self {
            Self::Dense(x) => x.as_slice().chunks_exact(x.nrows()).map(|c| deviation(c, x.nrows())).collect(),
            Self::Columns(x) => x.col_iter().map(|c| deviation(c.values(), x.nrows())).collect(),
            Self::Rows(x) => Self::Columns(CscMatrix::from(x)).deviations(),
        }
    }
}

/// Standard deviation of `n` values, of which those not listed are 0.
fn deviation(values: &[f64], n: usize) -> f64 {
    let (n, zeros) = (n as f64, (n - values.len()) as f64);
    let mean = sum(values, |v| v) / n;
    let variance = (sum(values, |v| (v - mean) * (v - mean)) + zeros * mean * mean) / n;
    // Squares of the largest and of the smallest numbers leave the range; the careful recurrence does not.
    if variance.is_finite() && (variance > 1e-200 || values.iter().all(|v| *v == mean)) {
        return variance.sqrt();
    }
    let mut moments = predictor::Moments::default();
    values.iter().for_each(|&v| moments.push(v));
    (0..zeros as usize).for_each(|_| moments.push(0.0));
    moments.deviation()
}

/// The sum of a function in eight interleaved sums.
fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for lane in 0..8 {
            sums[lane] += of(eight[lane]);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&v| of(v)).sum::<f64>()
}

/// A dense array in column order.
fn dense(x: &Bound<'_, PyAny>) -> PyResult<DMatrix<f64>> {
    let py = x.py();
    if let Ok(double) = x.cast::<PyArray2<f64>>() {
        return turned(py, double.readonly().as_array(), |v| v);
    }
    let Ok(single) = x.cast::<PyArray2<f32>>() else {
        return Err(PyTypeError::new_err("features are an array of float32 or float64 with two axes"));
    };
    turned(py, single.readonly().as_array(), f64::from)
}

/// The entries in column order, each converted once. Between parts the signals are looked for: a large copy takes long.
fn turned<S: Copy + Sync + Send>(
    py: Python<'_>,
    x: ArrayView2<'_, S>,
    convert: impl Fn(S) -> f64 + Copy + Send + Sync,
) -> PyResult<DMatrix<f64>> {
    let (n, d) = x.dim();
    let mut out = vec![0.0; n * d];
    if let Some(columns) = x.t().to_slice() {
        for (out, columns) in out.chunks_mut(PART).zip(columns.chunks(PART)) {
            py.detach(|| out.iter_mut().zip(columns).for_each(|(out, &v)| *out = convert(v)));
            py.check_signals()?;
        }
    } else if let Some(rows) = x.to_slice() {
        let part = (PART / d.max(1)).next_multiple_of(BLOCK);
        for from in (0..n).step_by(part) {
            let out = &mut out;
            py.detach(|| turn(rows, (n, d), from..n.min(from + part), out, convert));
            py.check_signals()?;
        }
    } else {
        let out = &mut out;
        py.detach(|| out.iter_mut().zip(x.t().iter()).for_each(|(out, &v)| *out = convert(v)));
    }
    Ok(DMatrix::from_vec(n, d, out))
}

/// Some rows of a matrix in row order, put where they belong in column order.
fn turn<S: Copy>(
    rows: &[S],
    (n, d): (usize, usize),
    part: Range<usize>,
    out: &mut [f64],
    convert: impl Fn(S) -> f64,
) {
    for from in part.clone().step_by(BLOCK) {
        let to = part.end.min(from + BLOCK);
        for (j, column) in out.chunks_exact_mut(n).enumerate() {
            for (i, out) in column[from..to].iter_mut().enumerate() {
                *out = convert(rows[(from + i) * d + j]);
            }
        }
    }
}

/// A compressed matrix whose indices are sorted and without repeats, as scipy's canonical format is.
fn compressed(
    format: &str,
    (n, d): (usize, usize),
    offsets: &[i64],
    indices: &[i64],
    data: &[f64],
) -> Result<Features, Refusal> {
    let wide = |v: &[i64]| -> Result<Vec<usize>, Refusal> {
        v.iter()
            .map(|&i| usize::try_from(i).map_err(|_| Refusal::of("a negative index in a sparse matrix")))
            .collect()
    };
    let (offsets, indices, data) = (wide(offsets)?, wide(indices)?, data.to_vec());
    match format {
        "csc" => CscMatrix::try_from_csc_data(n, d, offsets, indices, data)
            .map(Features::Columns)
            .map_err(|e| Refusal::of(format!("the sparse matrix is broken: {e}"))),
        _ => CsrMatrix::try_from_csr_data(n, d, offsets, indices, data)
            .map(Features::Rows)
            .map_err(|e| Refusal::of(format!("the sparse matrix is broken: {e}"))),
    }
}

/// Numbers, one per sample.
pub(crate) fn numbers(t: &Bound<'_, PyArray1<f64>>) -> PyResult<Vec<f64>> {
    Ok(t.readonly().as_array().to_vec())
}

/// Class indices, one per sample.
pub(crate) fn labels(t: &Bound<'_, PyArray1<i64>>) -> PyResult<Vec<usize>> {
    let held = t.readonly();
    let wide =
        |&k: &i64| usize::try_from(k).map_err(|_| Refusal::of(format!("{k} is no class index")).into());
    held.as_array().iter().map(wide).collect()
}

/// Sample weights, if there are any.
pub(crate) fn weights(w: Option<&Bound<'_, PyArray1<f64>>>) -> PyResult<Option<Vec<f64>>> {
    w.map(numbers).transpose()
}

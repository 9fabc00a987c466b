//! The data as the solvers see it, and the products with it.
//!
//! | symbol | here | shape | meaning |
//! |---|---|---|---|
//! | X | [`Design`] | N x D | features |
//! | W | `table` | D x L, by rows | weights; L ≥ K lanes, those past K are zero |
//! | Z = X W + 1 bᵀ | `z` | N x L, by rows | scores |
//! | R = ∂f/∂Z | `r` | N x L, by rows | residuals |
//! | G = Xᵀ R | `gradient` | D x L, by rows | gradient |
//!
//! Every sum is split at fixed rows, never by the number of threads: the bits do not depend on it.

pub(crate) mod column;
mod kernels;

use std::borrow::Cow;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::design::column::{ByColumn, Column};
use crate::scalar::Scalar;

/// A dense matrix of which fewer than this share is not zero is worked on as a sparse one: the sparse kernels do about a third
/// of the dense ones' multiplications per second.
const SPARSE_SHARE: f64 = 0.3;
/// Rows whose products are summed in `T` before they are added to a sum in `f64`.
const FLUSH: usize = 512;
/// At most this many partial gradients are alive at once, and at most this many of their elements.
const PARTS: usize = 16;
const PART_ELEMENTS: usize = 1 << 23;

/// A feature matrix in the layout that the kernels want.
#[derive(Debug, Clone)]
pub enum Design<'a, T: Clone> {
    /// Column-major, dense.
    Dense { rows: usize, columns: usize, data: Cow<'a, [T]> },
    /// Compressed sparse rows with short indices; `turned` is the same by columns, made when a solver asks for it.
    Csr {
        columns: usize,
        from: Vec<usize>,
        index: Vec<u32>,
        value: Cow<'a, [T]>,
        turned: OnceLock<ByColumn<T>>,
    },
}

/// The lanes that K outputs are padded to.
pub(crate) fn lanes(outputs: usize) -> usize {
    match outputs {
        0..=2 => outputs.max(1),
        3 | 4 => 4,
        _ => outputs.next_multiple_of(8),
    }
}

impl<'a, T: Scalar> Design<'a, T> {
    pub(crate) fn dense(rows: usize, columns: usize, data: Cow<'a, [T]>) -> Self {
        let zero = T::default();
        let kept = data.iter().filter(|v| **v != zero).count();
        if (kept as f64) >= SPARSE_SHARE * data.len() as f64 || columns > u32::MAX as usize {
            return Self::Dense { rows, columns, data };
        }
        let mut from = vec![0_usize; rows + 1];
        for column in data.chunks_exact(rows) {
            for (i, v) in column.iter().enumerate() {
                from[i + 1] += usize::from(*v != zero);
            }
        }
        for i in 0..rows {
            from[i + 1] += from[i];
        }
        let mut next = from.clone();
        let (mut index, mut value) = (vec![0_u32; kept], vec![zero; kept]);
        for (j, column) in data.chunks_exact(rows).enumerate() {
            for (i, v) in column.iter().enumerate() {
                if *v != zero {
                    index[next[i]] = j as u32;
                    value[next[i]] = *v;
                    next[i] += 1;
                }
            }
        }
        Self::Csr { columns, from, index, value: Cow::Owned(value), turned: OnceLock::new() }
    }

    pub(crate) fn csr(columns: usize, from: &[usize], index: &[usize], value: Cow<'a, [T]>) -> Self {
        let index = index.iter().map(|&j| j as u32).collect();
        Self::Csr { columns, from: from.to_vec(), index, value, turned: OnceLock::new() }
    }

    /// The same matrix in double precision.
    pub(crate) fn to_f64(&self) -> Design<'static, f64> {
        let wide = |v: &[T]| Cow::Owned(v.iter().map(|x| x.to_f64()).collect());
        match self {
            Self::Dense { rows, columns, data } => {
                Design::Dense { rows: *rows, columns: *columns, data: wide(data) }
            }
            Self::Csr { columns, from, index, value, .. } => Design::Csr {
                columns: *columns,
                from: from.clone(),
                index: index.clone(),
                value: wide(value),
                turned: OnceLock::new(),
            },
        }
    }

    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense { rows, .. } => *rows,
            Self::Csr { from, .. } => from.len() - 1,
        }
    }

    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Dense { columns, .. } | Self::Csr { columns, .. } => *columns,
        }
    }

    /// The largest magnitude of every column.
    pub(crate) fn column_max(&self) -> Vec<f64> {
        let largest = |m: f64, v: &T| m.max(v.to_f64().abs());
        match self {
            Self::Dense { rows, data, .. } => {
                data.chunks_exact(*rows).map(|column| column.iter().fold(0.0, largest)).collect()
            }
            Self::Csr { columns, index, value, .. } => {
                let mut out = vec![0.0; *columns];
                for (&j, v) in index.iter().zip(value.iter()) {
                    out[j as usize] = largest(out[j as usize], v);
                }
                out
            }
        }
    }

    /// Column j.
    pub(crate) fn column(&self, j: usize) -> Column<'_, T> {
        match self {
            Self::Dense { rows, data, .. } => Column::Dense(&data[j * rows..(j + 1) * rows]),
            Self::Csr { columns, from, index, value, turned } => {
                turned.get_or_init(|| ByColumn::of_rows(*columns, from, index, value)).column(j)
            }
        }
    }

    /// Number of stored values.
    pub(crate) fn stored(&self) -> usize {
        match self {
            Self::Dense { data, .. } => data.len(),
            Self::Csr { value, .. } => value.len(),
        }
    }

    /// `z = X table + 1 interceptᵀ`.
    pub(crate) fn forward(&self, table: &[T], intercept: &[T], z: &mut [T]) {
        let l = intercept.len();
        z.par_chunks_mut(FLUSH * l).enumerate().for_each(|(block, z)| {
            for row in z.chunks_exact_mut(l) {
                row.copy_from_slice(intercept);
            }
            let first = block * FLUSH;
            match self {
                Self::Dense { rows, columns, data } => {
                    kernels::dense_forward(*rows, *columns, data, first, table, l, z);
                }
                Self::Csr { from, index, value, .. } => {
                    kernels::csr_forward(&from[first..=first + z.len() / l], index, value, table, l, z);
                }
            }
        });
    }

    /// `Xᵀ r`, D x L by rows, followed by the L sums of `r` over the rows (the intercept's gradient).
    pub(crate) fn back(&self, r: &[T], l: usize) -> Vec<f64> {
        let (n, d) = (self.rows(), self.columns());
        let size = (d + 1) * l;
        let parts = PARTS.min(PART_ELEMENTS / size).max(1).min(n.div_ceil(FLUSH));
        let span = n.div_ceil(FLUSH).div_ceil(parts) * FLUSH;
        // A wide and very sparse matrix is flushed more seldom, so that flushing never costs more than the products.
        let flush = (FLUSH * d.div_ceil(1 + self.stored() / n * FLUSH)).min(span);
        let partial: Vec<Vec<f64>> = r
            .par_chunks(span * l)
            .enumerate()
            .map(|(part, r)| {
                let mut total = vec![0.0_f64; size];
                let mut short = vec![T::default(); size];
                for (block, r) in r.chunks(flush * l).enumerate() {
                    self.back_block(part * span + block * flush, r, l, &mut short[..d * l]);
                    for row in r.chunks_exact(l) {
                        for (s, v) in short[d * l..].iter_mut().zip(row) {
                            *s += *v;
                        }
                    }
                    for (t, s) in total.iter_mut().zip(&mut short) {
                        *t += s.to_f64();
                        *s = T::default();
                    }
                }
                total
            })
            .collect();
        let mut sum = vec![0.0; size];
        for part in &partial {
            for (s, p) in sum.iter_mut().zip(part) {
                *s += p;
            }
        }
        sum
    }

    fn back_block(&self, first: usize, r: &[T], l: usize, gradient: &mut [T]) {
        match self {
            Self::Dense { rows, columns, data } => {
                kernels::dense_back(*rows, *columns, data, first, r, l, gradient);
            }
            Self::Csr { from, index, value, .. } => {
                kernels::csr_back(&from[first..=first + r.len() / l], index, value, r, l, gradient);
            }
        }
    }

    /// Writes `scale x_i` of one row for the features with a `place` into `out` (which is zero elsewhere).
    ///
    /// `wanted` lists those features as (feature, place) pairs, `place` maps every feature to its place or `u32::MAX`.
    pub(crate) fn gather(
        &self,
        i: usize,
        scale: &[T],
        weight: T,
        wanted: &[u32],
        place: &[u32],
        out: &mut [T],
    ) {
        match self {
            Self::Dense { rows, data, .. } => {
                for (p, &j) in wanted.iter().enumerate() {
                    let j = j as usize;
                    out[p] = data[j * rows + i] * scale[j] * weight;
                }
            }
            Self::Csr { from, index, value, .. } => {
                for p in from[i]..from[i + 1] {
                    let j = index[p] as usize;
                    if place[j] != u32::MAX {
                        out[place[j] as usize] = value[p] * scale[j] * weight;
                    }
                }
            }
        }
    }
}

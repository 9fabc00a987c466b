//! The design matrix of a kernel: one column per training row, made when needed, and ones for the intercept.
//!
//! Two ways to the same products: a low-rank factor (see `low_rank`), where the kernel has one; else as many columns as fit
//! the cache that the caller allows are kept, and every pass makes the others again. Memory is O(N · active) beyond the cache.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::design::gram::Gram;
use crate::design::{Design, low_rank};
use crate::error::{Error, range};
use crate::kernel::Kernel;
use crate::linalg::{dot, gram, matvec, product, tr_matvec, weighted_square};
use crate::watch::{Halt, Watch};

/// Kernel values below which waking a second thread costs more than it brings.
const WORTH_THREADS: usize = 100_000;

/// Operations between two calls of the callback, about: some tenths of a second.
const BETWEEN_CALLS: usize = 400_000_000;

/// A kernel with its centres.
pub(crate) struct KernelDesign<'x> {
    kernel: Kernel,
    x: &'x DMatrix<f64>,
    /// The rows of X one after the other.
    centres: DMatrix<f64>,
    intercept: bool,
    store: Store,
}

enum Store {
    /// `Φ = P Rᵀ`: P = [L, 1] (N x (r + 1)), R = [L, 0; 0, 1] (M x (r + 1)).
    LowRank { p: DMatrix<f64>, r: DMatrix<f64> },
    /// The first columns of Φ, as many as fit the cache: all, some or none.
    Cached(DMatrix<f64>),
}

impl<'x> KernelDesign<'x> {
    pub(crate) fn new(
        kernel: &Kernel,
        x: &'x DMatrix<f64>,
        intercept: bool,
        cache_bytes: usize,
        watch: &Watch<'_>,
    ) -> Result<Self, Error> {
        let n = x.nrows();
        let store = Store::Cached(DMatrix::zeros(n, 0));
        let mut this = Self { kernel: kernel.clone(), x, centres: x.transpose(), intercept, store };
        if kernel.is_positive()
            && let Some(l) = low_rank::factor(kernel, x)
        {
            this.store = this.low_rank(&l);
        } else {
            let fitting = (cache_bytes / 8 / n).min(this.len());
            let mut kept = Vec::with_capacity(n * fitting);
            let block = this.block(0);
            for start in (0..fitting).step_by(block) {
                // Stopped: what is kept so far will do, as `quadratic` ends before it looks at anything.
                if watch.go_on().is_err() {
                    break;
                }
                let some: Vec<usize> = (start..(start + block).min(fitting)).collect();
                kept.extend_from_slice(this.columns(&some).as_slice());
            }
            if let Some(at) = kept.iter().position(|v| !v.is_finite()) {
                let (row, centre) = (at % n, at / n);
                return Err(Error::KernelNotFinite { row, centre, value: kept[at] });
            }
            this.store = Store::Cached(DMatrix::from_vec(n, kept.len() / n, kept));
        }
        Ok(this)
    }

    fn low_rank(&self, l: &DMatrix<f64>) -> Store {
        let (n, m, rank) = (self.x.nrows(), self.len(), l.ncols());
        let extra = usize::from(self.intercept);
        let mut p = DMatrix::from_element(n, rank + extra, 1.0);
        let mut r = DMatrix::zeros(m, rank + extra);
        p.columns_mut(0, rank).copy_from(l);
        r.view_mut((0, 0), (n, rank)).copy_from(l);
        if self.intercept {
            r[(n, rank)] = 1.0;
        }
        Store::LowRank { p, r }
    }

    fn fill(&self, i: usize, out: &mut [f64]) {
        if i < self.x.nrows() {
            let d = self.x.ncols();
            self.kernel.column(self.x, &self.centres.as_slice()[i * d..(i + 1) * d], out);
        } else {
            out.fill(1.0);
        }
    }

    /// Columns between two calls of the callback, where each column is multiplied with `products` vectors.
    fn block(&self, products: usize) -> usize {
        let each = self.x.nrows().saturating_mul(self.x.ncols() + products + 8);
        (BETWEEN_CALLS / each).max(64)
    }

    /// The columns that are in memory; none with a low-rank factor.
    fn cached(&self) -> usize {
        match &self.store {
            Store::Cached(phi) => phi.ncols(),
            Store::LowRank { .. } => 0,
        }
    }

    /// `f(φ_m)` for every candidate from `first` on, the columns made or read side by side.
    fn each<T: Send>(
        &self,
        first: usize,
        products: usize,
        watch: &Watch<'_>,
        f: impl Fn(&[f64]) -> T + Sync,
    ) -> Result<Vec<T>, Halt> {
        let n = self.x.nrows();
        let one = |m: usize, scratch: &mut Vec<f64>| match &self.store {
            Store::Cached(phi) if m < phi.ncols() => f(&phi.as_slice()[m * n..(m + 1) * n]),
            _ => {
                self.fill(m, scratch);
                f(scratch)
            }
        };
        let block = self.block(products);
        let mut all = Vec::with_capacity(self.len() - first);
        for start in (first..self.len()).step_by(block) {
            if start > first {
                watch.go_on()?;
            }
            all.par_extend(
                (start..(start + block).min(self.len()))
                    .into_par_iter()
                    .with_min_len(64)
                    .map_init(|| vec![0.0; n], |scratch, m| one(m, scratch)),
            );
        }
        Ok(all)
    }

    /// Why a product with column `m` is not finite.
    fn blame(&self, m: usize) -> Error {
        let mut column = vec![0.0; self.x.nrows()];
        self.fill(m, &mut column);
        match column.iter().position(|v| !v.is_finite()) {
            Some(row) => Error::KernelNotFinite { row, centre: m, value: column[row] },
            None => range("a sum of kernel values over the samples"),
        }
    }
}

/// The quadratic model of a kernel design.
pub(crate) struct KernelQuadratic<'d> {
    design: &'d KernelDesign<'d>,
    watch: &'d Watch<'d>,
    diagonal: Vec<f64>,
    linear: Vec<f64>,
    /// `Pᵀ B P` in the low-rank case.
    inner: Option<DMatrix<f64>>,
    b: Option<Vec<f64>>,
}

impl<'x> Design for KernelDesign<'x> {
    type Quadratic<'d>
        = KernelQuadratic<'d>
    where
        Self: 'd;
    fn rows(&self) -> usize {
        self.x.nrows()
    }
    fn len(&self) -> usize {
        self.x.nrows() + usize::from(self.intercept)
    }
    fn columns(&self, active: &[usize]) -> DMatrix<f64> {
        let n = self.x.nrows();
        let mut out = DMatrix::zeros(n, active.len());
        let one = |out: &mut [f64], i: usize| match &self.store {
            Store::Cached(phi) if i < phi.ncols() => out.copy_from_slice(&phi.as_slice()[i * n..(i + 1) * n]),
            _ => self.fill(i, out),
        };
        if n * active.len() < WORTH_THREADS {
            out.as_mut_slice().chunks_mut(n).zip(active).for_each(|(out, &i)| one(out, i));
        } else {
            out.as_mut_slice().par_chunks_mut(n).zip(active).for_each(|(out, &i)| one(out, i));
        }
        out
    }
    fn quadratic<'d>(
        &'d self,
        b: Option<&[f64]>,
        z: &[f64],
        watch: &'d Watch<'d>,
    ) -> Result<KernelQuadratic<'d>, Halt> {
        watch.go_on()?;
        let (inner, diagonal, linear) = if let Store::LowRank { p, r } = &self.store {
            let inner = gram(p, b);
            let projected = product(r, false, &inner);
            let mut diagonal = vec![0.0; r.nrows()];
            for k in 0..r.ncols() {
                for ((d, r), p) in diagonal.iter_mut().zip(r.column(k).iter()).zip(projected.column(k).iter())
                {
                    *d += r * p;
                }
            }
            (Some(inner), diagonal, matvec(r, &tr_matvec(p, z)))
        } else {
            let pairs = self.each(0, 2, watch, |phi| {
                let square = match b {
                    Some(b) => weighted_square(phi, b),
                    None => dot(phi, phi),
                };
                (square, dot(phi, z))
            })?;
            let (diagonal, linear): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            (None, diagonal, linear)
        };
        let finite = |m: &usize| diagonal[*m].is_finite() && linear[*m].is_finite();
        if let Some(m) = (0..diagonal.len()).find(|m| !finite(m)) {
            return Err(self.blame(m).into());
        }
        Ok(KernelQuadratic { design: self, watch, diagonal, linear, inner, b: b.map(<[f64]>::to_vec) })
    }
    fn original(&self, i: usize) -> usize {
        i
    }
    fn exponent(&self, _: usize) -> i32 {
        0
    }
}

impl Gram for KernelQuadratic<'_> {
    fn len(&self) -> usize {
        self.linear.len()
    }
    fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }
    fn linear(&self) -> &[f64] {
        &self.linear
    }
    fn columns(&self, active: &[usize], out: &mut [f64]) -> Result<(), Halt> {
        let m = self.len();
        if let (Store::LowRank { r, .. }, Some(inner)) = (&self.design.store, &self.inner) {
            for (k, &i) in active.iter().enumerate() {
                let row: Vec<f64> = r.row(i).iter().copied().collect();
                out[k * m..(k + 1) * m].copy_from_slice(&matvec(r, &matvec(inner, &row)));
            }
            return Ok(());
        }
        let mut weighted = self.design.columns(active);
        if let Some(b) = &self.b {
            for mut column in weighted.column_iter_mut() {
                for (v, b) in column.iter_mut().zip(b) {
                    *v *= b;
                }
            }
        }
        // Several columns at once: the cached part of Φ by one product of matrices.
        let mut first = 0;
        if let Store::Cached(phi) = &self.design.store
            && active.len() > 1
        {
            first = self.design.cached();
            let block = product(phi, true, &weighted);
            for k in 0..active.len() {
                out[k * m..k * m + first].copy_from_slice(block.column(k).as_slice());
            }
        }
        let rows = self.design.each(first, active.len(), self.watch, |phi| tr_matvec(&weighted, phi))?;
        for (i, row) in rows.iter().enumerate() {
            for (k, v) in row.iter().enumerate() {
                out[k * m + first + i] = *v;
            }
        }
        Ok(())
    }
}

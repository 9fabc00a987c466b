//! The design matrix of a kernel: one column per training row, made when needed, and ones for the bias.
//!
//! Three ways to the same products, chosen by size: a low-rank factor (see `low_rank`); all columns kept, if they fit
//! the cache the caller allows; else every pass makes the columns again. Memory is O(N · active) beyond the cache.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::gram::Gram;
use crate::kernel::Kernel;
use crate::linalg::{dot, gram, matvec, product, tr_matvec, weighted_square};
use crate::low_rank;

/// Kernel values below which waking a second thread costs more than it brings.
const WORTH_THREADS: usize = 100_000;

/// A kernel with its centres.
pub(crate) struct KernelDesign<'x> {
    kernel: Kernel,
    x: &'x DMatrix<f64>,
    /// The rows of X one after the other.
    centres: DMatrix<f64>,
    bias: bool,
    store: Store,
}

enum Store {
    /// `Φ = P Rᵀ`: P = [L, 1] (N x (r + 1)), R = [L, 0; 0, 1] (M x (r + 1)).
    LowRank { p: DMatrix<f64>, r: DMatrix<f64> },
    /// Φ whole.
    Cached(DMatrix<f64>),
    /// Nothing.
    OnDemand,
}

impl<'x> KernelDesign<'x> {
    pub(crate) fn new(
        kernel: &Kernel,
        x: &'x DMatrix<f64>,
        bias: bool,
        cache_bytes: usize,
    ) -> Result<Self, Error> {
        let mut this =
            Self { kernel: kernel.clone(), x, centres: x.transpose(), bias, store: Store::OnDemand };
        let (n, m) = (x.nrows(), this.len());
        if kernel.is_positive()
            && let Some(l) = low_rank::factor(kernel, x)
        {
            let rank = l.ncols();
            let extra = usize::from(bias);
            let mut p = DMatrix::from_element(n, rank + extra, 1.0);
            let mut r = DMatrix::zeros(m, rank + extra);
            p.columns_mut(0, rank).copy_from(&l);
            r.view_mut((0, 0), (n, rank)).copy_from(&l);
            if bias {
                r[(n, rank)] = 1.0;
            }
            this.store = Store::LowRank { p, r };
        } else if n.saturating_mul(m).saturating_mul(8) <= cache_bytes {
            let all: Vec<usize> = (0..m).collect();
            let phi = this.columns(&all);
            if let Some(at) = phi.iter().position(|v| !v.is_finite()) {
                let (left, right) = (at % n, at / n);
                return Err(Error::KernelNotFinite { left, right, value: phi[(left, right)] });
            }
            this.store = Store::Cached(phi);
        }
        Ok(this)
    }

    fn fill(&self, i: usize, out: &mut [f64]) {
        if i < self.x.nrows() {
            let d = self.x.ncols();
            self.kernel.column(self.x, &self.centres.as_slice()[i * d..(i + 1) * d], out);
        } else {
            out.fill(1.0);
        }
    }

    /// `f(φ_m)` for every candidate, the columns made or read side by side.
    fn each<T: Send>(&self, f: impl Fn(&[f64]) -> T + Sync) -> Vec<T> {
        let n = self.x.nrows();
        let one = |m: usize, scratch: &mut Vec<f64>| match &self.store {
            Store::Cached(phi) => f(&phi.as_slice()[m * n..(m + 1) * n]),
            _ => {
                self.fill(m, scratch);
                f(scratch)
            }
        };
        (0..self.len())
            .into_par_iter()
            .with_min_len(64)
            .map_init(|| vec![0.0; n], |scratch, m| one(m, scratch))
            .collect()
    }
}

/// The quadratic model of a kernel design.
pub(crate) struct KernelQuadratic<'d> {
    design: &'d KernelDesign<'d>,
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
        self.x.nrows() + usize::from(self.bias)
    }
    fn columns(&self, active: &[usize]) -> DMatrix<f64> {
        let n = self.x.nrows();
        let mut out = DMatrix::zeros(n, active.len());
        if let Store::Cached(phi) = &self.store {
            for (k, &i) in active.iter().enumerate() {
                out.set_column(k, &phi.column(i));
            }
        } else if n * active.len() < WORTH_THREADS {
            out.as_mut_slice().chunks_mut(n).zip(active).for_each(|(out, &i)| self.fill(i, out));
        } else {
            out.as_mut_slice().par_chunks_mut(n).zip(active).for_each(|(out, &i)| self.fill(i, out));
        }
        out
    }
    fn quadratic(&self, b: Option<&[f64]>, z: &[f64]) -> Result<KernelQuadratic<'_>, Error> {
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
            let pairs = self.each(|phi| {
                let square = match b {
                    Some(b) => weighted_square(phi, b),
                    None => dot(phi, phi),
                };
                (square, dot(phi, z))
            });
            let (diagonal, linear): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            (None, diagonal, linear)
        };
        for (m, v) in diagonal.iter().chain(&linear).enumerate() {
            if !v.is_finite() {
                return Err(Error::KernelNotFinite { left: 0, right: m % diagonal.len(), value: *v });
            }
        }
        Ok(KernelQuadratic { design: self, diagonal, linear, inner, b: b.map(<[f64]>::to_vec) })
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
    fn columns(&self, active: &[usize], out: &mut [f64]) {
        let m = self.len();
        if let (Store::LowRank { r, .. }, Some(inner)) = (&self.design.store, &self.inner) {
            for (k, &i) in active.iter().enumerate() {
                let row: Vec<f64> = r.row(i).iter().copied().collect();
                out[k * m..(k + 1) * m].copy_from_slice(&matvec(r, &matvec(inner, &row)));
            }
            return;
        }
        let mut weighted = self.design.columns(active);
        if let Some(b) = &self.b {
            for mut column in weighted.column_iter_mut() {
                for (v, b) in column.iter_mut().zip(b) {
                    *v *= b;
                }
            }
        }
        if let Store::Cached(phi) = &self.design.store
            && active.len() > 1
        {
            out.copy_from_slice(product(phi, true, &weighted).as_slice());
            return;
        }
        let rows = self.design.each(|phi| tr_matvec(&weighted, phi));
        for (i, row) in rows.iter().enumerate() {
            for (k, v) in row.iter().enumerate() {
                out[k * m + i] = *v;
            }
        }
    }
}

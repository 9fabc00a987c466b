//! A background: many effects too weak to be told apart, as one Gaussian on every column's weight (Zhou, Carbonetto and Stephens 2013).
//!
//! With the eigenvalues λ_i of XXᵀ and its eigenvectors as rows, K = I + h XXᵀ is diagonal: row i of the turned data counts 1/(1 + hλ_i).
//! So the sparse part sees an ordinary weighted problem of min(N, D) rows, and the background's weights are those of a ridge regression of
//! what the sparse part leaves.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};
use nalgebra::{DMatrix, DVector};

use crate::average::conditional::Conditional;
use crate::average::evidence::Evidence;
use crate::average::gram::Gram;
use crate::prepare::columns::{Columns, Dense, Residual};

/// Multiply-adds that turning the data may take; what is larger goes without a background.
const WORK: usize = 1 << 34;

/// Most rows of the turned data: an eigendecomposition takes about ten times the cube of it.
const MOST_ROWS: usize = 2000;

/// Eigenvalues below this share of the largest are rounding.
const NOTHING: f64 = 1e-12;

/// Values of h that are tried, evenly in log h over this range.
const TRIED: (f64, f64, usize) = (1e-3, 1e3, 61);

/// Data in the eigenvectors' coordinates.
pub(crate) struct Turned {
    /// min(N, D) x D.
    x: Mat<f64>,
    target: Vec<f64>,
    eigenvalues: Vec<f64>,
    /// The part of tᵀt that no column reaches.
    outside: f64,
}

/// How surely the columns outside a support explain more together than noise would: the score test of h = 0, in standard deviations.
///
/// Under h = 0, Σ q_j² has the mean σ² Σ s_j; its variance 2σ⁴‖XXᵀ‖² is taken from below, so that the test errs towards a second look.
pub(crate) fn suspicion<C: Columns>(at: &Conditional<'_, C>, evidence: &Evidence, samples: f64) -> f64 {
    let variance = evidence.variance(at.rest);
    let (mut found, mut expected) = (0.0, 0.0);
    for j in 0..at.gram.len() {
        if !at.inside[j] {
            found += at.product[j] * at.product[j];
            expected += at.precision[j] - at.ridge;
        }
    }
    let spread = (2.0 * expected.max(expected * expected / samples)).sqrt();
    (found / variance - expected) / spread.max(f64::MIN_POSITIVE)
}

impl Turned {
    /// Turns the data; nothing where that would take too long or fails.
    pub fn new<C: Columns>(columns: &C, gram: &Gram<'_, C>, target: &[f64]) -> Option<Self> {
        let (n, d) = (target.len(), gram.len());
        let rows = n.min(d);
        let work = n.saturating_mul(d).saturating_mul(rows);
        if rows > MOST_ROWS || work > WORK || n.saturating_mul(rows) > WORK >> 6 {
            return None;
        }
        let turned = if n < d { Self::by_rows(columns, gram, target)? } else { Self::by_columns(gram)? };
        (!turned.eigenvalues.is_empty()).then_some(turned)
    }

    /// Fewer rows than columns: XXᵀ = UΛUᵀ, the data are UᵀX.
    fn by_rows<C: Columns>(columns: &C, gram: &Gram<'_, C>, target: &[f64]) -> Option<Self> {
        let n = target.len();
        let mut x = Mat::<f64>::zeros(n, gram.len());
        for (place, &j) in gram.index.iter().enumerate() {
            for (to, from) in x.col_mut(place).iter_mut().zip(columns.expand(j)) {
                *to = from;
            }
        }
        let mut square = Mat::<f64>::zeros(n, n);
        matmul(square.as_mut(), Accum::Replace, x.as_ref(), x.as_ref().transpose(), 1.0, Par::Seq);
        let eigen = square.self_adjoint_eigen(Side::Lower).ok()?;
        let (values, vectors) = (eigen.S().column_vector(), eigen.U());
        let top = values.iter().copied().fold(0.0, f64::max);
        let kept: Vec<usize> = (0..n).filter(|&i| values[i] > NOTHING * top).collect();
        let u = Mat::from_fn(n, kept.len(), |i, k| vectors[(i, kept[k])]);
        let mut turned = Mat::<f64>::zeros(kept.len(), gram.len());
        matmul(turned.as_mut(), Accum::Replace, u.as_ref().transpose(), x.as_ref(), 1.0, Par::Seq);
        let target: Vec<f64> = (0..kept.len()).map(|k| (0..n).map(|i| u[(i, k)] * target[i]).sum()).collect();
        let inside: f64 = target.iter().map(|t| t * t).sum();
        let eigenvalues = kept.iter().map(|&i| values[i]).collect();
        Some(Self { x: turned, target, eigenvalues, outside: (gram.energy - inside).max(0.0) })
    }

    /// Fewer columns than rows: XᵀX = WΛWᵀ, the data are Λ^½Wᵀ.
    fn by_columns<C: Columns>(gram: &Gram<'_, C>) -> Option<Self> {
        let d = gram.len();
        let mut square = Mat::<f64>::zeros(d, d);
        for j in 0..d {
            for (to, from) in square.col_mut(j).iter_mut().zip(gram.column(j)) {
                *to = *from;
            }
        }
        let eigen = square.self_adjoint_eigen(Side::Lower).ok()?;
        let (values, vectors) = (eigen.S().column_vector(), eigen.U());
        let top = values.iter().copied().fold(0.0, f64::max);
        let kept: Vec<usize> = (0..d).filter(|&i| values[i] > NOTHING * top).collect();
        let x = Mat::from_fn(kept.len(), d, |k, j| values[kept[k]].sqrt() * vectors[(j, kept[k])]);
        let along = |&i: &usize| {
            let product: f64 = (0..d).map(|j| vectors[(j, i)] * gram.target[j]).sum();
            product / values[i].sqrt()
        };
        let target: Vec<f64> = kept.iter().map(along).collect();
        let inside: f64 = target.iter().map(|t| t * t).sum();
        let eigenvalues = kept.iter().map(|&i| values[i]).collect();
        Some(Self { x, target, eigenvalues, outside: (gram.energy - inside).max(0.0) })
    }

    fn row_weights(&self, h: f64) -> Vec<f64> {
        self.eigenvalues.iter().map(|l| 1.0 / (1.0 + h * l)).collect()
    }

    /// −½ log|K|.
    pub fn constant(&self, h: f64) -> f64 {
        -0.5 * self.eigenvalues.iter().map(|l| (h * l).ln_1p()).sum::<f64>()
    }

    /// The columns, the target and tᵀK⁻¹t in the metric K⁻¹.
    pub fn weighted(&self, h: f64) -> (Dense, Residual, f64) {
        let root: Vec<f64> = self.row_weights(h).iter().map(|w| w.sqrt()).collect();
        let rows = root.len();
        let mut values = Vec::with_capacity(rows * self.x.ncols());
        for column in self.x.col_iter() {
            values.extend(column.iter().zip(&root).map(|(x, w)| x * w));
        }
        let target: Vec<f64> = self.target.iter().zip(&root).map(|(t, w)| t * w).collect();
        let energy = self.outside + target.iter().map(|t| t * t).sum::<f64>();
        (Dense { rows, values }, Residual::new(target), energy)
    }

    /// The h at which a support with this v has most evidence.
    pub fn best(&self, evidence: &Evidence, support: &[usize], scale: f64) -> f64 {
        let (least, largest, points) = TRIED;
        let step = (largest / least).powf(1.0 / (points - 1) as f64);
        let mut best = (f64::NEG_INFINITY, least);
        for g in 0..points {
            let h = least * step.powf(g as f64);
            let value = self.log_evidence(evidence, support, scale, h);
            if value > best.0 {
                best = (value, h);
            }
        }
        best.1
    }

    /// log p(t | γ, v, h) up to what does not depend on h.
    fn log_evidence(&self, evidence: &Evidence, support: &[usize], scale: f64, h: f64) -> f64 {
        let weights = self.row_weights(h);
        let product = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
            weights.iter().enumerate().map(|(i, w)| w * a(i) * b(i)).sum()
        };
        let column = |j: usize| move |i: usize| self.x[(i, j)];
        let target = |i: usize| self.target[i];
        let k = support.len();
        let a = DMatrix::from_fn(k, k, |i, j| {
            product(&column(support[i]), &column(support[j])) + if i == j { 1.0 / scale } else { 0.0 }
        });
        let r = DVector::from_fn(k, |i, _| product(&column(support[i]), &target));
        let Some(cholesky) = a.cholesky() else { return f64::NEG_INFINITY };
        let determinant: f64 = cholesky.l_dirty().diagonal().iter().map(|l| 2.0 * l.ln()).sum();
        let rest = self.outside + product(&target, &target) - r.dot(&cholesky.solve(&r));
        self.constant(h) - 0.5 * determinant + evidence.fit(rest.max(1e-14))
    }

    /// The background's weights given those of the sparse part: h Xᵀ K⁻¹ (t − Xθ).
    pub fn effects(&self, h: f64, theta: &[f64]) -> Vec<f64> {
        let mut rest = self.target.clone();
        for (column, &t) in self.x.col_iter().zip(theta) {
            if t != 0.0 {
                rest.iter_mut().zip(column.iter()).for_each(|(r, x)| *r -= t * x);
            }
        }
        rest.iter_mut().zip(self.row_weights(h)).for_each(|(r, w)| *r *= h * w);
        self.x.col_iter().map(|c| c.iter().zip(&rest).map(|(x, r)| x * r).sum()).collect()
    }
}

//! The Gaussian posterior over the weights of one linear predictor, with what decided over each candidate.

mod kept_weight;
mod raw;
#[cfg(feature = "serde")]
mod stored;

pub use kept_weight::KeptWeight;
pub use raw::RawPosterior;

use estimator::Relevance;
use nalgebra::{DMatrix, DVector};

use crate::engine::quality::Quality;
use crate::error::{Error, range};

/// `p(w│t) ≈ N(mean, covariance)` over the kept weights; all others are exactly zero.
///
/// Candidates are numbered as the caller's columns (features or kernel centres); the intercept, if there is one, comes last.
/// The weights multiply the basis functions as the fit saw them: where features were centred, `x_d − m_d`. Centring changes no
/// weight but the intercept; the model's own `intercept()` is the one for the raw columns.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "stored::StoredPosterior"))]
pub struct Posterior {
    pub(crate) candidates: usize,
    pub(crate) has_intercept: bool,
    pub(crate) kept: Vec<usize>,
    pub(crate) mean: DVector<f64>,
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) log_precision: DVector<f64>,
    pub(crate) quality: Vec<Quality>,
}

/// A fit in scaled columns, before it is put into the caller's units.
pub(crate) struct Scaled {
    pub(crate) active: Vec<usize>,
    pub(crate) alpha: Vec<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) quality: Vec<Quality>,
}

impl Posterior {
    /// From scaled columns (`φ = 2^e φ′`) and scaled targets (`t = 2^f t′`) to the caller's: `w = 2^{f−e} w′`,
    /// `α = 2^{2(e−f)} α′`, `s = 2^{2(e−f)} s′`, `q = 2^{e−f} q′`.
    pub(crate) fn unscale(
        fit: Scaled,
        candidates: usize,
        has_intercept: bool,
        original: impl Fn(usize) -> usize,
        exponent: impl Fn(usize) -> i32,
        target: i32,
    ) -> Result<Self, Error> {
        let mut order: Vec<usize> = (0..fit.active.len()).collect();
        order.sort_by_key(|&j| original(fit.active[j]));
        let shift = |j: usize| target - exponent(fit.active[j]);
        let a = order.len();
        let mean = DVector::from_fn(a, |k, _| libm::scalbn(fit.mean[order[k]], shift(order[k])));
        let covariance = DMatrix::from_fn(a, a, |k, l| {
            let value = fit.covariance[(order[k], order[l])];
            libm::scalbn(libm::scalbn(value, shift(order[k])), shift(order[l]))
        });
        let log_precision = DVector::from_fn(a, |k, _| {
            fit.alpha[order[k]].ln() - 2.0 * f64::from(shift(order[k])) * core::f64::consts::LN_2
        });
        if !mean.iter().chain(covariance.iter()).all(|v| v.is_finite()) {
            return Err(range("a weight or its variance in the units of the data"));
        }
        let kept = order.iter().map(|&j| original(fit.active[j])).collect();
        let mut quality = vec![Quality { sparsity: 0.0, quality: 0.0 }; candidates];
        for (i, q) in fit.quality.iter().enumerate() {
            let shift = exponent(i) - target;
            quality[original(i)] = Quality {
                sparsity: libm::scalbn(q.sparsity, 2 * shift),
                quality: libm::scalbn(q.quality, shift),
            };
        }
        Ok(Self { candidates, has_intercept, kept, mean, covariance, log_precision, quality })
    }

    /// Number of candidates, the intercept included.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.candidates
    }

    /// Indices of the kept candidates, ascending.
    #[must_use]
    pub fn indices(&self) -> &[usize] {
        &self.kept
    }

    /// Posterior means of the kept weights, in the order of [`indices`](Self::indices).
    #[must_use]
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// Posterior covariance of the kept weights.
    #[must_use]
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// `log α` of the kept weights.
    #[must_use]
    pub fn log_precision(&self) -> &DVector<f64> {
        &self.log_precision
    }

    /// Quality and sparsity of every candidate at the returned model. Columns that the fit left out beforehand
    /// (zero throughout, or constant beside an intercept) have zeros. A fit that its callback stopped has those of its last complete
    /// pass over the candidates, or zeros if there was none.
    #[must_use]
    pub fn quality(&self) -> &[Quality] {
        &self.quality
    }

    /// The weights without the intercept, one per feature or kernel centre, with exact zeros.
    #[must_use]
    pub fn weights(&self) -> DVector<f64> {
        let mut w = DVector::zeros(self.functions());
        for (&i, &m) in self.kept.iter().zip(self.mean.iter()) {
            if i < w.len() {
                w[i] = m;
            }
        }
        w
    }

    /// The weight of the constant function; 0 without one.
    pub(crate) fn constant(&self) -> f64 {
        match self.kept.last() {
            Some(&i) if self.has_intercept && i + 1 == self.candidates => self.mean[self.kept.len() - 1],
            _ => 0.0,
        }
    }

    /// Number of candidates, the intercept left out.
    pub(crate) fn functions(&self) -> usize {
        self.candidates - usize::from(self.has_intercept)
    }

    /// The covariance in the data's full shape, candidates x candidates, zero where a weight is zero.
    #[must_use]
    pub fn covariance_full(&self) -> DMatrix<f64> {
        let mut full = DMatrix::zeros(self.candidates, self.candidates);
        for (k, &i) in self.kept.iter().enumerate() {
            for (l, &j) in self.kept.iter().enumerate() {
                full[(i, j)] = self.covariance[(k, l)];
            }
        }
        full
    }

    /// The kept weights of one output but the intercept, strongest first; the strength is the squared z-score `μ² / Σ_jj`.
    pub(crate) fn relevance(&self, output: usize) -> Vec<Relevance> {
        let mut rows: Vec<Relevance> = (0..self.kept.len())
            .filter(|&k| self.kept[k] < self.functions() && self.mean[k] != 0.0)
            .map(|k| self.relevance_of(k, self.kept[k], output))
            .collect();
        Relevance::sort(&mut rows);
        rows
    }

    /// The kept weight at position `k` in the shared terms.
    pub(crate) fn relevance_of(&self, k: usize, feature: usize, output: usize) -> Relevance {
        let (weight, variance) = (self.mean[k], self.covariance[(k, k)]);
        Relevance { feature, output, weight, strength: weight * (weight / variance) }
    }

    /// `φᵀ mean` for rows of `phi`, the kept columns of a design matrix.
    pub(crate) fn predict(&self, phi: &DMatrix<f64>) -> DVector<f64> {
        phi * &self.mean
    }

    /// `φᵀ Σ φ` for each row of `phi`.
    pub(crate) fn variance(&self, phi: &DMatrix<f64>) -> DVector<f64> {
        let projected = phi * &self.covariance;
        DVector::from_fn(phi.nrows(), |i, _| projected.row(i).dot(&phi.row(i)).max(0.0))
    }
}

//! The Gaussian posterior over the weights of one linear predictor, with what decided over each candidate.

use nalgebra::{DMatrix, DVector};

use crate::error::Error;
use crate::quality::Quality;

/// `p(w│t) ≈ N(mean, covariance)` over the kept weights; all others are exactly zero.
///
/// Candidates are numbered as the caller's columns (features or kernel centres); the bias, if there is one, comes last.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Posterior {
    pub(crate) candidates: usize,
    pub(crate) has_bias: bool,
    pub(crate) kept: Vec<usize>,
    pub(crate) mean: DVector<f64>,
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) log_precision: DVector<f64>,
    pub(crate) quality: Vec<Quality>,
}

/// A fit in scaled columns, before it is told in the caller's units.
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
        has_bias: bool,
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
            return Err(Error::Overflow { what: "a weight or its variance in the units of the data" });
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
        Ok(Self { candidates, has_bias, kept, mean, covariance, log_precision, quality })
    }

    /// Candidates, the bias included.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.candidates
    }

    /// Indices of the kept candidates, ascending.
    #[must_use]
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Posterior means of the kept weights, in the order of [`kept`](Self::kept).
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
    /// (zero throughout, or constant beside a bias) have zeros.
    #[must_use]
    pub fn quality(&self) -> &[Quality] {
        &self.quality
    }

    /// The weights without the bias, one per feature or kernel centre, with exact zeros.
    #[must_use]
    pub fn weights(&self) -> DVector<f64> {
        let mut w = DVector::zeros(self.candidates - usize::from(self.has_bias));
        for (&i, &m) in self.kept.iter().zip(self.mean.iter()) {
            if i < w.len() {
                w[i] = m;
            }
        }
        w
    }

    /// The bias weight; 0 without one.
    #[must_use]
    pub fn bias(&self) -> f64 {
        match self.kept.last() {
            Some(&i) if self.has_bias && i + 1 == self.candidates => self.mean[self.kept.len() - 1],
            _ => 0.0,
        }
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

    /// Share of exact zeros among the weights, the bias not counted.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        let weights = self.candidates - usize::from(self.has_bias);
        let zeros = weights - self.kept.iter().filter(|&&i| i < weights).count();
        if weights == 0 { 1.0 } else { zeros as f64 / weights as f64 }
    }

    /// Kept candidates with their figures, the most certain first.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        let mut rows: Vec<Relevance> = (0..self.kept.len())
            .map(|k| {
                let deviation = self.covariance[(k, k)].max(0.0).sqrt();
                let log_share = self.log_precision[k] + self.covariance[(k, k)].ln();
                Relevance {
                    index: self.kept[k],
                    is_bias: self.has_bias && self.kept[k] + 1 == self.candidates,
                    weight: self.mean[k],
                    deviation,
                    z_score: self.mean[k] / deviation,
                    log_precision: self.log_precision[k],
                    well_determined: 1.0 - log_share.exp().min(1.0),
                    quality: self.quality[self.kept[k]],
                }
            })
            .collect();
        rows.sort_by(|a, b| b.z_score.abs().total_cmp(&a.z_score.abs()).then(a.index.cmp(&b.index)));
        rows
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

/// One line of the relevance report.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Relevance {
    /// The candidate: a feature, a kernel centre (row of the training data), or the bias.
    pub index: usize,
    /// Whether it is the bias.
    pub is_bias: bool,
    /// Posterior mean.
    pub weight: f64,
    /// Posterior standard deviation.
    pub deviation: f64,
    /// Mean over standard deviation.
    pub z_score: f64,
    /// `log α`.
    pub log_precision: f64,
    /// `γ = 1 − α Σ_jj` in [0, 1]: how far the data, not the prior, decide the weight.
    pub well_determined: f64,
    /// Quality and sparsity.
    pub quality: Quality,
}

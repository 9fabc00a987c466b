//! The joint softmax machine: K·D weights, each with its own precision, under one likelihood.

use core::ops::ControlFlow;

use estimator::Fit;
use nalgebra::{DMatrix, DVector};

use crate::basis::Basis;
use crate::classify;
use crate::design::{Design, Features, check_matrix};
use crate::error::Error;
use crate::labels::{Moderation, accuracy, argmax_rows, check_labels};
use crate::params::{Classification, Progress};
use crate::posterior::Posterior;
use crate::softmax_mode::{Softmax, normalise};

/// A fitted softmax classifier on features. Candidate `k (D + 1) + d` of its posterior is feature d in class k, with
/// `d = D` the bias (`k D + d` without one).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SoftmaxModel {
    classes: usize,
    dimension: usize,
    bias: bool,
    posterior: Posterior,
}

impl Classification {
    /// Fits the joint softmax model on `x` (N x D) and `labels` in 0, 1, …, `classes` − 1. Features only.
    ///
    /// The Hessian is the full one over all classes, `diag(p) − p pᵀ` per object, so the precisions of a class know
    /// what the other classes explain. Memory O((K D)²), time O(N (K D)²) per linearisation.
    ///
    /// # Errors
    /// Bad input (see [`Error`]); a kernel basis is refused as [`Error::Unsupported`].
    pub fn fit_softmax(
        &self,
        x: &DMatrix<f64>,
        labels: &[usize],
        classes: usize,
    ) -> Result<Fit<SoftmaxModel>, Error> {
        self.fit_softmax_with(x, labels, classes, |_| ControlFlow::Continue(()))
    }

    /// [`fit_softmax`](Self::fit_softmax) with a callback at every linearisation.
    ///
    /// # Errors
    /// As [`fit_softmax`](Self::fit_softmax).
    pub fn fit_softmax_with(
        &self,
        x: &DMatrix<f64>,
        labels: &[usize],
        classes: usize,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<SoftmaxModel>, Error> {
        check_matrix("x", x)?;
        check_labels(x.nrows(), labels, classes)?;
        if self.params().basis != Basis::Features {
            return Err(Error::Unsupported { what: "a softmax model on kernels" });
        }
        let bias = self.params().bias;
        let design = Features::new(x, bias);
        let likelihood = Softmax { design: &design, labels, classes };
        let (fit, report) =
            classify::fit(&likelihood, self.params().settings(), |iteration, evidence, active| {
                progress(&Progress { class: None, iteration, log_evidence: evidence, active }).is_continue()
            })?;
        let (m, width) = (design.len(), x.ncols() + usize::from(bias));
        let posterior = Posterior::unscale(
            fit,
            classes * width,
            false,
            |i| i / m * width + design.original(i % m),
            |i| design.exponent(i % m),
            0,
        )?;
        Ok(Fit { model: SoftmaxModel { classes, dimension: x.ncols(), bias, posterior }, report })
    }
}

impl SoftmaxModel {
    /// K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The joint posterior of all weights, biases among them.
    #[must_use]
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    fn width(&self) -> usize {
        self.dimension + usize::from(self.bias)
    }

    /// The weights, D x K, with exact zeros; biases apart.
    #[must_use]
    pub fn weights(&self) -> DMatrix<f64> {
        let mut w = DMatrix::zeros(self.dimension, self.classes);
        for (&i, &m) in self.posterior.kept().iter().zip(self.posterior.mean().iter()) {
            if i % self.width() < self.dimension {
                w[(i % self.width(), i / self.width())] = m;
            }
        }
        w
    }

    /// The bias of each class.
    #[must_use]
    pub fn biases(&self) -> DVector<f64> {
        let mut b = DVector::zeros(self.classes);
        for (&i, &m) in self.posterior.kept().iter().zip(self.posterior.mean().iter()) {
            if i % self.width() == self.dimension {
                b[i / self.width()] = m;
            }
        }
        b
    }

    /// Share of exact zeros among the K·D weights; biases are not counted.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        self.weights().iter().filter(|w| **w == 0.0).count() as f64 / (self.dimension * self.classes) as f64
    }

    /// Logits, N x K. With [`Moderation::Variance`] each is divided by `√(1 + π s²/8)` with its own posterior variance
    /// s²: the softmax analogue of MacKay's approximation, which leaves correlations between the logits out.
    ///
    /// # Errors
    /// `x` of the wrong width or not finite.
    pub fn logits(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        if x.ncols() != self.dimension {
            let expected = (x.nrows(), self.dimension);
            return Err(Error::ShapeMismatch { what: "x", expected, found: x.shape() });
        }
        check_matrix("x", x)?;
        let mut logits = x * self.weights();
        let biases = self.biases();
        for (k, mut column) in logits.column_iter_mut().enumerate() {
            column.add_scalar_mut(biases[k]);
        }
        if moderation == Moderation::Plain {
            return Ok(logits);
        }
        for k in 0..self.classes {
            let own: Vec<usize> = (0..self.posterior.kept().len())
                .filter(|&j| self.posterior.kept()[j] / self.width() == k)
                .collect();
            let phi = DMatrix::from_fn(x.nrows(), own.len(), |n, j| {
                let d = self.posterior.kept()[own[j]] % self.width();
                if d < self.dimension { x[(n, d)] } else { 1.0 }
            });
            let covariance = self.posterior.covariance().select_rows(&own).select_columns(&own);
            let projected = &phi * covariance;
            for n in 0..x.nrows() {
                let variance = projected.row(n).dot(&phi.row(n)).max(0.0);
                logits[(n, k)] = moderation.logit(logits[(n, k)], variance);
            }
        }
        Ok(logits)
    }

    /// `p(class)`, N x K; rows sum to 1.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn probabilities(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        let mut p = self.logits(x, moderation)?;
        for mut row in p.row_iter_mut() {
            let mut values: Vec<f64> = row.iter().copied().collect();
            normalise(&mut values);
            for (p, v) in row.iter_mut().zip(values) {
                *p = v;
            }
        }
        Ok(p)
    }

    /// The most probable class; the lowest such index on ties.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<usize>, Error> {
        Ok(argmax_rows(&self.logits(x, Moderation::Plain)?))
    }

    /// Share of rows whose predicted class is their label.
    ///
    /// # Errors
    /// As [`logits`](Self::logits), or labels of another length.
    pub fn accuracy(&self, x: &DMatrix<f64>, labels: &[usize]) -> Result<f64, Error> {
        accuracy(&self.predict(x)?, labels)
    }
}

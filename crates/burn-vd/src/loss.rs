//! The objective of a minibatch, with its scaling done once.
//!
//! # The scaling
//!
//! The bound on N samples is `L = Σ_n E log p(t_n | x_n, w) − λ Σ_w KL(α_w)`. A minibatch of M samples estimates it by
//! `(N/M) Σ_m log p − λ KL`. Frameworks minimise a mean over the batch, so divide by −N:
//!
//! **loss = (1/M) Σ_m −log p(t_m | …) + (λ/N) KL**
//!
//! N is the number of *training samples*, not of batches nor of batch elements, and M does not occur outside the mean. Three mistakes are
//! common: dividing the KL by M (too strong by N/M), by the number of batches, or not at all (the network dies); and a
//! likelihood summed over the batch with a KL divided by N (too weak by M). [`VdLoss`] owns N, λ and its warm-up, and
//! the likelihood's mean, so that none of them can be made.

use burn::module::Module;
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Int, Tensor};

use crate::error::{Error, in_range};
use crate::kl::Kl;

/// How the KL weight λ rises over the steps: 0 until `from`, then linearly to its full value at `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    /// The last step at which the factor is 0.
    pub from: f64,
    /// The first step at which it is 1.
    pub to: f64,
}

impl WarmUp {
    /// The factor of λ at a step.
    #[must_use]
    pub fn at(&self, step: f64) -> f64 {
        if step >= self.to {
            1.0
        } else if step <= self.from {
            0.0
        } else {
            (step - self.from) / (self.to - self.from)
        }
    }
}

/// The objective of sparse variational dropout: mean negative log-likelihood + (λ/N) KL.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_vd::{SparseLinearConfig, VdLoss};
/// let device = Device::flex().autodiff();
/// let model = SparseLinearConfig::new(4, 3).init(&device);
/// // 1000 training samples; λ rises from 0 at step 50 to 1 at step 200.
/// let loss = VdLoss::new(1000)?.warm_up(50.0, 200.0)?;
/// let (x, labels) = (Tensor::<2>::ones([2, 4], &device), Tensor::<1, Int>::zeros([2], &device));
/// let parts = loss.softmax(model.forward(x), labels, &model, 125)?;
/// assert_eq!(parts.kl_weight, 0.5);
/// let gradients = parts.total.backward();
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VdLoss {
    n_samples: f64,
    kl_weight: f64,
    warm_up: WarmUp,
    kl: Kl,
}

/// A minibatch's loss and what it is made of.
#[derive(Debug, Clone)]
pub struct Loss {
    /// mean NLL + (λ/N) KL, shape `[1]`: call `backward` on it.
    pub total: Tensor<1>,
    /// The mean negative log-likelihood per sample, in nats.
    pub nll: Tensor<1>,
    /// Σ KL in nats, not scaled.
    pub kl: Tensor<1>,
    /// λ at this step.
    pub kl_weight: f64,
}

impl VdLoss {
    /// The objective for a training set of `n_samples` samples, with λ = 1 from the first step and the exact KL.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for no samples.
    pub fn new(n_samples: usize) -> Result<Self, Error> {
        let n = in_range(
            "n_samples",
            n_samples as f64,
            n_samples > 0,
            "the number of training samples, at least 1",
        )?;
        Ok(Self { n_samples: n, kl_weight: 1.0, warm_up: WarmUp { from: 0.0, to: 0.0 }, kl: Kl::Exact })
    }

    /// The full KL weight λ: 1 is the bound, more removes more weights.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or non-finite weight.
    pub fn kl_weight(mut self, lambda: f64) -> Result<Self, Error> {
        let holds = lambda >= 0.0 && lambda.is_finite();
        self.kl_weight = in_range("kl_weight", lambda, holds, "finite and at least 0")?;
        Ok(self)
    }

    /// Lets λ rise linearly from 0 at step `from` to its full value at step `to`; steps are optimiser steps.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless 0 ≤ `from` ≤ `to` < ∞.
    pub fn warm_up(mut self, from: f64, to: f64) -> Result<Self, Error> {
        in_range("warm_up.from", from, from >= 0.0 && from.is_finite(), "finite and at least 0")?;
        in_range("warm_up.to", to, to >= from && to.is_finite(), "finite and at least `from`")?;
        self.warm_up = WarmUp { from, to };
        Ok(self)
    }

    /// Another divergence than the exact one.
    #[must_use]
    pub fn kl(mut self, kl: Kl) -> Self {
        self.kl = kl;
        self
    }

    /// λ at a step.
    #[must_use]
    pub fn kl_weight_at(&self, step: usize) -> f64 {
        self.kl_weight * self.warm_up.at(step as f64)
    }

    /// The loss of a classifier: `logits` are `[batch, classes]`, `labels` are `[batch]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the batches differ or are empty; [`Error::NoSparseLayers`].
    pub fn softmax<M: Module>(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        module: &M,
        step: usize,
    ) -> Result<Loss, Error> {
        let [batch, classes] = logits.dims();
        shapes("labels", &labels.dims(), &[batch])?;
        filled("logits", &[batch, classes])?;
        let picked = log_softmax(logits, 1).gather(1, labels.reshape([batch, 1]));
        self.from_mean_nll(-picked.mean(), module, step)
    }

    /// The loss of independent yes/no outputs: `logits` and `targets` (0 or 1) are `[batch, outputs]`; a sample's
    /// log-likelihood is the sum over its outputs.
    ///
    /// # Errors
    /// As for [`VdLoss::softmax`].
    pub fn bernoulli<M: Module>(
        &self,
        logits: Tensor<2>,
        targets: Tensor<2>,
        module: &M,
        step: usize,
    ) -> Result<Loss, Error> {
        let [batch, outputs] = logits.dims();
        shapes("targets", &targets.dims(), &[batch, outputs])?;
        filled("logits", &[batch, outputs])?;
        let log_p =
            targets.clone() * log_sigmoid(logits.clone()) + (targets * -1.0 + 1.0) * log_sigmoid(-logits);
        self.from_mean_nll(-log_p.sum() / batch as f64, module, step)
    }

    /// The loss of a regression with Gaussian noise of the given precision β = 1/variance; a sample's log-likelihood is the sum
    /// over its outputs.
    ///
    /// # Errors
    /// As for [`VdLoss::softmax`]; [`Error::OutOfRange`] for β ≤ 0.
    pub fn gaussian<M: Module>(
        &self,
        outputs: Tensor<2>,
        targets: Tensor<2>,
        precision: f64,
        module: &M,
        step: usize,
    ) -> Result<Loss, Error> {
        in_range("precision", precision, precision > 0.0 && precision.is_finite(), "finite and above 0")?;
        let [batch, columns] = outputs.dims();
        shapes("targets", &targets.dims(), &[batch, columns])?;
        filled("outputs", &[batch, columns])?;
        let errors = outputs - targets;
        let constant = 0.5 * columns as f64 * (core::f64::consts::TAU.ln() - precision.ln());
        let nll = (errors.clone() * errors).sum() * (0.5 * precision / batch as f64) + constant;
        self.from_mean_nll(nll, module, step)
    }

    /// The loss with a likelihood of one's own: `mean_nll` is the **mean over the batch's samples** of −log p, shape `[1]`.
    ///
    /// # Errors
    /// [`Error::NoSparseLayers`].
    pub fn from_mean_nll<M: Module>(
        &self,
        mean_nll: Tensor<1>,
        module: &M,
        step: usize,
    ) -> Result<Loss, Error> {
        let kl = self.kl.of(module)?;
        let kl_weight = self.kl_weight_at(step);
        // At λ = 0 the divergence may be infinite (weights without noise), and 0 · ∞ is NaN.
        let total = if kl_weight == 0.0 {
            mean_nll.clone()
        } else {
            mean_nll.clone() + kl.clone() * (kl_weight / self.n_samples)
        };
        Ok(Loss { total, nll: mean_nll.detach(), kl: kl.detach(), kl_weight })
    }
}

fn shapes(path: &str, found: &[usize], expected: &[usize]) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Shape { path: path.to_owned(), found: found.to_vec(), expected: expected.to_vec() })
}

fn filled(path: &str, found: &[usize]) -> Result<(), Error> {
    if !found.contains(&0) {
        return Ok(());
    }
    let expected = found.iter().map(|&n| n.max(1)).collect();
    Err(Error::Shape { path: path.to_owned(), found: found.to_vec(), expected })
}

//! Local reparametrisation: z = m + √V ε with one draw per sample and output.
//!
//! m is the layer's output with the mean weights θ, V the output's variance: the same layer with the squared inputs and
//! the weights' variances σ². Gradients with G = ∂loss/∂z: through m as usual, and ∂loss/∂V = G ε/(2√V) (maths: Kingma, Salimans & Welling 2015).
//!
//! # Where V is 0
//!
//! The derivative of √V is infinite at V = 0, and V is 0 wherever a sample's inputs are all 0 (black pixels, dead units) or every σ² is 0.
//! There autodiff multiplies ∞ by ∂V = 0: NaN. So √(V + t) is taken with t = 1e-30 for f32. The draw is changed
//! by at most 1e-15, far below the rounding of m; the derivative is finite, at most 5e14, and its product with ∂V is then exactly 0
//! where V is. log σ² feels t only where V < 1e-28, where the true gradient is itself below 1e-14 of G. No weight's
//! removal depends on t: the KL's gradient, which decides that, has no floor.

use burn::tensor::{DType, Distribution, Tensor};

use crate::kl::LOWEST_LOG_SIGMA2;

/// m + √V ε with fresh draws ε ~ N(0, 1).
pub(crate) fn add<const D: usize>(mean: Tensor<D>, variance: Tensor<D>) -> Tensor<D> {
    let noise = mean.random_like(Distribution::Normal(0.0, 1.0));
    add_given(mean, variance, noise)
}

/// m + √V ε with the draws given.
pub(crate) fn add_given<const D: usize>(mean: Tensor<D>, variance: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
    // f16 has no smaller normal number.
    let t = if variance.dtype() == DType::F16 { 1e-4 } else { 1e-30 };
    mean + (variance + t).sqrt() * noise
}

/// σ² = exp(log σ²), 0 for a removed weight (log σ² = −∞), whose gradient is 0.
pub(crate) fn variance<const D: usize>(log_sigma2: Tensor<D>) -> Tensor<D> {
    log_sigma2.clamp_min(LOWEST_LOG_SIGMA2).exp()
}

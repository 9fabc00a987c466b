//! The divergence of one weight as a function of its posterior's mean θ and variance σ² (equation 7 of the front page).
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | θ | `theta` | posterior mean |
//! | log σ² | `log_sigma2` | logarithm of the posterior variance |
//! | log α | | log σ² − 2 log\|θ\| |
//!
//! With g = dKL/d log α at log α = log σ² − 2 log|θ|:
//!
//! ∂KL/∂ log σ² = g,  ∂KL/∂θ = −2g/θ …(7)
//!
//! As θ → 0 the second tends to θ/σ², hence to 0: no floor under θ² is needed or used.

use crate::divergence::Divergence;
use crate::kernel::f64_kernel;
use crate::math::ln;

/// A divergence with its gradients in (θ, log σ²).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WeightKl {
    /// KL in nats.
    pub value: f64,
    /// ∂KL/∂θ.
    pub d_theta: f64,
    /// ∂KL/∂ log σ².
    pub d_log_sigma2: f64,
}

/// From here on KL is its first term, u = θ²/(2σ²) (the second is e⁻⁶⁰⁰ of it), and g may be too small for −2g/θ.
const LIMIT_FROM: f64 = 600.0;

/// KL and its gradients at (θ, log σ²).
///
/// Limits: θ = 0 gives 0 with gradients 0; log σ² = −∞ (with θ ≠ 0) gives +∞ with ∂θ = 1/θ. NaN where an argument is
/// NaN, where log α = ∞ − ∞, or outside the divergence's domain. The rounding of log α is what limits the accuracy:
/// a relative error of about 1e-16 max(1, |log σ²|, |2 log|θ||).
///
/// ```
/// use kl_approx::{Exact, weight};
/// let kl = weight::kl(&Exact, 0.5, -3.0);
/// assert!((kl.value - kl_approx::exact::kl(-3.0 - 2.0 * 0.5_f64.ln())).abs() < 1e-14);
/// assert_eq!(weight::kl(&Exact, 0.0, -3.0).d_theta, 0.0);
/// let tiny = weight::kl(&Exact, 1e-200, -3.0).d_theta; // θ/σ²
/// assert!((tiny / (1e-200 * 3.0_f64.exp()) - 1.0).abs() < 1e-13);
/// ```
#[must_use]
pub fn kl<D: Divergence + ?Sized>(divergence: &D, theta: f64, log_sigma2: f64) -> WeightKl {
    let log_alpha = log_sigma2 - 2.0 * ln(theta.abs());
    let (value, grad) = divergence.value_grad(log_alpha);
    let d_theta = if log_alpha < LIMIT_FROM || log_alpha.is_nan() {
        -2.0 * grad / theta
    } else if theta == 0.0 {
        0.0
    } else {
        // lim −2g/(θ · θ/σ²), which is 1 for the exact divergence; θ/σ² in two factors, for its range.
        let limit = -2.0 * divergence.grad(LIMIT_FROM) / f64_kernel::exp(-LIMIT_FROM);
        let inverse_sigma = f64_kernel::exp((-0.5 * log_sigma2).min(800.0));
        limit * (theta * inverse_sigma * inverse_sigma)
    };
    WeightKl { value, d_theta, d_log_sigma2: grad }
}

/// [`kl`] at (θ, σ²) itself: σ² ≥ 0, NaN below 0.
#[must_use]
pub fn kl_from_variance<D: Divergence + ?Sized>(divergence: &D, theta: f64, sigma2: f64) -> WeightKl {
    kl(divergence, theta, ln(sigma2))
}

//! The exact divergence, KL(α) = 2 ∫₀^{√u} D(s) ds with u = 1/(2α) and D Dawson's function (equations 1 to 3 of the crate's
//! front page).
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | log α | `log_alpha` | logarithm of the dropout rate |
//! | KL(α) | [`kl`] | in nats, 0 at α = ∞ |
//! | −√u D(√u) | [`kl_grad`] | dKL/d log α |
//!
//! Relative error at most 1e-14 in f64 (measured: about 1e-15) wherever the result is a normal number, at most 4 units
//! in the last place in f32. Slices give the same bits on every instruction set; the scalar functions in f64 are faster where one
//! value is wanted and may differ from a slice in the last digits.

use crate::divergence::Divergence;
use crate::error::Error;
use crate::kernel::{f32_kernel, f64_kernel};
use crate::scalar;
use crate::slice::{self, Pointwise};

pub use crate::coefficients::EXCESS_AT_ZERO;

/// The exact divergence as a [`Divergence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Exact;

/// KL(α) in nats from `log α`: 0 at +∞, +∞ at −∞, NaN at NaN.
///
/// ```
/// let kl = kl_approx::exact::kl(0.0); // α = 1
/// assert!((kl - 0.4266856042960448).abs() < 1e-15);
/// ```
#[must_use]
pub fn kl(log_alpha: f64) -> f64 {
    scalar::kl(log_alpha)
}

/// dKL/d log α = −√u D(√u): −½ at −∞, 0 at +∞, NaN at NaN.
///
/// ```
/// let (step, log_alpha) = (1e-5, 0.3);
/// let difference = kl_approx::exact::kl(log_alpha + step) - kl_approx::exact::kl(log_alpha - step);
/// assert!((kl_approx::exact::kl_grad(log_alpha) - difference / (2.0 * step)).abs() < 1e-9);
/// ```
#[must_use]
pub fn kl_grad(log_alpha: f64) -> f64 {
    scalar::kl_grad(log_alpha)
}

/// ([`kl`], [`kl_grad`]) in one pass.
#[must_use]
pub fn kl_with_grad(log_alpha: f64) -> (f64, f64) {
    scalar::kl_with_grad(log_alpha)
}

/// [`kl`] in single precision.
#[must_use]
pub fn kl_f32(log_alpha: f32) -> f32 {
    f32_kernel::value_grad(log_alpha).0
}

/// [`kl_grad`] in single precision.
#[must_use]
pub fn kl_grad_f32(log_alpha: f32) -> f32 {
    f32_kernel::value_grad(log_alpha).1
}

/// [`kl_with_grad`] in single precision.
#[must_use]
pub fn kl_with_grad_f32(log_alpha: f32) -> (f32, f32) {
    f32_kernel::value_grad(log_alpha)
}

/// Both of every element: the same bits on every instruction set and for any place in the slice, and within 1e-14 of the
/// scalar function.
///
/// # Errors
/// [`Error::Lengths`] if the slices differ in length; nothing is written then.
///
/// ```
/// let log_alpha = [-8.0, 0.0, 3.0];
/// let (mut value, mut grad) = ([0.0; 3], [0.0; 3]);
/// kl_approx::exact::kl_with_grad_slice(&log_alpha, &mut value, &mut grad)?;
/// assert!((value[1] - kl_approx::exact::kl(0.0)).abs() < 1e-15);
/// # Ok::<(), kl_approx::Error>(())
/// ```
pub fn kl_with_grad_slice(log_alpha: &[f64], value: &mut [f64], grad: &mut [f64]) -> Result<(), Error> {
    slice::value_grad(Exact, log_alpha, value, grad)
}

/// [`kl_with_grad_f32`] of every element, the same bits as the scalar function gives.
///
/// # Errors
/// [`Error::Lengths`] if the slices differ in length; nothing is written then.
pub fn kl_with_grad_slice_f32(log_alpha: &[f32], value: &mut [f32], grad: &mut [f32]) -> Result<(), Error> {
    slice::value_grad(Exact, log_alpha, value, grad)
}

impl Pointwise<f64> for Exact {
    #[inline(always)]
    fn at(self, log_alpha: f64) -> (f64, f64) {
        f64_kernel::value_grad_select(log_alpha)
    }
}

impl Pointwise<f32> for Exact {
    #[inline(always)]
    fn at(self, log_alpha: f32) -> (f32, f32) {
        f32_kernel::value_grad_select(log_alpha)
    }
}

impl Divergence for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        kl_with_grad(log_alpha)
    }
    fn value(&self, log_alpha: f64) -> f64 {
        kl(log_alpha)
    }
    fn grad(&self, log_alpha: f64) -> f64 {
        kl_grad(log_alpha)
    }
    fn value_grad_slice(&self, log_alpha: &[f64], value: &mut [f64], grad: &mut [f64]) -> Result<(), Error> {
        kl_with_grad_slice(log_alpha, value, grad)
    }
    fn value_grad_slice_f32(
        &self,
        log_alpha: &[f32],
        value: &mut [f32],
        grad: &mut [f32],
    ) -> Result<(), Error> {
        kl_with_grad_slice_f32(log_alpha, value, grad)
    }
}

//! What the exact divergence and every approximation to it have in common.

use crate::domain::{Domain, OutOfDomain};
use crate::error::Error;
use crate::slice::check_lengths;

/// KL(α) in nats as a function of `log α`, normalised so that it tends to 0 as `α → ∞` where it is defined there.
///
/// The required methods take any `log α` inside [`Divergence::domain`] and need not check it; the `try_` methods check.
pub trait Divergence {
    /// A short name for tables and messages.
    fn name(&self) -> &'static str;

    /// The interval of `log α` on which the divergence is meant to be used.
    fn domain(&self) -> Domain {
        Domain::ALL
    }

    /// KL and dKL/d log α at a `log α` inside the domain; outside, NaN or an extrapolation.
    fn value_grad(&self, log_alpha: f64) -> (f64, f64);

    /// KL at a `log α` inside the domain.
    fn value(&self, log_alpha: f64) -> f64 {
        self.value_grad(log_alpha).0
    }

    /// dKL/d log α at a `log α` inside the domain.
    fn grad(&self, log_alpha: f64) -> f64 {
        self.value_grad(log_alpha).1
    }

    /// [`Divergence::value_grad`] with the domain checked.
    ///
    /// # Errors
    /// [`OutOfDomain`] if `log_alpha` is NaN or outside the domain.
    fn try_value_grad(&self, log_alpha: f64) -> Result<(f64, f64), OutOfDomain> {
        let domain = self.domain();
        if domain.contains(log_alpha) {
            Ok(self.value_grad(log_alpha))
        } else {
            Err(OutOfDomain { name: self.name(), log_alpha, domain })
        }
    }

    /// [`Divergence::value_grad`] of every element.
    ///
    /// # Errors
    /// [`Error::Lengths`] if the slices differ in length; nothing is written then.
    fn value_grad_slice(&self, log_alpha: &[f64], value: &mut [f64], grad: &mut [f64]) -> Result<(), Error> {
        check_lengths(log_alpha.len(), value.len(), grad.len())?;
        for ((&l, v), g) in log_alpha.iter().zip(value).zip(grad) {
            (*v, *g) = self.value_grad(l);
        }
        Ok(())
    }

    /// The same in single precision; unless overridden, each element is computed in double and rounded.
    ///
    /// # Errors
    /// [`Error::Lengths`] if the slices differ in length; nothing is written then.
    fn value_grad_slice_f32(
        &self,
        log_alpha: &[f32],
        value: &mut [f32],
        grad: &mut [f32],
    ) -> Result<(), Error> {
        check_lengths(log_alpha.len(), value.len(), grad.len())?;
        for ((&l, v), g) in log_alpha.iter().zip(value).zip(grad) {
            let (kl, slope) = self.value_grad(f64::from(l));
            (*v, *g) = (kl as f32, slope as f32);
        }
        Ok(())
    }
}

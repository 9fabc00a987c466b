//! Loops over slices, compiled once per x86 instruction set and chosen at run time.
//!
//! The only `unsafe` of the crate is here: a call of a `#[target_feature]` function, each behind the detection of exactly
//! the features that the function enables. The bodies are safe code. The kernels use no fused multiply-add, so every
//! path gives the same bits (`tests/slices.rs` compares vectors with single elements).
#![allow(unsafe_code)]

use crate::Error;

/// A function of log α evaluated point by point, giving a value and a gradient.
pub(crate) trait Pointwise<T>: Copy {
    /// The value and gradient at `log_alpha`. Must be `inline(always)` all the way down.
    fn at(self, log_alpha: T) -> (T, T);
}

/// Checks that three slices are equally long.
pub(crate) fn check_lengths(input: usize, value: usize, grad: usize) -> Result<(), Error> {
    if value == input && grad == input { Ok(()) } else { Err(Error::Lengths { input, value, grad }) }
}

/// Writes `kernel`'s value and gradient at every point.
///
/// # Errors
/// [`Error::Lengths`] if the slices differ in length; nothing is written then.
pub(crate) fn value_grad<T: Copy, K: Pointwise<T>>(
    kernel: K,
    log_alpha: &[T],
    value: &mut [T],
    grad: &mut [T],
) -> Result<(), Error> {
    check_lengths(log_alpha.len(), value.len(), grad.len())?;
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    {
        if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq") {
            // SAFETY: both features that the function enables were just detected.
            unsafe { x86::avx512(kernel, log_alpha, value, grad) };
            return Ok(());
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature that the function enables was just detected.
            unsafe { x86::avx2(kernel, log_alpha, value, grad) };
            return Ok(());
        }
    }
    every_point(kernel, log_alpha, value, grad);
    Ok(())
}

/// The loop itself, for whatever instruction set it is inlined into.
#[inline(always)]
fn every_point<T: Copy, K: Pointwise<T>>(kernel: K, log_alpha: &[T], value: &mut [T], grad: &mut [T]) {
    for ((&l, v), g) in log_alpha.iter().zip(value).zip(grad) {
        (*v, *g) = kernel.at(l);
    }
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86 {
    use super::{Pointwise, every_point};

    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) fn avx512<T: Copy, K: Pointwise<T>>(
        kernel: K,
        log_alpha: &[T],
        value: &mut [T],
        grad: &mut [T],
    ) {
        every_point(kernel, log_alpha, value, grad);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2<T: Copy, K: Pointwise<T>>(
        kernel: K,
        log_alpha: &[T],
        value: &mut [T],
        grad: &mut [T],
    ) {
        every_point(kernel, log_alpha, value, grad);
    }
}

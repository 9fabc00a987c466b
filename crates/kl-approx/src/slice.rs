//! Loops over slices, compiled once per x86 instruction set and chosen at run time.
//!
//! The only `unsafe` of the crate is here: a call of a `#[target_feature]` function, each behind the detection of exactly
//! the features that the function enables. The bodies are safe code. The kernels use no fused multiply-add, so every
//! path gives the same bits (`tests/slices.rs` compares vectors with single elements).
#![allow(unsafe_code)]

use crate::error::Error;

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

#[cfg(all(test, feature = "std", target_arch = "x86_64"))]
mod tests {
    use super::{Pointwise, every_point, x86};
    use crate::approximation::{EmpiricalBayes, Sigmoid};
    use crate::exact::Exact;

    /// What the build's own instruction set gives, what AVX2 gives, what AVX-512 gives: compared bit by bit on a machine that
    /// has them (each x86 machine tests what it has; the loop's scalar form is tested everywhere by `tests/slices.rs`).
    fn compare<T: Copy + Default, K: Pointwise<T>>(kernel: K, x: &[T], bits: impl Fn(T) -> u64) {
        let run = |f: &dyn Fn(&mut [T], &mut [T])| {
            let (mut v, mut g) = (vec![T::default(); x.len()], vec![T::default(); x.len()]);
            f(&mut v, &mut g);
            v.into_iter().chain(g).map(&bits).collect::<Vec<u64>>()
        };
        let portable = run(&|v, g| every_point(kernel, x, v, g));
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: just detected.
            assert_eq!(portable, run(&|v, g| unsafe { x86::avx2(kernel, x, v, g) }));
        }
        if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512dq") {
            // SAFETY: just detected.
            assert_eq!(portable, run(&|v, g| unsafe { x86::avx512(kernel, x, v, g) }));
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        // Bit patterns of every kind, and an even grid past both ends of exp. NaN payloads are all one here.
        let patterns = (0..50_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let x: Vec<f64> = patterns
            .clone()
            .map(f64::from_bits)
            .chain((0..50_001).map(|i| f64::from(i) * 0.032 - 800.0))
            .collect();
        let y: Vec<f32> = patterns
            .map(|b| f32::from_bits((b >> 32) as u32))
            .chain(x.iter().map(|&l| l as f32 / 8.0))
            .collect();
        let double = |v: f64| if v.is_nan() { u64::MAX } else { v.to_bits() };
        let single = |v: f32| if v.is_nan() { u64::MAX } else { u64::from(v.to_bits()) };
        compare(Exact, &x, double);
        compare(Sigmoid::MINIMAX, &x, double);
        compare(EmpiricalBayes, &x, double);
        compare(Exact, &y, single);
        compare(Sigmoid::MINIMAX, &y, single);
        compare(EmpiricalBayes, &y, single);
    }
}

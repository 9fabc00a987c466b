//! Slices, on whatever instruction set the machine has, give the bits of one element alone, and agree with the scalar functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests, where these are how to fail.

use kl_approx::{Divergence, EmpiricalBayes, Error, Exact, KingmaBound, KingmaCubic, Sigmoid, exact};
use proptest::prelude::*;

/// Every f64 pattern, NaN, infinities and subnormals among them, and plenty in the range where something happens.
fn any_log_alpha() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), -800.0..800.0f64, -12.0..12.0f64]
}

fn any_log_alpha_f32() -> impl Strategy<Value = f32> {
    prop_oneof![any::<u32>().prop_map(f32::from_bits), -120.0..120.0f32, -12.0..12.0f32]
}

fn divergences() -> [&'static dyn Divergence; 6] {
    [&Exact, &Sigmoid::POSTER, &Sigmoid::ICML_2017, &EmpiricalBayes, &KingmaCubic, &KingmaBound]
}

/// Equal bits, any NaN equal to any other.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

proptest! {
    #[test]
    fn a_place_in_a_slice_does_not_change_the_bits(x in prop::collection::vec(any_log_alpha(), 0..70)) {
        let (mut v, mut g) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for divergence in divergences() {
            divergence.value_grad_slice(&x, &mut v, &mut g).unwrap();
            for i in 0..x.len() {
                // One element alone runs the loop's scalar remainder: no vector instruction.
                let (mut one, mut slope) = ([0.0], [0.0]);
                divergence.value_grad_slice(&x[i..=i], &mut one, &mut slope).unwrap();
                let (a, b) = (one[0], slope[0]);
                let scalar = divergence.value_grad(x[i]);
                for (p, q) in [(a, scalar.0), (b, scalar.1)] {
                    let close = (p - q).abs() <= 4e-15 * q.abs() + f64::MIN_POSITIVE * f64::EPSILON;
                    prop_assert!(same(p, q) || close, "{} at {}: {p} {q}", divergence.name(), x[i]);
                }
                prop_assert!(same(a, v[i]) && same(b, g[i]), "{} at {}: {a} {}, {b} {}", divergence.name(), x[i], v[i], g[i]);
            }
        }
    }

    #[test]
    fn exact_slices_in_single_precision_too(x in prop::collection::vec(any_log_alpha_f32(), 0..70)) {
        let (mut v, mut g) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        exact::kl_with_grad_slice_f32(&x, &mut v, &mut g).unwrap();
        for i in 0..x.len() {
            let (a, b) = exact::kl_with_grad_f32(x[i]);
            prop_assert!(same(a.into(), v[i].into()) && same(b.into(), g[i].into()), "at {}", x[i]);
        }
    }
}

#[test]
fn unequal_lengths_are_an_error_and_write_nothing() {
    let (mut v, mut g) = ([7.0; 3], [7.0; 2]);
    for divergence in divergences() {
        let error = divergence.value_grad_slice(&[0.0; 3], &mut v, &mut g).unwrap_err();
        assert_eq!(error, Error::Lengths { input: 3, value: 3, grad: 2 });
        assert_eq!(v, [7.0; 3]);
    }
}

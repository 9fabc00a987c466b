//! The KL weight as an error rate: how sharp it is, what it inverts, what it refuses, and that noise is kept at the rate it
//! promises.
#![allow(clippy::unwrap_used)] // How a test fails.

mod common;

use kl_approx::Error;
use kl_approx::ard::{false_keep_probability, lambda_for_false_keeps};
use proptest::prelude::*;

#[test]
fn lambda_is_exact_to_a_few_roundings() {
    let (mut worst, mut at) = (0.0_f64, vec![]);
    for row in common::false_keeps() {
        let lambda = lambda_for_false_keeps(row[0], row[1] as usize, row[2] as usize).unwrap();
        let error = (lambda / row[3] - 1.0).abs();
        if error > worst {
            (worst, at) = (error, row);
        }
    }
    println!("worst relative error of λ: {worst:.2e} at {at:?}");
    assert!(worst < 1e-15, "{worst:e} at {at:?}");
}

#[test]
fn the_tail_is_as_exact_as_its_documentation_says() {
    for row in common::tail().into_iter().filter(|row| row[2] >= f64::MIN_POSITIVE) {
        let probability = false_keep_probability(row[0], row[1] as usize).unwrap();
        let allowed = if row[1] <= 32.0 { 2e-15 } else { (4.0 - row[2].ln()) * 5e-16 };
        let error = (probability / row[2] - 1.0).abs();
        assert!(error <= allowed, "{error:e} over {allowed:e} at {row:?}");
    }
}

#[test]
fn ends_and_large_groups() {
    assert_eq!(lambda_for_false_keeps(20.0, 20, 1), Ok(0.0));
    assert_eq!(false_keep_probability(0.0, 3), Ok(1.0));
    assert_eq!(false_keep_probability(5e-324, 1).unwrap(), 1.0);
    assert_eq!(false_keep_probability(f64::INFINITY, 3), Ok(0.0));
    assert_eq!(false_keep_probability(f64::MAX, 1 << 32), Ok(0.0));
    // χ²_G/G = 1 ± √(2/G) z for large G, up to a relative (z² − 1)/(3G)·… that these groups make small.
    let lambda = lambda_for_false_keeps(0.158_655_253_931_457_05, 1, 1 << 32).unwrap();
    assert!((lambda - 1.0 - (2.0 / 2_f64.powi(32)).sqrt()).abs() < 1e-9, "{lambda}");
    let lambda = lambda_for_false_keeps(0.841_344_746_068_542_9, 1, 1 << 32).unwrap();
    assert!((lambda - 1.0 + (2.0 / 2_f64.powi(32)).sqrt()).abs() < 1e-9, "{lambda}");
}

#[test]
fn refusals_name_the_argument() {
    let field = |result: Result<f64, Error>| match result {
        Err(Error::Argument { field, .. } | Error::TooFew { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    for q in [0.0, -1.0, 20.000_001, f64::NAN, f64::INFINITY] {
        assert_eq!(field(lambda_for_false_keeps(q, 20, 1)), "q");
    }
    assert_eq!(field(lambda_for_false_keeps(1.0, 0, 1)), "columns");
    for group in [0, (1 << 32) + 1, usize::MAX] {
        assert_eq!(field(lambda_for_false_keeps(1.0, 20, group)), "group");
        assert_eq!(field(false_keep_probability(1.0, group)), "group");
    }
    for lambda in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(field(false_keep_probability(lambda, 1)), "lambda");
    }
}

proptest! {
    #[test]
    fn the_tail_of_lambda_is_the_rate_asked_for(
        log10_rate in -300.0..0.0_f64, columns in 1_usize..5000, group in 1_usize..600,
    ) {
        let q = columns as f64 * 10_f64.powf(log10_rate);
        let lambda = lambda_for_false_keeps(q, columns, group).unwrap();
        let rate = columns as f64 * false_keep_probability(lambda, group).unwrap();
        // Rounding λ moves ln P by the hazard times λ, which is at most |ln P| + 1 + √G.
        let allowed = 4.0 * f64::EPSILON * (2.0 + (q / columns as f64).ln().abs() + (group as f64).sqrt());
        prop_assert!((rate / q - 1.0).abs() <= allowed, "{rate:e} for {q:e} at λ = {lambda}");
    }

    #[test]
    fn fewer_false_keeps_need_a_larger_lambda(
        log10_rate in -320.0..-0.001_f64, factor in 1e-12..0.9_f64, group in 1_usize..600,
    ) {
        let q = 10_f64.powf(log10_rate);
        prop_assume!(q * (1.0 - factor) > 0.0 && q * (1.0 - factor) < q);
        let (more, fewer) = (lambda_for_false_keeps(q, 1, group), lambda_for_false_keeps(q * (1.0 - factor), 1, group));
        prop_assert!(fewer.unwrap() >= more.unwrap());
    }

    #[test]
    fn the_tail_falls(lambda in 0.0..50.0_f64, ratio in 1.001..2.0_f64, group in 1_usize..600) {
        let here = false_keep_probability(lambda, group).unwrap();
        prop_assert!((0.0..=1.0).contains(&here));
        prop_assert!(false_keep_probability(lambda * ratio, group).unwrap() <= here);
    }
}

//! Splits are partitions, deterministic, and as the protocols say.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail like tests.

use proptest::prelude::*;
use vd_bench::protocol::{Digits, ProtocolVariant, prepare};
use vd_bench::split::{Draw, draw};

proptest! {
    #[test]
    fn train_and_test_share_nothing(objects in 2usize..400, share in 0.05f64..0.95, seed: u64, replace: bool) {
        let how = if replace { Draw::WithReplacement } else { Draw::Permutation };
        let train = ((objects as f64 * share) as usize).clamp(1, objects - 1);
        if let Ok(split) = draw(objects, train, how, seed) {
            prop_assert_eq!(split.train.len(), train);
            prop_assert!(split.test.iter().all(|n| !split.train.contains(n)));
            let mut all: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all, (0..objects).collect::<Vec<_>>());
            prop_assert_eq!(&split, &draw(objects, train, how, seed).unwrap());
        }
    }
}

#[test]
fn impossible_splits_are_errors() {
    assert!(draw(10, 10, Draw::Permutation, 0).is_err());
    assert!(draw(10, 0, Draw::Permutation, 0).is_err());
    assert!(draw(0, 1, Draw::WithReplacement, 0).is_err());
}

#[test]
fn the_posters_digits() {
    let split = prepare(Digits::Plain, ProtocolVariant::Poster, 0).unwrap();
    assert_eq!((split.train.x.shape(), split.test.x.shape()), ((1200, 64), (597, 64)));
    assert!(split.noise_columns.is_empty());
    // Centred over all objects: the weighted mean of the two parts is zero, that of the train part is not.
    let mean = |x: &nalgebra::DMatrix<f64>, d: usize| x.column(d).mean();
    for d in 0..64 {
        let whole = (1200.0 * mean(&split.train.x, d) + 597.0 * mean(&split.test.x, d)) / 1797.0;
        assert!(whole.abs() < 1e-12, "{whole}");
    }
    assert!((0..64).any(|d| mean(&split.train.x, d).abs() > 0.01));
}

#[test]
fn the_posters_noise() {
    let split = prepare(Digits::Noise, ProtocolVariant::Poster, 3).unwrap();
    assert_eq!(split.train.x.shape(), (1200, 128));
    assert_eq!(split.noise_columns, 64..128);
    // 1797 (1 − 1/1797)^1200 = 921.6 objects are left on average, standard deviation about 14.
    assert!((865..980).contains(&split.test.labels.len()), "{}", split.test.labels.len());
    let noise = split.test.x.columns(64, 64);
    // 58,000 draws: five standard errors of the standard deviation are 0.074 (false-positive rate 6e-7, and the seed is fixed).
    assert!((noise.variance().sqrt() - 5.0).abs() < 0.074, "{}", noise.variance().sqrt());
    assert!(noise.mean().abs() < 5.0 * 5.0 / 240.0, "{}", noise.mean());
}

#[test]
fn the_clean_split_uses_the_train_mean_alone() {
    let split = prepare(Digits::Noise, ProtocolVariant::Clean, 1).unwrap();
    assert_eq!((split.train.labels.len(), split.test.labels.len()), (1200, 597));
    assert!((0..128).all(|d| split.train.x.column(d).mean().abs() < 1e-12));
    assert!((0..128).any(|d| split.test.x.column(d).mean().abs() > 0.01));
}

//! Which rows are held out.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::Error;
use crate::problem::Response;
use crate::registry::Method;

/// How rows are held out for a score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Split {
    /// Not at all: no score.
    #[default]
    None,
    /// In so many parts, each once.
    Folds(usize),
    /// This share, once.
    HoldOut(f64),
}

impl Split {
    /// What suits a method and a number of rows: five parts, or a fifth of the rows for a method that takes long.
    #[must_use]
    pub fn default_for(method: Method, rows: usize) -> Self {
        match rows {
            0..10 => Self::None,
            _ if method.adapter().is_slow() => Self::HoldOut(0.2),
            _ => Self::Folds(5),
        }
    }

    /// That it leaves enough rows to fit and to score.
    ///
    /// # Errors
    /// [`Error::Option`] with the range.
    pub fn check(self, rows: usize) -> Result<(), Error> {
        let refuse = |option, what| Err(Error::Option { option, what });
        match self {
            Self::None => Ok(()),
            Self::Folds(folds) if folds < 2 || folds > rows => {
                refuse("cv", format!("{folds} parts; choose from 2 to the number of rows, {rows}"))
            }
            Self::Folds(_) => Ok(()),
            Self::HoldOut(share) if !(share > 0.0 && share < 1.0) => {
                refuse("holdout", format!("{share} is no share: choose a number between 0 and 1"))
            }
            Self::HoldOut(share) => {
                let held = share * rows as f64;
                if held < 1.0 || rows as f64 - held < 2.0 {
                    return refuse("holdout", format!("a share of {share} of {rows} rows leaves too few"));
                }
                Ok(())
            }
        }
    }

    /// What is done, in words.
    #[must_use]
    pub fn method(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Folds(folds) => format!("{folds}-fold cross-validation"),
            Self::HoldOut(share) => format!("{:.0}% of the rows held out", 100.0 * share),
        }
    }

    /// The held-out rows of each part; classes keep their shares.
    #[must_use]
    pub fn parts(self, t: &Response, seed: u64) -> Vec<Vec<usize>> {
        let order = stratified(t, seed);
        match self {
            Self::None => Vec::new(),
            Self::Folds(folds) => {
                let of = |part: usize| order.iter().copied().skip(part).step_by(folds.max(1)).collect();
                (0..folds).map(of).collect()
            }
            Self::HoldOut(share) => {
                // Every 1/share-th row of the stratified order.
                let held = |&i: &usize| ((i + 1) as f64 * share).floor() > (i as f64 * share).floor();
                vec![(0..order.len()).filter(held).map(|i| order[i]).collect()]
            }
        }
    }
}

/// The rows in random order, those of a class beside each other: taking every k-th row keeps the classes' shares.
fn stratified(t: &Response, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..t.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    if let Response::Classes { labels, .. } = t {
        order.sort_by_key(|&i| labels[i]);
    }
    order
}

/// Whether a row of a stream is held out: a function of its number and the seed.
#[must_use]
pub fn is_held_out(row: u64, share: f64, seed: u64) -> bool {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    let mut z = (row ^ seed.rotate_left(32)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (((z ^ (z >> 31)) >> 11) as f64) < share * (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::{Response, Split};
    use proptest::prelude::*;

    proptest! {
        /// Every row is held out once, and each part has its share of each class, up to one row.
        #[test]
        fn folds_are_a_partition_that_keeps_the_shares(
            labels in prop::collection::vec(0_usize..3, 12..80), folds in 2_usize..6, seed in 0_u64..9,
        ) {
            let names = ["a", "b", "c"].map(str::to_owned).to_vec();
            let t = Response::Classes { labels: labels.clone(), names };
            let parts = Split::Folds(folds).parts(&t, seed);
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
            for class in 0..3 {
                let count = |part: &Vec<usize>| part.iter().filter(|&&i| labels[i] == class).count();
                let counts: Vec<usize> = parts.iter().map(count).collect();
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            }
        }
    }
}

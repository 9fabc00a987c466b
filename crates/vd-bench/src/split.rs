//! Train and test objects: the poster's ways and the clean one, each from a seed.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};

/// Which objects train and which test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Indices of the train objects; repetitions mean weight.
    pub train: Vec<usize>,
    /// Indices of the test objects, each once, none of them in `train`.
    pub test: Vec<usize>,
}

/// How the train objects are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Uniformly, each at most once; the rest tests.
    Permutation,
    /// Uniformly **with replacement**; the objects never drawn test (the poster's DIGITS + noise).
    WithReplacement,
}

/// Draws a split of `objects` objects with `train` train draws.
///
/// # Errors
/// [`Error::Split`] if no train or no test object would be left.
pub fn draw(objects: usize, train: usize, how: Draw, seed: u64) -> Result<Split> {
    if train == 0 || (how == Draw::Permutation && train >= objects) || objects == 0 {
        return Err(Error::Split { train, objects });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    match how {
        Draw::Permutation => {
            let mut order: Vec<usize> = (0..objects).collect();
            order.shuffle(&mut rng);
            let test = order.split_off(train);
            Ok(Split { train: order, test })
        }
        Draw::WithReplacement => {
            use rand::RngExt;
            let train: Vec<usize> = (0..train).map(|_| rng.random_range(0..objects)).collect();
            let mut drawn = vec![false; objects];
            train.iter().for_each(|&n| drawn[n] = true);
            let test: Vec<usize> = (0..objects).filter(|&n| !drawn[n]).collect();
            if test.is_empty() {
                Err(Error::Split { train: train.len(), objects })
            } else {
                Ok(Split { train, test })
            }
        }
    }
}

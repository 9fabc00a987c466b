//! How samples are dealt into folds for cross-validation.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::input::InputError;

/// The fold of every sample: samples are shuffled and dealt out in turn, so that folds differ in size by at most one sample.
///
/// # Errors
/// [`InputError::Folds`] for fewer than two folds, or more folds than samples.
pub fn folds(samples: usize, folds: usize, seed: u64) -> Result<Vec<usize>, InputError> {
    check(samples, folds)?;
    let mut order: Vec<usize> = (0..samples).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    Ok(deal(&order, folds))
}

/// The fold of every sample, stratified: each class's samples are shuffled and dealt out in turn, so that folds differ by at most
/// one sample a class.
///
/// # Errors
/// [`InputError::Folds`] for fewer than two folds, or more folds than samples.
pub fn stratified_folds(labels: &[usize], folds: usize, seed: u64) -> Result<Vec<usize>, InputError> {
    check(labels.len(), folds)?;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order.sort_by_key(|&i| labels[i]);
    Ok(deal(&order, folds))
}

fn check(samples: usize, folds: usize) -> Result<(), InputError> {
    if (2..=samples).contains(&folds) { Ok(()) } else { Err(InputError::Folds { folds, samples }) }
}

fn deal(order: &[usize], folds: usize) -> Vec<usize> {
    let mut fold = vec![0; order.len()];
    for (turn, &i) in order.iter().enumerate() {
        fold[i] = turn % folds;
    }
    fold
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folds_are_balanced_in_all_and_within_every_class(
            labels in proptest::collection::vec(0_usize..4, 5..60), count in 2_usize..6, seed: u64,
        ) {
            let balanced = |fold: &[usize], among: &dyn Fn(usize) -> bool| {
                let sizes: Vec<usize> =
                    (0..count).map(|f| (0..labels.len()).filter(|&i| among(i) && fold[i] == f).count()).collect();
                sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1
            };
            prop_assume!(count <= labels.len());
            prop_assert!(balanced(&folds(labels.len(), count, seed).unwrap(), &|_| true));
            let fold = stratified_folds(&labels, count, seed).unwrap();
            for class in 0..4 {
                prop_assert!(balanced(&fold, &|i| labels[i] == class));
            }
        }
    }

    #[test]
    fn the_number_of_folds_is_checked() {
        for wrong in [0, 1, 4] {
            assert_eq!(folds(3, wrong, 0), Err(InputError::Folds { folds: wrong, samples: 3 }));
            assert_eq!(
                stratified_folds(&[0, 1, 0], wrong, 0),
                Err(InputError::Folds { folds: wrong, samples: 3 })
            );
        }
    }
}

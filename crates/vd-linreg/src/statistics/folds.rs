//! Statistics of folds: rows are dealt to folds by a hash of their values, so that a row is in the same fold wherever it is read.

use estimator::{InputError, Values};

use crate::design::Design;
use crate::error::Error;
use crate::statistics::pass::Statistics;
use crate::statistics::reader;

/// The statistics of each fold of a cross-validation, taken in one pass.
///
/// A row's fold follows from its numbers and the seed alone: not from its place, which no part of a table knows. Equal rows are in the same
/// fold.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredFolds"))]
pub struct FoldStatistics {
    folds: Vec<Statistics>,
    seed: u64,
}

/// [`FoldStatistics`] as they are stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "FoldStatistics")]
struct StoredFolds {
    folds: Vec<Statistics>,
    seed: u64,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredFolds> for FoldStatistics {
    type Error = Error;

    fn try_from(stored: StoredFolds) -> Result<Self, Error> {
        let features = stored.folds.first().map_or(0, Statistics::features);
        let empty = Self::new(features, stored.folds.len(), stored.seed)?;
        if let Some(fold) = stored.folds.iter().find(|fold| fold.features() != features) {
            return Err(InputError::columns("a stored fold", features, fold.features()).into());
        }
        Ok(Self { folds: stored.folds, ..empty })
    }
}

impl FoldStatistics {
    /// Statistics of no rows yet, of D features in `folds` folds.
    ///
    /// # Errors
    /// [`InputError::Folds`] for fewer than two folds or more than 1000, [`InputError::Empty`] for no features.
    pub fn new(features: usize, folds: usize, seed: u64) -> Result<Self, Error> {
        if !(2..=1000).contains(&folds) {
            return Err(InputError::Folds { folds, samples: 1000 }.into());
        }
        let fold = Statistics::new(features)?;
        Ok(Self { folds: vec![fold; folds], seed })
    }

    /// Takes in rows: `x` is N x D, `t` has N numbers.
    ///
    /// # Errors
    /// As [`Statistics::update`].
    pub fn update<'x, 't>(
        &mut self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
    ) -> Result<(), Error> {
        let (x, t) = (x.into(), t.into());
        let features = self.features();
        reader::check_columns(x, features)?;
        let mut taken = Self::new(features, self.folds.len(), self.seed)?;
        let mut parts = vec![(Vec::new(), Vec::new()); self.folds.len()];
        reader::blocks(x, t, None, |rows, weights| {
            for (row, &weight) in rows.chunks_exact(features + 1).zip(weights) {
                let (rows, weights) = &mut parts[fold_of(row, taken.folds.len(), taken.seed)];
                rows.extend_from_slice(row);
                weights.push(weight);
            }
            for (fold, (rows, weights)) in taken.folds.iter_mut().zip(&mut parts) {
                if !weights.is_empty() {
                    fold.push(rows, weights)?;
                    rows.clear();
                    weights.clear();
                }
            }
            Ok(())
        })?;
        self.merge(&taken)
    }

    /// Takes in the rows of another part, dealt with the same seed.
    ///
    /// # Errors
    /// [`InputError::Shape`] for another number of features or folds, [`InputError::Parameter`] for another seed.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if other.folds.len() != self.folds.len() {
            return Err(InputError::entries("the folds to merge", self.folds.len(), other.folds.len()).into());
        }
        if other.seed != self.seed {
            let allowed = "that of the other parts";
            return Err(InputError::Parameter {
                name: "the seed of the folds",
                value: other.seed as f64,
                allowed,
            }
            .into());
        }
        let mut merged = self.clone();
        for (fold, other) in merged.folds.iter_mut().zip(&other.folds) {
            fold.merge(other)?;
        }
        *self = merged;
        Ok(())
    }

    /// D, the number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.folds.first().map_or(0, Statistics::features)
    }

    /// The statistics of each fold.
    #[must_use]
    pub fn folds(&self) -> &[Statistics] {
        &self.folds
    }

    /// The statistics of all rows.
    ///
    /// # Errors
    /// As [`Statistics::merge`].
    pub fn total(&self) -> Result<Statistics, Error> {
        self.without(usize::MAX)
    }

    /// The statistics of all rows but those of a fold: merged from the other folds, since a difference would lose digits.
    pub(super) fn without(&self, held_out: usize) -> Result<Statistics, Error> {
        let mut sum = Statistics::new(self.features())?;
        for (f, fold) in self.folds.iter().enumerate() {
            if f != held_out {
                sum.merge(fold)?;
            }
        }
        Ok(sum)
    }
}

/// A row's fold: SplitMix64 (Steele, Lea & Flood 2014) over its numbers' bits.
fn fold_of(row: &[f64], folds: usize, seed: u64) -> usize {
    let mut hash = seed;
    for &v in row {
        // Both zeros are the same number.
        let bits = if v == 0.0 { 0 } else { v.to_bits() };
        hash = hash.wrapping_add(0x9E37_79B9_7F4A_7C15) ^ bits;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        hash ^= hash >> 31;
    }
    // The high half times the number of folds: no fold is favoured by a remainder.
    ((u128::from(hash) * folds as u128) >> 64) as usize
}

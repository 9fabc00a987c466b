//! Parameters of a cross-validation.

use estimator::Check;

use crate::error::Error;
use crate::params::check_tolerance;
use crate::path::grid::Grid;

/// What held-out samples are scored by; larger is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Score {
    /// The share of right predictions.
    Accuracy,
    /// Minus the mean of −log p(label), in nats.
    #[default]
    LogLikelihood,
}

/// How C is chosen from the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rule {
    /// The best mean score; of equal ones the smallest C. It predicts best.
    #[default]
    Best,
    /// The smallest C whose mean score is within one standard error of the best (Breiman et al. 1984): a sparser model that predicts
    /// somewhat worse.
    OneStandardError,
}

/// Parameters of a cross-validation.
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `folds` | 5 | 2 to N | stratified folds; every class needs two samples at least |
/// | `seed` | 0 | | shuffles the samples of each class before they are dealt into folds |
/// | `grid` | 10 values from C_min to 10,000 C_min | | values of C |
/// | `score` | log-likelihood | | what held-out samples are scored by |
/// | `rule` | best | | how C is chosen from the scores |
/// | `tolerance` | 1e-3 | 1e-14 to 0.5 | the relative duality gap of the fits on folds; the last fit has that of `Params` |
/// | `patience` | 2 | ≥ 1 | the search ends after so many values of C in a row without a better score |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredCrossValidation")
)]
pub struct CrossValidation {
    pub(crate) folds: usize,
    pub(crate) seed: u64,
    pub(crate) grid: Grid,
    pub(crate) score: Score,
    pub(crate) rule: Rule,
    pub(crate) tolerance: f64,
    pub(crate) patience: usize,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self {
            folds: 5,
            seed: 0,
            grid: Grid::FromCMin { points: 10, ratio: 1e4 },
            score: Score::default(),
            rule: Rule::default(),
            tolerance: 1e-3,
            patience: 2,
        }
    }
}

impl CrossValidation {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets the number of folds.
    #[must_use]
    pub fn folds(self, folds: usize) -> Self {
        Self { folds, ..self }
    }
    /// Sets the seed of the split.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
    /// Sets the values of C.
    #[must_use]
    pub fn grid(self, grid: Grid) -> Self {
        Self { grid, ..self }
    }
    /// Sets what held-out samples are scored by.
    #[must_use]
    pub fn score(self, score: Score) -> Self {
        Self { score, ..self }
    }
    /// Sets how C is chosen.
    #[must_use]
    pub fn rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }
    /// Sets the relative duality gap at which a fit on a fold has converged.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }
    /// Sets after how many values of C in a row without a better mean score (and without a better mean log-likelihood) larger ones are
    /// not tried. A score that is better by less than one part in 1000 counts as no better. `usize::MAX` tries all.
    #[must_use]
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Checks every parameter. [`cross_validate`](crate::Params::cross_validate) does so too.
    ///
    /// # Errors
    /// [`InputError::Parameter`](estimator::InputError::Parameter) with the name, the value and the allowed range.
    pub fn check(&self) -> Result<(), Error> {
        Check::at_least("folds", self.folds, 2, "2 to the number of samples")?;
        self.grid.check()?;
        check_tolerance(self.tolerance)?;
        Check::at_least("patience", self.patience, 1, "at least 1")?;
        Ok(())
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{CrossValidation, Grid, Rule, Score};
    use crate::error::Error;

    /// Parameters as they are stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "CrossValidation")]
    pub(super) struct StoredCrossValidation {
        folds: usize,
        seed: u64,
        grid: Grid,
        score: Score,
        rule: Rule,
        tolerance: f64,
        patience: usize,
    }

    impl TryFrom<StoredCrossValidation> for CrossValidation {
        type Error = Error;

        fn try_from(stored: StoredCrossValidation) -> Result<Self, Error> {
            let StoredCrossValidation { folds, seed, grid, score, rule, tolerance, patience } = stored;
            let cv = Self { folds, seed, grid, score, rule, tolerance, patience };
            cv.check().map(|()| cv)
        }
    }
}

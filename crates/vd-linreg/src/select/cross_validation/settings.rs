//! Settings of a cross-validation.

use estimator::{Check, InputError};

use crate::error::Error;
use crate::params::Refit;
use crate::select::cross_validation::rule::Rule;

/// How λ is cross-validated; the cross-validation checks it first.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `folds` | 5 | number of folds | 2 to the number of rows of positive weight |
/// | `seed` | 0 | seed of the assignment to folds | |
/// | `points` | 40 | values of λ, evenly in log λ from the empty model down | 2 to 10 000 |
/// | `smallest` | 0.5 | the smallest λ | (0, 1e100] |
/// | `rule` | [`Rule::PairedStandardError`] | which point is taken | |
/// | `refits` | both | what may follow the selection | at least one |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredCrossValidation"))]
pub struct CrossValidation {
    pub(super) folds: usize,
    pub(super) seed: u64,
    pub(crate) points: usize,
    pub(crate) smallest: f64,
    pub(crate) rule: Rule,
    pub(crate) refits: Vec<Refit>,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self {
            folds: 5,
            seed: 0,
            points: 40,
            smallest: 0.5,
            rule: Rule::default(),
            refits: vec![Refit::None, Refit::LeastSquares],
        }
    }
}

impl CrossValidation {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The number of folds.
    #[must_use]
    pub fn folds(mut self, folds: usize) -> Self {
        self.folds = folds;
        self
    }
    /// Seed of the assignment of samples to folds.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Values of λ on the way down.
    #[must_use]
    pub fn points(mut self, points: usize) -> Self {
        self.points = points;
        self
    }
    /// The smallest λ.
    #[must_use]
    pub fn smallest(mut self, smallest: f64) -> Self {
        self.smallest = smallest;
        self
    }
    /// Which point of the curve is taken.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }
    /// What may follow the selection.
    #[must_use]
    pub fn refits(mut self, refits: &[Refit]) -> Self {
        self.refits = refits.to_vec();
        self
    }

    /// Checks every value against its range; the number of folds also against the number of samples, once there are any.
    ///
    /// # Errors
    /// [`InputError::Folds`], [`InputError::Parameter`] with the name, the value and the range.
    pub fn check(&self) -> Result<(), Error> {
        if self.folds < 2 {
            return Err(InputError::Folds { folds: self.folds, samples: 0 }.into());
        }
        Check::range("points", self.points as f64, (2..=10_000).contains(&self.points), "2 to 10 000")?;
        let smallest = self.smallest > 0.0 && self.smallest <= 1e100;
        Check::range("smallest", self.smallest, smallest, "a number above 0, at most 1e100")?;
        if self.refits.is_empty() {
            return Err(InputError::Empty { what: "the list of refits", rows: 0, cols: 1 }.into());
        }
        Ok(())
    }
}

/// [`CrossValidation`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "CrossValidation")]
struct StoredCrossValidation {
    folds: usize,
    seed: u64,
    points: usize,
    smallest: f64,
    rule: Rule,
    refits: Vec<Refit>,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredCrossValidation> for CrossValidation {
    type Error = Error;

    fn try_from(stored: StoredCrossValidation) -> Result<Self, Error> {
        let StoredCrossValidation { folds, seed, points, smallest, rule, refits } = stored;
        let checked = Self { folds, seed, points, smallest, rule, refits };
        checked.check()?;
        Ok(checked)
    }
}

//! How λ is cross-validated.

use crate::input::InputError;
use crate::params::Check;
use crate::rule::Rule;

/// What may follow the selection at each λ (none, least squares, ridge: each estimator has its own list), and the defaults of the search that go with it.
pub trait Refits: Copy + PartialEq + 'static {
    /// What is tried unless told otherwise.
    const TRIED: &'static [Self];
    /// Values of λ unless told otherwise.
    const POINTS: usize;
    /// The smallest λ unless told otherwise.
    const SMALLEST: f64;
}

/// How λ is cross-validated; the cross-validation checks it first. Each estimator has it under the name `CrossValidation`, with its own kinds of refit.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `folds` | 5 | number of folds, stratified by class where there are classes | 2 to the number of rows of positive weight |
/// | `seed` | 0 | seed of the assignment to folds | |
/// | `points` | [`Refits::POINTS`] | values of λ, evenly in log λ from the empty model down | 2 to 10 000 |
/// | `smallest` | [`Refits::SMALLEST`] | the smallest λ | (0, 1e100] |
/// | `rule` | [`Rule::PairedStandardError`] | which point is taken | |
/// | `refits` | [`Refits::TRIED`] | what may follow the selection | at least one |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Stored<R>", bound(deserialize = "R: Refits + serde::Deserialize<'de>"))
)]
pub struct LambdaSearch<R> {
    /// Number of folds.
    pub folds: usize,
    /// Seed of the assignment of samples to folds.
    pub seed: u64,
    /// Values of λ on the way down.
    pub points: usize,
    /// The smallest λ.
    pub smallest: f64,
    /// Which point of the curve is taken.
    pub rule: Rule,
    /// What may follow the selection.
    pub refits: Vec<R>,
}

impl<R: Refits> Default for LambdaSearch<R> {
    fn default() -> Self {
        Self {
            folds: 5,
            seed: 0,
            points: R::POINTS,
            smallest: R::SMALLEST,
            rule: Rule::default(),
            refits: R::TRIED.to_vec(),
        }
    }
}

impl<R: Refits> LambdaSearch<R> {
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
    pub fn refits(mut self, refits: &[R]) -> Self {
        self.refits = refits.to_vec();
        self
    }

    /// Checks every value against its range; the number of folds also against the number of samples, once there are any.
    ///
    /// # Errors
    /// [`InputError::Folds`], [`InputError::Parameter`] with the name, the value and the range; [`InputError::Empty`] without a refit.
    pub fn check(&self) -> Result<(), InputError> {
        if self.folds < 2 {
            return Err(InputError::Folds { folds: self.folds, samples: 0 });
        }
        Check::range("points", self.points as f64, (2..=10_000).contains(&self.points), "2 to 10 000")?;
        let smallest = self.smallest > 0.0 && self.smallest <= 1e100;
        Check::range("smallest", self.smallest, smallest, "a number above 0, at most 1e100")?;
        if self.refits.is_empty() {
            return Err(InputError::Empty { what: "the list of refits", rows: 0, cols: 1 });
        }
        Ok(())
    }
}

/// [`LambdaSearch`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "CrossValidation")]
struct Stored<R> {
    folds: usize,
    seed: u64,
    points: usize,
    smallest: f64,
    rule: Rule,
    refits: Vec<R>,
}

#[cfg(feature = "serde")]
impl<R: Refits> TryFrom<Stored<R>> for LambdaSearch<R> {
    type Error = InputError;

    fn try_from(stored: Stored<R>) -> Result<Self, InputError> {
        let Stored { folds, seed, points, smallest, rule, refits } = stored;
        let checked = Self { folds, seed, points, smallest, rule, refits };
        checked.check()?;
        Ok(checked)
    }
}

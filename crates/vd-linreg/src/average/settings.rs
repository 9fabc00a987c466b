//! Settings of an average over supports.

use estimator::Check;

use crate::error::Error;

/// How few columns an average over supports is projected on: as few as reach it, the most useful first.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Sparsity {
    /// The fitted values are at most this far from the average's: squared distance in noise variances, so that 1 costs about as much as
    /// one more coefficient.
    Loss(f64),
    /// The mean squared prediction error is at most this share above the average's: 0.01 for one per cent.
    Within(f64),
    /// This many columns, or fewer where fewer have any weight.
    Columns(usize),
}

impl Sparsity {
    /// The squared distance that is allowed, in noise variances, and the number of columns.
    pub(super) fn limits(self, samples: f64) -> (f64, usize) {
        match self {
            Self::Loss(loss) => (loss, usize::MAX),
            Self::Within(share) => (share * samples, usize::MAX),
            Self::Columns(count) => (0.0, count),
        }
    }
}

/// How supports are averaged; the fit checks them first.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `walks` | 4 | walks over supports, side by side; the first starts at the maximum at the universal threshold, the others at no column | 1 to 1000 |
/// | `steps` | 4000 | most steps of a walk; walks that agree end earlier | ≥ 100 |
/// | `sparsity` | [`Sparsity::Loss`] of 1 | how few columns the average is projected on | see there |
/// | `background` | true | whether many weak effects may be taken together, as ridge regression does | |
/// | `candidates` | 10 000 | columns that are considered: those with the largest z² against the target and against what the first maximum leaves | ≥ 1 |
/// | `seed` | 0 | seed of the walks | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredAveraging"))]
pub struct Averaging {
    pub(super) walks: usize,
    pub(super) steps: usize,
    pub(super) sparsity: Sparsity,
    pub(super) background: bool,
    pub(super) candidates: usize,
    pub(super) seed: u64,
}

impl Default for Averaging {
    fn default() -> Self {
        Self {
            walks: 4,
            steps: 4000,
            sparsity: Sparsity::Loss(1.0),
            background: true,
            candidates: 10_000,
            seed: 0,
        }
    }
}

impl Averaging {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// How many walks go side by side.
    #[must_use]
    pub fn walks(mut self, walks: usize) -> Self {
        self.walks = walks;
        self
    }
    /// The most steps of a walk.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }
    /// How few columns the average is projected on.
    #[must_use]
    pub fn sparsity(mut self, sparsity: Sparsity) -> Self {
        self.sparsity = sparsity;
        self
    }
    /// Whether many weak effects may be taken together.
    #[must_use]
    pub fn background(mut self, background: bool) -> Self {
        self.background = background;
        self
    }
    /// The most columns that are considered.
    #[must_use]
    pub fn candidates(mut self, candidates: usize) -> Self {
        self.candidates = candidates;
        self
    }
    /// Seed of the walks.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`estimator::InputError::Parameter`] with the name, the value and the range.
    pub fn check(&self) -> Result<(), Error> {
        Check::range("walks", self.walks as f64, (1..=1000).contains(&self.walks), "1 to 1000")?;
        Check::at_least("steps", self.steps, 100, "100 or more")?;
        match self.sparsity {
            Sparsity::Loss(loss) => Check::not_negative("loss", loss)?,
            Sparsity::Within(share) => Check::not_negative("within", share)?,
            Sparsity::Columns(_) => {}
        }
        Ok(Check::at_least("candidates", self.candidates, 1, "1 or more")?)
    }
}

/// [`Averaging`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Averaging")]
struct StoredAveraging {
    walks: usize,
    steps: usize,
    sparsity: Sparsity,
    background: bool,
    candidates: usize,
    seed: u64,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredAveraging> for Averaging {
    type Error = Error;

    fn try_from(stored: StoredAveraging) -> Result<Self, Error> {
        let StoredAveraging { walks, steps, sparsity, background, candidates, seed } = stored;
        let checked = Self { walks, steps, sparsity, background, candidates, seed };
        checked.check()?;
        Ok(checked)
    }
}

//! Which values of C are visited.

use estimator::{Check, InputError};

use crate::error::Error;
use crate::params::check_c;

/// The most values of C that a grid may have.
const MOST: usize = 100_000;

/// Which values of C a path or a cross-validation visits, in ascending order.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredGrid")
)]
#[non_exhaustive]
pub enum Grid {
    /// These values, ascending.
    Values(Vec<f64>),
    /// `points` values in geometric progression from C_min ([`Params::c_min`](crate::Params::c_min)), where the model is empty, to
    /// `ratio` times that. For ridge from the C_min of an elastic net with ρ = 0.001, as glmnet does.
    FromCMin {
        /// How many, 1 to 100,000.
        points: usize,
        /// The last C by the first, above 1.
        ratio: f64,
    },
}

impl Grid {
    /// `points` values in geometric progression from `first` to `last`.
    #[must_use]
    pub fn geometric(first: f64, last: f64, points: usize) -> Self {
        Self::Values(geometric(first, last, points))
    }

    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for a grid that is empty, not ascending or too long, a C or a ratio out of range.
    pub fn check(&self) -> Result<(), InputError> {
        let count = |points: usize| {
            Check::range(
                "points of the grid",
                points as f64,
                (1..=MOST).contains(&points),
                "1 to 100,000 values of C",
            )
        };
        match self {
            Self::Values(values) => {
                count(values.len())?;
                for pair in values.windows(2) {
                    Check::range("grid", pair[1], pair[0] < pair[1], "ascending values of C")?;
                }
                values.iter().try_for_each(|&c| check_c(c))
            }
            Self::FromCMin { points, ratio } => {
                count(*points)?;
                Check::range("ratio", *ratio, *ratio > 1.0 && ratio.is_finite(), "finite and above 1")
            }
        }
    }

    /// The values, given where the grid begins.
    pub(crate) fn values(&self, first: impl FnOnce() -> f64) -> Result<Vec<f64>, Error> {
        self.check()?;
        match self {
            Self::Values(values) => Ok(values.clone()),
            Self::FromCMin { points, ratio } => {
                let first = first();
                if !first.is_finite() {
                    return Err(Error::NoCMin);
                }
                let values = geometric(first, first * ratio, *points);
                values.iter().try_for_each(|&c| check_c(c))?;
                Ok(values)
            }
        }
    }
}

fn geometric(first: f64, last: f64, points: usize) -> Vec<f64> {
    let step = (last / first).ln() / (points.max(2) - 1) as f64;
    let value = |i: usize| if i > 0 && i + 1 == points { last } else { first * (step * i as f64).exp() };
    (0..points).map(value).collect()
}

#[cfg(feature = "serde")]
mod stored {
    use super::Grid;
    use estimator::InputError;

    /// A grid as it is stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "Grid")]
    pub(super) enum StoredGrid {
        Values(Vec<f64>),
        FromCMin { points: usize, ratio: f64 },
    }

    impl TryFrom<StoredGrid> for Grid {
        type Error = InputError;

        fn try_from(stored: StoredGrid) -> Result<Self, InputError> {
            let grid = match stored {
                StoredGrid::Values(values) => Self::Values(values),
                StoredGrid::FromCMin { points, ratio } => Self::FromCMin { points, ratio },
            };
            grid.check().map(|()| grid)
        }
    }
}

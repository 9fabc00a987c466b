//! The penalties on the weights.

use estimator::{Check, InputError};

/// What is added to the loss, with weight 1/C. Every penalty is ρ‖W‖₁ + (1 − ρ)‖W‖²/2 for its own ρ.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredPenalty")
)]
#[non_exhaustive]
pub enum Penalty {
    /// ‖W‖₁: weights become exactly zero.
    #[default]
    L1,
    /// ‖W‖²/2: no weight becomes zero.
    Ridge,
    /// ρ‖W‖₁ + (1 − ρ)‖W‖²/2 with 0 < ρ < 1 (Zou and Hastie 2005).
    ElasticNet {
        /// ρ, the share of the L1 penalty.
        l1_ratio: f64,
    },
}

impl Penalty {
    /// (ρ, 1 − ρ).
    #[must_use]
    pub fn parts(self) -> (f64, f64) {
        match self {
            Self::L1 => (1.0, 0.0),
            Self::Ridge => (0.0, 1.0),
            Self::ElasticNet { l1_ratio } => (l1_ratio, 1.0 - l1_ratio),
        }
    }

    /// The penalty of one weight w: ρ|w| + (1 − ρ)w²/2.
    #[must_use]
    pub fn value(self, w: f64) -> f64 {
        let (l1, l2) = self.parts();
        l1 * w.abs() + 0.5 * l2 * w * w
    }

    /// Checks ρ.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for an L1 ratio that is not above 0 and below 1.
    pub fn check(self) -> Result<(), InputError> {
        match self {
            Self::ElasticNet { l1_ratio } => Check::range(
                "l1_ratio",
                l1_ratio,
                l1_ratio > 0.0 && l1_ratio < 1.0,
                "above 0 and below 1 (at 1 use Penalty::L1, at 0 Penalty::Ridge)",
            ),
            Self::L1 | Self::Ridge => Ok(()),
        }
    }
}

/// How the intercept b takes part in a fit. `true` and `false` convert to an unpenalised intercept and to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Intercept {
    /// An intercept per output that no penalty touches.
    #[default]
    Unpenalised,
    /// An intercept per output, penalised like a weight. This is what `liblinear` does (it appends a column of ones).
    Penalised,
    /// No intercept.
    None,
}

impl From<bool> for Intercept {
    fn from(fitted: bool) -> Self {
        if fitted { Self::Unpenalised } else { Self::None }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::Penalty;
    use estimator::InputError;

    /// A penalty as it is stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "Penalty")]
    pub(super) enum StoredPenalty {
        L1,
        Ridge,
        ElasticNet { l1_ratio: f64 },
    }

    impl TryFrom<StoredPenalty> for Penalty {
        type Error = InputError;

        fn try_from(stored: StoredPenalty) -> Result<Self, InputError> {
            let penalty = match stored {
                StoredPenalty::L1 => Self::L1,
                StoredPenalty::Ridge => Self::Ridge,
                StoredPenalty::ElasticNet { l1_ratio } => Self::ElasticNet { l1_ratio },
            };
            penalty.check().map(|()| penalty)
        }
    }
}

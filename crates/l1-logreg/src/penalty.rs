//! The penalties on the weights.

/// What is added to the loss, with weight 1/C. Every penalty is ρ‖W‖₁ + (1 − ρ)‖W‖²/2 for its own ρ.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

    /// Value at weight w.
    #[must_use]
    pub fn value(self, w: f64) -> f64 {
        let (l1, l2) = self.parts();
        l1 * w.abs() + 0.5 * l2 * w * w
    }
}

/// What happens to the intercept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Intercept {
    /// An intercept per class that no penalty touches.
    #[default]
    Unpenalised,
    /// An intercept per class, penalised like a weight. This is what `liblinear` does (it appends a column of ones).
    Penalised,
    /// No intercept.
    None,
}

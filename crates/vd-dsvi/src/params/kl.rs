//! Which KL term the objective has.

use kl_approx::{Divergence, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid};

/// Which KL(α) the objective carries. The default is exact.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Kl {
    /// KL to the log-uniform prior, exactly.
    #[default]
    Exact,
    /// k₁ (1 − σ(k₂ + k₃ log α)) + ½ log(1 + 1/α).
    Sigmoid {
        /// Height of the sigmoid.
        k1: f64,
        /// Offset inside the sigmoid.
        k2: f64,
        /// Slope inside the sigmoid.
        k3: f64,
    },
    /// ½ log(1 + 1/α): a proper prior with its variance fitted (Kharitonov et al. 2018).
    EmpiricalBayes,
    /// Kingma et al. 2015, for α ≤ 1.
    KingmaCubic,
    /// −½ log α + const, for α ≤ 1.
    KingmaBound,
}

impl Kl {
    /// The poster's sigmoid, 0.64 σ(1.5 (1.3 + log α)).
    pub const POSTER: Self = Self::of_sigmoid(Sigmoid::POSTER);
    /// The ICML 2017 paper's sigmoid.
    pub const ICML_2017: Self = Self::of_sigmoid(Sigmoid::ICML_2017);

    const fn of_sigmoid(s: Sigmoid) -> Self {
        Self::Sigmoid { k1: s.k1, k2: s.k2, k3: s.k3 }
    }

    /// KL in nats and dKL/d log α at `log_alpha`.
    #[must_use]
    pub fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        self.with(|d| d.value_grad(log_alpha))
    }

    /// KL in nats at `log_alpha`.
    #[must_use]
    pub fn value(&self, log_alpha: f64) -> f64 {
        self.with(|d| d.value(log_alpha))
    }

    /// dKL/d log α at `log_alpha`.
    #[must_use]
    pub fn grad(&self, log_alpha: f64) -> f64 {
        self.with(|d| d.grad(log_alpha))
    }

    /// The largest log α it is meant for.
    #[must_use]
    pub fn upper_log_alpha(&self) -> f64 {
        self.with(|d| d.domain().upper)
    }

    fn with<T>(&self, f: impl FnOnce(&dyn Divergence) -> T) -> T {
        match *self {
            Self::Exact => f(&Exact),
            Self::Sigmoid { k1, k2, k3 } => f(&Sigmoid { k1, k2, k3 }),
            Self::EmpiricalBayes => f(&EmpiricalBayes),
            Self::KingmaCubic => f(&KingmaCubic),
            Self::KingmaBound => f(&KingmaBound),
        }
    }
}

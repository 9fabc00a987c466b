//! The approximations in use, each a [`Divergence`].

use crate::{Divergence, Domain};

/// −KL ≈ k₁ σ(k₂ + k₃ log α) − ½ log(1 + 1/α) − k₁ (the poster's form; Molchanov et al. 2016, 2017).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid {
    /// Height of the sigmoid, an estimate of (γ + ln 2)/2.
    pub k1: f64,
    /// Offset inside the sigmoid.
    pub k2: f64,
    /// Slope inside the sigmoid.
    pub k3: f64,
}

impl Sigmoid {
    /// The poster's constants, 0.64 σ(1.5 (1.3 + log α)).
    pub const POSTER: Self = Self { k1: 0.64, k2: 1.95, k3: 1.5 };
    /// The constants of the ICML 2017 paper.
    pub const ICML_2017: Self = Self { k1: 0.63576, k2: 1.87320, k3: 1.48695 };
}

impl Divergence for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        let (value, grad) = EmpiricalBayes.value_grad(log_alpha);
        // 1 − σ(s) = σ(−s), so that nothing cancels as α → ∞.
        let tail = 1.0 / (1.0 + (self.k2 + self.k3 * log_alpha).exp());
        (value + self.k1 * tail, grad - self.k1 * self.k3 * tail * (1.0 - tail))
    }
}

/// KL = ½ log(1 + 1/α), the proper-prior empirical-Bayes form (Kharitonov et al. 2018); a lower bound of the exact KL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmpiricalBayes;

impl Divergence for EmpiricalBayes {
    fn name(&self) -> &'static str {
        "empirical-bayes"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        let inverse = (-log_alpha).exp();
        let value = if inverse.is_finite() { 0.5 * inverse.ln_1p() } else { -0.5 * log_alpha };
        (value, -0.5 / (1.0 + log_alpha.exp()))
    }
}

/// Kingma et al. 2015, for α ≤ 1: −KL ≈ ½ log α + c₁α + c₂α² + c₃α³ + const.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KingmaCubic;

impl Divergence for KingmaCubic {
    fn name(&self) -> &'static str {
        "kingma-cubic"
    }
    fn domain(&self) -> Domain {
        Domain { lower: f64::NEG_INFINITY, upper: 0.0 }
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        let a = log_alpha.exp();
        let (c1, c2, c3) = (1.16145124, -1.50204118, 0.58629921);
        let value = -0.5 * log_alpha - a * (c1 + a * (c2 + a * c3)) + 0.635_181_422_730_739_1;
        (value, -0.5 - a * (c1 + a * (2.0 * c2 + a * 3.0 * c3)))
    }
}

/// Kingma et al. 2015, for α ≤ 1: the cruder bound −KL ≥ ½ log α + const.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KingmaBound;

impl Divergence for KingmaBound {
    fn name(&self) -> &'static str {
        "kingma-bound"
    }
    fn domain(&self) -> Domain {
        Domain { lower: f64::NEG_INFINITY, upper: 0.0 }
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        (-0.5 * log_alpha + 0.635_181_422_730_739_1, -0.5)
    }
}

//! The approximations in use, each a [`Divergence`].
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | k₁, k₂, k₃ | [`Sigmoid`]'s fields | constants of the sigmoid family |
//! | c₁, c₂, c₃ | `KINGMA` | Kingma's cubic in α |
//! | σ(s) | | 1/(1 + exp(−s)) |

use crate::coefficients::EXCESS_AT_ZERO;
use crate::divergence::Divergence;
use crate::domain::Domain;
use crate::error::Error;
use crate::kernel::{f32_kernel, f64_kernel};
use crate::slice::{self, Pointwise};

/// KL ≈ ½ log(1 + 1/α) + k₁ − k₁ σ(k₂ + k₃ log α) (equation 5; the poster's form; Molchanov et al. 2016, 2017).
///
/// Meant for k₁ > 0, k₃ > 0 and finite constants; with others it is still that formula, NaN where the formula is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sigmoid {
    /// Height of the sigmoid, an estimate of (γ + ln 2)/2.
    pub k1: f64,
    /// Offset inside the sigmoid.
    pub k2: f64,
    /// Slope inside the sigmoid.
    pub k3: f64,
}

impl Sigmoid {
    /// The poster's constants, 0.64 σ(1.5 (1.3 + log α)); largest error 0.01289, at log α ≈ −3.6.
    pub const POSTER: Self = Self { k1: 0.64, k2: 1.95, k3: 1.5 };
    /// The constants of the ICML 2017 paper; largest error 0.00937, at log α ≈ −3.5.
    pub const ICML_2017: Self = Self { k1: 0.63576, k2: 1.87320, k3: 1.48695 };
    /// The least largest error over every log α that three constants can have, 0.004967, reached at −∞, −3.4, −1.9 and 0.3
    /// with alternating signs. Regenerated and compared by `cargo test -p kl-approx --all-features --test fit`
    /// (`fit::minimax`).
    pub const MINIMAX: Self = Self { k1: 0.630_214_472_3, k2: 1.868_733_296_7, k3: 1.497_881_539_8 };
}

impl Pointwise<f64> for Sigmoid {
    #[inline(always)]
    fn at(self, log_alpha: f64) -> (f64, f64) {
        f64_kernel::sigmoid([self.k1, self.k2, self.k3], log_alpha)
    }
}

impl Pointwise<f32> for Sigmoid {
    #[inline(always)]
    fn at(self, log_alpha: f32) -> (f32, f32) {
        f32_kernel::sigmoid([self.k1 as f32, self.k2 as f32, self.k3 as f32], log_alpha)
    }
}

impl Divergence for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        self.at(log_alpha)
    }
    fn value_grad_slice(&self, log_alpha: &[f64], value: &mut [f64], grad: &mut [f64]) -> Result<(), Error> {
        slice::value_grad(*self, log_alpha, value, grad)
    }
    fn value_grad_slice_f32(
        &self,
        log_alpha: &[f32],
        value: &mut [f32],
        grad: &mut [f32],
    ) -> Result<(), Error> {
        slice::value_grad(*self, log_alpha, value, grad)
    }
}

/// KL = ½ log(1 + 1/α), the proper-prior empirical-Bayes form (Kharitonov et al. 2018); a lower bound of the exact KL
/// (equation 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EmpiricalBayes;

impl Pointwise<f64> for EmpiricalBayes {
    #[inline(always)]
    fn at(self, log_alpha: f64) -> (f64, f64) {
        f64_kernel::half_log1p(log_alpha)
    }
}

impl Pointwise<f32> for EmpiricalBayes {
    #[inline(always)]
    fn at(self, log_alpha: f32) -> (f32, f32) {
        f32_kernel::half_log1p(log_alpha)
    }
}

impl Divergence for EmpiricalBayes {
    fn name(&self) -> &'static str {
        "empirical-bayes"
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        self.at(log_alpha)
    }
    fn value_grad_slice(&self, log_alpha: &[f64], value: &mut [f64], grad: &mut [f64]) -> Result<(), Error> {
        slice::value_grad(*self, log_alpha, value, grad)
    }
    fn value_grad_slice_f32(
        &self,
        log_alpha: &[f32],
        value: &mut [f32],
        grad: &mut [f32],
    ) -> Result<(), Error> {
        slice::value_grad(*self, log_alpha, value, grad)
    }
}

/// Kingma, Salimans & Welling 2015, appendix C: −KL ≈ const + ½ log α + c₁α + c₂α² + c₃α³.
const KINGMA: [f64; 3] = [1.161_451_24, -1.502_041_18, 0.586_299_21];

/// The constant that the paper leaves open, chosen for the least largest error on α ≤ 1. With (γ + ln 2)/2 in its place the limit
/// α → 0 would be right and the error up to 0.0403 (at log α = −2.10), everywhere of one sign.
const KINGMA_CONSTANT: f64 = 0.655_351_346_2;

/// Kingma et al. 2015, for α ≤ 1: KL ≈ const − ½ log α − c₁α − c₂α² − c₃α³; largest error there 0.0202.
///
/// The paper leaves the constant open; here it is the one with the least largest error on the domain, 0.655351.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KingmaCubic;

impl Divergence for KingmaCubic {
    fn name(&self) -> &'static str {
        "kingma-cubic"
    }
    fn domain(&self) -> Domain {
        Domain { lower: f64::NEG_INFINITY, upper: 0.0 }
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        // Outside the domain the cubic means nothing, and exp below is not made for it.
        let a = if log_alpha <= 0.0 { f64_kernel::exp(log_alpha) } else { f64::NAN };
        let [c1, c2, c3] = KINGMA;
        let value = KINGMA_CONSTANT - 0.5 * log_alpha - a * (c1 + a * (c2 + a * c3));
        (value, -0.5 - a * (c1 + a * (2.0 * c2 + a * 3.0 * c3)))
    }
}

/// Kingma et al. 2015, for α ≤ 1: the cruder KL ≤ (γ + ln 2)/2 − ½ log α, an upper bound of the exact KL;
/// largest error there 0.2454, at log α = −0.535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KingmaBound;

impl Divergence for KingmaBound {
    fn name(&self) -> &'static str {
        "kingma-bound"
    }
    fn domain(&self) -> Domain {
        Domain { lower: f64::NEG_INFINITY, upper: 0.0 }
    }
    fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        if log_alpha <= 0.0 { (EXCESS_AT_ZERO - 0.5 * log_alpha, -0.5) } else { (f64::NAN, f64::NAN) }
    }
}

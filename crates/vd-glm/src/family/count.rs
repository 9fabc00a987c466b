//! Numbers: counts, positive amounts, and the normal distribution as the cross-check with `vd-linreg`.

use estimator::{Check, InputError};

use crate::family::{Expectation, Scalar};
use crate::quadrature::logistic;

/// The distribution of a numerical target given its linear predictor z.
///
/// | family | target | mean | variance | log p(t \| z) |
/// |---|---|---|---|---|
/// | [`Family::Poisson`] | 0, 1, 2, …, or a rate | e^z | e^z | t z − e^z − log t! |
/// | [`Family::NegativeBinomial`] | 0, 1, 2, … | e^z | e^z + e^{2z}/r | t z − (t + r) log(1 + e^z/r) + log Γ(t + r)/(Γ(r) t! r^t) |
/// | [`Family::Gamma`] | above 0 | e^z | e^{2z}/k | −k z − k t e^{−z} + k log k + (k − 1) log t − log Γ(k) |
/// | [`Family::Gaussian`] | any | z | σ² | −(t − z)²/(2σ²) − ½ log 2πσ² |
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Family {
    /// Counts.
    #[default]
    Poisson,
    /// Counts that vary more than Poisson's.
    NegativeBinomial {
        /// r > 0: the smaller, the more the counts vary; r → ∞ is Poisson.
        dispersion: f64,
    },
    /// Positive amounts whose standard deviation is proportional to the mean.
    Gamma {
        /// k > 0: the standard deviation is the mean over √k.
        shape: f64,
    },
    /// Any numbers, with a known noise level. `vd-linreg` fits the same model, and can estimate the noise.
    Gaussian {
        /// σ > 0, in units of the target.
        std: f64,
    },
}

/// ½ log 2π.
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_7;

impl Family {
    /// Checks the numbers inside against their ranges.
    pub(crate) fn check(&self) -> Result<(), InputError> {
        match *self {
            Self::Poisson => Ok(()),
            Self::NegativeBinomial { dispersion } => Check::positive("dispersion", dispersion),
            Self::Gamma { shape } => Check::positive("shape", shape),
            Self::Gaussian { std } => Check::positive("noise std", std),
        }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Poisson => "Poisson",
            Self::NegativeBinomial { .. } => "negative binomial",
            Self::Gamma { .. } => "Gamma",
            Self::Gaussian { .. } => "Gaussian",
        }
    }

    /// Whether the mean is e^z, so that exposures make sense.
    pub(crate) fn log_link(&self) -> bool {
        !matches!(self, Self::Gaussian { .. })
    }

    /// Whether the family gives this target a probability, and which targets it does, in words.
    pub(crate) fn accepts(&self, t: f64) -> Result<(), &'static str> {
        let (fine, allowed) = match self {
            // Also rates, counts over exposures: with the exposures as weights they have the counts' likelihood up to a constant.
            Self::Poisson => ((0.0..=9e15).contains(&t), "a count or a rate, from 0 to 9e15"),
            Self::NegativeBinomial { .. } => {
                (t >= 0.0 && t.fract() == 0.0 && t <= 9e15, "a count: 0, 1, 2, …")
            }
            Self::Gamma { .. } => (t > 0.0, "a number above 0"),
            Self::Gaussian { .. } => (true, "a finite number"),
        };
        if fine { Ok(()) } else { Err(allowed) }
    }

    /// Mean and variance of the target when z ~ N(m, v): the law of total variance.
    pub(crate) fn predictive(&self, m: f64, v: f64) -> (f64, f64) {
        let mean = (m + 0.5 * v).exp();
        // E e^{2z} and its excess over the squared mean.
        let square = mean * mean * v.exp();
        let spread = mean * mean * v.exp_m1();
        match *self {
            Self::Poisson => (mean, mean + spread),
            Self::NegativeBinomial { dispersion } => (mean, mean + square / dispersion + spread),
            Self::Gamma { shape } => (mean, square / shape + spread),
            Self::Gaussian { std } => (m, std * std + v),
        }
    }
    /// log E p(t | z) for z ~ N(m, v): the log likelihood of a new target.
    pub(crate) fn log_predictive(&self, t: f64, m: f64, v: f64) -> f64 {
        if let Self::Gaussian { std } = *self {
            return Self::Gaussian { std: std.hypot(v.sqrt()) }.expectation(t, m, 0.0).bound;
        }
        let at = |z: f64| self.expectation(t, z, 0.0).bound;
        if !(v > 0.0) {
            return at(m);
        }
        // The likelihood of z is about 1/√information wide; the step is half of what it and the normal density allow.
        let information = match *self {
            Self::NegativeBinomial { dispersion: r } => (t + 1.0) * r / (t + 1.0 + r),
            Self::Gamma { shape } => shape,
            _ => t + 1.0,
        };
        let s = v.sqrt();
        let half = ((16.0 * (1.0 + s * information.sqrt())).ceil() as i32).min(8000);
        let step = 8.0 / f64::from(half);
        let term = |k: i32| {
            let e = step * f64::from(k);
            at(m + s * e) - 0.5 * e * e
        };
        let terms: Vec<f64> = (-half..=half).map(term).collect();
        estimator::log_sum_exp(&terms) + step.ln() - HALF_LOG_TAU
    }
}

impl Scalar for Family {
    fn expectation(&self, t: f64, m: f64, v: f64) -> Expectation {
        match *self {
            Self::Poisson => {
                let rate = (m + 0.5 * v).exp();
                Expectation {
                    bound: t * m - rate - libm::lgamma(t + 1.0),
                    g: t - rate,
                    w: rate,
                    third: -rate,
                }
            }
            Self::NegativeBinomial { dispersion: r } => {
                let f = logistic::softplus(m - r.ln(), v);
                let constant = libm::lgamma(t + r) - libm::lgamma(r) - libm::lgamma(t + 1.0) - t * r.ln();
                Expectation {
                    bound: t * m - (t + r) * f.value + constant,
                    g: t - (t + r) * f.slope,
                    w: (t + r) * f.curvature,
                    third: -(t + r) * f.third,
                }
            }
            Self::Gamma { shape: k } => {
                let ratio = t * (0.5 * v - m).exp();
                let constant = k * k.ln() + (k - 1.0) * t.ln() - libm::lgamma(k);
                Expectation {
                    bound: -k * (m + ratio) + constant,
                    g: k * (ratio - 1.0),
                    w: k * ratio,
                    third: k * ratio,
                }
            }
            Self::Gaussian { std } => {
                let (error, precision) = ((t - m) / std, 1.0 / (std * std));
                Expectation {
                    bound: -0.5 * (error * error + v * precision) - HALF_LOG_TAU - std.ln(),
                    g: error / std,
                    w: precision,
                    third: 0.0,
                }
            }
        }
    }

    fn link(&self, mean: f64) -> f64 {
        if self.log_link() { mean.ln() } else { mean }
    }
}

//! Parameters of regression, checked once.

use crate::basis::Basis;
use crate::error::Error;
use crate::fixed_point::Algorithm;
use crate::params::{CACHE_BYTES, check};

/// How the noise variance comes about.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Noise {
    /// Learned by maximising the evidence, within [`RegressionParams::noise_floor`].
    #[default]
    Learned,
    /// This variance, in squared units of the target.
    Fixed(f64),
}

/// Parameters of regression.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `basis` | features | | what the model is made of |
/// | `algorithm` | sequential | | how precisions are found |
/// | `bias` | true | | offer a constant function |
/// | `cache_bytes` | 64 MiB | | kernel columns are kept if all fit in this; 0 keeps none |
/// | `noise` | learned | fixed: (0, ∞) | the noise variance `1/β` |
/// | `noise_floor` | 1e-10 | [1e-14, 1) | least learned variance, as a share of the targets' mean square |
/// | `entry_gain` | 0 | [0, ∞) nats | least gain in evidence of an addition |
/// | `tolerance` | 1e-6 | (0, ∞) nats | converged when no update gains more |
/// | `max_steps` | 100 000 | ≥ 1 | updates at most |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RegressionParams {
    pub(crate) basis: Basis,
    pub(crate) algorithm: Algorithm,
    pub(crate) cache_bytes: usize,
    pub(crate) bias: bool,
    pub(crate) noise: Noise,
    pub(crate) noise_floor: f64,
    pub(crate) entry_gain: f64,
    pub(crate) tolerance: f64,
    pub(crate) max_steps: usize,
}

impl Default for RegressionParams {
    fn default() -> Self {
        Self {
            basis: Basis::Features,
            algorithm: Algorithm::Sequential,
            cache_bytes: CACHE_BYTES,
            bias: true,
            noise: Noise::Learned,
            noise_floor: 1e-10,
            entry_gain: 0.0,
            tolerance: 1e-6,
            max_steps: 100_000,
        }
    }
}

impl RegressionParams {
    /// The basis functions.
    #[must_use]
    pub fn basis(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }
    /// Whether to offer a bias.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }
    /// How the noise variance comes about.
    #[must_use]
    pub fn noise(mut self, noise: Noise) -> Self {
        self.noise = noise;
        self
    }
    /// Least learned noise variance, as a share of the targets' mean square.
    #[must_use]
    pub fn noise_floor(mut self, share: f64) -> Self {
        self.noise_floor = share;
        self
    }
    /// Least gain of an addition, nats.
    #[must_use]
    pub fn entry_gain(mut self, nats: f64) -> Self {
        self.entry_gain = nats;
        self
    }
    /// Gain below which a fit has converged, nats.
    #[must_use]
    pub fn tolerance(mut self, nats: f64) -> Self {
        self.tolerance = nats;
        self
    }
    /// Updates at most.
    #[must_use]
    pub fn max_steps(mut self, most: usize) -> Self {
        self.max_steps = most;
        self
    }

    /// How precisions are found.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }
    /// Kernel columns are kept if all of them fit in this many bytes.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first parameter outside its range, NaN included.
    pub fn validate(self) -> Result<Regression, Error> {
        let (e, t, f) = (self.entry_gain, self.tolerance, self.noise_floor);
        check("entry_gain", e, e >= 0.0 && e.is_finite(), "finite, at least 0")?;
        check("tolerance", t, t > 0.0 && t.is_finite(), "finite, above 0")?;
        check("noise_floor", f, (1e-14..1.0).contains(&f), "from 1e-14 to below 1")?;
        check("max_steps", 0.0, self.max_steps > 0, "at least 1")?;
        if let Noise::Fixed(v) = self.noise {
            check("noise", v, v > 0.0 && v.is_finite(), "finite, above 0")?;
        }
        if let Basis::Kernel(kernel) = &self.basis {
            kernel.check()?;
        }
        Ok(Regression { params: self })
    }
}

/// Checked parameters of regression; see [`RegressionParams`].
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    params: RegressionParams,
}

impl Regression {
    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &RegressionParams {
        &self.params
    }
}

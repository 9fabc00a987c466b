//! Parameters, checked once.

use crate::basis::Basis;
use crate::classify::Settings;
use crate::error::Error;
use crate::fixed_point::Algorithm;

/// Where a fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The class being fitted, for one-vs-rest.
    pub class: Option<usize>,
    /// Updates (regression) or linearisations (classification) so far.
    pub iteration: usize,
    /// Log evidence, nats.
    pub log_evidence: f64,
    /// Basis functions in the model.
    pub active: usize,
}

/// Default of the kernel cache.
pub(crate) const CACHE_BYTES: usize = 64 << 20;

pub(crate) fn check(name: &'static str, value: f64, fine: bool, allowed: &'static str) -> Result<(), Error> {
    if fine { Ok(()) } else { Err(Error::Parameter { name, value, allowed }) }
}

/// Parameters of classification.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `basis` | features | | what the model is made of |
/// | `algorithm` | sequential | | how precisions are found |
/// | `bias` | true | | offer a constant function; without one, rare classes can't be told their rarity |
/// | `entry_gain` | 0.1 | [0, ∞) nats | least gain in evidence of an addition; 0 is plain maximum likelihood of type II |
/// | `tolerance` | 1e-3 | (0, ∞) nats | a fit has converged when a fresh linearisation offers no more than this |
/// | `max_linearisations` | 100 | ≥ 1 | Laplace approximations at most |
/// | `max_steps` | 100 000 | ≥ 1 | precision updates at most on one linearisation |
/// | `cache_bytes` | 64 MiB | | kernel columns are kept if all fit in this; 0 keeps none |
/// | `precision_floor` | 1e-6 | (0, ∞) | least precision, for columns scaled to a largest entry in [1, 2) |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ClassificationParams {
    pub(crate) basis: Basis,
    pub(crate) algorithm: Algorithm,
    pub(crate) bias: bool,
    pub(crate) entry_gain: f64,
    pub(crate) tolerance: f64,
    pub(crate) max_linearisations: usize,
    pub(crate) max_steps: usize,
    pub(crate) precision_floor: f64,
    pub(crate) cache_bytes: usize,
}

impl Default for ClassificationParams {
    fn default() -> Self {
        Self {
            basis: Basis::Features,
            algorithm: Algorithm::Sequential,
            bias: true,
            entry_gain: 0.1,
            tolerance: 1e-3,
            max_linearisations: 100,
            max_steps: 100_000,
            precision_floor: 1e-6,
            cache_bytes: CACHE_BYTES,
        }
    }
}

impl ClassificationParams {
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
    /// Laplace approximations at most.
    #[must_use]
    pub fn max_linearisations(mut self, most: usize) -> Self {
        self.max_linearisations = most;
        self
    }
    /// Precision updates at most on one linearisation.
    #[must_use]
    pub fn max_steps(mut self, most: usize) -> Self {
        self.max_steps = most;
        self
    }
    /// Least precision in scaled columns.
    #[must_use]
    pub fn precision_floor(mut self, floor: f64) -> Self {
        self.precision_floor = floor;
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

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            algorithm: self.algorithm,
            max_rounds: self.max_linearisations,
            max_steps: self.max_steps,
            tolerance: self.tolerance,
            floor: self.precision_floor,
            entry_gain: self.entry_gain,
        }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first parameter outside its range, NaN included.
    pub fn validate(self) -> Result<Classification, Error> {
        let (e, t, f) = (self.entry_gain, self.tolerance, self.precision_floor);
        check("entry_gain", e, e >= 0.0 && e.is_finite(), "finite, at least 0")?;
        check("tolerance", t, t > 0.0 && t.is_finite(), "finite, above 0")?;
        check("max_linearisations", 0.0, self.max_linearisations > 0, "at least 1")?;
        check("max_steps", 0.0, self.max_steps > 0, "at least 1")?;
        check("precision_floor", f, f > 0.0 && f.is_finite(), "finite, above 0")?;
        if let Basis::Kernel(kernel) = &self.basis {
            kernel.check()?;
        }
        Ok(Classification { params: self })
    }
}

/// Checked parameters of classification; see [`ClassificationParams`].
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    params: ClassificationParams,
}

impl Classification {
    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &ClassificationParams {
        &self.params
    }
}

//! Parameters of a regression.

use estimator::{Check, InputError, NoiseModel};

use crate::basis::Basis;
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::kernel::CACHE_BYTES;

/// Parameters of a regression.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `basis` | features | | what the model is made of |
/// | `algorithm` | sequential | | how precisions are found |
/// | `intercept` | true | | offer a constant function |
/// | `centre` | true | | subtract the column means from features, where there is an intercept; kernels are left as they are |
/// | `noise` | learned | learned, or fixed | the noise's standard deviation `1/√β` |
/// | `noise_floor` | 1e-10 | [1e-14, 1) | least learned noise variance, as a share of the target's variance (of its mean square without centring) |
/// | `entry_gain` | 0 | [0, ∞) nats | least gain in evidence of an addition |
/// | `tolerance` | 1e-6 | (0, ∞) nats | converged when no update gains more |
/// | `max_steps` | 100 000 | ≥ 1 | updates at most |
/// | `cache_bytes` | 256 MiB | | memory for kernel columns; those that do not fit are computed when needed |
///
/// ```
/// use rvm::RegressionParams;
/// use rvm::nalgebra::DMatrix;
///
/// let x = DMatrix::from_fn(60, 2, |i, j| ((i * (7 + 6 * j)) % 17) as f64);
/// let t: Vec<f64> = (0..60).map(|i| 2000.0 + 0.5 * x[(i, 0)] + 0.1 * ((i * 29) % 7) as f64).collect();
/// let fit = RegressionParams::new().fit(&x, &t)?;
/// fit.report.require_converged()?;
/// assert_eq!(fit.model.support(), [0]);
/// assert!((fit.model.predict(&x)?[3] - t[3]).abs() < 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::regression::stored::StoredParams"))]
pub struct RegressionParams {
    pub(super) basis: Basis,
    pub(super) algorithm: Algorithm,
    pub(super) intercept: bool,
    pub(super) centre: bool,
    pub(super) noise: NoiseModel,
    pub(super) noise_floor: f64,
    pub(super) entry_gain: f64,
    pub(super) tolerance: f64,
    pub(super) max_steps: usize,
    pub(super) cache_bytes: usize,
}

impl Default for RegressionParams {
    fn default() -> Self {
        Self {
            basis: Basis::Features,
            algorithm: Algorithm::Sequential,
            intercept: true,
            centre: true,
            noise: NoiseModel::Learned,
            noise_floor: 1e-10,
            entry_gain: 0.0,
            tolerance: 1e-6,
            max_steps: 100_000,
            cache_bytes: CACHE_BYTES,
        }
    }
}

impl RegressionParams {
    /// The defaults of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the basis functions.
    #[must_use]
    pub fn basis(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }

    /// Sets the algorithm.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets whether a constant function is offered.
    #[must_use]
    pub fn intercept(mut self, intercept: bool) -> Self {
        self.intercept = intercept;
        self
    }

    /// Sets whether features are centred. Without centring, a column far from zero hides behind the intercept and the fit may
    /// end at a poor maximum; choose `false` when the columns' zeros mean something.
    #[must_use]
    pub fn centre(mut self, centre: bool) -> Self {
        self.centre = centre;
        self
    }

    /// Sets how the noise level is found: [`NoiseModel::Learned`] or [`NoiseModel::Fixed`].
    #[must_use]
    pub fn noise(mut self, noise: NoiseModel) -> Self {
        self.noise = noise;
        self
    }

    /// Sets the least learned noise variance, as a share of the target's variance.
    #[must_use]
    pub fn noise_floor(mut self, share: f64) -> Self {
        self.noise_floor = share;
        self
    }

    /// Sets the least gain of an addition, in nats.
    #[must_use]
    pub fn entry_gain(mut self, nats: f64) -> Self {
        self.entry_gain = nats;
        self
    }

    /// Sets the gain below which a fit has converged, in nats.
    #[must_use]
    pub fn tolerance(mut self, nats: f64) -> Self {
        self.tolerance = nats;
        self
    }

    /// Sets the largest number of updates.
    #[must_use]
    pub fn max_steps(mut self, most: usize) -> Self {
        self.max_steps = most;
        self
    }

    /// Sets the memory for kernel columns.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Checks every range; [`fit`](Self::fit) does so too.
    ///
    /// # Errors
    /// [`InputError::Parameter`] for the first parameter outside its range, NaN included; [`InputError::Combination`] for a noise
    /// model that a relevance vector machine does not have.
    pub fn check(&self) -> Result<(), Error> {
        Check::not_negative("entry_gain", self.entry_gain)?;
        Check::positive("tolerance", self.tolerance)?;
        let floor = (1e-14..1.0).contains(&self.noise_floor);
        Check::range("noise_floor", self.noise_floor, floor, "from 1e-14 to below 1")?;
        Check::at_least("max_steps", self.max_steps, 1, "at least 1")?;
        self.noise.check()?;
        if !matches!(self.noise, NoiseModel::Learned | NoiseModel::Fixed { .. }) {
            let choice = match self.noise {
                NoiseModel::PreEstimated => "NoiseModel::PreEstimated",
                _ => "this noise model",
            };
            let instead = "use NoiseModel::Learned or NoiseModel::Fixed";
            return Err(
                InputError::Combination { choice, with: "a relevance vector regression", instead }.into()
            );
        }
        if let Basis::Kernel(kernel) = &self.basis {
            kernel.check()?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl TryFrom<crate::regression::stored::StoredParams> for RegressionParams {
    type Error = Error;

    fn try_from(s: crate::regression::stored::StoredParams) -> Result<Self, Error> {
        let params = Self {
            basis: s.basis,
            algorithm: s.algorithm,
            intercept: s.intercept,
            centre: s.centre,
            noise: s.noise,
            noise_floor: s.noise_floor,
            entry_gain: s.entry_gain,
            tolerance: s.tolerance,
            max_steps: s.max_steps,
            cache_bytes: s.cache_bytes,
        };
        params.check()?;
        Ok(params)
    }
}

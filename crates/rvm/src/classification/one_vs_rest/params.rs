//! Parameters of one-vs-rest classification.

use estimator::Check;

use crate::basis::Basis;
use crate::classification::state::Settings;
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::kernel::CACHE_BYTES;

/// Parameters of one-vs-rest classification.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `basis` | features | | what the model is made of |
/// | `algorithm` | sequential | | how precisions are found |
/// | `intercept` | true | | offer a constant function; without one, rare classes can't be told their rarity |
/// | `centre` | true | | subtract the column means from features, where there is an intercept; kernels are left as they are |
/// | `classes` | from the labels | ≥ 2 | the number of classes K, where a class may be without samples |
/// | `entry_gain` | 0.1 | [0, ∞) nats | least gain in evidence of an addition; 0 is plain maximum likelihood of type II |
/// | `tolerance` | 1e-3 | (0, ∞) nats | converged when a fresh linearisation offers no more than this |
/// | `max_linearisations` | 100 | ≥ 1 | Laplace approximations at most |
/// | `max_steps` | 100 000 | ≥ 1 | precision updates at most on one linearisation |
/// | `precision_floor` | 1e-6 | (0, ∞) | least precision, for columns scaled to a largest entry in [1, 2) |
/// | `cache_bytes` | 256 MiB | | memory for kernel columns; those that do not fit are computed when needed |
///
/// ```
/// use rvm::OneVsRestParams;
/// use rvm::nalgebra::DMatrix;
///
/// let x = DMatrix::from_fn(90, 2, |i, j| ((i * (7 + 6 * j)) % 17) as f64 - 8.0);
/// let labels: Vec<usize> = (0..90).map(|i| usize::from(x[(i, 0)] > 3.0 * ((i * 29) % 7) as f64 - 9.0)).collect();
/// let fit = OneVsRestParams::new().fit(&x, &labels)?;
/// fit.report.require_converged()?;
/// assert_eq!(fit.model.support(), [0]);
/// let p = fit.model.predict_proba(&x)?;
/// assert!((p[(0, 0)] + p[(0, 1)] - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::classification::one_vs_rest::stored::StoredParams"))]
pub struct OneVsRestParams {
    pub(super) basis: Basis,
    pub(super) algorithm: Algorithm,
    pub(super) intercept: bool,
    pub(super) centre: bool,
    pub(super) classes: Option<usize>,
    pub(super) entry_gain: f64,
    pub(super) tolerance: f64,
    pub(super) max_linearisations: usize,
    pub(super) max_steps: usize,
    pub(super) precision_floor: f64,
    pub(super) cache_bytes: usize,
}

impl Default for OneVsRestParams {
    fn default() -> Self {
        Self {
            basis: Basis::Features,
            algorithm: Algorithm::Sequential,
            intercept: true,
            centre: true,
            classes: None,
            entry_gain: 0.1,
            tolerance: 1e-3,
            max_linearisations: 100,
            max_steps: 100_000,
            precision_floor: 1e-6,
            cache_bytes: CACHE_BYTES,
        }
    }
}

impl OneVsRestParams {
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

    /// States the number of classes K, where a class may be without samples.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
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

    /// Sets the largest number of Laplace approximations.
    #[must_use]
    pub fn max_linearisations(mut self, most: usize) -> Self {
        self.max_linearisations = most;
        self
    }

    /// Sets the largest number of precision updates on one linearisation.
    #[must_use]
    pub fn max_steps(mut self, most: usize) -> Self {
        self.max_steps = most;
        self
    }

    /// Sets the least precision in scaled columns.
    #[must_use]
    pub fn precision_floor(mut self, floor: f64) -> Self {
        self.precision_floor = floor;
        self
    }

    /// Sets the memory for kernel columns.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            algorithm: self.algorithm,
            max_rounds: self.max_linearisations,
            max_steps: self.max_steps,
            tolerance: self.tolerance,
            floor: self.precision_floor,
            entry_gain: self.entry_gain,
        }
    }

    /// Checks every range; [`fit`](Self::fit) does so too.
    ///
    /// # Errors
    /// [`InputError::Parameter`](estimator::InputError::Parameter) for the first parameter outside its range, NaN included.
    pub fn check(&self) -> Result<(), Error> {
        Check::not_negative("entry_gain", self.entry_gain)?;
        Check::positive("tolerance", self.tolerance)?;
        Check::at_least("max_linearisations", self.max_linearisations, 1, "at least 1")?;
        Check::at_least("max_steps", self.max_steps, 1, "at least 1")?;
        Check::positive("precision_floor", self.precision_floor)?;
        if let Some(classes) = self.classes {
            Check::at_least("classes", classes, 2, "at least 2")?;
        }
        if let Basis::Kernel(kernel) = &self.basis {
            kernel.check()?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl TryFrom<crate::classification::one_vs_rest::stored::StoredParams> for OneVsRestParams {
    type Error = Error;

    fn try_from(s: crate::classification::one_vs_rest::stored::StoredParams) -> Result<Self, Error> {
        let params = Self {
            basis: s.basis,
            algorithm: s.algorithm,
            intercept: s.intercept,
            centre: s.centre,
            classes: s.classes,
            entry_gain: s.entry_gain,
            tolerance: s.tolerance,
            max_linearisations: s.max_linearisations,
            max_steps: s.max_steps,
            precision_floor: s.precision_floor,
            cache_bytes: s.cache_bytes,
        };
        params.check()?;
        Ok(params)
    }
}

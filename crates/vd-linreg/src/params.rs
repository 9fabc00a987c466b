//! What a fit can be told, checked once.

use estimator::{Fit, Report};
use kl_approx::Exact;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::operator::Thresholding;
use crate::{Design, LinregError, Model, Progress};

/// How the noise precision β is found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Noise {
    /// Estimated once, from the path at the universal threshold 2 log D with a least-squares refit of what is kept there, then
    /// held. It cannot run away, also where D ≥ N, and it is what makes λ a squared z-score. The gradient in log β is not zero.
    #[default]
    Pilot,
    /// Known.
    Fixed {
        /// β > 0, one over the noise variance.
        precision: f64,
    },
    /// Maximised with the rest. Where D ≥ N and λ is small the maximum may be an interpolating model with β → ∞; the ascent
    /// starts from the sparse end of the path and takes the first maximum, and β stops at 1e14 times the target's own precision.
    Learned,
    /// Learned under a Gamma prior: the objective gains a log β − b β.
    Gamma {
        /// a ≥ 0.
        shape: f64,
        /// b ≥ 0, in squared units of the target.
        rate: f64,
    },
}

/// Which algorithm climbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Algorithm {
    /// Joint closed-form updates of one (θ_d, α_d) at a time; exact zeros, no factorisation, no D x D matrix.
    #[default]
    CoordinateAscent,
    /// The poster's: θ* from one linear system (D x D, or N x N in the dual form where more than N features are left), then every
    /// α_d, then β. Converges slowly in α; kept for study and comparison.
    ExactBlock,
}

/// What is done to the kept features after λ has selected them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Refit {
    /// Nothing: the maximum of the objective at λ.
    #[default]
    None,
    /// θ is replaced by least squares on the kept features; α is recomputed as that of the objective at this θ.
    LeastSquares,
}

/// Parameters of one fit, not yet checked.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `lambda` | 1 | weight of the KL; a feature is kept when its squared z-score exceeds it | (0, 1e100] |
/// | `noise` | [`Noise::Pilot`] | how β is found | |
/// | `algorithm` | [`Algorithm::CoordinateAscent`] | | |
/// | `refit` | [`Refit::None`] | what is done to the kept features afterwards | |
/// | `divergence` | [`Exact`] | which KL | any [`Thresholding`] |
/// | `intercept` | true | an unpenalised constant, by centring | |
/// | `weights` | none | the row counts w_n times | finite, ≥ 0, not all 0 |
/// | `tolerance` | 1e-6 | largest change of a coordinate in a sweep, in standard errors | (0, 1] |
/// | `max_iterations` | 10 000 | sweeps (block updates) of the final ascent | ≥ 1 |
///
/// Columns are standardised inside, always: the method is equivariant to their scales, so there is nothing to choose, and
/// coefficients are reported in the units that came in.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Params<P = Exact> {
    pub(crate) lambda: f64,
    pub(crate) noise: Noise,
    pub(crate) algorithm: Algorithm,
    pub(crate) refit: Refit,
    pub(crate) divergence: P,
    pub(crate) intercept: bool,
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            lambda: 1.0,
            noise: Noise::Pilot,
            algorithm: Algorithm::CoordinateAscent,
            refit: Refit::None,
            divergence: Exact,
            intercept: true,
            weights: None,
            tolerance: 1e-6,
            max_iterations: 10_000,
        }
    }
}

impl Params {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<P> Params<P> {
    /// λ, the weight of the KL; a feature is kept when its squared z-score exceeds it.
    #[must_use]
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.lambda = lambda;
        self
    }
    /// How β is found.
    #[must_use]
    pub fn noise(mut self, noise: Noise) -> Self {
        self.noise = noise;
        self
    }
    /// Which algorithm climbs.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }
    /// What is done to the kept features afterwards.
    #[must_use]
    pub fn refit(mut self, refit: Refit) -> Self {
        self.refit = refit;
        self
    }
    /// Whether to fit an intercept.
    #[must_use]
    pub fn intercept(mut self, intercept: bool) -> Self {
        self.intercept = intercept;
        self
    }
    /// Sample weights: row n counts w_n times, so that whole weights are repeated rows and zero leaves a row out.
    #[must_use]
    pub fn weights(mut self, weights: Vec<f64>) -> Self {
        self.weights = Some(weights);
        self
    }
    /// The largest change of a coordinate in a converged sweep, in standard errors.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }
    /// The iteration limit of the final ascent.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }
    /// Another divergence.
    #[must_use]
    pub fn divergence<Q>(self, divergence: Q) -> Params<Q> {
        let Self {
            lambda,
            noise,
            algorithm,
            refit,
            divergence: _,
            intercept,
            weights,
            tolerance,
            max_iterations,
        } = self;
        Params { lambda, noise, algorithm, refit, divergence, intercept, weights, tolerance, max_iterations }
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`LinregError::Parameter`] with the field, its value and the range.
    pub fn check(&self) -> Result<(), LinregError> {
        let wrong = |field, value, allowed| Err(LinregError::Parameter { field, value, allowed });
        if !(self.lambda > 0.0 && self.lambda <= 1e100) {
            return wrong("lambda", self.lambda, "(0, 1e100]");
        }
        if !(self.tolerance > 0.0 && self.tolerance <= 1.0) {
            return wrong("tolerance", self.tolerance, "(0, 1]");
        }
        if self.max_iterations == 0 {
            return wrong("max_iterations", 0.0, "1 or more");
        }
        match self.noise {
            Noise::Fixed { precision } if !(precision > 0.0 && precision.is_finite()) => {
                wrong("noise precision", precision, "(0, ∞)")
            }
            Noise::Gamma { shape, .. } if !(shape >= 0.0 && shape.is_finite()) => {
                wrong("shape of the noise prior", shape, "[0, ∞)")
            }
            Noise::Gamma { rate, .. } if !(rate >= 0.0 && rate.is_finite()) => {
                wrong("rate of the noise prior", rate, "[0, ∞)")
            }
            _ => Ok(()),
        }
    }
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits t ≈ Xθ + b.
    ///
    /// `x` is N x D (`&DMatrix<f64>` or `&CscMatrix<f64>`), `t` has N entries. An iteration is a sweep over the working set
    /// (a block update). The report's residual is [`crate::Optimality::largest`], computed apart from the solver.
    ///
    /// # Errors
    /// A parameter out of range, shapes that disagree, an entry that is not finite, a target that does not vary (unless the
    /// noise is fixed), results outside the range of `f64`.
    pub fn fit<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DVector<f64>,
    ) -> Result<Fit<Model, Report>, LinregError> {
        self.fit_with(x, t, |_| core::ops::ControlFlow::Continue(()))
    }

    /// [`Params::fit`] with a callback after every iteration of the final ascent; breaking keeps what has been reached.
    ///
    /// # Errors
    /// As [`Params::fit`].
    pub fn fit_with<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DVector<f64>,
        mut progress: impl FnMut(&Progress<'_>) -> core::ops::ControlFlow<()>,
    ) -> Result<Fit<Model, Report>, LinregError> {
        crate::fit::fit(self, x.into(), t.as_slice(), &mut progress)
    }

    /// Fits every column of `t` (N x K) on its own, in parallel.
    ///
    /// # Errors
    /// As [`Params::fit`]; the first column's error if several fail.
    pub fn fit_many<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DMatrix<f64>,
    ) -> Result<Vec<Fit<Model, Report>>, LinregError>
    where
        P: Send,
    {
        let x = x.into();
        let targets: Vec<DVector<f64>> = t.column_iter().map(|t| t.into_owned()).collect();
        let fits: Vec<_> = targets.par_iter().map(|t| self.fit(x, t)).collect();
        fits.into_iter().collect()
    }
}

//! Parameters of a fit.

use estimator::{Check, NoiseModel};
use kl_approx::Exact;

use crate::error::Error;

/// Which algorithm maximises the objective.
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

/// How the weights of the kept features are estimated again after λ has selected them.
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

/// Parameters of a fit; every fit checks them first.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `lambda` | 1 | weight of the KL; a feature is kept when its squared z-score exceeds it | (0, 1e100] |
/// | `expected_false_keeps` | none | sets λ by the number of columns of pure noise that are kept on average | (0, D) |
/// | `noise` | [`NoiseModel::PreEstimated`] | how the noise level 1/√β is found | see below |
/// | `algorithm` | [`Algorithm::CoordinateAscent`] | which algorithm maximises the objective | |
/// | `refit` | [`Refit::None`] | how the kept features' weights are estimated again | |
/// | `divergence` | [`Exact`] | which KL | any [`Thresholding`](crate::Thresholding) |
/// | `intercept` | true | an unpenalised constant, by centring | |
/// | `weights` | none | row n counts w_n times | finite, ≥ 0, not all 0 |
/// | `pair_moves` | true | after the ascent, joint changes of two correlated features | |
/// | `tolerance` | 1e-6 | largest change of a coordinate in a sweep, in standard errors | (0, 1] |
/// | `max_iterations` | 10 000 | sweeps (block updates) of the final ascent | ≥ 1 |
///
/// The noise level, by [`NoiseModel`]:
///
/// - `PreEstimated`: from the path at the universal threshold 2 log D with a least-squares refit of what is kept there, then
///   held. It cannot run away, also where D ≥ N, and it is what makes λ a squared z-score. The gradient in log β is not zero.
/// - `Fixed`: known.
/// - `Learned`, `LearnedWithGammaPrior`: maximised together with the weights. Where D ≥ N and λ is small the maximum may be an
///   interpolating model with β → ∞; the ascent starts from the sparse end of the path and takes the first maximum, and β stops at
///   1e14 times the target's own precision. Where as many columns vary as there are samples beside the intercept, and more than half as
///   many features as samples are kept, the status is [`Interpolated`](estimator::Status::Interpolated). A path over λ and cross-validation refuse both: each λ would be another noise level.
///
/// Columns are standardised inside, always: the method is equivariant to their scales, so there is nothing to choose, and
/// coefficients are reported in the units that came in.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredParams<P>"))]
pub struct Params<P = Exact> {
    pub(crate) lambda: f64,
    pub(crate) false_keeps: Option<f64>,
    pub(crate) noise: NoiseModel,
    pub(crate) algorithm: Algorithm,
    pub(crate) refit: Refit,
    pub(crate) divergence: P,
    pub(crate) intercept: bool,
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) pair_moves: bool,
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            lambda: 1.0,
            false_keeps: None,
            noise: NoiseModel::PreEstimated,
            algorithm: Algorithm::CoordinateAscent,
            refit: Refit::None,
            divergence: Exact,
            intercept: true,
            weights: None,
            pair_moves: true,
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
        self.false_keeps = None;
        self
    }
    /// λ by an error rate: on average about `count` of the D columns are kept though they are pure noise.
    ///
    /// The z-score of a column of pure noise given the rest is standard normal, so it is kept with probability P(χ²₁ > λ), and
    /// λ = F⁻¹(1 − `count`/D) with F the distribution function of χ²₁. The rate is exact for independent columns and a known noise
    /// level. Such a λ shrinks what it keeps: follow it by [`Refit::LeastSquares`] where predictions matter. A path and a
    /// cross-validation have their own λ and do not use this one. The later call of this setter and [`Params::lambda`] holds.
    ///
    /// ```
    /// use vd_linreg::{Params, synthetic::Spec};
    /// let problem = Spec::new(200, 1000, 5, 0.5).problem(1);
    /// let fit = Params::new().expected_false_keeps(1.0).fit(&problem.x, &problem.t)?;
    /// assert!((fit.model.lambda() - 10.83).abs() < 0.01);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    #[must_use]
    pub fn expected_false_keeps(mut self, count: f64) -> Self {
        self.false_keeps = Some(count);
        self
    }
    /// How β is found.
    #[must_use]
    pub fn noise(mut self, noise: NoiseModel) -> Self {
        self.noise = noise;
        self
    }
    /// Which algorithm maximises the objective.
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
    /// Sample weights that count: row n counts w_n times, so that whole weights are repeated rows and zero leaves a row out.
    ///
    /// The evidence for every feature grows with the sum of the weights: weights that sum to 1 are the evidence of one sample, and
    /// keep nothing. Use [`Params::relative_weights`] where only the ratios of the weights matter.
    #[must_use]
    pub fn weights(mut self, weights: &[f64]) -> Self {
        self.weights = Some(weights.to_vec());
        self
    }
    /// Sample weights of which only the ratios matter: scaled so that they sum to the number of positive weights, then counted as in
    /// [`Params::weights`].
    ///
    /// ```
    /// use vd_linreg::Params;
    /// let params = Params::new().relative_weights(&[0.25, 0.5, 0.25, 0.0]);
    /// assert_eq!(params.sample_weights(), Some([0.75, 1.5, 0.75, 0.0].as_slice()));
    /// ```
    #[must_use]
    pub fn relative_weights(mut self, weights: &[f64]) -> Self {
        self.weights = Some(relative(weights));
        self
    }
    /// The sample weights as the fit counts them; what [`crate::optimality`], [`crate::Model::covariance`] and
    /// [`crate::analysis::z_scores`] take.
    #[must_use]
    pub fn sample_weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }
    /// Whether coordinate ascent, once settled, tries joint changes of two correlated features (|correlation| ≥ 1/2).
    ///
    /// Each such move raises the objective: the ascent cannot leave a maximum by changing one feature at a time, where columns are nearly
    /// collinear. It costs one product Xᵀx_d per kept feature, and nothing but that where no columns are correlated.
    #[must_use]
    pub fn pair_moves(mut self, pair_moves: bool) -> Self {
        self.pair_moves = pair_moves;
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
            false_keeps,
            noise,
            algorithm,
            refit,
            divergence: _,
            intercept,
            weights,
            pair_moves,
            tolerance,
            max_iterations,
        } = self;
        Params {
            lambda,
            false_keeps,
            noise,
            algorithm,
            refit,
            divergence,
            intercept,
            weights,
            pair_moves,
            tolerance,
            max_iterations,
        }
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`estimator::InputError::Parameter`] with the name, the value and the range.
    pub fn check(&self) -> Result<(), Error> {
        let lambda = self.lambda > 0.0 && self.lambda <= 1e100;
        Check::range("lambda", self.lambda, lambda, "a number above 0, at most 1e100")?;
        let tolerance = self.tolerance > 0.0 && self.tolerance <= 1.0;
        Check::range("tolerance", self.tolerance, tolerance, "a number above 0, at most 1")?;
        if let Some(count) = self.false_keeps {
            Check::positive("expected_false_keeps", count)?;
        }
        Check::at_least("max_iterations", self.max_iterations, 1, "1 or more")?;
        Ok(self.noise.check()?)
    }
}

/// Weights scaled to sum to the number of positive ones. Weights that a fit refuses stay as they are, so that its error shows the
/// caller's own numbers.
fn relative(weights: &[f64]) -> Vec<f64> {
    let fine = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if !fine || largest == 0.0 {
        return weights.to_vec();
    }
    // Relative to the largest first, so that the sum cannot overflow.
    let positive = weights.iter().filter(|w| **w > 0.0).count() as f64;
    let total: f64 = weights.iter().map(|w| w / largest).sum();
    weights.iter().map(|w| w / largest * (positive / total)).collect()
}

/// [`Params`] as they are stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Params")]
struct StoredParams<P> {
    lambda: f64,
    false_keeps: Option<f64>,
    noise: NoiseModel,
    algorithm: Algorithm,
    refit: Refit,
    divergence: P,
    intercept: bool,
    weights: Option<Vec<f64>>,
    pair_moves: bool,
    tolerance: f64,
    max_iterations: usize,
}

#[cfg(feature = "serde")]
impl<P> TryFrom<StoredParams<P>> for Params<P> {
    type Error = Error;

    fn try_from(stored: StoredParams<P>) -> Result<Self, Error> {
        let StoredParams {
            lambda,
            false_keeps,
            noise,
            algorithm,
            refit,
            divergence,
            intercept,
            weights,
            pair_moves,
            tolerance,
            max_iterations,
        } = stored;
        let params = Self {
            lambda,
            false_keeps,
            noise,
            algorithm,
            refit,
            divergence,
            intercept,
            weights,
            pair_moves,
            tolerance,
            max_iterations,
        };
        params.check()?;
        Ok(params)
    }
}

//! A fitted model.

mod covariance;
mod predict;
mod relevance;
#[cfg(feature = "serde")]
mod stored;

use estimator::NoiseModel;
use nalgebra::DVector;

use crate::params::Refit;

/// A fitted model, in the units of the data that it was fitted to.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "stored::StoredModel"))]
pub struct Model {
    pub(crate) coefficients: DVector<f64>,
    pub(crate) log_alpha: DVector<f64>,
    pub(crate) intercept: f64,
    pub(crate) means: DVector<f64>,
    pub(crate) norms: DVector<f64>,
    pub(crate) noise_std: f64,
    pub(crate) lambda: f64,
    pub(crate) samples: f64,
    pub(crate) has_intercept: bool,
    pub(crate) refit: Refit,
    pub(crate) noise: NoiseModel,
}

impl Model {
    /// θ, the posterior means, D entries; exactly 0 where the feature is pruned.
    #[must_use]
    pub fn coefficients(&self) -> &DVector<f64> {
        &self.coefficients
    }
    /// θ in units of standardised columns: what the target changes by when a feature changes by its standard deviation (divisor n).
    /// The fit is the same whether columns are standardised or not, so this is a unit, not another model.
    #[must_use]
    pub fn standardised_coefficients(&self) -> DVector<f64> {
        self.coefficients.zip_map(&self.norms, |theta, norm| theta * (norm / self.samples.sqrt()))
    }
    /// log α, D entries; +∞ where the feature is pruned.
    #[must_use]
    pub fn log_alpha(&self) -> &DVector<f64> {
        &self.log_alpha
    }
    /// The constant term b (0 if none was fitted).
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }
    /// The standard deviation of the noise, 1/√β.
    #[must_use]
    pub fn noise_std(&self) -> f64 {
        self.noise_std
    }
    /// β; 0 or ∞ where it is outside the range of `f64` ([`Model::noise_std`] is not).
    #[must_use]
    pub fn noise_precision(&self) -> f64 {
        1.0 / self.noise_std / self.noise_std
    }
    /// The λ of the fit.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }
    /// n = Σ w, the effective number of samples.
    #[must_use]
    pub fn samples(&self) -> f64 {
        self.samples
    }
    /// Whether θ was refitted after λ had selected the features.
    #[must_use]
    pub fn refit(&self) -> Refit {
        self.refit
    }
    /// How the noise precision was found.
    #[must_use]
    pub fn noise(&self) -> NoiseModel {
        self.noise
    }
    /// Whether an intercept was fitted.
    #[must_use]
    pub fn has_intercept(&self) -> bool {
        self.has_intercept
    }
    /// The columns' (weighted) means, 0 without an intercept.
    #[must_use]
    pub fn feature_means(&self) -> &DVector<f64> {
        &self.means
    }
    /// √S_d, the columns' norms about their means; 0 for a column that does not vary.
    #[must_use]
    pub fn feature_norms(&self) -> &DVector<f64> {
        &self.norms
    }
    /// σ_d² = α_d θ_d², the posterior variances, D entries (0 where pruned: the posterior is δ(0)).
    #[must_use]
    pub fn posterior_variance(&self) -> DVector<f64> {
        self.coefficients
            .zip_map(&self.log_alpha, |theta, l| if theta == 0.0 { 0.0 } else { theta * l.exp() * theta })
    }
}

#[cfg(feature = "serde")]
impl TryFrom<stored::StoredModel> for Model {
    type Error = crate::error::Error;

    fn try_from(m: stored::StoredModel) -> Result<Self, Self::Error> {
        m.check()?;
        Ok(Self {
            coefficients: m.coefficients,
            log_alpha: m.log_alpha,
            intercept: m.intercept,
            means: m.means,
            norms: m.norms,
            noise_std: m.noise_std,
            lambda: m.lambda,
            samples: m.samples,
            has_intercept: m.has_intercept,
            refit: m.refit,
            noise: m.noise,
        })
    }
}

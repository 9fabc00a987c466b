//! A fitted regression.

use estimator::{Predict, PredictStd, Relevance, SparseModel};
use nalgebra::{DMatrix, DVector};

use crate::design::kept::Kept;
use crate::error::Error;
use crate::posterior::{Posterior, RawPosterior};

/// A fitted regression: `p(t│x) = N(φ(x)ᵀ mean, 1/β + φ(x)ᵀ Σ φ(x))`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::regression::stored::StoredModel"))]
pub struct RegressionModel {
    pub(super) kept: Kept,
    pub(super) posterior: Posterior,
    pub(super) noise_variance: f64,
    pub(super) noise_at_floor: bool,
}

impl RegressionModel {
    /// The posterior over the weights, as the fit saw the columns: centred where the parameters say so.
    #[must_use]
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// The posterior over the weights of the columns as they came, with their intercept.
    #[must_use]
    pub fn raw_posterior(&self) -> RawPosterior {
        self.posterior.raw(self.kept.centre())
    }

    /// What the fit subtracted from each column; `None` if it did not centre.
    #[must_use]
    pub fn centre(&self) -> Option<&DVector<f64>> {
        self.kept.centre()
    }

    /// The relevance vectors, one a row, in the order of the posterior's indices (the intercept has none); `None` on
    /// features.
    #[must_use]
    pub fn relevance_vectors(&self) -> Option<&DMatrix<f64>> {
        self.kept.vectors()
    }

    /// The weights, one per feature or kernel centre, with exact zeros; the intercept apart.
    #[must_use]
    pub fn weights(&self) -> DVector<f64> {
        self.posterior.weights()
    }

    /// The constant of the prediction, for columns as they came: `t ≈ intercept + Σ_d w_d x_d`.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.posterior.raw_intercept(self.kept.centre())
    }

    /// Standard deviation of the noise, `1/√β`, in units of the target.
    #[must_use]
    pub fn noise_std(&self) -> f64 {
        self.noise_variance.sqrt()
    }

    /// Variance of the noise, `1/β`, in squared units of the target.
    #[must_use]
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// Whether learning the noise ended at its floor: the model explains the targets to rounding, or interpolates them.
    #[must_use]
    pub fn noise_at_floor(&self) -> bool {
        self.noise_at_floor
    }

    fn columns(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.kept.check(x)?;
        Ok(self.kept.columns(x, self.posterior.indices()))
    }

    /// Predictive means.
    ///
    /// # Errors
    /// `x` of the wrong width, empty or not finite.
    pub fn predict(&self, x: &DMatrix<f64>) -> Result<DVector<f64>, Error> {
        Ok(self.posterior.predict(&self.columns(x)?))
    }

    /// Predictive standard deviations `√(1/β + φᵀ Σ φ)`, noise included, in units of the target.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_std(&self, x: &DMatrix<f64>) -> Result<DVector<f64>, Error> {
        let variance = self.posterior.variance(&self.columns(x)?);
        Ok(variance.map(|v| (v + self.noise_variance).sqrt()))
    }

    /// The kept weights, strongest first; the strength is the squared z-score of the posterior.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        SparseModel::relevance(self)
    }

    /// The kept features or kernel centres, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        SparseModel::support(self)
    }

    /// Number of kept weights, the intercept left out.
    #[must_use]
    pub fn kept(&self) -> usize {
        SparseModel::kept(self)
    }

    /// Share of exact zeros among the weights, the intercept left out.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        SparseModel::sparsity(self)
    }
}

impl SparseModel for RegressionModel {
    fn weight_count(&self) -> usize {
        self.posterior.functions()
    }

    fn relevance(&self) -> Vec<Relevance> {
        self.posterior.relevance(0)
    }
}

impl Predict<DMatrix<f64>, [f64]> for RegressionModel {
    type Error = Error;

    fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.predict(x)?.data.into())
    }
}

impl PredictStd<DMatrix<f64>> for RegressionModel {
    type Error = Error;

    fn predict_std(&self, x: &DMatrix<f64>) -> Result<DVector<f64>, Error> {
        self.predict_std(x)
    }
}

#[cfg(feature = "serde")]
impl TryFrom<crate::regression::stored::StoredModel> for RegressionModel {
    type Error = String;

    fn try_from(s: crate::regression::stored::StoredModel) -> Result<Self, String> {
        s.kept.belongs_to(&s.posterior)?;
        if !(s.noise_variance >= 0.0 && s.noise_variance.is_finite()) {
            return Err(format!("a stored regression: the noise variance is {}", s.noise_variance));
        }
        let crate::regression::stored::StoredModel { kept, posterior, noise_variance, noise_at_floor } = s;
        Ok(Self { kept, posterior, noise_variance, noise_at_floor })
    }
}

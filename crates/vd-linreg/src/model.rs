//! A fitted model and its predictions.

use nalgebra::{DMatrix, DVector};

use crate::design::check_vector;
use crate::{Design, LinregError, Noise, Refit};

/// A fitted model, in the units of the data that it was fitted to.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::stored::StoredModel"))]
pub struct Model {
    pub(crate) coefficients: DVector<f64>,
    pub(crate) log_alpha: DVector<f64>,
    pub(crate) intercept: f64,
    pub(crate) means: DVector<f64>,
    pub(crate) norms: DVector<f64>,
    pub(crate) noise_std: f64,
    pub(crate) lambda: f64,
    pub(crate) objects: f64,
    pub(crate) has_intercept: bool,
    pub(crate) refit: Refit,
    pub(crate) noise: Noise,
}

/// Predictions with their standard deviations.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// E t for each object.
    pub mean: DVector<f64>,
    /// The standard deviation of t for each object: noise, and the posterior variance of every weight.
    pub std: DVector<f64>,
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
        self.coefficients.zip_map(&self.norms, |theta, norm| theta * (norm / self.objects.sqrt()))
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
    /// n = Σ w, the (effective) number of objects.
    #[must_use]
    pub fn objects(&self) -> f64 {
        self.objects
    }
    /// Whether θ was refitted after λ had selected the features.
    #[must_use]
    pub fn refit(&self) -> Refit {
        self.refit
    }
    /// How the noise precision was found.
    #[must_use]
    pub fn noise(&self) -> Noise {
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
    /// The features that are kept, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        (0..self.coefficients.len()).filter(|&d| self.coefficients[d] != 0.0).collect()
    }
    /// σ_d² = α_d θ_d², the posterior variances, D entries (0 where pruned: the posterior is δ(0)).
    #[must_use]
    pub fn posterior_variance(&self) -> DVector<f64> {
        self.coefficients
            .zip_map(&self.log_alpha, |theta, l| if theta == 0.0 { 0.0 } else { theta * l.exp() * theta })
    }

    /// Xθ + b.
    ///
    /// # Errors
    /// [`LinregError::Shape`] if X has not D columns; [`LinregError::NotFinite`] for such an entry in a column that is kept (no other
    /// is read); [`LinregError::Range`] if a prediction overflows.
    pub fn predict<'x>(&self, x: impl Into<Design<'x>>) -> Result<DVector<f64>, LinregError> {
        let x = x.into();
        let support = self.check_columns(&x)?;
        finite(x.times(&self.coefficients, &support, self.intercept))
    }

    /// Means, and standard deviations √(1/β + Σ_d (x_d − m_d)² σ_d²) under the factorised posterior.
    ///
    /// The log-uniform prior is improper, and so is the exact posterior (Hron, Matthews and Ghahramani 2018): the method is
    /// a penalised likelihood with a Bayesian motivation. Read the standard deviation as noise plus the width that the
    /// multiplicative noise gives each weight, not as a calibrated error bar; it knows nothing of correlated columns nor of
    /// the selection ([`Model::covariance`] has the correlations).
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_with_std<'x>(&self, x: impl Into<Design<'x>>) -> Result<Predictions, LinregError> {
        let x = x.into();
        let support = self.check_columns(&x)?;
        let mean = finite(x.times(&self.coefficients, &support, self.intercept))?;
        // Deviations are taken relative to the noise, so that their squares stay in range.
        let variance = self.posterior_variance();
        let mut sum = DVector::from_element(x.nrows(), 1.0);
        for &d in &support {
            let width = variance[d].sqrt() / self.noise_std;
            let centre = self.means[d];
            let off_centre = (centre * width).powi(2);
            sum.add_scalar_mut(off_centre);
            x.visit(d, |i, v| sum[i] += ((v - centre) * width).powi(2) - off_centre);
        }
        let std = finite(sum.map(|v| v.max(1.0).sqrt() * self.noise_std))?;
        Ok(Predictions { mean, std })
    }

    /// The covariance of the kept weights given α and β, (β(X_AᵀX_A + diag κ_A))⁻¹ in the order of [`Model::support`].
    ///
    /// It is the inverse curvature of the objective in θ at fixed α: what the factorised posterior leaves out, and the
    /// counterpart of the relevance vector machine's Σ. X (the design matrix of the fit) is centred about the model's means.
    /// After [`Refit::LeastSquares`] κ is 0 and this is the least-squares covariance.
    ///
    /// # Errors
    /// Shapes that disagree; [`LinregError::NotPositiveDefinite`] for collinear columns.
    pub fn covariance<'x>(
        &self,
        x: impl Into<Design<'x>>,
        weights: Option<&DVector<f64>>,
    ) -> Result<DMatrix<f64>, LinregError> {
        let x = x.into();
        let support = self.check_columns(&x)?;
        if let Some(w) = weights {
            check_vector("the sample weights", w.as_slice(), x.nrows())?;
        }
        let mut columns = DMatrix::zeros(x.nrows(), support.len());
        for (k, &d) in support.iter().enumerate() {
            columns.column_mut(k).fill(-self.means[d]);
            x.visit(d, |i, v| columns[(i, k)] += v);
            columns.column_mut(k).scale_mut(1.0 / self.norms[d]);
        }
        if let Some(w) = weights {
            for (i, w) in w.iter().enumerate() {
                columns.row_mut(i).scale_mut(w.max(0.0).sqrt());
            }
        }
        let mut gram = columns.tr_mul(&columns);
        if self.refit == Refit::None {
            for (k, &d) in support.iter().enumerate() {
                gram[(k, k)] += self.log_alpha[d].exp();
            }
        }
        let size = support.len();
        let inverse = gram.cholesky().ok_or(LinregError::NotPositiveDefinite { size })?.inverse();
        let unit = |k: usize| self.noise_std / self.norms[support[k]];
        Ok(DMatrix::from_fn(size, size, |i, j| inverse[(i, j)] * unit(i) * unit(j)))
    }

    /// The kept columns, once X is known to fit the model.
    fn check_columns(&self, x: &Design<'_>) -> Result<Vec<usize>, LinregError> {
        let expected = self.coefficients.len();
        if x.ncols() != expected {
            return Err(LinregError::Shape { what: "the design matrix's rows", expected, found: x.ncols() });
        }
        let support = self.support();
        x.check_finite(support.iter().copied())?;
        Ok(support)
    }
}

fn finite(v: DVector<f64>) -> Result<DVector<f64>, LinregError> {
    if v.iter().all(|v| v.is_finite()) { Ok(v) } else { Err(LinregError::Range { what: "a prediction" }) }
}

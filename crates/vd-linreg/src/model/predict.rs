//! Predictions of a fitted model.

use estimator::{InputError, Predict, PredictStd};
use nalgebra::DVector;

use crate::design::Design;
use crate::error::Error;
use crate::model::Model;

impl Model {
    /// The expected targets, Xθ + b, N entries.
    ///
    /// # Errors
    /// [`InputError::Shape`] if X has not D columns; [`InputError::NotFinite`] for an entry that is NaN or infinite, in any column;
    /// [`InputError::Range`] if a prediction overflows.
    pub fn predict<'x>(&self, x: impl Into<Design<'x>>) -> Result<DVector<f64>, Error> {
        let x = x.into();
        self.check_design(&x)?;
        finite(x.times(&self.coefficients, &self.support(), self.intercept))
    }

    /// The standard deviation of the target of each sample, √(1/β + Σ_d (x_d − m_d)² σ_d²) under the factorised posterior, N entries.
    ///
    /// The log-uniform prior is improper, and so is the exact posterior (Hron, Matthews and Ghahramani 2018): the method is
    /// a penalised likelihood with a Bayesian motivation. Read the standard deviation as noise plus the width that the
    /// multiplicative noise gives each weight, not as a calibrated error bar; it knows nothing of correlated columns nor of
    /// the selection ([`Model::covariance`] has the correlations).
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_std<'x>(&self, x: impl Into<Design<'x>>) -> Result<DVector<f64>, Error> {
        let x = x.into();
        self.check_design(&x)?;
        // Deviations are taken relative to the noise, so that their squares stay in range.
        let variance = self.posterior_variance();
        let mut sum = DVector::from_element(x.nrows(), 1.0);
        for d in self.support() {
            let width = variance[d].sqrt() / self.noise_std;
            let centre = self.means[d];
            let off_centre = (centre * width).powi(2);
            sum.add_scalar_mut(off_centre);
            x.visit(d, |i, v| sum[i] += ((v - centre) * width).powi(2) - off_centre);
        }
        finite(sum.map(|v| v.max(1.0).sqrt() * self.noise_std))
    }

    /// Refuses what a fit refuses, and another number of columns. A matrix without rows has no predictions, which is no error.
    pub(super) fn check_design(&self, x: &Design<'_>) -> Result<(), InputError> {
        x.check_columns(self.coefficients.len())?;
        x.check_finite()
    }
}

fn finite(v: DVector<f64>) -> Result<DVector<f64>, Error> {
    if v.iter().all(|v| v.is_finite()) {
        Ok(v)
    } else {
        Err(InputError::Range { what: "a prediction" }.into())
    }
}

impl<X: ?Sized> Predict<X, [f64]> for Model
where
    for<'x> &'x X: Into<Design<'x>>,
{
    type Error = Error;

    fn predict(&self, x: &X) -> Result<Vec<f64>, Error> {
        Ok(Self::predict(self, x)?.as_slice().to_vec())
    }
}

impl<X: ?Sized> PredictStd<X> for Model
where
    for<'x> &'x X: Into<Design<'x>>,
{
    type Error = Error;

    fn predict_std(&self, x: &X) -> Result<DVector<f64>, Error> {
        Self::predict_std(self, x)
    }
}

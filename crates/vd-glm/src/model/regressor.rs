//! A fitted regression of counts, amounts or numbers, and its predictions.

use estimator::{Check, InputError, Predict, PredictStd, Relevance, SparseModel};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::certificate::{Terms, predictors};
use crate::design::matrix::Design;
use crate::error::Error;
use crate::family::count::Family;
use crate::model::relevance::relevance;
use crate::params::settings::Refit;
use crate::pass::likelihood::Likelihood;
use crate::pass::point::Predictor;

/// A fitted regression, in the units of the data that it was fitted to.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::model::stored::StoredRegressor"))]
pub struct Regressor {
    pub(crate) features: usize,
    pub(crate) family: Family,
    pub(crate) output: Predictor,
    pub(crate) lambda: f64,
    pub(crate) has_intercept: bool,
    pub(crate) refit: Refit,
    pub(crate) slabs: Vec<f64>,
}

impl Regressor {
    /// D, the number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }
    /// The distribution of the target.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }
    /// How the kept weights were estimated again after λ had selected them.
    #[must_use]
    pub fn refit(&self) -> Refit {
        self.refit
    }
    /// a of the slabs, in units of standardised columns: one per class for one-vs-rest, else one; 0 where there was none.
    #[must_use]
    pub fn slabs(&self) -> &[f64] {
        &self.slabs
    }
    /// The λ of the fit.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }
    /// The linear predictor: the kept weights and the intercept.
    #[must_use]
    pub fn predictor(&self) -> &Predictor {
        &self.output
    }
    /// b.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.output.intercept
    }
    /// Posterior means, D entries; exactly 0 where pruned.
    #[must_use]
    pub fn weights(&self) -> DVector<f64> {
        let mut out = DVector::zeros(self.features);
        for w in &self.output.weights {
            out[w.column] = w.mean;
        }
        out
    }
    /// log α, D entries; +∞ where pruned.
    #[must_use]
    pub fn log_alpha(&self) -> DVector<f64> {
        let mut out = DVector::from_element(self.features, f64::INFINITY);
        for w in &self.output.weights {
            out[w.column] = w.log_alpha();
        }
        out
    }

    /// Mean and variance of the linear predictor under q, offsets added to the mean.
    fn z(&self, x: Design<'_>, offsets: Option<&[f64]>) -> Result<(Vec<f64>, Vec<f64>), Error> {
        x.check_columns(self.features)?;
        if let Some(offsets) = offsets {
            estimator::Values::from(offsets).check(x.nrows())?;
        }
        Ok(predictors(x, core::slice::from_ref(&self.output), offsets).remove(0))
    }

    fn predictive(&self, x: Design<'_>, offsets: Option<&[f64]>) -> Result<Vec<(f64, f64)>, Error> {
        let (m, v) = self.z(x, offsets)?;
        self.moments(&m, &v)
    }

    /// Mean and variance of the target where the linear predictor has these; what overflows is refused.
    fn moments(&self, m: &[f64], v: &[f64]) -> Result<Vec<(f64, f64)>, Error> {
        m.iter()
            .zip(v)
            .map(|(&m, &v)| {
                let (mean, variance) = self.family.predictive(m, v);
                let fine = mean.is_finite() && variance.is_finite();
                if fine {
                    Ok((mean, variance))
                } else {
                    Err(InputError::Range { what: "a prediction" }.into())
                }
            })
            .collect()
    }

    /// E t of each row, integrated over the weights' posterior (at offset 0).
    ///
    /// # Errors
    /// Features that `fit` would refuse, a number of columns that is not the model's, a prediction that overflows.
    pub fn predict<'x>(&self, x: impl Into<Design<'x>>) -> Result<DVector<f64>, Error> {
        let all = self.predictive(x.into(), None)?;
        Ok(DVector::from_iterator(all.len(), all.iter().map(|p| p.0)))
    }

    /// [`Regressor::predict`] with an offset (a log exposure) per row.
    ///
    /// # Errors
    /// As [`Regressor::predict`]; a number of offsets that is not the number of rows.
    pub fn predict_with_offsets<'x>(
        &self,
        x: impl Into<Design<'x>>,
        offsets: &[f64],
    ) -> Result<DVector<f64>, Error> {
        let all = self.predictive(x.into(), Some(offsets))?;
        Ok(DVector::from_iterator(all.len(), all.iter().map(|p| p.0)))
    }

    /// Standard deviation of t of each row: the family's, and the posterior's of every weight (at offset 0).
    ///
    /// # Errors
    /// As [`Regressor::predict`].
    pub fn predict_std<'x>(&self, x: impl Into<Design<'x>>) -> Result<DVector<f64>, Error> {
        let all = self.predictive(x.into(), None)?;
        Ok(DVector::from_iterator(all.len(), all.iter().map(|p| p.1.sqrt())))
    }

    /// For each row an interval that holds a new target with probability `level`, and leaves as much below it as above (at offset 0): quantiles of
    /// the family's distribution, integrated over the weights' posterior. Ends are counts for counts, so that such an interval holds at least `level`.
    ///
    /// ```
    /// use vd_glm::{RegressionParams, nalgebra::DMatrix};
    ///
    /// let x = DMatrix::from_column_slice(6, 1, &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    /// let fit = RegressionParams::new().fit(&x, &[1.0, 2.0, 3.0, 6.0, 9.0, 17.0])?;
    /// let (low, high) = fit.model.predict_interval(&x, 0.9)?[5];
    /// assert!(low < 17.0 && 17.0 < high);
    /// # Ok::<(), vd_glm::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Regressor::predict`]; a level that is not between 0 and 1.
    pub fn predict_interval<'x>(
        &self,
        x: impl Into<Design<'x>>,
        level: f64,
    ) -> Result<Vec<(f64, f64)>, Error> {
        self.intervals(x.into(), None, level)
    }

    /// [`Regressor::predict_interval`] with an offset (a log exposure) per row.
    ///
    /// # Errors
    /// As [`Regressor::predict_interval`]; a number of offsets that is not the number of rows.
    pub fn predict_interval_with_offsets<'x>(
        &self,
        x: impl Into<Design<'x>>,
        offsets: &[f64],
        level: f64,
    ) -> Result<Vec<(f64, f64)>, Error> {
        self.intervals(x.into(), Some(offsets), level)
    }

    fn intervals(
        &self,
        x: Design<'_>,
        offsets: Option<&[f64]>,
        level: f64,
    ) -> Result<Vec<(f64, f64)>, Error> {
        Check::range("level", level, level > 0.0 && level < 1.0, "between 0 and 1, such as 0.9")?;
        let (m, v) = self.z(x, offsets)?;
        self.moments(&m, &v)?;
        let tail = 0.5 * (1.0 - level);
        let at = |p: f64, i: usize| self.family.quantile(p, m[i], v[i]);
        Ok((0..m.len()).into_par_iter().map(|i| (at(tail, i), at(1.0 - tail, i))).collect())
    }

    /// log E p(t | z) of each row, integrated over the weights' posterior: the log likelihood of new targets.
    ///
    /// # Errors
    /// As [`Regressor::predict_with_offsets`]; a number of targets that is not the number of rows; a target that the family refuses.
    pub fn log_likelihoods<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &[f64],
        offsets: Option<&[f64]>,
    ) -> Result<Vec<f64>, Error> {
        let x = x.into();
        if t.len() != x.nrows() {
            return Err(InputError::entries("the targets", x.nrows(), t.len()).into());
        }
        for (row, &value) in t.iter().enumerate() {
            if let Err(allowed) = self.family.accepts(value) {
                return Err(Error::Target { row, value, family: self.family.name(), allowed });
            }
        }
        let (m, v) = self.z(x, offsets)?;
        Ok((0..t.len()).map(|i| self.family.log_predictive(t[i], m[i], v[i])).collect())
    }

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms {
            likelihood: Likelihood::Family(self.family),
            outputs: core::slice::from_ref(&self.output),
            lambda: self.lambda,
            intercept: self.has_intercept,
            slabs: &self.slabs,
            by_column: false,
        }
    }

    /// Every kept weight, strongest first; the strength is the squared z-score over λ that belongs to the weight's α.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        relevance([(0, &self.output)].into_iter())
    }
    /// Number of kept weights.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.output.weights.len()
    }
    /// Share of the weights that are exactly zero.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        SparseModel::sparsity(self)
    }
    /// Features that are kept, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        SparseModel::support(self)
    }
}

impl SparseModel for Regressor {
    fn weight_count(&self) -> usize {
        self.features
    }
    fn relevance(&self) -> Vec<Relevance> {
        Self::relevance(self)
    }
}

macro_rules! traits {
    ($matrix:ty) => {
        impl Predict<$matrix, [f64]> for Regressor {
            type Error = Error;
            fn predict(&self, x: &$matrix) -> Result<Vec<f64>, Error> {
                Ok(Self::predict(self, x)?.as_slice().to_vec())
            }
        }
        impl PredictStd<$matrix> for Regressor {
            type Error = Error;
            fn predict_std(&self, x: &$matrix) -> Result<DVector<f64>, Error> {
                Self::predict_std(self, x)
            }
        }
    };
}
traits!(DMatrix<f64>);
traits!(nalgebra_sparse::CscMatrix<f64>);

//! A fitted classifier and its predictions.

use estimator::{Predict, PredictProba, Relevance, SparseModel};
use nalgebra::{DMatrix, DVector};

use crate::certificate::{Terms, predictors};
use crate::design::matrix::Design;
use crate::error::Error;
use crate::model::relevance::relevance;
use crate::params::settings::Refit;
use crate::pass::likelihood::Likelihood;
use crate::pass::point::Predictor;
use crate::quadrature::{logistic, softmax};

/// A fitted classifier, in the units of the data that it was fitted to.
///
/// Two classes have one linear predictor, which speaks for class 1; more have one per class.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::model::stored::StoredClassifier"))]
pub struct Classifier {
    pub(crate) features: usize,
    pub(crate) classes: usize,
    pub(crate) likelihood: Likelihood,
    pub(crate) outputs: Vec<Predictor>,
    pub(crate) lambda: f64,
    pub(crate) has_intercept: bool,
    pub(crate) refit: Refit,
    pub(crate) slabs: Vec<f64>,
    pub(crate) by_column: bool,
}

/// How class probabilities treat the weights' posterior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Posterior {
    /// Integrated over.
    Integrated,
    /// Replaced by its means.
    Means,
}

impl Classifier {
    /// D, the number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }
    /// K, the number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }
    /// Whether probabilities follow from predictors by the normal distribution function, not the logistic one.
    #[must_use]
    pub fn is_probit(&self) -> bool {
        matches!(self.likelihood, Likelihood::Probit)
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
    /// Whether the weights of a column for all classes share one α ([`ClassificationParams::by_column`](crate::ClassificationParams::by_column)).
    #[must_use]
    pub fn by_column(&self) -> bool {
        self.by_column
    }
    /// The λ of the fit.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }
    /// One linear predictor per output: the kept weights and the intercept.
    #[must_use]
    pub fn predictors(&self) -> &[Predictor] {
        &self.outputs
    }
    /// The intercepts: one for two classes (it speaks for class 1), else one per class.
    #[must_use]
    pub fn intercept(&self) -> DVector<f64> {
        DVector::from_iterator(self.outputs.len(), self.outputs.iter().map(|o| o.intercept))
    }
    /// Posterior means, D x 1 for two classes, else D x K; exactly 0 where pruned.
    #[must_use]
    pub fn weights(&self) -> DMatrix<f64> {
        let mut out = DMatrix::zeros(self.features, self.outputs.len());
        for (k, output) in self.outputs.iter().enumerate() {
            for w in &output.weights {
                out[(w.column, k)] = w.mean;
            }
        }
        out
    }
    /// log α, in the shape of [`Classifier::weights`]; +∞ where pruned.
    #[must_use]
    pub fn log_alpha(&self) -> DMatrix<f64> {
        let mut out = DMatrix::from_element(self.features, self.outputs.len(), f64::INFINITY);
        for (k, output) in self.outputs.iter().enumerate() {
            for w in &output.weights {
                out[(w.column, k)] = w.log_alpha();
            }
        }
        out
    }

    /// The class that output k speaks for.
    fn class(&self, k: usize) -> usize {
        if self.classes == 2 { 1 } else { k }
    }

    /// Labels: the most probable class of each row; of equal ones the first.
    ///
    /// # Errors
    /// Features that `fit` would refuse, or a number of columns that is not the model's.
    pub fn predict<'x>(&self, x: impl Into<Design<'x>>) -> Result<Vec<usize>, Error> {
        let p = self.predict_proba(x)?;
        let best = |row: usize| {
            let mut best = 0;
            for k in 1..self.classes {
                if p[(row, k)] > p[(row, best)] {
                    best = k;
                }
            }
            best
        };
        Ok((0..p.nrows()).map(best).collect())
    }

    /// Class probabilities, N x K, integrated over the weights' posterior: E_q p(t = k | z), exactly for two classes and for a
    /// softmax. One-vs-rest probabilities are integrated class by class and divided by their sum.
    ///
    /// # Errors
    /// As [`Classifier::predict`].
    pub fn predict_proba<'x>(&self, x: impl Into<Design<'x>>) -> Result<DMatrix<f64>, Error> {
        self.probabilities(x.into(), Posterior::Integrated)
    }

    /// Class probabilities at the posterior means, N x K: what a penalised likelihood would predict. They are overconfident.
    ///
    /// # Errors
    /// As [`Classifier::predict`].
    pub fn predict_proba_plug_in<'x>(&self, x: impl Into<Design<'x>>) -> Result<DMatrix<f64>, Error> {
        self.probabilities(x.into(), Posterior::Means)
    }

    /// Mean and variance of every linear predictor under q, N x outputs each.
    ///
    /// # Errors
    /// As [`Classifier::predict`].
    pub fn linear_predictor<'x>(
        &self,
        x: impl Into<Design<'x>>,
    ) -> Result<(DMatrix<f64>, DMatrix<f64>), Error> {
        let x = x.into();
        x.check_columns(self.features)?;
        let z = predictors(x, &self.outputs, None);
        let (mean, variance): (Vec<_>, Vec<_>) = z.into_iter().unzip();
        let matrix = |columns: Vec<Vec<f64>>| {
            DMatrix::from_iterator(x.nrows(), columns.len(), columns.into_iter().flatten())
        };
        Ok((matrix(mean), matrix(variance)))
    }

    /// Share of rows whose most probable class is the given label.
    ///
    /// # Errors
    /// As [`Classifier::predict`]; a number of labels that is not the number of rows.
    pub fn accuracy<'x>(&self, x: impl Into<Design<'x>>, labels: &[usize]) -> Result<f64, Error> {
        let predicted = self.predict(x)?;
        if predicted.len() != labels.len() {
            return Err(estimator::InputError::entries("the labels", predicted.len(), labels.len()).into());
        }
        let right = predicted.iter().zip(labels).filter(|(a, b)| a == b).count();
        Ok(right as f64 / labels.len().max(1) as f64)
    }

    fn probabilities(&self, x: Design<'_>, posterior: Posterior) -> Result<DMatrix<f64>, Error> {
        x.check_columns(self.features)?;
        let n = x.nrows();
        let mut z = predictors(x, &self.outputs, None);
        if posterior == Posterior::Means {
            z.iter_mut().for_each(|(_, v)| v.fill(0.0));
        }
        let mut out = DMatrix::zeros(n, self.classes);
        let outputs = self.outputs.len();
        let (mut m, mut v) = (vec![0.0; outputs], vec![0.0; outputs]);
        let (mut p, mut w, mut third) = (vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]);
        let mut scratch = softmax::Scratch::default();
        for i in 0..n {
            for k in 0..outputs {
                (m[k], v[k]) = (z[k].0[i], z[k].1[i]);
            }
            if let Likelihood::Softmax { .. } = self.likelihood {
                softmax::log_sum_exp(&m, &v, &mut p, &mut w, &mut third, &mut scratch);
            } else {
                for k in 0..outputs {
                    p[k] = self.binary(m[k], v[k]);
                }
            }
            if outputs == 1 {
                (out[(i, 0)], out[(i, 1)]) = (self.binary(-m[0], v[0]), p[0]);
            } else {
                let total: f64 = p.iter().sum();
                for k in 0..outputs {
                    // One-vs-rest probabilities can all be 0: then nothing is known.
                    out[(i, k)] = if total > 0.0 { p[k] / total } else { 1.0 / outputs as f64 };
                }
            }
        }
        Ok(out)
    }

    fn binary(&self, m: f64, v: f64) -> f64 {
        match self.likelihood {
            Likelihood::Probit => 0.5 * libm::erfc(-m / (2.0 * (1.0 + v)).sqrt()),
            _ => logistic::softplus(m, v).slope,
        }
    }

    /// The targets of each likelihood: labels for a softmax, else one indicator per output.
    pub(crate) fn targets(&self, labels: &[usize]) -> Vec<Vec<f64>> {
        if self.likelihood.outputs() > 1 {
            return vec![labels.iter().map(|&k| k as f64).collect()];
        }
        let one = |k: usize| labels.iter().map(|&t| f64::from(u8::from(t == self.class(k)))).collect();
        (0..self.outputs.len()).map(one).collect()
    }

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms {
            likelihood: self.likelihood,
            outputs: &self.outputs,
            lambda: self.lambda,
            intercept: self.has_intercept,
            slabs: &self.slabs,
            by_column: self.by_column,
        }
    }

    /// Every kept weight, strongest first; the strength is the squared z-score over λ that belongs to the weight's α.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        relevance(self.outputs.iter().enumerate().map(|(k, o)| (self.class(k), o)))
    }
    /// Number of kept weights.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.outputs.iter().map(|o| o.weights.len()).sum()
    }
    /// Share of the weights that are exactly zero.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        SparseModel::sparsity(self)
    }
    /// Features that at least one output keeps, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        SparseModel::support(self)
    }
}

impl SparseModel for Classifier {
    fn weight_count(&self) -> usize {
        self.features * self.outputs.len()
    }
    fn relevance(&self) -> Vec<Relevance> {
        Self::relevance(self)
    }
}

macro_rules! traits {
    ($matrix:ty) => {
        impl Predict<$matrix, [usize]> for Classifier {
            type Error = Error;
            fn predict(&self, x: &$matrix) -> Result<Vec<usize>, Error> {
                Self::predict(self, x)
            }
        }
        impl PredictProba<$matrix> for Classifier {
            type Error = Error;
            fn predict_proba(&self, x: &$matrix) -> Result<DMatrix<f64>, Error> {
                Self::predict_proba(self, x)
            }
        }
    };
}
traits!(DMatrix<f64>);
traits!(nalgebra_sparse::CscMatrix<f64>);

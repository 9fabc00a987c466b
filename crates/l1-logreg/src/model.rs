//! A fitted model and what it says about new data.

use nalgebra::{DMatrix, DVector};

use crate::error::Error;
use crate::features::Features;
use crate::loss::{Loss, sigmoid};
use crate::penalty::{Intercept, Penalty};

/// K score functions z_k(x) = w_kᵀ x + b_k, with the objective that they were fitted to.
///
/// A weight that the penalty removed is exactly `0.0`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    pub(crate) weights: DMatrix<f64>,
    pub(crate) intercept: DVector<f64>,
    pub(crate) loss: Loss,
    pub(crate) penalty: Penalty,
    pub(crate) intercept_kind: Intercept,
    pub(crate) c: f64,
}

impl Model {
    /// A model of given weights (D x K) and intercepts (K), so that another program's answer can be certified or used.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::OneClass`], [`Error::NotFinite`] for a weight, [`Error::Parameter`] for C.
    pub fn new(
        weights: DMatrix<f64>,
        intercept: DVector<f64>,
        loss: Loss,
        penalty: Penalty,
        intercept_kind: Intercept,
        c: f64,
    ) -> Result<Self, Error> {
        let (found, expected) = (intercept.len(), weights.ncols());
        if found != expected {
            return Err(Error::Shape { what: "the intercept", found, expected });
        }
        if expected < 2 {
            return Err(Error::OneClass { found: expected });
        }
        for (at, &value) in weights.iter().chain(intercept.iter()).enumerate() {
            if !value.is_finite() {
                let rows = weights.nrows().max(1);
                return Err(Error::NotFinite { row: at % rows, column: at / rows, value });
            }
        }
        crate::params::check_c(c)?;
        crate::params::check_penalty(penalty)?;
        Ok(Self { weights, intercept, loss, penalty, intercept_kind, c })
    }

    /// W, D x K.
    #[must_use]
    pub fn weights(&self) -> &DMatrix<f64> {
        &self.weights
    }
    /// b, length K; zeros without an intercept.
    #[must_use]
    pub fn intercept(&self) -> &DVector<f64> {
        &self.intercept
    }
    /// The loss it was fitted with.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.loss
    }
    /// The penalty it was fitted with.
    #[must_use]
    pub fn penalty(&self) -> Penalty {
        self.penalty
    }
    /// What was done about the intercept.
    #[must_use]
    pub fn intercept_kind(&self) -> Intercept {
        self.intercept_kind
    }
    /// The C it was fitted with.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.c
    }
    /// The number of classes K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.weights.ncols()
    }
    /// The number of weights that are not exactly zero.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.weights.iter().filter(|&&w| w != 0.0).count()
    }
    /// The share of the K·D weights that are exactly zero (intercepts not counted).
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.kept() as f64 / self.weights.len().max(1) as f64
    }

    /// The class with the highest score for every row; of equal scores the first.
    ///
    /// # Errors
    /// [`Error::Shape`] when the features do not have D columns.
    pub fn predict<X: Features>(&self, x: &X) -> Result<Vec<usize>, Error> {
        let scores = x.scores(&self.weights, &self.intercept)?;
        Ok(scores
            .row_iter()
            .map(|row| {
                let mut best = 0;
                for k in 1..row.len() {
                    if row[k] > row[best] {
                        best = k;
                    }
                }
                best
            })
            .collect())
    }

    /// Class probabilities, N x K: the softmax, or the K sigmoids divided by their sum.
    ///
    /// # Errors
    /// [`Error::Shape`] when the features do not have D columns.
    pub fn probabilities<X: Features>(&self, x: &X) -> Result<DMatrix<f64>, Error> {
        let mut scores = x.scores(&self.weights, &self.intercept)?;
        for mut row in scores.row_iter_mut() {
            match self.loss {
                Loss::Softmax => {
                    let top = row.max();
                    row.apply(|z| *z = (*z - top).exp());
                }
                Loss::OneVsRest => row.apply(|z| *z = sigmoid(*z)),
            }
            let sum: f64 = row.iter().sum();
            let classes = row.len() as f64;
            row.apply(|p| *p = if sum > 0.0 { *p / sum } else { 1.0 / classes });
        }
        Ok(scores)
    }

    /// The share of rows whose predicted class is their label.
    ///
    /// # Errors
    /// [`Error::Shape`] when features, labels and model do not fit together.
    pub fn accuracy<X: Features>(&self, x: &X, labels: &[usize]) -> Result<f64, Error> {
        self.check_labels(x, labels)?;
        let right = self.predict(x)?.iter().zip(labels).filter(|(p, t)| p == t).count();
        Ok(right as f64 / labels.len().max(1) as f64)
    }

    /// The mean of −log p(label) in nats, with probabilities kept above the smallest positive number.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Label`] when features, labels and model do not fit together.
    pub fn log_loss<X: Features>(&self, x: &X, labels: &[usize]) -> Result<f64, Error> {
        self.check_labels(x, labels)?;
        let classes = self.classes();
        if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &t)| t >= classes) {
            return Err(Error::Label { row, label, classes });
        }
        let p = self.probabilities(x)?;
        let sum: f64 = labels.iter().enumerate().map(|(i, &t)| -p[(i, t)].max(f64::MIN_POSITIVE).ln()).sum();
        Ok(sum / labels.len().max(1) as f64)
    }

    fn check_labels<X: Features>(&self, x: &X, labels: &[usize]) -> Result<(), Error> {
        let (found, expected) = (labels.len(), x.rows());
        if found == expected { Ok(()) } else { Err(Error::Shape { what: "the labels", found, expected }) }
    }
}

//! A fitted model and what it predicts.

use estimator::{Check, InputError, Labels, Predict, PredictProba, sigmoid, softmax_in_place, softplus};
use nalgebra::{DMatrix, DVector, RowDVector};

use crate::error::Error;
use crate::loss::Loss;
use crate::matrix::FeatureMatrix;
use crate::params::check_c;
use crate::penalty::{Intercept, Penalty};
use crate::prepare::columns;

/// What a score is the log odds of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contrast {
    /// Two classes: one score, the log odds of class 1 against class 0.
    AgainstClass0,
    /// Softmax: score k is the log odds of class k against a reference that all classes share, so that z_k − z_l are the log odds of
    /// class k against class l.
    AgainstReference,
    /// One-vs-rest: score k is the log odds of class k against all other classes.
    AgainstRest,
}

/// Score functions z_k(x) = w_kᵀ x + b_k, with the objective that they were fitted to.
///
/// Two classes have one score: that of class 1 against class 0. K > 2 classes have K. [`contrast`](Self::contrast) says against what
/// each class is set. A weight that the penalty removed is exactly `0.0`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredModel")
)]
pub struct Model {
    pub(crate) weights: DMatrix<f64>,
    pub(crate) intercept: DVector<f64>,
    pub(crate) loss: Loss,
    pub(crate) penalty: Penalty,
    pub(crate) intercept_kind: Intercept,
    pub(crate) c: f64,
    /// Standard deviations of the features, the unit of relevance.
    pub(crate) feature_std: Vec<f64>,
}

impl Model {
    /// A model of given weights and intercepts, so that another program's answer can be certified or used.
    ///
    /// Weights are D x 1 for two classes (class 1 against class 0), else D x K. Two columns of a softmax are replaced by their difference,
    /// second less first, which predicts the same.
    ///
    /// # Errors
    /// [`InputError::Shape`], [`InputError::NotFinite`] for a weight or intercept, [`InputError::Parameter`] for C or the penalty.
    pub fn new(
        weights: DMatrix<f64>,
        intercept: DVector<f64>,
        loss: Loss,
        penalty: Penalty,
        intercept_kind: Intercept,
        c: f64,
    ) -> Result<Self, Error> {
        let feature_std = vec![1.0; weights.nrows()];
        let model = if weights.ncols() == 2 && intercept.len() == 2 && loss == Loss::Softmax {
            let (weights, intercept) = (
                DMatrix::from_columns(&[weights.column(1) - weights.column(0)]),
                DVector::from_element(1, intercept[1] - intercept[0]),
            );
            Self { weights, intercept, loss, penalty, intercept_kind, c, feature_std }
        } else {
            Self { weights, intercept, loss, penalty, intercept_kind, c, feature_std }
        };
        model.checked()
    }

    /// Sets the features' standard deviations, in whose units [`relevance`](Self::relevance) measures strength (1 each without this call).
    ///
    /// # Errors
    /// [`InputError::Shape`] or [`InputError::Parameter`] unless there is one finite number from 0 per feature.
    pub fn with_feature_std(self, feature_std: Vec<f64>) -> Result<Self, Error> {
        Self { feature_std, ..self }.checked()
    }

    /// The model, if its parts fit together.
    fn checked(self) -> Result<Self, Error> {
        let (features, outputs) = self.weights.shape();
        if features == 0 || outputs == 0 {
            return Err(InputError::Empty { what: "the weights", rows: features, cols: outputs }.into());
        }
        if outputs == 2 {
            return Err(InputError::columns("the weights of two classes", 1, 2).into());
        }
        if self.intercept.len() != outputs {
            return Err(InputError::entries("the intercept", outputs, self.intercept.len()).into());
        }
        if self.feature_std.len() != features {
            return Err(InputError::entries(
                "the features' standard deviations",
                features,
                self.feature_std.len(),
            )
            .into());
        }
        if let Some((at, &value)) = self.weights.iter().enumerate().find(|w| !w.1.is_finite()) {
            let (row, col) = (at % features, at / features);
            return Err(InputError::NotFinite { what: "the weights", row, col, value }.into());
        }
        if let Some((row, &value)) = self.intercept.iter().enumerate().find(|b| !b.1.is_finite()) {
            return Err(InputError::NotFinite { what: "the intercept", row, col: 0, value }.into());
        }
        for &std in &self.feature_std {
            Check::not_negative("feature_std", std)?;
        }
        check_c(self.c)?;
        self.penalty.check()?;
        Ok(self)
    }

    /// W, D x 1 for two classes, else D x K.
    #[must_use]
    pub fn weights(&self) -> &DMatrix<f64> {
        &self.weights
    }
    /// b, one number per column of W; zeros without an intercept.
    #[must_use]
    pub fn intercept(&self) -> &DVector<f64> {
        &self.intercept
    }
    /// The loss that the model was fitted with.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.loss
    }
    /// The penalty that the model was fitted with.
    #[must_use]
    pub fn penalty(&self) -> Penalty {
        self.penalty
    }
    /// How the intercept took part in the fit.
    #[must_use]
    pub fn intercept_kind(&self) -> Intercept {
        self.intercept_kind
    }
    /// The C that the model was fitted with.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.c
    }
    /// Number of classes K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.weights.ncols().max(2)
    }
    /// What each score is the log odds of.
    #[must_use]
    pub fn contrast(&self) -> Contrast {
        match (self.weights.ncols(), self.loss) {
            (1, _) => Contrast::AgainstClass0,
            (_, Loss::Softmax) => Contrast::AgainstReference,
            (_, Loss::OneVsRest) => Contrast::AgainstRest,
        }
    }
    /// The class that a column of W speaks for: class 1 for the only column of two classes.
    #[must_use]
    pub fn class_of(&self, column: usize) -> usize {
        if self.weights.ncols() == 1 { 1 } else { column }
    }

    /// Scores X W + 1 bᵀ, one column per column of W.
    ///
    /// # Errors
    /// Features that `fit` would refuse, a number of columns that is not D, [`InputError::Range`] for a score that overflows.
    pub fn scores<X: FeatureMatrix>(&self, x: &X) -> Result<DMatrix<f64>, Error> {
        columns::check(x, self.weights.nrows())?;
        let scores = x.scores(&self.weights, &self.intercept);
        if scores.iter().all(|z| z.is_finite()) {
            Ok(scores)
        } else {
            Err(InputError::Range { what: "a score" }.into())
        }
    }

    /// Predicts the most probable class of every sample; of equally probable ones the first.
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    pub fn predict<X: FeatureMatrix>(&self, x: &X) -> Result<Vec<usize>, Error> {
        Ok(labels(&self.scores(x)?))
    }

    /// Predicts class probabilities, N x K: the logistic function, the softmax, or the K logistic functions divided by their sum.
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    pub fn predict_proba<X: FeatureMatrix>(&self, x: &X) -> Result<DMatrix<f64>, Error> {
        let mut scores = self.scores(x)?;
        if scores.ncols() == 1 {
            return Ok(DMatrix::from_fn(scores.nrows(), 2, |i, k| {
                sigmoid(if k == 1 { scores[(i, 0)] } else { -scores[(i, 0)] })
            }));
        }
        for mut row in scores.row_iter_mut() {
            let mut p = row.clone_owned();
            self.loss.normalise(p.as_mut_slice());
            row.copy_from(&p);
        }
        Ok(scores)
    }

    /// The share of samples whose predicted class is their label.
    ///
    /// # Errors
    /// As [`scores`](Self::scores); [`InputError::Shape`] or [`InputError::Label`] for labels that do not fit.
    pub fn accuracy<'t, X: FeatureMatrix>(&self, x: &X, labels: impl Into<Labels<'t>>) -> Result<f64, Error> {
        let labels = self.checked_labels(x, labels.into())?;
        Ok(share_right(&self.scores(x)?, labels))
    }

    /// The mean of −log p(label), in nats.
    ///
    /// # Errors
    /// As [`accuracy`](Self::accuracy).
    pub fn log_loss<'t, X: FeatureMatrix>(&self, x: &X, labels: impl Into<Labels<'t>>) -> Result<f64, Error> {
        let labels = self.checked_labels(x, labels.into())?;
        Ok(mean_log_loss(self.loss, &self.scores(x)?, labels))
    }

    fn checked_labels<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: Labels<'t>,
    ) -> Result<&'t [usize], InputError> {
        check_labels(labels, x.samples(), self.classes())
    }
}

/// The labels, one below `classes` per sample.
pub(crate) fn check_labels(
    labels: Labels<'_>,
    samples: usize,
    classes: usize,
) -> Result<&[usize], InputError> {
    let labels = labels.as_slice();
    if labels.len() != samples {
        return Err(InputError::entries("the labels", samples, labels.len()));
    }
    match labels.iter().enumerate().find(|&(_, &t)| t >= classes) {
        Some((row, &label)) => Err(InputError::Label { row, label, classes }),
        None => Ok(labels),
    }
}

/// The class with the highest score in every row; of equal scores the first.
fn labels(scores: &DMatrix<f64>) -> Vec<usize> {
    let highest = |row: &[f64]| {
        let better = |best: usize, k: usize| if row[k] > row[best] { k } else { best };
        (1..row.len()).fold(0, better)
    };
    scores
        .row_iter()
        .map(|row| match row.len() {
            1 => usize::from(row[0] > 0.0),
            _ => highest(RowDVector::from(row.clone_owned()).as_slice()),
        })
        .collect()
}

/// The share of rows whose highest score is their label's.
pub(crate) fn share_right(scores: &DMatrix<f64>, t: &[usize]) -> f64 {
    let right = labels(scores).iter().zip(t).filter(|(p, t)| p == t).count();
    right as f64 / t.len().max(1) as f64
}

/// The mean of −log p(label).
pub(crate) fn mean_log_loss(loss: Loss, scores: &DMatrix<f64>, t: &[usize]) -> f64 {
    let of_row = |(i, &t): (usize, &usize)| {
        if scores.ncols() == 1 {
            return softplus(if t == 1 { -scores[(i, 0)] } else { scores[(i, 0)] });
        }
        loss.surprise(scores.row(i).clone_owned().as_slice(), t)
    };
    t.iter().enumerate().map(of_row).sum::<f64>() / t.len().max(1) as f64
}

impl Loss {
    /// Replaces K > 2 scores by class probabilities.
    fn normalise(self, scores: &mut [f64]) {
        if self == Self::OneVsRest {
            // Where every logistic function is 0 in floating point, their logarithms still tell them apart.
            let sum: f64 = scores.iter().map(|&z| sigmoid(z)).sum();
            if sum > f64::MIN_POSITIVE {
                scores.iter_mut().for_each(|z| *z = sigmoid(*z) / sum);
                return;
            }
            scores.iter_mut().for_each(|z| *z = -softplus(-*z));
        }
        softmax_in_place(scores);
    }

    /// −log p(label) of K > 2 scores.
    fn surprise(self, scores: &[f64], label: usize) -> f64 {
        let logs: Vec<f64> = match self {
            Self::Softmax => scores.to_vec(),
            Self::OneVsRest => scores.iter().map(|&z| -softplus(-z)).collect(),
        };
        (estimator::log_sum_exp(&logs) - logs[label]).max(0.0)
    }
}

impl<X: FeatureMatrix> Predict<X, [usize]> for Model {
    type Error = Error;

    fn predict(&self, x: &X) -> Result<Vec<usize>, Error> {
        self.predict(x)
    }
}

impl<X: FeatureMatrix> PredictProba<X> for Model {
    type Error = Error;

    fn predict_proba(&self, x: &X) -> Result<DMatrix<f64>, Error> {
        self.predict_proba(x)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{DMatrix, DVector, Intercept, Loss, Model, Penalty};
    use crate::error::Error;

    /// A model as it is stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "Model")]
    pub(super) struct StoredModel {
        weights: DMatrix<f64>,
        intercept: DVector<f64>,
        loss: Loss,
        penalty: Penalty,
        intercept_kind: Intercept,
        c: f64,
        feature_std: Vec<f64>,
    }

    impl TryFrom<StoredModel> for Model {
        type Error = Error;

        fn try_from(stored: StoredModel) -> Result<Self, Error> {
            let StoredModel { weights, intercept, loss, penalty, intercept_kind, c, feature_std } = stored;
            Self { weights, intercept, loss, penalty, intercept_kind, c, feature_std }.checked()
        }
    }
}

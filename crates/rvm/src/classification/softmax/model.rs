//! A fitted softmax classifier.

use estimator::{InputError, Predict, PredictProba, Relevance, SparseModel};
use nalgebra::{DMatrix, DVector};

use crate::classification::link::normalise;
use crate::classification::moderation::{Moderation, argmax_rows, row_factor};
use crate::design::check_new;
use crate::error::Error;
use crate::posterior::Posterior;

/// A fitted softmax classifier on features. Candidate `k (D + 1) + d` of its posterior is feature d in class k, with
/// `d = D` the intercept (`k D + d` without one).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::classification::softmax::stored::StoredModel"))]
pub struct SoftmaxModel {
    pub(super) classes: usize,
    pub(super) dimension: usize,
    pub(super) intercept: bool,
    pub(super) centre: Option<DVector<f64>>,
    pub(super) posterior: Posterior,
}

impl SoftmaxModel {
    /// Number of classes K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The joint posterior of all weights, intercepts among them, as the fit saw the columns: centred where the parameters say
    /// so.
    #[must_use]
    pub fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// What the fit subtracted from each column; `None` if it did not centre.
    #[must_use]
    pub fn centre(&self) -> Option<&DVector<f64>> {
        self.centre.as_ref()
    }

    fn width(&self) -> usize {
        self.dimension + usize::from(self.intercept)
    }

    /// The kept weights: (feature, or D for the intercept; class; posterior mean).
    fn entries(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let indices = self.posterior.indices().iter().zip(self.posterior.mean().iter());
        indices.map(|(&i, &m)| (i % self.width(), i / self.width(), m))
    }

    /// The weights, D x K, with exact zeros; intercepts apart.
    #[must_use]
    pub fn weights(&self) -> DMatrix<f64> {
        let mut w = DMatrix::zeros(self.dimension, self.classes);
        for (feature, class, m) in self.entries().filter(|e| e.0 < self.dimension) {
            w[(feature, class)] = m;
        }
        w
    }

    /// The intercept of each class for the columns as the fit saw them.
    fn constants(&self) -> DVector<f64> {
        let mut b = DVector::zeros(self.classes);
        for (_, class, m) in self.entries().filter(|e| e.0 == self.dimension) {
            b[class] = m;
        }
        b
    }

    /// The intercept of each class, for columns as they came.
    #[must_use]
    pub fn intercept(&self) -> DVector<f64> {
        let mut b = self.constants();
        if let Some(centre) = &self.centre {
            for (feature, class, m) in self.entries().filter(|e| e.0 < self.dimension) {
                b[class] -= m * centre[feature];
            }
        }
        b
    }

    /// The columns as the fit saw them.
    fn seen(&self, x: &DMatrix<f64>) -> DMatrix<f64> {
        let mut x = x.clone();
        if let Some(centre) = &self.centre {
            for (d, mut column) in x.column_iter_mut().enumerate() {
                column.add_scalar_mut(-centre[d]);
            }
        }
        x
    }

    /// Logits under the chosen moderation, N x K. With [`Moderation::Scaled`] the variance that decides between the best class
    /// and another is that of the difference of their logits, under the joint posterior.
    ///
    /// # Errors
    /// `x` of the wrong width, empty or not finite.
    pub fn logits(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        check_new(x, self.dimension, self.centre.as_ref())?;
        let x = &self.seen(x);
        let mut logits = x * self.weights();
        let constants = self.constants();
        for (k, mut column) in logits.column_iter_mut().enumerate() {
            column.add_scalar_mut(constants[k]);
        }
        if moderation.scales(self.classes) {
            for n in 0..x.nrows() {
                let mean: Vec<f64> = logits.row(n).iter().copied().collect();
                let difference = self.differences(&x.row(n).iter().copied().collect::<Vec<_>>());
                let factor = row_factor(&mean, difference);
                logits.row_mut(n).scale_mut(factor);
            }
        }
        Ok(logits)
    }

    /// The posterior variance of the difference of two classes' logits at a row: `dᵀ Σ d`, with d the row's basis functions in
    /// the first class and their negatives in the second.
    fn differences<'m>(&'m self, row: &[f64]) -> impl Fn(usize, usize) -> f64 + use<'m> {
        let place = |class: usize| {
            let own = move |(j, &i): (usize, &usize)| {
                let feature = i % self.width();
                let value = if feature < self.dimension { row[feature] } else { 1.0 };
                (i / self.width() == class).then_some((j, value))
            };
            self.posterior.indices().iter().enumerate().filter_map(own).collect::<Vec<_>>()
        };
        let functions: Vec<Vec<(usize, f64)>> = (0..self.classes).map(place).collect();
        let covariance = self.posterior.covariance();
        move |b, k| {
            let pair = |l: usize, m: usize| -> f64 {
                let inner = |j: usize| functions[m].iter().map(|&(i, v)| v * covariance[(i, j)]).sum::<f64>();
                functions[l].iter().map(|&(j, v)| v * inner(j)).sum()
            };
            pair(b, b) + pair(k, k) - 2.0 * pair(b, k)
        }
    }

    /// Class probabilities, N x K, under the default moderation.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict_proba(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.predict_proba_with(x, Moderation::default())
    }

    /// Class probabilities, N x K; rows sum to 1.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict_proba_with(
        &self,
        x: &DMatrix<f64>,
        moderation: Moderation,
    ) -> Result<DMatrix<f64>, Error> {
        let mut p = self.logits(x, moderation)?;
        for mut row in p.row_iter_mut() {
            let mut values: Vec<f64> = row.iter().copied().collect();
            normalise(&mut values);
            for (p, v) in row.iter_mut().zip(values) {
                *p = v;
            }
        }
        Ok(p)
    }

    /// The class with the largest plain logit; of equal ones the first.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<usize>, Error> {
        Ok(argmax_rows(&self.logits(x, Moderation::Plain)?))
    }

    /// Share of rows whose predicted class is their label.
    ///
    /// # Errors
    /// As [`logits`](Self::logits), or labels of another length.
    pub fn accuracy(&self, x: &DMatrix<f64>, labels: &[usize]) -> Result<f64, Error> {
        if labels.len() != x.nrows() {
            return Err(InputError::entries("the labels", x.nrows(), labels.len()).into());
        }
        let predicted = self.predict(x)?;
        Ok(predicted.iter().zip(labels).filter(|(a, b)| a == b).count() as f64 / labels.len() as f64)
    }

    /// The kept weights of all classes, strongest first; the strength is the squared z-score of the posterior.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        SparseModel::relevance(self)
    }

    /// Features that at least one class keeps, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        SparseModel::support(self)
    }

    /// Number of kept weights over all classes, intercepts left out.
    #[must_use]
    pub fn kept(&self) -> usize {
        SparseModel::kept(self)
    }

    /// Share of exact zeros among the K·D weights; intercepts are not counted.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        SparseModel::sparsity(self)
    }
}

impl SparseModel for SoftmaxModel {
    fn weight_count(&self) -> usize {
        self.dimension * self.classes
    }

    fn relevance(&self) -> Vec<Relevance> {
        let mut rows: Vec<Relevance> = self
            .entries()
            .enumerate()
            .filter(|(_, (feature, _, weight))| *feature < self.dimension && *weight != 0.0)
            .map(|(k, (feature, class, _))| self.posterior.relevance_of(k, feature, class))
            .collect();
        Relevance::sort(&mut rows);
        rows
    }
}

impl Predict<DMatrix<f64>, [usize]> for SoftmaxModel {
    type Error = Error;

    fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<usize>, Error> {
        self.predict(x)
    }
}

impl PredictProba<DMatrix<f64>> for SoftmaxModel {
    type Error = Error;

    fn predict_proba(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.predict_proba(x)
    }
}

#[cfg(feature = "serde")]
impl TryFrom<crate::classification::softmax::stored::StoredModel> for SoftmaxModel {
    type Error = String;

    fn try_from(s: crate::classification::softmax::stored::StoredModel) -> Result<Self, String> {
        let holds =
            |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("a stored softmax model: {what}")) };
        holds(s.classes >= 2 && s.dimension >= 1, "fewer than two classes, or no features")?;
        let weights =
            s.dimension.checked_add(usize::from(s.intercept)).and_then(|w| w.checked_mul(s.classes));
        holds(weights == Some(s.posterior.functions()), "the posterior has another number of weights")?;
        holds(
            s.posterior.candidates() == s.posterior.functions(),
            "the posterior has an intercept of its own",
        )?;
        let fits =
            s.centre.as_ref().is_none_or(|m| m.len() == s.dimension && m.iter().all(|v| v.is_finite()));
        holds(fits, "the column means do not fit the features")?;
        let crate::classification::softmax::stored::StoredModel {
            classes,
            dimension,
            intercept,
            centre,
            posterior,
        } = s;
        Ok(Self { classes, dimension, intercept, centre, posterior })
    }
}

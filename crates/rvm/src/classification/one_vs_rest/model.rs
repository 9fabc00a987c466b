//! A fitted one-vs-rest classifier.

use estimator::{InputError, Predict, PredictProba, Relevance, SparseModel};
use nalgebra::{DMatrix, DVector};

use crate::classification::link::{sigmoid, softplus};
use crate::classification::moderation::{Moderation, argmax_rows, row_factor};
use crate::design::kept::Kept;
use crate::error::Error;
use crate::posterior::{Posterior, RawPosterior};

/// A fitted one-vs-rest classifier; with two classes, still one machine per class.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "crate::classification::one_vs_rest::stored::StoredModel"))]
pub struct OneVsRestModel {
    pub(super) kept: Vec<Kept>,
    pub(super) posteriors: Vec<Posterior>,
}

impl OneVsRestModel {
    /// The relevance vectors of a class, one a row; `None` on features, or for a class that is not there.
    #[must_use]
    pub fn relevance_vectors(&self, class: usize) -> Option<&DMatrix<f64>> {
        self.kept.get(class)?.vectors()
    }

    /// Number of classes K.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.posteriors.len()
    }

    /// The posterior of each class's weights, as the fit saw the columns: centred where the parameters say so.
    #[must_use]
    pub fn posteriors(&self) -> &[Posterior] {
        &self.posteriors
    }

    /// The posterior of each class's weights of the columns as they came, with their intercept.
    #[must_use]
    pub fn raw_posteriors(&self) -> Vec<RawPosterior> {
        self.machines().map(|(kept, posterior)| posterior.raw(kept.centre())).collect()
    }

    /// What the fit subtracted from each column; `None` if it did not centre.
    #[must_use]
    pub fn centre(&self) -> Option<&DVector<f64>> {
        self.kept.first()?.centre()
    }

    fn machines(&self) -> impl Iterator<Item = (&Kept, &Posterior)> {
        self.kept.iter().zip(&self.posteriors)
    }

    /// The weights, one column per class (D x K, or N x K for kernels), with exact zeros; intercepts apart.
    #[must_use]
    pub fn weights(&self) -> DMatrix<f64> {
        let columns: Vec<DVector<f64>> = self.posteriors.iter().map(Posterior::weights).collect();
        DMatrix::from_columns(&columns)
    }

    /// The intercept of each class, for columns as they came.
    #[must_use]
    pub fn intercept(&self) -> DVector<f64> {
        let each = self.machines().map(|(kept, posterior)| posterior.raw_intercept(kept.centre()));
        DVector::from_iterator(self.classes(), each)
    }

    /// Logits under the chosen moderation, N x K. With [`Moderation::Scaled`] the variance that decides between the best class
    /// and another is the mean of the two machines' variances.
    ///
    /// # Errors
    /// `x` of the wrong width, empty or not finite.
    pub fn logits(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        let scales = moderation.scales(self.classes());
        let mut out = DMatrix::zeros(x.nrows(), self.classes());
        let mut variance = DMatrix::zeros(x.nrows(), if scales { self.classes() } else { 0 });
        for (class, (kept, posterior)) in self.machines().enumerate() {
            kept.check(x)?;
            let phi = kept.columns(x, posterior.indices());
            out.set_column(class, &posterior.predict(&phi));
            if scales {
                variance.set_column(class, &posterior.variance(&phi));
            }
        }
        if scales {
            for n in 0..x.nrows() {
                let mean: Vec<f64> = out.row(n).iter().copied().collect();
                let factor = row_factor(&mean, |b, k| 0.5 * (variance[(n, b)] + variance[(n, k)]));
                out.row_mut(n).scale_mut(factor);
            }
        }
        Ok(out)
    }

    /// Class probabilities, N x K, under the default moderation.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict_proba(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.predict_proba_with(x, Moderation::default())
    }

    /// Class probabilities, N x K: the classes' own Bernoulli probabilities, divided by their sum.
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
            // log σ(a) − its maximum: the sum of the exponentials is then at least 1.
            let logs: Vec<f64> = row.iter().map(|&a| -softplus(-a)).collect();
            let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logs.iter().map(|l| (l - top).exp()).sum();
            for (p, l) in row.iter_mut().zip(&logs) {
                *p = (l - top).exp() / sum;
            }
        }
        Ok(p)
    }

    /// Each class's own probability, N x K: `σ(m κ)` with each machine's own `κ = (1 + π s²/8)^{-1/2}` unless the moderation is
    /// plain (MacKay 1992: within 0.02 of the integral over the posterior); rows need not sum to 1.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn class_proba(&self, x: &DMatrix<f64>, moderation: Moderation) -> Result<DMatrix<f64>, Error> {
        let mut out = self.logits(x, Moderation::Plain)?;
        if moderation != Moderation::Plain {
            for (class, (kept, posterior)) in self.machines().enumerate() {
                let variance = posterior.variance(&kept.columns(x, posterior.indices()));
                for (n, v) in variance.iter().enumerate() {
                    out[(n, class)] *= row_factor(&[0.0, 0.0], |_, _| *v);
                }
            }
        }
        Ok(out.map(sigmoid))
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

    /// Features or kernel centres that at least one class keeps, ascending.
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

impl SparseModel for OneVsRestModel {
    fn weight_count(&self) -> usize {
        self.posteriors.iter().map(Posterior::functions).sum()
    }

    fn relevance(&self) -> Vec<Relevance> {
        let mut rows: Vec<Relevance> =
            self.posteriors.iter().enumerate().flat_map(|(class, p)| p.relevance(class)).collect();
        Relevance::sort(&mut rows);
        rows
    }
}

impl Predict<DMatrix<f64>, [usize]> for OneVsRestModel {
    type Error = Error;

    fn predict(&self, x: &DMatrix<f64>) -> Result<Vec<usize>, Error> {
        self.predict(x)
    }
}

impl PredictProba<DMatrix<f64>> for OneVsRestModel {
    type Error = Error;

    fn predict_proba(&self, x: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
        self.predict_proba(x)
    }
}

#[cfg(feature = "serde")]
impl TryFrom<crate::classification::one_vs_rest::stored::StoredModel> for OneVsRestModel {
    type Error = String;

    fn try_from(s: crate::classification::one_vs_rest::stored::StoredModel) -> Result<Self, String> {
        if s.kept.len() < 2 || s.kept.len() != s.posteriors.len() {
            return Err(
                "a stored one-vs-rest model: fewer than two classes, or a class without its posterior".into(),
            );
        }
        for (kept, posterior) in s.kept.iter().zip(&s.posteriors) {
            kept.belongs_to(posterior)?;
            if kept.dimension() != s.kept[0].dimension()
                || posterior.functions() != s.posteriors[0].functions()
            {
                return Err(
                    "a stored one-vs-rest model: the classes differ in their numbers of features".into()
                );
            }
        }
        Ok(Self { kept: s.kept, posteriors: s.posteriors })
    }
}

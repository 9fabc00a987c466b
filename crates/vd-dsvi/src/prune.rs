//! Which weights go: a threshold on log α, given or found.

use nalgebra::Scalar;

use crate::data::Inputs;
use crate::model::{Model, log_alpha};
use crate::sparse::SparseModel;
use crate::{Error, Real};

/// How the threshold on log α comes about.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Pruning<'a, X: ?Sized> {
    /// This threshold. 3 is the usual one: α > 20, a binary dropout rate above 95 %. For a linear model it is a z-score in disguise:
    /// log α > 3 removes the weights with |z| < 1.04, log α > 5 those with |z| < 1.006.
    LogAlpha(f64),
    /// The largest threshold that keeps at most this many weights.
    Weights(usize),
    /// The fewest weights whose accuracy on these held-out objects is at least this.
    Accuracy {
        /// Held-out inputs.
        x: &'a X,
        /// Their labels.
        labels: &'a [usize],
        /// The accuracy wanted, 0 to 1.
        at_least: f64,
    },
    /// The fewest weights whose accuracy on these held-out objects is within so many standard errors of the best threshold's.
    Validation {
        /// Held-out inputs.
        x: &'a X,
        /// Their labels.
        labels: &'a [usize],
        /// Standard errors allowed; 0 for the best accuracy, 1 is usual.
        standard_errors: f64,
    },
}

/// A threshold and the model it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned<R: Scalar> {
    /// Weights of log α above this are gone.
    pub threshold: f64,
    /// What is left.
    pub model: SparseModel<R>,
}

/// Thresholds tried on held-out data.
const CANDIDATES: usize = 64;

impl<R: Real> Model<R> {
    /// The small model that is left at a threshold on log α.
    #[must_use]
    pub fn sparse(&self, threshold: f64) -> SparseModel<R> {
        SparseModel::new(self, threshold)
    }

    /// Prunes by a rule.
    ///
    /// # Errors
    /// A threshold that is not a number, an accuracy that no threshold reaches, inputs that are refused.
    pub fn prune<X: Inputs<R> + ?Sized>(&self, how: &Pruning<'_, X>) -> Result<Pruned<R>, Error> {
        let threshold = match *how {
            Pruning::LogAlpha(threshold) if threshold.is_nan() => {
                return Err(Error::Parameter { field: "threshold", value: threshold, allowed: "not NaN" });
            }
            Pruning::LogAlpha(threshold) => threshold,
            Pruning::Weights(count) => threshold_keeping(&self.log_alphas(), count),
            Pruning::Accuracy { x, labels, at_least } => {
                let curve = self.curve(x, labels)?;
                let best = curve.iter().map(|c| c.1).fold(0.0, f64::max);
                let found = curve.iter().find(|c| c.1 >= at_least);
                found.ok_or(Error::Unreachable { wanted: at_least, best })?.0
            }
            Pruning::Validation { x, labels, standard_errors } => {
                if !(standard_errors >= 0.0) {
                    let (field, value) = ("standard_errors", standard_errors);
                    return Err(Error::Parameter { field, value, allowed: "not negative" });
                }
                let curve = self.curve(x, labels)?;
                let best = curve.iter().map(|c| c.1).fold(0.0, f64::max);
                let error = (best * (1.0 - best) / labels.len() as f64).sqrt();
                let found = curve.iter().find(|c| c.1 >= best - standard_errors * error);
                found.ok_or(Error::Unreachable { wanted: best, best })?.0
            }
        };
        Ok(Pruned { threshold, model: self.sparse(threshold) })
    }

    /// (threshold, accuracy) from the sparsest to the fullest model.
    fn curve<X: Inputs<R> + ?Sized>(&self, x: &X, labels: &[usize]) -> Result<Vec<(f64, f64)>, Error> {
        let rows = x.rows()?;
        let sorted = self.log_alphas();
        let mut thresholds: Vec<f64> = (1..=CANDIDATES)
            .map(|i| threshold_keeping(&sorted, sorted.len() * i * i / (CANDIDATES * CANDIDATES)))
            .collect();
        thresholds.dedup();
        thresholds.iter().map(|&t| Ok((t, self.sparse(t).accuracy(rows.as_ref(), labels)?))).collect()
    }

    /// log α of every weight, ascending.
    fn log_alphas(&self) -> Vec<f64> {
        let of_layer = |l: &'_ crate::Layer<R>| -> Vec<f64> {
            l.theta.iter().zip(&l.log_sigma2).map(|(&t, &s)| log_alpha(t, s)).collect()
        };
        let mut all: Vec<f64> = self.layers.iter().flat_map(of_layer).collect();
        all.sort_by(f64::total_cmp);
        all
    }
}

/// The largest useful threshold with at most `count` of the sorted values at or below it.
fn threshold_keeping(sorted: &[f64], count: usize) -> f64 {
    match (count.checked_sub(1).and_then(|i| sorted.get(i)), sorted.get(count)) {
        (None, Some(_)) => f64::NEG_INFINITY,
        (Some(&kept), Some(&gone)) if kept < gone => {
            let middle = 0.5 * (kept + gone);
            if middle < gone && middle.is_finite() { middle } else { kept }
        }
        // Ties at the border: all of them go.
        (Some(_), Some(&gone)) => gone.next_down(),
        (_, None) => f64::INFINITY,
    }
}

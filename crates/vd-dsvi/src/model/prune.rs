//! Which weights go: a threshold on log α, given or found.

use nalgebra::Scalar;

use crate::data::inputs::Inputs;
use crate::error::Error;
use crate::model::Model;
use crate::model::compact::CompactModel;
use crate::model::layer::Layer;
use crate::real::Real;
use estimator::{Check, InputError};

/// How the threshold on log α comes about.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Pruning<'a, X: ?Sized> {
    /// This threshold. 3 is the usual one: α > 20, a binary dropout rate above 95 %. For a linear model it is a z-score in disguise:
    /// log α > 3 removes the weights with |z| < 1.04, log α > 5 those with |z| < 1.006.
    LogAlpha(f64),
    /// The largest threshold that keeps at most this many weights.
    Weights(usize),
    /// The fewest weights whose accuracy on these held-out samples is at least this.
    Accuracy {
        /// Held-out inputs.
        x: &'a X,
        /// Their labels.
        labels: &'a [usize],
        /// The accuracy wanted, 0 to 1.
        at_least: f64,
    },
    /// The fewest weights whose accuracy on these held-out samples is within so many standard errors of the best threshold's.
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
    pub model: CompactModel<R>,
}

/// Thresholds tried on held-out data.
const CANDIDATES: usize = 64;

impl<R: Real> Model<R> {
    /// The model without the weights of log α > `threshold`, and without the units that thereby have no effect.
    #[must_use]
    pub fn compact(&self, threshold: f64) -> CompactModel<R> {
        CompactModel::new(self, threshold)
    }

    /// Prunes by a rule.
    ///
    /// # Errors
    /// A threshold that is not a number, an accuracy that no threshold reaches, inputs that are refused.
    pub fn prune<X: Inputs<R> + ?Sized>(&self, how: &Pruning<'_, X>) -> Result<Pruned<R>, Error> {
        let threshold = match *how {
            Pruning::LogAlpha(threshold) if threshold.is_nan() => {
                return Err(InputError::Parameter {
                    name: "threshold",
                    value: threshold,
                    allowed: "not NaN",
                }
                .into());
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
                let ok = standard_errors >= 0.0;
                Check::range("standard_errors", standard_errors, ok, "a number from 0")?;
                let curve = self.curve(x, labels)?;
                let best = curve.iter().map(|c| c.1).fold(0.0, f64::max);
                let error = (best * (1.0 - best) / labels.len() as f64).sqrt();
                let found = curve.iter().find(|c| c.1 >= best - standard_errors * error);
                found.ok_or(Error::Unreachable { wanted: best, best })?.0
            }
        };
        Ok(Pruned { threshold, model: self.compact(threshold) })
    }

    /// (threshold, accuracy) from the sparsest to the fullest model.
    fn curve<X: Inputs<R> + ?Sized>(&self, x: &X, labels: &[usize]) -> Result<Vec<(f64, f64)>, Error> {
        let rows = x.rows()?;
        let sorted = self.log_alphas();
        let mut thresholds: Vec<f64> = (1..=CANDIDATES)
            .map(|i| threshold_keeping(&sorted, sorted.len() * i * i / (CANDIDATES * CANDIDATES)))
            .collect();
        thresholds.dedup();
        thresholds.iter().map(|&t| Ok((t, self.compact(t).accuracy(rows.as_ref(), labels)?))).collect()
    }

    /// log α of every weight, ascending.
    fn log_alphas(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.layers().iter().flat_map(Layer::log_alphas).collect();
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

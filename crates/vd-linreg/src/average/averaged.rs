//! The result of an average over supports.

use estimator::{Fit, Report};
use nalgebra::DVector;

use crate::model::Model;

/// A column that another one could stand in for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StandIn {
    /// The kept column; of a group that is one decision, its first.
    pub kept: usize,
    /// The column that could stand in for it; of a group, its first.
    pub other: usize,
    /// Their correlation. Where one is a group: the root of the share of the kept one's columns that the other one's explain.
    pub correlation: f64,
}

/// An average over supports, and the sparse model whose fitted values are the average's.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredAveraged"))]
pub struct Averaged {
    /// The sparse model: least squares of the average's fitted values on few columns, as few as
    /// [`Averaging::sparsity`](crate::Averaging::sparsity) allows. With a background and no other wish, every column. λ is the z² at which a column is as likely in as out.
    ///
    /// The report's objective is the log posterior probability of the best support seen, in nats relative to that of no column; its
    /// residual the squared standard error of the average's fitted values, in noise variances, from the spread of the walks; an
    /// iteration is a step of every walk.
    pub fit: Fit<Model, Report>,
    /// The average itself, D entries: every column that any visited support has.
    pub mean_coefficients: DVector<f64>,
    /// Its intercept.
    pub mean_intercept: f64,
    /// The posterior probability that a column matters, D entries.
    ///
    /// Columns that stand in for one another share what one of them would have: see [`Averaged::stand_ins`].
    pub inclusion: DVector<f64>,
    /// The support of highest posterior probability that was seen, ascending.
    pub most_probable: Vec<usize>,
    /// h, the variance of the background's weights: in noise variances, for columns of norm 1. 0 where the truth looks sparse.
    pub background: f64,
    /// Kept columns for which others could stand in: correlated by 0.7 or more, and each as likely as one in twenty to matter.
    pub stand_ins: Vec<StandIn>,
    /// For each column the first column of the decision that it is part of ([`Params::fit_averaged_groups`](crate::Params::fit_averaged_groups));
    /// empty where every column is a decision of its own.
    pub decided: Vec<usize>,
}

impl Averaged {
    /// Whether the truth looks sparse: false where a background of many weak effects is e¹⁰ times as probable as none.
    #[must_use]
    pub fn looks_sparse(&self) -> bool {
        self.background == 0.0
    }

    /// The decisions that were kept, each by its first column, ascending.
    #[must_use]
    pub fn kept_decisions(&self) -> Vec<usize> {
        let first = |j: usize| self.decided.get(j).copied().unwrap_or(j);
        let mut kept: Vec<usize> = self.fit.model.support().into_iter().map(first).collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    }

    /// How many of the kept columns do not matter, in expectation: Σ (1 − inclusion), a group counted once. A stand-in counts as one that does
    /// not.
    #[must_use]
    pub fn expected_false_keeps(&self) -> f64 {
        self.kept_decisions().iter().map(|&j| 1.0 - self.inclusion[j]).sum()
    }
}

/// [`Averaged`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Averaged")]
struct StoredAveraged {
    fit: Fit<Model, Report>,
    mean_coefficients: DVector<f64>,
    mean_intercept: f64,
    inclusion: DVector<f64>,
    most_probable: Vec<usize>,
    background: f64,
    stand_ins: Vec<StandIn>,
    decided: Vec<usize>,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredAveraged> for Averaged {
    type Error = estimator::InputError;

    fn try_from(stored: StoredAveraged) -> Result<Self, Self::Error> {
        let StoredAveraged {
            fit,
            mean_coefficients,
            mean_intercept,
            inclusion,
            most_probable,
            background,
            stand_ins,
            decided,
        } = stored;
        let columns = fit.model.coefficients().len();
        for (what, found) in [
            ("stored mean coefficients", mean_coefficients.len()),
            ("stored inclusion probabilities", inclusion.len()),
        ] {
            if found != columns {
                return Err(estimator::InputError::entries(what, columns, found));
            }
        }
        let inside = |j: &usize| *j < columns;
        if !decided.is_empty() && decided.len() != columns {
            return Err(estimator::InputError::entries("stored decisions", columns, decided.len()));
        }
        let named = most_probable.iter().chain(&decided).all(inside)
            && stand_ins.iter().all(|s| inside(&s.kept) && inside(&s.other));
        estimator::Check::range(
            "a stored column",
            columns as f64,
            named,
            "an index below the number of columns",
        )?;
        Ok(Self {
            fit,
            mean_coefficients,
            mean_intercept,
            inclusion,
            most_probable,
            background,
            stand_ins,
            decided,
        })
    }
}

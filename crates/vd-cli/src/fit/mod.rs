//! The estimators behind one door: standardised features in, a small predictor and its account out.

mod dsvi;
mod l1;
mod linreg;
mod rvm;
mod score;
mod stream;
mod watch;

use crate::cli::{ModelKind, TuningArgs};
use crate::error::{Error, Result};
use crate::model::{Account, Link, Predictor, Relevance, Uncertainty};
use nalgebra::DMatrix;

pub(crate) use score::{Plan, Scored, score};
pub(crate) use stream::{Streamed, fit_stream};
pub(crate) use watch::{Watch, catch_interrupt, interrupted};

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Response {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Indices of classes, and how many there are.
    Classes { labels: Vec<usize>, count: usize },
}

impl Response {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers(t) => t.len(),
            Self::Classes { labels, .. } => labels.len(),
        }
    }

    /// A row's value, or the index of its class.
    pub(crate) fn value(&self, row: usize) -> f64 {
        match self {
            Self::Numbers(t) => t[row],
            Self::Classes { labels, .. } => labels[row] as f64,
        }
    }

    /// The response of some rows.
    pub(crate) fn rows(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(t) => Self::Numbers(rows.iter().map(|&r| t[r]).collect()),
            Self::Classes { labels, count } => {
                Self::Classes { labels: rows.iter().map(|&r| labels[r]).collect(), count: *count }
            }
        }
    }
}

/// What an estimator is asked.
pub(crate) struct Problem<'a> {
    /// N × D.
    pub x: &'a DMatrix<f64>,
    pub t: &'a Response,
    pub tuning: &'a TuningArgs,
}

/// What an estimator answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub predictor: Predictor,
    pub link: Link,
    pub uncertainty: Uncertainty,
    pub relevance: Vec<Relevance>,
    pub weights_before: u64,
    pub threshold: Option<f64>,
    pub account: Account,
}

/// Fits this kind of model.
pub(crate) fn fit(kind: ModelKind, problem: &Problem<'_>, watch: &mut Watch) -> Result<Fitted> {
    match (kind, problem.t) {
        (ModelKind::Dsvi, _) => dsvi::fit(problem, watch),
        (ModelKind::Linreg, Response::Numbers(_)) => linreg::fit(problem, watch),
        (ModelKind::Rvm, _) => rvm::fit(problem, watch),
        (ModelKind::L1, Response::Classes { .. }) => l1::fit(problem, watch),
        (kind, _) => Err(Error::usage(format!("--model {} is not for this target", kind.name()))),
    }
}

/// Mean and scale of a regression's target: 1/scale keeps the estimators' numbers near one.
pub(crate) fn target_scale(t: &[f64]) -> Result<(f64, f64)> {
    let mut moments = crate::table::Moments::default();
    t.iter().for_each(|&t| moments.push(t));
    if moments.deviation() > 0.0 {
        return Ok((moments.mean(), moments.deviation()));
    }
    Err(Error::usage(format!("the target is {} in every row: there is nothing to learn", moments.mean())))
}

/// A number an account can carry: none for what is not finite.
pub(crate) fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

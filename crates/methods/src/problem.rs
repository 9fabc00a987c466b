//! What is to be predicted from what.

use nalgebra::DMatrix;
use predictor::{Moments, Preprocessing, Task};

use crate::error::Error;
use crate::options::Options;
use crate::stage::Activity;

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// Numbers.
    Numbers(Vec<f64>),
    /// How often something happened: 0, 1, 2, …
    Counts(Vec<f64>),
    /// Classes.
    Classes {
        /// The index of each row's class.
        labels: Vec<usize>,
        /// The classes' names.
        names: Vec<String>,
    },
}

impl Response {
    /// What kind of target it is.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Numbers(_) => Task::Regression,
            Self::Counts(_) => Task::Counts,
            Self::Classes { .. } => Task::Classification,
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(t) | Self::Counts(t) => t.len(),
            Self::Classes { labels, .. } => labels.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's value, or the index of its class.
    #[must_use]
    pub fn value(&self, row: usize) -> f64 {
        match self {
            Self::Numbers(t) | Self::Counts(t) => t[row],
            Self::Classes { labels, .. } => labels[row] as f64,
        }
    }

    /// The response of some rows.
    #[must_use]
    pub fn rows(&self, rows: &[usize]) -> Self {
        let some = |t: &[f64]| rows.iter().map(|&r| t[r]).collect();
        match self {
            Self::Numbers(t) => Self::Numbers(some(t)),
            Self::Counts(t) => Self::Counts(some(t)),
            Self::Classes { labels, names } => {
                Self::Classes { labels: rows.iter().map(|&r| labels[r]).collect(), names: names.clone() }
            }
        }
    }

    /// The classes' names; none for a number.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes { names, .. } => names,
            _ => &[],
        }
    }

    /// Rows of each class, in the order of their names; empty for a number.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let Self::Classes { labels, names } = self else { return Vec::new() };
        let mut counts = vec![0; names.len()];
        labels.iter().for_each(|&label| counts[label] += 1);
        counts
    }
}

/// The column of each feature, where a column has several and they are one decision.
pub(crate) fn groups(preprocessing: &Preprocessing, options: &Options) -> Option<Vec<usize>> {
    let columns: Vec<usize> = preprocessing.features().iter().map(|f| f.column as usize).collect();
    let several = columns.windows(2).any(|pair| pair[0] == pair[1]);
    (several && !options.by_level).then_some(columns)
}

/// What a method is asked.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// Features, N x D.
    pub x: &'a DMatrix<f64>,
    /// What is to be predicted, N rows.
    pub t: &'a Response,
    /// How often each row counts; once where there are none. A method that reads them names the option `weights`.
    pub weights: Option<&'a [f64]>,
    /// For each feature a label: features of one label are the levels of one column, and one decision. None where each is its own.
    pub groups: Option<&'a [usize]>,
    /// What the method is told.
    pub options: &'a Options,
    /// What the fit is for; it is shown to the watcher.
    pub activity: Activity,
}

/// From the target's unit to that of the fit: (t − mean)/scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// The target's mean.
    pub mean: f64,
    /// The target's standard deviation.
    pub scale: f64,
}

impl Unit {
    /// Targets as they are.
    pub const ONE: Self = Self { mean: 0.0, scale: 1.0 };

    /// Mean and standard deviation of a target: dividing by the latter keeps the estimators' numbers near one.
    ///
    /// # Errors
    /// [`Error::ConstantTarget`].
    pub fn of(t: &[f64]) -> Result<Self, Error> {
        let mut moments = Moments::default();
        t.iter().for_each(|&t| moments.push(t));
        if moments.deviation() > 0.0 {
            return Ok(Self { mean: moments.mean(), scale: moments.deviation() });
        }
        Err(Error::ConstantTarget { value: moments.mean().to_string() })
    }

    /// The targets in the unit of the fit.
    #[must_use]
    pub fn scaled(self, t: &[f64]) -> Vec<f64> {
        t.iter().map(|t| (t - self.mean) / self.scale).collect()
    }
}

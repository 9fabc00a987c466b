//! The experiments: each a name, a few independent units of work, and what is made of their results.

mod curves;
mod digits;
mod exact_replication;
mod findings;
mod gradient_variance;
mod kl_fit;
mod lenet;
pub mod linreg;
mod mnist;
mod selection;
mod trajectories;

use std::sync::Arc;

use crate::data::mnist::Mnist;
use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::record::Record;
use crate::summary::KlFit;

/// What a run has to work with.
#[derive(Debug, Clone)]
pub struct Context {
    /// MNIST, if it was given.
    pub mnist: Option<Arc<Mnist>>,
    /// Whether this is the reduced run.
    pub smoke: bool,
}

/// The work of a unit.
pub type Job = Box<dyn FnOnce(&Context) -> Result<Output> + Send>;

/// A piece of an experiment that can run beside the others.
pub struct Unit {
    /// What it does, for the progress line.
    pub label: String,
    /// Seconds that it is expected to take; orders the queue and feeds the time left.
    pub cost: f64,
    /// The work.
    pub job: Job,
}

impl Unit {
    /// A unit of work.
    pub fn new(
        label: impl Into<String>,
        cost: f64,
        job: impl FnOnce(&Context) -> Result<Output> + Send + 'static,
    ) -> Self {
        Self { label: label.into(), cost, job: Box::new(job) }
    }
}

/// A table of an experiment's own, written as CSV.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The file's name without `.csv`.
    pub id: String,
    /// The columns' names.
    pub header: Vec<String>,
    /// The rows; numbers at full precision.
    pub rows: Vec<Vec<String>>,
}

/// What an experiment showed, in words made from its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The experiment.
    pub experiment: &'static str,
    /// Two sentences.
    pub text: String,
}

/// What a unit, or a whole experiment, brings.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Fits on splits.
    pub records: Vec<Record>,
    /// Pictures.
    pub figures: Vec<Figure>,
    /// Tables of its own.
    pub tables: Vec<Table>,
    /// What it showed.
    pub findings: Vec<Finding>,
    /// The fit of the sigmoid.
    pub kl_fit: Option<KlFit>,
    /// A word for the progress line.
    pub note: String,
}

impl Output {
    /// Adds everything of another.
    pub fn merge(&mut self, other: Self) {
        self.records.extend(other.records);
        self.figures.extend(other.figures);
        self.tables.extend(other.tables);
        self.findings.extend(other.findings);
        self.kl_fit = self.kl_fit.take().or(other.kl_fit);
    }
}

/// An experiment.
#[derive(Clone, Copy)]
pub struct Experiment {
    /// Its name on the command line.
    pub id: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Whether it does anything without MNIST.
    pub needs_mnist: bool,
    /// Whether it runs unless it is asked for by name.
    pub by_default: bool,
    /// The work.
    pub units: fn(&Context) -> Vec<Unit>,
    /// What is made of all its units' results together.
    pub finish: fn(&Context, &Output) -> Result<Output>,
}

/// Every experiment, in the order of the report.
pub const ALL: &[Experiment] = &[
    kl_fit::EXPERIMENT,
    digits::PLAIN,
    digits::NOISE,
    mnist::EXPERIMENT,
    lenet::EXPERIMENT,
    exact_replication::EXPERIMENT,
    curves::EXPERIMENT,
    trajectories::EXPERIMENT,
    gradient_variance::EXPERIMENT,
    linreg::EXPERIMENT,
    selection::EXPERIMENT,
];

/// The experiments asked for; the default ones if none is.
///
/// # Errors
/// [`Error::UnknownId`] with the names there are.
pub fn select(only: &[String]) -> Result<Vec<&'static Experiment>> {
    let known: Vec<&'static str> = ALL.iter().map(|e| e.id).collect();
    if let Some(id) = only.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(Error::UnknownId { id: id.clone(), known });
    }
    let wanted =
        |e: &&Experiment| if only.is_empty() { e.by_default } else { only.iter().any(|id| id == e.id) };
    Ok(ALL.iter().filter(wanted).collect())
}

/// For experiments that make nothing of their units together.
fn nothing_more(_: &Context, _: &Output) -> Result<Output> {
    Ok(Output::default())
}

//! What can go wrong, one variant a cause.

use estimator::{AsInputError, InputError};

/// Why a fit, a prediction or a checkpoint was refused. Rows and columns are counted from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Data, labels or parameters that any estimator refuses.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A schedule that is not a function of time, or has values out of range.
    #[error("the schedule of {name}: {problem}")]
    Schedule {
        /// The parameter that has the schedule.
        name: &'static str,
        /// What is wrong, and what is expected.
        problem: String,
    },
    /// The targets are not of the kind that the likelihood models.
    #[error("the {likelihood} likelihood needs {needed}")]
    TargetKind {
        /// The likelihood.
        likelihood: &'static str,
        /// What it needs.
        needed: &'static str,
    },
    /// A target of the Bernoulli likelihood is no probability.
    #[error(
        "the target has the value {value} at row {row}, column {col}: the Bernoulli likelihood needs values from 0 to 1"
    )]
    Probability {
        /// The row.
        row: usize,
        /// The column.
        col: usize,
        /// The value.
        value: f64,
    },
    /// A prediction that a model of this likelihood does not make.
    #[error("a model with the {likelihood} likelihood has no {asked}: use {instead}")]
    Prediction {
        /// The model's likelihood.
        likelihood: &'static str,
        /// What was asked for.
        asked: &'static str,
        /// What to use instead.
        instead: &'static str,
    },
    /// The minibatch was stated to be larger than the data.
    #[error(
        "a minibatch of {batch} samples was asked for, but there are {samples}: use Batch::AtMost({batch}), Batch::Full or a \
         smaller Batch::Size"
    )]
    Batch {
        /// Samples of a minibatch asked for.
        batch: usize,
        /// Samples there are.
        samples: usize,
    },
    /// The blocks of an epoch do not hold the samples that were announced.
    #[error(
        "this epoch's blocks hold {found} samples so far, but {expected} were announced to Streaming::new"
    )]
    Epoch {
        /// N, as announced.
        expected: usize,
        /// Samples handed over in this epoch.
        found: usize,
    },
    /// A fit in blocks was ended before its first epoch.
    #[error("no epoch has ended yet: hand over every block and call end_epoch first")]
    NoEpoch,
    /// The arithmetic left the finite numbers: the learning rate, the inputs or λ are too large for the floating-point type.
    #[error(
        "training broke down at step {step} (epoch {epoch}): {quantity} is not finite; lower the learning rate, or rescale the inputs"
    )]
    Diverged {
        /// The step, from 0.
        step: u64,
        /// The epoch, from 0.
        epoch: usize,
        /// What was not finite.
        quantity: &'static str,
    },
    /// No pruning meets what was asked for.
    #[error("no pruning threshold reaches an accuracy of {wanted}: the best has {best}")]
    Unreachable {
        /// What was asked for.
        wanted: f64,
        /// The nearest that exists.
        best: f64,
    },
    /// Parts of a model that do not fit together.
    #[error("this is no model: {what}")]
    Model {
        /// What does not fit, and where.
        what: String,
    },
    /// A worker pool could not be started.
    #[error("the system did not start {threads} threads: {reason}")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// What the system said.
        reason: String,
    },
    /// A checkpoint could not be written or read.
    #[cfg(feature = "checkpoints")]
    #[error("checkpoint {}: {source}", path.display())]
    Checkpoint {
        /// The file.
        path: std::path::PathBuf,
        /// What was wrong with it.
        source: Box<model_file::Error>,
    },
    /// A checkpoint of another fit.
    #[cfg(feature = "checkpoints")]
    #[error("checkpoint {} belongs to another fit: its {what} differ", path.display())]
    ForeignCheckpoint {
        /// The file.
        path: std::path::PathBuf,
        /// What differs.
        what: &'static str,
    },
}

impl AsInputError for Error {
    fn as_input(&self) -> Option<&InputError> {
        if let Self::Input(error) = self { Some(error) } else { None }
    }
}

#[cfg(feature = "checkpoints")]
impl Error {
    pub(crate) fn checkpoint(path: &std::path::Path, source: model_file::Error) -> Self {
        Self::Checkpoint { path: path.to_owned(), source: Box::new(source) }
    }
}

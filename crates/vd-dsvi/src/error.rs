//! What can go wrong, one variant a cause.

/// Why a fit, a prediction or a checkpoint was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter lies outside its range.
    #[error("parameter `{field}` is {value}; allowed: {allowed}")]
    Parameter {
        /// The parameter's name.
        field: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// Two choices that exclude each other.
    #[error("`{first}` cannot be combined with `{second}`: {reason}")]
    Combination {
        /// One choice.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// No objects, or no features.
    #[error("the data have {objects} objects and {features} features; at least one of each is needed")]
    Empty {
        /// Rows given.
        objects: usize,
        /// Columns given.
        features: usize,
    },
    /// As many targets as objects are needed.
    #[error("{objects} objects but {targets} targets")]
    TargetCount {
        /// Rows of the inputs.
        objects: usize,
        /// Targets given.
        targets: usize,
    },
    /// The targets are not of the kind that the likelihood models.
    #[error("the {likelihood} likelihood needs {needed}")]
    TargetKind {
        /// The likelihood.
        likelihood: &'static str,
        /// What it needs.
        needed: &'static str,
    },
    /// A class label is too large.
    #[error("object {object} has label {label}, but there are {classes} classes (0 to {})", classes - 1)]
    Label {
        /// The object's row.
        object: usize,
        /// Its label.
        label: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A classifier needs two classes.
    #[error("only {classes} class in the labels; at least two are needed")]
    OneClass {
        /// Classes found or asked for.
        classes: usize,
    },
    /// An input is NaN or infinite.
    #[error("input ({object}, {feature}) is {value}; inputs must be finite")]
    NonFiniteInput {
        /// The row.
        object: usize,
        /// The column.
        feature: usize,
        /// The value.
        value: f64,
    },
    /// An input's square does not fit the floating-point type.
    #[error("input ({object}, {feature}) is {value}; its square overflows, scale the inputs")]
    InputTooLarge {
        /// The row.
        object: usize,
        /// The column.
        feature: usize,
        /// The value.
        value: f64,
    },
    /// A target is NaN, infinite, or outside the likelihood's range.
    #[error("target ({object}, {output}) is {value}; allowed: {allowed}")]
    Target {
        /// The row.
        object: usize,
        /// The column.
        output: usize,
        /// The value.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// The shapes of two things that must match do not.
    #[error("{what}: expected {expected:?}, got {got:?}")]
    Shape {
        /// Which two things.
        what: &'static str,
        /// Rows and columns needed.
        expected: (usize, usize),
        /// Rows and columns given.
        got: (usize, usize),
    },
    /// The arithmetic left the finite numbers: the step rate, the inputs or the KL weight are too large for the type.
    #[error("training broke down at step {step} (epoch {epoch}): {quantity} is not finite")]
    Diverged {
        /// The step, from 0.
        step: u64,
        /// The epoch, from 0.
        epoch: usize,
        /// What was not finite.
        quantity: &'static str,
    },
    /// No pruning meets what was asked for.
    #[error("no pruning reaches {wanted} (the best is {best})")]
    Unreachable {
        /// What was asked for.
        wanted: f64,
        /// The nearest that exists.
        best: f64,
    },
    /// A worker pool could not be started.
    #[error("no pool of {threads} threads: {reason}")]
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

#[cfg(feature = "checkpoints")]
impl Error {
    pub(crate) fn checkpoint(path: &std::path::Path, source: model_file::Error) -> Self {
        Self::Checkpoint { path: path.to_owned(), source: Box::new(source) }
    }
}

//! What can go wrong.

use std::fmt;

/// Why a fit ended without a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Options that do not fit each other or the query.
    #[error("{0}")]
    Usage(String),
    /// The query is not one, or names what is not there.
    #[error("the query: {0}")]
    Query(String),
    /// A file or table that the query names is not there.
    #[error("the query names '{name}', and there is no such file, folder or table{why}")]
    NoTable {
        /// The name in the query.
        name: String,
        /// What is more to say.
        why: String,
    },
    /// Files of one table that do not have the same columns.
    #[error(
        "{file}: column `{column}` is {found}, and in {first} it is {expected}: all files of a table need the same columns"
    )]
    Schema {
        /// The file that differs.
        file: String,
        /// The column.
        column: String,
        /// What it is there.
        found: String,
        /// The first file.
        first: String,
        /// What it is in the first file.
        expected: String,
    },
    /// A column whose values cannot be used.
    #[error("column `{column}`: {what}")]
    Column {
        /// Its name.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// The rows changed between two passes.
    #[error("the rows changed while they were fitted: {0}")]
    Changed(String),
    /// A request, a state or a worker of another version of this program.
    #[error(
        "{what} is of version {found}, and this program of version {own}: run one version of vd-datafusion everywhere"
    )]
    Version {
        /// What is of another version.
        what: String,
        /// Its version.
        found: String,
        /// This program's.
        own: String,
    },
    /// Bytes that are no request or state of a pass.
    #[error("{0}")]
    Wire(String),
    /// No worker of the cluster answers.
    #[error("no worker of the cluster answers: {0}")]
    NoWorkers(String),
    /// A pass that failed while all its workers answer.
    #[error("a pass over the rows failed: {0}")]
    Pass(String),
    /// Input or output of a file.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// What `vd fit` refuses too, in its words.
    #[error("{0}")]
    Table(#[from] vd_cli::Error),
    /// An estimator refused what it was given.
    #[error("{0}")]
    Fit(String),
    /// The model or its file.
    #[error("{0}")]
    Model(String),
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The error of a column.
    pub(crate) fn column(column: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Column { column: column.into(), what: what.into() }
    }

    /// An estimator's or a model's refusal.
    pub(crate) fn fit(error: impl fmt::Display) -> Self {
        Self::Fit(error.to_string())
    }

    /// The exit code of a command that ends so; those of `vd`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Query(_) => 2,
            Self::NoTable { .. } | Self::Schema { .. } | Self::Column { .. } | Self::Changed(_) => 3,
            Self::Io { .. } | Self::NoWorkers(_) | Self::Version { .. } | Self::Wire(_) | Self::Pass(_) => 5,
            Self::Table(error) => error.exit_code(),
            Self::Fit(_) | Self::Model(_) => 1,
        }
    }
}

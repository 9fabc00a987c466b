//! What can go wrong, and the exit code that says so.

use core::fmt;
use std::io;

use crate::table::clip;

/// Where in a table something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, `-` for standard input.
    pub file: String,
    /// The line on which the record starts, from 1; 0 where no line is meant.
    pub line: u64,
    /// Whether rows are counted instead of lines, as in a format that has none.
    pub rows: bool,
    /// The field, from 1, and its column's name.
    pub column: Option<(usize, String)>,
}

impl Place {
    /// A line of a file, or the file itself where the line is 0.
    pub fn line(file: &str, line: u64) -> Self {
        Self { file: file.to_owned(), line, rows: false, column: None }
    }

    /// The same with the column at a position (from 0).
    #[must_use]
    pub fn at(self, position: usize, name: &str) -> Self {
        Self { column: Some((position + 1, name.to_owned())), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.rows && self.line > 0 {
            write!(f, ": row {}", self.line)?;
            return match &self.column {
                Some((field, name)) => write!(f, ", column {field}, `{}`", clip(name)),
                None => Ok(()),
            };
        }
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        match &self.column {
            Some((field, name)) if self.line > 0 => write!(f, ":{field}: column `{}`", clip(name)),
            Some((field, name)) => write!(f, ": column {field}, `{}`", clip(name)),
            None => Ok(()),
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The options do not fit each other or the data.
    #[error("{0}")]
    Usage(String),
    /// The data cannot be used as they are.
    #[error("{place}: {what}")]
    Data {
        /// Where.
        place: Place,
        /// What is wrong there.
        what: String,
    },
    /// Several things are wrong with the data.
    #[error("{}", lines(.0))]
    Several(Vec<Error>),
    /// A model file cannot be written or used.
    #[error(transparent)]
    Model(#[from] model_file::Error),
    /// A model cannot be made or used.
    #[error(transparent)]
    Predictor(#[from] predictor::Error),
    /// A model that does not offer what was asked for.
    #[error("{0}")]
    Unsupported(String),
    /// The estimator refused the data or broke down.
    #[error(transparent)]
    Fit(methods::Error),
    /// The operating system refused.
    #[error("{file}: cannot {action}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file, `-` for a standard stream.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Ctrl-C was pressed; what was fitted until then has been kept.
    #[error("interrupted; what was fitted until then is what you see")]
    Interrupted,
    /// Ctrl-C was pressed before there was anything to keep.
    #[error("interrupted before there was a model; nothing was written")]
    InterruptedEarly,
    /// The reader of the output went away; not worth a message.
    #[error("the output was closed")]
    Closed,
}

impl Error {
    /// The exit code: 1 for a failed fit, 2 for wrong options, 3 for wrong data, 4 for a wrong model file, 5 for I/O,
    /// 130 after Ctrl-C.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Fit(error) => match error {
                methods::Error::Target { .. } | methods::Error::ConstantTarget { .. } => 2,
                _ => 1,
            },
            Self::Usage(_) | Self::Unsupported(_) => 2,
            Self::Predictor(error) => match error {
                predictor::Error::Prefix(_) | predictor::Error::NoCForm | predictor::Error::NothingVaries => {
                    2
                }
                predictor::Error::Inconsistent(_) => 1,
                _ => 3,
            },
            Self::Data { .. } | Self::Several(_) => 3,
            Self::Model(error) => match error.root() {
                model_file::Error::Io { .. } => 5,
                _ => 4,
            },
            Self::Io { .. } => 5,
            Self::Interrupted | Self::InterruptedEarly => 130,
            Self::Closed => 0,
        }
    }

    pub(crate) fn io(action: &'static str, file: &str) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io { action, file, source },
        }
    }

    pub(crate) fn data(place: Place, what: impl Into<String>) -> Self {
        Self::Data { place, what: what.into() }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }
}

impl From<methods::Error> for Error {
    fn from(error: methods::Error) -> Self {
        match error {
            methods::Error::Option { option, what } => Self::Usage(format!("--{option}: {what}")),
            methods::Error::Predictor(error) => Self::Predictor(error),
            methods::Error::Stopped => Self::InterruptedEarly,
            error => Self::Fit(error),
        }
    }
}

/// The first twenty of several errors, one a line.
fn lines(errors: &[Error]) -> String {
    let mut text: Vec<String> = errors.iter().take(20).map(ToString::to_string).collect();
    if errors.len() > text.len() {
        text.push(format!("and {} more", errors.len() - text.len()));
    }
    text.join("\n")
}

/// What every command returns.
pub type Result<T, E = Error> = core::result::Result<T, E>;

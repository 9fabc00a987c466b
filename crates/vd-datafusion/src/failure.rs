//! From DataFusion's errors to this crate's.

use datafusion::error::DataFusionError;

use crate::error::Error;

/// This crate's error, if it is inside.
pub(crate) fn own(error: &DataFusionError) -> Option<&Error> {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = inner {
        if let Some(own) = error.downcast_ref::<Error>() {
            return Some(own);
        }
        inner = match error.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(boxed)) => Some(boxed.as_ref()),
            Some(DataFusionError::Context(_, boxed)) => Some(boxed.as_ref()),
            Some(DataFusionError::Shared(shared)) => Some(shared.as_ref()),
            _ => error.source(),
        };
    }
    None
}

/// The error of a pass.
pub(crate) fn pass(error: DataFusionError) -> Error {
    match own(&error) {
        Some(Error::Column { column, what }) => Error::column(column, what),
        Some(Error::Changed(what)) => Error::Changed(what.clone()),
        Some(Error::Version { what, found, own }) => {
            Error::Version { what: what.clone(), found: found.clone(), own: own.clone() }
        }
        Some(own) => Error::Pass(own.to_string()),
        None => Error::Pass(brief(&error.strip_backtrace())),
    }
}

/// The error of a query that cannot be planned.
pub(crate) fn query(error: DataFusionError) -> Error {
    Error::Query(brief(&error.strip_backtrace()))
}

/// The first line of a long message.
pub(crate) fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(300).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

//! Files and standard streams.

use crate::error::{Error, Result};
use model_file::{DEFAULT_LIMIT, decode, load as load_file, read_sealed, write_atomic_with};
use predictor::SavedModel;
use std::io::{self, BufWriter, Write};

/// Writes text to a file, whole or not at all, or to standard output as `-`.
pub(crate) fn emit(path: &str, bytes: &[u8]) -> Result<()> {
    emit_with(path, |out| Ok(out.write_all(bytes)?))
}

/// What the writer of an output may meet: a failing output, or a failure of its own.
pub(crate) enum Failure {
    Output(io::Error),
    Own(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

/// [`emit`] for content made piece by piece; a failure leaves no file.
pub(crate) fn emit_with(path: &str, write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<()> {
    if path == "-" {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        return match write(&mut out) {
            Ok(()) => out.flush().map_err(Error::io("write", "-")),
            Err(Failure::Output(error)) => Err(Error::io("write", "-")(error)),
            // What was written stays: a reader of the stream has it already.
            Err(Failure::Own(error)) => Err(error),
        };
    }
    let mut own = None;
    let written = write_atomic_with(path, |out| match write(out) {
        Ok(()) => Ok(()),
        Err(Failure::Output(error)) => Err(error),
        Err(Failure::Own(error)) => {
            own = Some(error);
            Err(io::Error::other("stopped"))
        }
    });
    match own {
        Some(error) => Err(error),
        None => Ok(written?),
    }
}

/// Reads a model from a file, or from standard input as `-`.
pub(crate) fn load(path: &str) -> Result<SavedModel> {
    if path != "-" {
        return Ok(load_file(path)?);
    }
    let bytes = read_sealed(&mut io::stdin().lock(), DEFAULT_LIMIT).map_err(Error::io("read", "-"))?;
    let decoded = bytes.and_then(|bytes| decode(&bytes));
    Ok(decoded.map_err(|source| model_file::Error::File { path: "-".into(), source: Box::new(source) })?)
}

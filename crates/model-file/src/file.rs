//! Files of sealed values.

use crate::atomic::write_atomic;
use crate::envelope::{HEADER_LEN, Header};
use crate::error::Error;
use crate::stored::{Stored, decode, encode};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that [`load`] reads: 4 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 32;

/// Writes a value to a file, whole or not at all.
///
/// # Errors
/// Those of [`encode`] and [`write_atomic`].
pub fn save<T: Stored>(path: impl AsRef<Path>, value: &T) -> Result<(), Error> {
    write_atomic(path, &encode(value)?)
}

/// Reads a value from a file of at most [`DEFAULT_LIMIT`] bytes.
///
/// # Errors
/// Those of [`load_limited`].
pub fn load<T: Stored>(path: impl AsRef<Path>) -> Result<T, Error> {
    load_limited(path, DEFAULT_LIMIT)
}

/// Reads a value from a file of at most `limit` bytes.
///
/// # Errors
/// [`Error::Io`], or [`Error::File`] with the path around what [`read_sealed`] and [`decode`] return.
pub fn load_limited<T: Stored>(path: impl AsRef<Path>, limit: u64) -> Result<T, Error> {
    let path = path.as_ref();
    let io_error = |action| move |source| Error::Io { action, path: path.to_owned(), source };
    let mut file = File::open(path).map_err(io_error("open"))?;
    let bytes = read_sealed(&mut file, limit).map_err(io_error("read"))?;
    bytes
        .and_then(|bytes| decode(&bytes))
        .map_err(|error| Error::File { path: path.to_owned(), source: Box::new(error) })
}

/// Reads the bytes of one sealed value from any source: the header first, then no more than it promises and one byte.
///
/// Memory grows with the bytes that arrive, never by what the header says, so that a forged length costs nothing.
/// Decode the result with [`decode`] or [`Envelope::open`](crate::Envelope::open), which check the payload.
///
/// # Errors
/// The outer error is the source's. The inner one is [`Header::parse`]'s, [`Error::TooLarge`], [`Error::Truncated`] or
/// [`Error::TrailingBytes`].
pub fn read_sealed(source: &mut impl Read, limit: u64) -> io::Result<Result<Vec<u8>, Error>> {
    let mut bytes = Vec::new();
    source.by_ref().take(HEADER_LEN as u64).read_to_end(&mut bytes)?;
    let promised = match Header::parse(&bytes) {
        Ok(header) => header.payload_len().saturating_add(HEADER_LEN as u64),
        Err(error) => return Ok(Err(error)),
    };
    if promised > limit {
        return Ok(Err(Error::TooLarge { size: promised, limit }));
    }
    source.take((promised - HEADER_LEN as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    Ok(match found.cmp(&promised) {
        core::cmp::Ordering::Less => Err(Error::Truncated { expected: promised, found }),
        core::cmp::Ordering::Equal => Ok(bytes),
        core::cmp::Ordering::Greater => Err(Error::TrailingBytes { extra: found - promised }),
    })
}

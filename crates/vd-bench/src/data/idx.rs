//! IDX files (the format of MNIST), plain or gzipped, read in bounded memory.
//!
//! Layout: a big-endian magic number `0x0000_08NN` (unsigned bytes, NN dimensions), NN big-endian `u32` sizes, the bytes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::error::{Error, Result};

/// The most bytes of data that one file may hold: twenty times MNIST's largest.
pub const LIMIT: u64 = 1 << 30;

/// The contents of an IDX file of unsigned bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// Where it was read from.
    pub path: PathBuf,
    /// The sizes in the header, slowest first.
    pub dims: Vec<u32>,
    /// The bytes, row-major.
    pub data: Vec<u8>,
    /// The uncompressed header, as read.
    pub header: Vec<u8>,
}

/// Finds `name` in `directory`, plain or with `.gz`, also in the spelling with a dot before `idx`.
///
/// # Errors
/// [`Error::Missing`] with the names tried.
pub fn find(directory: &Path, name: &str) -> Result<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    let names = [name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")];
    let found = names.iter().map(|name| directory.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Error::Missing { path: directory.to_owned(), names: names[..2].join(", ") })
}

/// Reads an IDX file of unsigned bytes with `dimensions` dimensions.
///
/// Memory stays within the bytes that are really there, at most [`LIMIT`]: a header is never believed.
///
/// # Errors
/// Every fault names the file: unreadable, damaged gzip stream (its checksum is read to the end), wrong magic number, a header
/// that asks for too much, too few bytes, too many.
pub fn read(path: &Path, dimensions: u8) -> Result<Idx> {
    let file = File::open(path).map_err(Error::read(path))?;
    read_from(path, BufReader::with_capacity(1 << 16, file), dimensions)
}

/// [`read`] from any source; `path` only names it.
///
/// # Errors
/// As for [`read`].
pub fn read_from(path: &Path, mut file: impl BufRead, dimensions: u8) -> Result<Idx> {
    let compressed = is_gzip(path, &mut file)?;
    if compressed {
        decode(path, GzDecoder::new(file), dimensions, |source| Error::Gzip { path: path.to_owned(), source })
    } else {
        decode(path, file, dimensions, Error::read(path))
    }
}

/// Whether the stream starts with gzip's two bytes; consumes nothing.
pub(super) fn is_gzip(path: &Path, file: &mut impl BufRead) -> Result<bool> {
    let start = file.fill_buf().map_err(Error::read(path))?;
    Ok(start.starts_with(&[0x1f, 0x8b]))
}

fn decode(
    path: &Path,
    mut reader: impl Read,
    dimensions: u8,
    fault: impl FnOnce(std::io::Error) -> Error,
) -> Result<Idx> {
    let header_len = 4 + 4 * u64::from(dimensions);
    let mut header = Vec::new();
    let mut data = Vec::new();
    let read: std::io::Result<_> = (|| {
        reader.by_ref().take(header_len).read_to_end(&mut header)?;
        let dims = sizes(&header);
        let size: u128 = dims.iter().map(|&d| u128::from(d)).product();
        if magic(&header) == Some(0x0800 + u32::from(dimensions)) && size <= u128::from(LIMIT) {
            // One byte more than announced: so that a longer file shows, and the gzip checksum is read and compared.
            reader.by_ref().take(size as u64 + 1).read_to_end(&mut data)?;
        }
        Ok((dims, size))
    })();
    let (dims, size) = match read {
        Ok(read) => read,
        Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            let size: u128 = sizes(&header).iter().map(|&d| u128::from(d)).product();
            return Err(truncated(path, &header, header_len, size, data.len()));
        }
        Err(source) => return Err(fault(source)),
    };
    let expected = 0x0800 + u32::from(dimensions);
    let path = path.to_owned();
    match magic(&header) {
        Some(found) if found != expected => {
            return Err(Error::Magic { path, found, expected, kind: "an IDX file of unsigned bytes" });
        }
        Some(_) if header.len() as u64 == header_len => {}
        _ => return Err(truncated(&path, &header, header_len, size, 0)),
    }
    if size > u128::from(LIMIT) {
        return Err(Error::TooLarge { path, dims, size, limit: LIMIT });
    }
    match (data.len() as u128).cmp(&size) {
        std::cmp::Ordering::Less => Err(truncated(&path, &header, header_len, size, data.len())),
        std::cmp::Ordering::Greater => Err(Error::Trailing { path, expected: size as u64 }),
        std::cmp::Ordering::Equal => Ok(Idx { path, dims, data, header }),
    }
}

/// The error for a stream that ended early, in the header or in the data.
fn truncated(path: &Path, header: &[u8], header_len: u64, size: u128, found: usize) -> Error {
    let path = path.to_owned();
    if (header.len() as u64) < header_len {
        return Error::Truncated { path, expected: header_len, found: header.len() as u64 };
    }
    Error::Truncated { path, expected: u64::try_from(size).unwrap_or(u64::MAX), found: found as u64 }
}

fn magic(header: &[u8]) -> Option<u32> {
    header.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
}

fn sizes(header: &[u8]) -> Vec<u32> {
    header
        .get(4..)
        .unwrap_or_default()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| u32::from_be_bytes(*bytes))
        .collect()
}

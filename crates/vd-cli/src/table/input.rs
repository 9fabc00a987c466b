//! A file or standard input, plain or gzipped.

use crate::error::{Error, Result};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

const BUFFER: usize = 1 << 16;

/// Something that can be read from its beginning, several times.
#[derive(Debug, Clone)]
pub struct Input {
    name: String,
    /// Whether the name `-` means standard input, read as it comes.
    once: bool,
    /// The bytes of standard input or of a pipe, which cannot be read twice from where they come.
    bytes: Option<Arc<[u8]>>,
}

impl Input {
    /// A file by its path. Standard input as `-`, and what is no regular file, such as a named pipe or a shell's `<(…)`, is read
    /// to its end now, up to `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Usage`] for a longer standard input or pipe.
    pub fn new(path: &str, limit: u64) -> Result<Self> {
        let bytes = if path == "-" {
            Some(slurp("standard input", &mut io::stdin().lock(), limit)?.into())
        } else if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
            let mut pipe = File::open(path).map_err(Error::io("open", path))?;
            Some(slurp(path, &mut pipe, limit)?.into())
        } else {
            None
        };
        Ok(Self { name: path.to_owned(), once: false, bytes })
    }

    /// A file by its path, or standard input as `-`, which is read as it comes, once.
    pub fn once(path: &str) -> Self {
        Self { name: path.to_owned(), once: path == "-", bytes: None }
    }

    /// Bytes in memory under a name; for tests and fuzzing.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), once: false, bytes: Some(bytes.into()) }
    }

    /// The path as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A reader from the beginning, through gzip where the first two bytes are gzip's.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(&self) -> Result<Box<dyn BufRead>> {
        let raw = self.open_raw()?;
        decompressed(raw).map_err(Error::io("read", &self.name))
    }

    /// A reader of the bytes as they lie there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open_raw(&self) -> Result<Box<dyn BufRead>> {
        match &self.bytes {
            Some(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
            None if self.once => Ok(Box::new(BufReader::with_capacity(BUFFER, io::stdin()))),
            None => {
                let file = File::open(&self.name).map_err(Error::io("open", &self.name))?;
                Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
            }
        }
    }
}

fn slurp(name: &str, source: &mut impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Error::io("read", name))?;
    if bytes.len() as u64 > limit {
        let limit = limit >> 20;
        return Err(Error::usage(format!(
            "{name} is longer than {limit} MiB and cannot be read twice: give a file, or raise --memory-cap"
        )));
    }
    Ok(bytes)
}

/// Undoes gzip, and only gzip.
pub(crate) fn decompressed(mut raw: Box<dyn BufRead>) -> io::Result<Box<dyn BufRead>> {
    if raw.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(raw))));
    }
    Ok(raw)
}

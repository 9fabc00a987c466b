//! One file of a table, or standard input, plain or compressed.

use crate::error::{Error, Result};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

const BUFFER: usize = 1 << 16;

/// One file of a table.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub name: String,
    /// Whether it is standard input, read as it comes.
    pub once: bool,
    /// The bytes of standard input or of a pipe, which cannot be read twice from where they come.
    pub bytes: Option<Arc<[u8]>>,
}

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    fn of(start: &[u8]) -> Self {
        match start {
            [0x1F, 0x8B, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

impl Part {
    /// A reader from the beginning, through gzip or Zstandard where the first bytes are theirs.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(&self) -> Result<(Box<dyn BufRead>, Packing)> {
        let mut raw = self.open_raw()?;
        let failed = |error| Error::io("read", &self.name)(error);
        let packing = Packing::of(raw.fill_buf().map_err(failed)?);
        let reader: Box<dyn BufRead> = match packing {
            Packing::None => raw,
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(raw))),
            Packing::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(raw).map_err(failed)?;
                Box::new(BufReader::with_capacity(BUFFER, decoder))
            }
        };
        Ok((reader, packing))
    }

    /// A reader of the bytes as they lie there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open_raw(&self) -> Result<Box<dyn BufRead>> {
        match &self.bytes {
            Some(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
            None if self.once => Ok(Box::new(BufReader::with_capacity(BUFFER, io::stdin()))),
            None => Ok(Box::new(BufReader::with_capacity(BUFFER, self.file()?))),
        }
    }

    /// The last bytes as they lie there, at most `most`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn end(&self, most: u64) -> Result<Vec<u8>> {
        let failed = |error| Error::io("read", &self.name)(error);
        let length = match &self.bytes {
            Some(bytes) => bytes.len() as u64,
            None => self.file()?.metadata().map_err(failed)?.len(),
        };
        let mut end = Vec::new();
        self.from(length.saturating_sub(most))?.take(most).read_to_end(&mut end).map_err(failed)?;
        Ok(end)
    }

    /// A reader of the bytes as they lie there, from `offset` on.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn from(&self, offset: u64) -> Result<Box<dyn BufRead>> {
        if let Some(bytes) = &self.bytes {
            let mut cursor = Cursor::new(Arc::clone(bytes));
            cursor.set_position(offset);
            return Ok(Box::new(cursor));
        }
        let mut file = self.file()?;
        file.seek(SeekFrom::Start(offset)).map_err(Error::io("read", &self.name))?;
        Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
    }

    /// The file itself.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn file(&self) -> Result<File> {
        File::open(&self.name).map_err(Error::io("open", &self.name))
    }
}

/// Reads all of a stream that cannot be read twice.
///
/// # Errors
/// [`Error::Io`], and [`Error::Usage`] for more than `limit` bytes.
pub(super) fn slurp(name: &str, source: &mut impl Read, limit: u64) -> Result<Vec<u8>> {
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

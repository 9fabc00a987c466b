//! Records of a CSV, one at a time, with the place of each.

use crate::error::{Error, Place, Result};
use crate::table::Input;
use csv::ByteRecord;
use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// The longest record: a quote that is never closed must not swallow the memory.
pub const MAX_RECORD: u64 = 16 << 20;

/// Whether the first record names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Header {
    /// Names, unless every field of the first record is a number.
    #[default]
    Auto,
    /// Names.
    Yes,
    /// Data; the columns are called column1, column2, …
    No,
}

/// How to read a CSV.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Whether the first record names the columns.
    pub header: Header,
    /// The byte between fields; by default the one of `,` `;` tab `|` that the first line has most of.
    pub delimiter: Option<u8>,
    /// The texts that stand for a missing value, beside the empty one; compared without regard to case.
    pub missing: Vec<String>,
}

impl Default for Format {
    fn default() -> Self {
        let missing = ["NA", "N/A", "NaN", "null", "none", "?"].map(str::to_owned).to_vec();
        Self { header: Header::Auto, delimiter: None, missing }
    }
}

impl Format {
    /// Whether a (trimmed) field stands for a missing value.
    pub fn is_missing(&self, field: &[u8]) -> bool {
        field.is_empty() || self.missing.iter().any(|text| text.as_bytes().eq_ignore_ascii_case(field))
    }
}

/// A CSV being read.
pub struct Records {
    csv: csv::Reader<Guard>,
    window: Rc<RefCell<Window>>,
    file: String,
    names: Vec<String>,
    record: ByteRecord,
    /// The first record, where it is data.
    pending: bool,
}

impl Records {
    /// Opens a CSV and reads its first record.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Data`] for an empty file, a name that occurs twice, or what is not text.
    pub fn open(input: &Input, format: &Format) -> Result<Self> {
        let mut source = input.open()?;
        let start = source.fill_buf().map_err(Error::io("read", input.name()))?;
        if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
            return Err(data(input.name(), 0, None, "the text is UTF-16; save it as UTF-8"));
        }
        if start.starts_with(&model_file::MAGIC) {
            return Err(data(input.name(), 0, None, "this is a model file, not a CSV"));
        }
        let delimiter = format.delimiter.unwrap_or_else(|| sniff(start));
        let window = Rc::new(RefCell::new(Window::default()));
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(Guard { source, window: Rc::clone(&window) });
        let file = input.name().to_owned();
        let mut records =
            Self { csv, window, file, names: Vec::new(), record: ByteRecord::new(), pending: false };
        records.read_names(format)?;
        Ok(records)
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Goes on to the next record, if there is one; every record has as many fields as there are names.
    ///
    /// # Errors
    /// [`Error::Data`] for a record with more or fewer fields, or one that is too long; [`Error::Io`].
    pub fn advance(&mut self) -> Result<bool> {
        if self.pending {
            self.pending = false;
            return Ok(true);
        }
        if !self.read()? {
            return Ok(false);
        }
        let (expected, found) = (self.names.len(), self.record.len());
        if expected != found {
            let what = format!("{found} field(s), the first record has {expected}");
            return Err(data(&self.file, self.line(), None, what));
        }
        Ok(true)
    }

    /// A field of the current record, without the white space around it.
    pub fn field(&self, i: usize) -> &[u8] {
        self.record.get(i).unwrap_or_default().trim_ascii()
    }

    /// The line on which the current record starts, from 1.
    ///
    /// The parser knows the line on which it began to look for the record, blank lines before it included, and the one
    /// on which it stopped: for a record ended by a bare `\n` that is the next one.
    pub fn line(&self) -> u64 {
        let position = self.csv.position();
        let next = u64::from(self.window.borrow().byte_before(position.byte()) == Some(b'\n'));
        let inside: usize = self.record.iter().map(|f| f.iter().filter(|&&b| b == b'\n').count()).sum();
        position.line().saturating_sub(next).saturating_sub(inside as u64).max(1)
    }

    /// The place of a field (from 0) of the current record.
    pub fn place(&self, field: usize) -> Place {
        let column = self.names.get(field).map(|name| (field + 1, name.clone()));
        Place { file: self.file.clone(), line: self.line(), column }
    }

    /// An error at a field (from 0) of the current record.
    pub fn error(&self, field: usize, what: impl Into<String>) -> Error {
        Error::Data { place: self.place(field), what: what.into() }
    }

    fn read(&mut self) -> Result<bool> {
        self.window.borrow_mut().since = 0;
        self.csv.read_byte_record(&mut self.record).map_err(|error| self.csv_error(error))
    }

    fn csv_error(&self, error: csv::Error) -> Error {
        let line = self.csv.position().line();
        match error.into_kind() {
            csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => {
                let what = format!("a record longer than {} MiB: is a quote not closed?", MAX_RECORD >> 20);
                data(&self.file, line, None, what)
            }
            csv::ErrorKind::Io(source) => Error::io("read", &self.file)(source),
            other => data(&self.file, line, None, format!("{other:?}")),
        }
    }

    fn read_names(&mut self, format: &Format) -> Result<()> {
        if !self.read()? {
            return Err(data(&self.file, 0, None, "there is no data"));
        }
        let numbers = || self.record.iter().all(|field| number(field.trim_ascii()).is_some());
        let data_first = match format.header {
            Header::Auto => numbers(),
            Header::Yes => false,
            Header::No => true,
        };
        let mut names = Vec::with_capacity(self.record.len());
        for (i, field) in self.record.iter().enumerate() {
            let name = if data_first { Ok("") } else { str::from_utf8(field.trim_ascii()) };
            match name {
                Ok("") => names.push(format!("column{}", i + 1)),
                Ok(name) => names.push(name.to_owned()),
                Err(_) => {
                    return Err(data(&self.file, self.line(), None, format!("name {} is not UTF-8", i + 1)));
                }
            }
        }
        let mut seen = std::collections::HashMap::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name.as_str(), i) {
                let what = format!("columns {} and {} are both called `{name}`", first + 1, i + 1);
                return Err(data(&self.file, self.line(), None, what));
            }
        }
        self.names = names;
        self.pending = data_first;
        Ok(())
    }
}

/// An error of the data at a line of a file.
pub(crate) fn data(file: &str, line: u64, column: Option<(usize, String)>, what: impl Into<String>) -> Error {
    Error::Data { place: Place { file: file.to_owned(), line, column }, what: what.into() }
}

/// A (trimmed) field as a number: finite or not.
pub(crate) fn number(field: &[u8]) -> Option<f64> {
    // Rust's parser takes what a CSV's writer meant, `inf` and `nan` among it, but not hexadecimal.
    str::from_utf8(field).ok()?.parse().ok()
}

/// The most frequent candidate in the first line, outside quotes.
fn sniff(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(c, _)| *c == byte).for_each(|(_, n)| *n += 1),
        }
    }
    // The first of equals: `max_by_key` would give the last.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(c, _)| *c)
}

/// The bytes last handed to the parser.
#[derive(Debug, Default)]
struct Window {
    chunk: Vec<u8>,
    /// The chunk's offset in the text, and the byte before it.
    offset: u64,
    before: Option<u8>,
    /// Bytes handed over since the last record.
    since: u64,
}

impl Window {
    fn byte_before(&self, position: u64) -> Option<u8> {
        match position.checked_sub(self.offset + 1) {
            Some(index) => self.chunk.get(usize::try_from(index).ok()?).copied(),
            None if position == self.offset => self.before,
            None => None,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.before = self.chunk.last().copied().or(self.before);
        self.offset += self.chunk.len() as u64;
        self.since += bytes.len() as u64;
        self.chunk.clear();
        self.chunk.extend_from_slice(bytes);
    }
}

/// Remembers what it hands over and refuses to go on past [`MAX_RECORD`] within a record.
struct Guard {
    source: Box<dyn BufRead>,
    window: Rc<RefCell<Window>>,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut window = self.window.borrow_mut();
        if window.since > MAX_RECORD {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.source.read(buffer)?;
        window.push(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}

//! Records of a CSV, one at a time, with the place of each.

use crate::error::{Error, Place, Result};
use crate::table::cell::Cell;
use crate::table::format::{Format, Header, MAX_RECORD};
use crate::table::kind;
use crate::table::text::{clip, printable};
use csv::ByteRecord;
use predictor::notation::{Notation, plain};
use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// A CSV being read.
pub(super) struct Csv {
    csv: csv::Reader<Guard>,
    window: Rc<RefCell<Window>>,
    file: String,
    names: Vec<String>,
    record: ByteRecord,
    /// The first record, where it is data.
    pending: bool,
    /// Lines before the first that the parser sees.
    skipped: u64,
    /// The text of the first record's line, for messages.
    first: String,
}

impl Csv {
    /// Begins to read a CSV and reads its first record.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Data`] for an empty file, a name that occurs twice, or what is not text.
    pub fn open(name: &str, mut source: Box<dyn BufRead>, format: &Format) -> Result<Self> {
        let start = source.fill_buf().map_err(Error::io("read", name))?;
        if let Some(what) = kind::not_a_csv(start) {
            return Err(Error::data(Place::line(name, 0), what));
        }
        let mut skipped = 0;
        let mut delimiter = format.delimiter;
        if let Some(stated) = kind::separator_line(start) {
            delimiter = delimiter.or(Some(stated));
            skip_line(&mut source, name)?;
            skipped += 1;
        }
        for _ in 0..format.skip_lines {
            skip_line(&mut source, name)?;
            skipped += 1;
        }
        let start = source.fill_buf().map_err(Error::io("read", name))?;
        let delimiter = delimiter.unwrap_or_else(|| kind::delimiter(start));
        let first =
            start.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let first = printable(&String::from_utf8_lossy(&first[..first.len().min(160)]));
        let window = Rc::new(RefCell::new(Window::default()));
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(Guard { source, window: Rc::clone(&window) });
        let file = name.to_owned();
        let (names, record) = (Vec::new(), ByteRecord::new());
        let mut records = Self { csv, window, file, names, record, pending: false, skipped, first };
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
            let mut what = format!("{found} field(s), the first record has {expected}");
            if expected == 1 {
                what = format!(
                    "{what}; the first line is `{}`: if it is a title or a comment, leave it out with --skip-lines 1",
                    clip(&self.first)
                );
            } else if found > expected && found.is_multiple_of(expected) {
                what = format!(
                    "{what}; where commas stand before decimals, the fields need another --delimiter or quotes"
                );
            }
            return Err(Error::data(Place::line(&self.file, self.line()), what));
        }
        Ok(true)
    }

    /// A field of the current record, without the white space around it.
    ///
    /// A field that was quoted after a space, `1, "2"`, still has its quotes; they go too.
    fn field(&self, i: usize) -> &[u8] {
        let field = self.record.get(i).unwrap_or_default().trim_ascii();
        match field {
            [b'"', inside @ .., b'"'] if !inside.contains(&b'"') => inside.trim_ascii(),
            _ => field,
        }
    }

    /// The same as a cell.
    pub fn cell(&self, i: usize) -> Cell<'_> {
        Cell::Text(self.field(i))
    }

    /// The line on which the current record starts, from 1.
    ///
    /// The parser knows the line on which it began to look for the record, blank lines before it included, and the one
    /// on which it stopped: for a record ended by a bare `\n` that is the next one.
    pub fn line(&self) -> u64 {
        let position = self.csv.position();
        let next = u64::from(self.window.borrow().byte_before(position.byte()) == Some(b'\n'));
        let inside = self.record.as_slice().iter().filter(|&&b| b == b'\n').count();
        self.skipped + position.line().saturating_sub(next).saturating_sub(inside as u64).max(1)
    }

    fn read(&mut self) -> Result<bool> {
        self.window.borrow_mut().since = 0;
        self.csv.read_byte_record(&mut self.record).map_err(|error| self.csv_error(error))
    }

    fn csv_error(&self, error: csv::Error) -> Error {
        let line = self.skipped + self.csv.position().line();
        match error.into_kind() {
            csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => {
                let what = format!("a record longer than {} MiB: is a quote not closed?", MAX_RECORD >> 20);
                Error::data(Place::line(&self.file, line), what)
            }
            csv::ErrorKind::Io(source) => Error::io("read", &self.file)(source),
            other => Error::data(Place::line(&self.file, line), format!("{other:?}")),
        }
    }

    fn read_names(&mut self, format: &Format) -> Result<()> {
        if !self.read()? {
            return Err(Error::data(Place::line(&self.file, 0), "there is no data"));
        }
        let looks = |field: &[u8]| plain(field).is_some() || Notation::looks_numeric(field);
        let numeric = self.record.iter().filter(|field| looks(field.trim_ascii())).count();
        let data_first = match format.header {
            Header::Auto => numeric == self.record.len(),
            Header::Yes => false,
            Header::No => true,
        };
        let mut names = Vec::with_capacity(self.record.len());
        for i in 0..self.record.len() {
            let name = if data_first { Ok("") } else { str::from_utf8(self.field(i)) };
            match name {
                Ok("") => names.push(format!("column{}", i + 1)),
                Ok(name) => names.push(name.to_owned()),
                Err(_) => {
                    let what = format!("the name of column {} is not UTF-8: {}", i + 1, kind::NOT_UTF8);
                    return Err(Error::data(Place::line(&self.file, self.line()), what));
                }
            }
        }
        let mut seen = std::collections::HashMap::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name.as_str(), i) {
                let (first, second, of) = (first + 1, i + 1, self.record.len());
                let way = if numeric * 2 > of {
                    format!(
                        "the first line looks like data ({numeric} of its {of} fields are numbers): --header no"
                    )
                } else {
                    "rename one, or number the columns with --skip-lines 1 --header no".to_owned()
                };
                let what = format!("columns {first} and {second} are both called `{}`; {way}", clip(name));
                return Err(Error::data(Place::line(&self.file, self.line()), what));
            }
        }
        self.names = names;
        self.pending = data_first;
        Ok(())
    }
}

fn skip_line(source: &mut Box<dyn BufRead>, file: &str) -> Result<()> {
    let mut left = MAX_RECORD;
    loop {
        let chunk = source.fill_buf().map_err(Error::io("read", file))?;
        let (used, done) = match chunk.iter().position(|&b| b == b'\n') {
            Some(end) => (end + 1, true),
            None => (chunk.len(), chunk.is_empty()),
        };
        source.consume(used);
        left = left.saturating_sub(used as u64);
        if done {
            return Ok(());
        }
        if left == 0 {
            return Err(Error::data(
                Place::line(file, 0),
                format!("a line longer than {} MiB", MAX_RECORD >> 20),
            ));
        }
    }
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

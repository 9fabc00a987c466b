//! The compact form of a table that was read once, in memory or in a file without a name, for later passes.
//!
//! A row is a byte that says how far its line is from the row before, then one value for each column in use: a tag and its payload. A text that is
//! among a column's first distinct ones is its number; a number is itself; other texts stand in full. The file has no name from the moment
//! at which it is made (on Windows the system removes it when it is closed), so nothing of it stays behind, however the program ends.

use crate::error::{Error, Result};
use crate::table::cell::{Cell, Slot};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Tags below this are a level's number.
const FEW: u8 = 240;
const LEVEL: u8 = 240;
const NUMBER: u8 = 241;
const SINGLE: u8 = 242;
const DAY: u8 = 243;
const TEXT: u8 = 244;
const MISSING: u8 = 245;
/// The line is given in full, after the number of the file.
const JUMP: u8 = 255;
/// Bytes that are written to a file, or read from it, at a time.
const CHUNK: usize = 1 << 20;

/// What is kept of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kept<'a> {
    Missing,
    /// The number of one of the column's levels.
    Level(u32),
    Number(f64),
    Day(f64),
    Text(&'a [u8]),
}

/// The compact form in the making.
pub(super) struct Writer {
    buffer: Vec<u8>,
    /// Bytes that may be in memory, and in memory and file together.
    memory: usize,
    most: u64,
    file: Option<File>,
    written: u64,
    part: u32,
    line: u64,
}

impl Writer {
    /// Before the first row; up to `memory` bytes stay in memory, and up to sixteen times as much as `cap` go to a file.
    pub fn new(memory: u64, cap: u64) -> Self {
        Self {
            buffer: Vec::new(),
            memory: usize::try_from(memory).unwrap_or(usize::MAX),
            most: cap.saturating_mul(16),
            file: None,
            written: 0,
            part: 0,
            line: 0,
        }
    }

    /// Begins a row.
    pub fn row(&mut self, part: usize, line: u64) {
        let step = line.wrapping_sub(self.line);
        if part as u32 == self.part && step < u64::from(JUMP) {
            self.buffer.push(step as u8);
        } else {
            self.buffer.push(JUMP);
            self.buffer.extend_from_slice(&(part as u32).to_le_bytes());
            self.buffer.extend_from_slice(&line.to_le_bytes());
        }
        (self.part, self.line) = (part as u32, line);
    }

    /// Adds a value to the row.
    pub fn push(&mut self, value: Kept<'_>) {
        let b = &mut self.buffer;
        let mut tagged = |tag: u8, bytes: &[u8]| {
            b.push(tag);
            b.extend_from_slice(bytes);
        };
        match value {
            Kept::Missing => tagged(MISSING, &[]),
            Kept::Level(code) if code < u32::from(FEW) => tagged(code as u8, &[]),
            Kept::Level(code) => tagged(LEVEL, &code.to_le_bytes()),
            Kept::Number(x) if f64::from(x as f32).to_bits() == x.to_bits() => {
                tagged(SINGLE, &(x as f32).to_le_bytes());
            }
            Kept::Number(x) => tagged(NUMBER, &x.to_le_bytes()),
            Kept::Day(days) => tagged(DAY, &days.to_le_bytes()),
            Kept::Text(text) => {
                tagged(TEXT, &(text.len() as u32).to_le_bytes());
                b.extend_from_slice(text);
            }
        }
    }

    /// Ends a row.
    ///
    /// # Errors
    /// The file cannot be written, or there would be too much of it: the compact form is given up then.
    pub fn end_row(&mut self) -> io::Result<()> {
        let full = if self.file.is_some() { CHUNK } else { self.memory.max(CHUNK) };
        if self.buffer.len() >= full { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.written += self.buffer.len() as u64;
        if self.written > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        self.buffer.shrink_to(2 * CHUNK);
        Ok(())
    }

    /// The whole, with the names of all columns, the levels of those in use by their position, and the names of the files.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(
        mut self,
        names: Vec<String>,
        used: Vec<(usize, Vec<Box<[u8]>>)>,
        parts: Vec<(String, bool)>,
    ) -> io::Result<Compact> {
        if self.file.is_some() {
            self.spill()?;
        }
        let length = self.written + self.buffer.len() as u64;
        let rows = match self.file {
            Some(file) => Rows::File(Mutex::new(file)),
            None => {
                self.buffer.shrink_to_fit();
                Rows::Memory(self.buffer)
            }
        };
        Ok(Compact { rows, length, names, used, parts })
    }
}

/// The compact form of a table.
#[derive(Debug)]
pub(super) struct Compact {
    rows: Rows,
    length: u64,
    pub names: Vec<String>,
    used: Vec<(usize, Vec<Box<[u8]>>)>,
    /// The names of the files, and whether their rows are counted instead of lines.
    pub parts: Vec<(String, bool)>,
}

impl Compact {
    /// Bytes in memory.
    pub fn memory(&self) -> u64 {
        match &self.rows {
            Rows::Memory(bytes) => bytes.len() as u64,
            Rows::File(_) => CHUNK as u64,
        }
    }
}

#[derive(Debug)]
enum Rows {
    Memory(Vec<u8>),
    /// Every reader goes to its own place first.
    File(Mutex<File>),
}

/// A pass over the compact form.
pub(super) struct Reader {
    compact: Arc<Compact>,
    /// Bytes of a file that were read, and where in them the next value is. Of memory nothing is copied.
    chunk: Vec<u8>,
    at: usize,
    /// Where the chunk ends in the file.
    next: u64,
    slots: Vec<Slot>,
    /// Whether a slot's text is a level, and which.
    levels: Vec<Option<u32>>,
    /// For each column of the table its place among those in use.
    places: Vec<Option<usize>>,
    text: Vec<u8>,
    pub part: u32,
    pub line: u64,
}

impl Reader {
    pub fn new(compact: &Arc<Compact>) -> Self {
        let mut places = vec![None; compact.names.len()];
        for (at, (position, _)) in compact.used.iter().enumerate() {
            places[*position] = Some(at);
        }
        Self {
            compact: Arc::clone(compact),
            chunk: Vec::new(),
            at: 0,
            next: 0,
            slots: vec![Slot::Missing; compact.used.len()],
            levels: vec![None; compact.used.len()],
            places,
            text: Vec::new(),
            part: 0,
            line: 0,
        }
    }

    pub fn compact(&self) -> &Compact {
        &self.compact
    }

    /// Goes on to the next row, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn advance(&mut self) -> Result<bool> {
        if self.is_done() {
            return Ok(false);
        }
        self.read_row().map_err(Error::io("read the temporary copy of", &self.file()))?;
        Ok(true)
    }

    pub fn cell(&self, i: usize) -> Cell<'_> {
        let Some(at) = self.places.get(i).copied().flatten() else { return Cell::Unread };
        match self.levels[at] {
            Some(level) => {
                let text = self.compact.used[at].1.get(level as usize);
                text.map_or(Cell::Unread, |text| Cell::Text(text))
            }
            None => self.slots[at].cell(&self.text),
        }
    }

    fn file(&self) -> String {
        self.compact.parts.get(self.part as usize).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn is_done(&self) -> bool {
        match &self.compact.rows {
            Rows::Memory(bytes) => self.at == bytes.len(),
            Rows::File(_) => self.next == self.compact.length && self.at == self.chunk.len(),
        }
    }

    fn read_row(&mut self) -> io::Result<()> {
        match self.byte()? {
            JUMP => {
                self.part = u32::from_le_bytes(self.bytes()?);
                self.line = u64::from_le_bytes(self.bytes()?);
            }
            step => self.line += u64::from(step),
        }
        self.text.clear();
        for at in 0..self.slots.len() {
            self.levels[at] = None;
            self.slots[at] = match self.byte()? {
                MISSING => Slot::Missing,
                NUMBER => Slot::Number(f64::from_le_bytes(self.bytes()?)),
                SINGLE => Slot::Number(f64::from(f32::from_le_bytes(self.bytes()?))),
                DAY => Slot::Day(f64::from_le_bytes(self.bytes()?)),
                TEXT => {
                    let length = u32::from_le_bytes(self.bytes()?) as usize;
                    let from = self.text.len();
                    self.take_text(length)?;
                    Slot::Text(from, self.text.len())
                }
                LEVEL => {
                    self.levels[at] = Some(u32::from_le_bytes(self.bytes()?));
                    Slot::Missing
                }
                code => {
                    self.levels[at] = Some(u32::from(code));
                    Slot::Missing
                }
            };
        }
        Ok(())
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.need(N)?;
        let here = match &self.compact.rows {
            Rows::Memory(bytes) => bytes,
            Rows::File(_) => &self.chunk,
        };
        let found = here.get(self.at..).and_then(|rest| rest.first_chunk::<N>()).copied();
        self.at += N;
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn take_text(&mut self, length: usize) -> io::Result<()> {
        self.need(length)?;
        let here = match &self.compact.rows {
            Rows::Memory(bytes) => bytes,
            Rows::File(_) => &self.chunk,
        };
        let text = here.get(self.at..self.at + length).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.text.extend_from_slice(text);
        self.at += length;
        Ok(())
    }

    /// Reads on where the chunk holds less than so many bytes.
    fn need(&mut self, length: usize) -> io::Result<()> {
        let Rows::File(file) = &self.compact.rows else { return Ok(()) };
        if self.chunk.len() - self.at >= length {
            return Ok(());
        }
        self.chunk.drain(..self.at);
        self.at = 0;
        let old = self.chunk.len();
        let left = self.compact.length - self.next;
        let more = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.max(length));
        self.chunk.resize(old + more, 0);
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.next))?;
        file.read_exact(&mut self.chunk[old..])?;
        self.next += more as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Value {
        Missing,
        Level(u32),
        Number(f64),
        Day(f64),
        Text(Vec<u8>),
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Missing),
            (0_u32..300).prop_map(Value::Level),
            any::<f64>().prop_map(Value::Number),
            any::<f32>().prop_map(|x| Value::Number(f64::from(x))),
            (-1e5..1e5).prop_map(Value::Day),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Text),
        ]
    }

    fn level(code: u32) -> Box<[u8]> {
        format!("l{code}").into_bytes().into()
    }

    fn check(rows: &[(u64, [Value; 2])], memory: u64) {
        let mut writer = Writer::new(memory, 1 << 40);
        for (line, values) in rows {
            writer.row(0, *line);
            for value in values {
                writer.push(match value {
                    Value::Missing => Kept::Missing,
                    Value::Level(code) => Kept::Level(*code),
                    Value::Number(x) => Kept::Number(*x),
                    Value::Day(x) => Kept::Day(*x),
                    Value::Text(text) => Kept::Text(text),
                });
            }
            writer.end_row().unwrap();
        }
        let levels: Vec<_> = (0..300).map(level).collect();
        let used = vec![(0, levels.clone()), (2, levels)];
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let compact = Arc::new(writer.finish(names, used, vec![("t".to_owned(), false)]).unwrap());
        assert_eq!(matches!(compact.rows, Rows::File(_)), memory == 0 && compact.length >= CHUNK as u64);
        // Two passes at once do not disturb each other.
        let (mut reader, mut other) = (Reader::new(&compact), Reader::new(&compact));
        for (line, values) in rows {
            assert!(reader.advance().unwrap() && other.advance().unwrap());
            assert_eq!(reader.line, *line);
            assert_eq!(reader.cell(1), Cell::Unread);
            for (value, position) in values.iter().zip([0, 2]) {
                let same = match (value, reader.cell(position)) {
                    (Value::Missing, Cell::Missing(_)) => true,
                    (Value::Level(code), Cell::Text(text)) => *text == *level(*code),
                    (Value::Number(x), Cell::Number(y)) | (Value::Day(x), Cell::Day(y)) => {
                        x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan())
                    }
                    (Value::Text(text), Cell::Text(found)) => text == found,
                    _ => false,
                };
                assert!(same, "{value:?} {:?}", reader.cell(position));
            }
        }
        assert!(!reader.advance().unwrap());
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read(rows in proptest::collection::vec((0_u64..2000, [value(), value()]), 0..50)) {
            check(&rows, 1 << 20);
        }
    }

    #[test]
    fn more_than_the_memory_goes_to_a_file() {
        let rows: Vec<_> = (0..100_000)
            .map(|i| {
                (i + i / 1000 * 300, [Value::Number(1.0 / i as f64), Value::Text(vec![7; i as usize % 30])])
            })
            .collect();
        check(&rows, 0);
        check(&rows, 1 << 30);
    }
}

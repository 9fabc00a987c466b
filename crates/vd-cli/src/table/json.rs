//! Records of JSON lines, one object a line.

use crate::error::{Error, Place, Result};
use crate::table::cell::{Cell, Slot};
use crate::table::format::MAX_RECORD;
use crate::table::text::clip;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io::{BufRead, Read};

/// Records in which a key must occur first: it is a column then, and missing where a record lacks it.
const FIRST: usize = 1000;

/// JSON lines being read.
pub(super) struct Json {
    source: Box<dyn BufRead>,
    file: String,
    row: Row,
    /// Lines that were read to learn the keys, with their numbers.
    ahead: VecDeque<(u64, Vec<u8>)>,
    line: u64,
    read: u64,
}

impl Json {
    /// Begins to read; the names are those of an earlier file of the table, or the keys of the first records.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Data`] for a line that is not one JSON object.
    pub fn open(file: &str, source: Box<dyn BufRead>, names: Option<&[String]>) -> Result<Self> {
        let mut json = Self {
            source,
            file: file.to_owned(),
            row: Row::default(),
            ahead: VecDeque::new(),
            line: 0,
            read: 0,
        };
        if let Some(names) = names {
            names.iter().for_each(|name| json.row.add(name));
            return Ok(json);
        }
        json.row.grows = true;
        let mut bytes = 0;
        while json.ahead.len() < FIRST && bytes < MAX_RECORD as usize {
            let Some(line) = json.read_line()? else { break };
            bytes += line.len();
            json.parse(json.read, &line)?;
            json.ahead.push_back((json.read, line));
        }
        json.row.grows = false;
        Ok(json)
    }

    pub fn names(&self) -> &[String] {
        &self.row.names
    }

    /// Goes on to the next record, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Data`] for a line that is not one JSON object, or has a key that is not known.
    pub fn advance(&mut self) -> Result<bool> {
        let (at, line) = match self.ahead.pop_front() {
            Some(ahead) => ahead,
            None => match self.read_line()? {
                Some(line) => (self.read, line),
                None => return Ok(false),
            },
        };
        self.line = at;
        self.parse(at, &line)?;
        Ok(true)
    }

    pub fn cell(&self, i: usize) -> Cell<'_> {
        self.row.slots.get(i).copied().flatten().unwrap_or(Slot::Missing).cell(&self.row.text)
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    fn parse(&mut self, at: u64, line: &[u8]) -> Result<()> {
        self.row.slots.clear();
        self.row.slots.resize(self.row.names.len(), None);
        self.row.text.clear();
        let mut parser = serde_json::Deserializer::from_slice(line);
        let parsed = (&mut self.row).deserialize(&mut parser).and_then(|()| parser.end());
        parsed.map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => {
                    "the line is not a whole JSON object: write one object a line: jq -c".to_owned()
                }
                // The parser's own place is one within the line.
                _ => format!("the line is not one JSON object: {error}")
                    .replace(" at line 1 column", " at character"),
            };
            Error::data(Place::line(&self.file, at), what)
        })
    }

    /// The next line that is not empty.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut self.source).take(MAX_RECORD + 1);
            let n = bounded.read_until(b'\n', &mut line).map_err(Error::io("read", &self.file))?;
            self.read += 1;
            if n == 0 {
                return Ok(None);
            }
            if n as u64 > MAX_RECORD {
                let what = format!("a record longer than {} MiB", MAX_RECORD >> 20);
                return Err(Error::data(Place::line(&self.file, self.read), what));
            }
            if self.read == 1 && line.starts_with(b"\xEF\xBB\xBF") {
                line.drain(..3);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

/// The values of one object.
#[derive(Default)]
struct Row {
    names: Vec<String>,
    index: HashMap<String, usize>,
    slots: Vec<Option<Slot>>,
    text: Vec<u8>,
    /// Whether a new key makes a column.
    grows: bool,
}

impl Row {
    fn add(&mut self, name: &str) {
        self.index.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.slots.push(None);
    }
}

impl<'de> DeserializeSeed<'de> for &mut Row {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Row {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(i) = map.next_key_seed(Key(self))? {
            if self.slots[i].is_some() {
                return Err(A::Error::custom(format!("the key `{}` occurs twice", clip(&self.names[i]))));
            }
            self.slots[i] = Some(map.next_value_seed(Value(&mut self.text))?);
        }
        Ok(())
    }
}

/// A key, as the column's position.
struct Key<'a>(&'a mut Row);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = usize;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<usize, E> {
        if let Some(&i) = self.0.index.get(key) {
            return Ok(i);
        }
        if !self.0.grows {
            let what = format!(
                "the key `{}` is in none of the first {FIRST} records: add it there, if only as null",
                clip(key)
            );
            return Err(E::custom(what));
        }
        self.0.add(key);
        Ok(self.0.names.len() - 1)
    }
}

/// A value, as a slot.
struct Value<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Slot;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Slot, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a string, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Slot, E> {
        Ok(Slot::Missing)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Slot, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Slot, E> {
        Ok(Slot::Integer(i128::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Slot, E> {
        Ok(Slot::Integer(i128::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Slot, E> {
        Ok(Slot::Number(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Slot, E> {
        let from = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        Ok(Slot::Name(from, self.0.len()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Slot, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Slot::Unread)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Slot, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Slot::Unread)
    }
}

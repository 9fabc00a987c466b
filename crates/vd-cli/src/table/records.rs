//! Records of a table, one at a time, with the place of each, whatever the format and however many files.

use crate::error::{Error, Place, Result};
use crate::table::batches::{Batches, Stream};
use crate::table::cell::Cell;
use crate::table::column::Family;
use crate::table::compact::Reader;
use crate::table::csv::Csv;
use crate::table::format::{Format, Marks};
use crate::table::input::Input;
use crate::table::ipc::{Elsewhere, Ipc};
use crate::table::json::Json;
use crate::table::kind::Kind;
use crate::table::parquet::{Parquet, Store};
use crate::table::part::{Packing, Part, slurp};
use crate::table::text::{clip, clip_bytes};
use predictor::notation::Notation;
use std::io::BufRead;
use std::sync::Arc;

/// The longest Parquet file that is read from a pipe; its table of contents is at its end.
const MAX_PIPED: u64 = 1 << 30;

/// A table being read.
pub struct Records {
    input: Input,
    format: Format,
    marks: Marks,
    names: Vec<String>,
    families: Option<Vec<Family>>,
    wanted: Option<Vec<usize>>,
    source: Source,
    part: usize,
}

enum Source {
    Csv(Box<Csv>),
    Json(Box<Json>),
    Batches(Box<Batches>),
    Compact(Box<Reader>),
}

impl Records {
    /// Opens a table and reads its names.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Data`] for an empty file, a name that occurs twice, or what is no table.
    pub fn open(input: &Input, format: &Format) -> Result<Self> {
        let source = match (input.compact(), input.parts().first()) {
            (Some(compact), _) => Source::Compact(Box::new(Reader::new(compact))),
            (None, Some(part)) => open_part(part, format, None)?,
            (None, None) => return Err(Error::usage(format!("there is no file in {}", input.name()))),
        };
        let names = source.names().to_vec();
        let records = Self {
            input: input.clone(),
            format: format.clone(),
            marks: Marks::new(format),
            names,
            families: source.families().map(<[Family]>::to_vec),
            wanted: None,
            source,
            part: 0,
        };
        if !matches!(records.source, Source::Compact(_)) {
            records.check_names()?;
        }
        Ok(records)
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Before the first record: only these columns, by their position, will be asked for.
    pub fn only(&mut self, wanted: Vec<usize>) {
        self.source.only(&wanted);
        self.wanted = Some(wanted);
    }

    /// Why a column cannot be read, whatever its values are.
    pub fn unread(&self, i: usize) -> Option<String> {
        let unread = self.families.as_ref().is_some_and(|families| families.get(i) == Some(&Family::Unread));
        unread.then(|| {
            let name = self.names.get(i).map_or("", String::as_str);
            format!(
                "the column's type is neither a number, a date, a truth value nor a string: leave it out (--ignore {})",
                clip(name)
            )
        })
    }

    /// Goes on to the next record, if there is one; every record has as many cells as there are names.
    ///
    /// # Errors
    /// [`Error::Data`] for a record with more or fewer fields, one that is too long, or a damaged file; [`Error::Io`].
    pub fn advance(&mut self) -> Result<bool> {
        loop {
            let more = match &mut self.source {
                Source::Csv(csv) => csv.advance(),
                Source::Json(json) => json.advance(),
                Source::Batches(batches) => batches.advance(),
                Source::Compact(reader) => return reader.advance(),
            }?;
            if more {
                return Ok(true);
            }
            let Some(part) = self.input.parts().get(self.part + 1) else { return Ok(false) };
            let source = open_part(part, &self.format, Some(&self.names))?;
            self.part += 1;
            self.source = source;
            self.check_same()?;
            if let Some(wanted) = &self.wanted {
                self.source.only(wanted);
            }
        }
    }

    /// A cell of the current record; a text that stands for a missing value is missing.
    pub fn cell(&self, i: usize) -> Cell<'_> {
        let cell = match &self.source {
            Source::Csv(csv) => csv.cell(i),
            Source::Json(json) => json.cell(i),
            Source::Batches(batches) => batches.cell(i),
            // What is missing was found when it was read first.
            Source::Compact(reader) => return reader.cell(i),
        };
        match cell {
            Cell::Text(text) if self.marks.is_text(text) => Cell::Missing(text),
            Cell::Name(text) => {
                let text = text.trim_ascii();
                if self.marks.is_name(text) { Cell::Missing(text) } else { Cell::Name(text) }
            }
            Cell::Number(x) if self.marks.is_number(x) => Cell::Missing(b""),
            Cell::Integer(x) if self.marks.is_number(x as f64) => Cell::Missing(b""),
            cell => cell,
        }
    }

    /// The finite number in a cell of the current record.
    ///
    /// # Errors
    /// [`Error::Data`] for a text that the notation does not read, a missing value, or an infinity.
    pub fn number(&self, i: usize, notation: &Notation) -> Result<f64> {
        let cell = self.cell(i);
        let shown = || clip_bytes(&cell.text());
        match value(cell, notation) {
            Some(x) if x.is_finite() => Ok(x),
            Some(_) => Err(self.error(i, format!("`{}` is not finite", shown()))),
            None if notation.is_plain() => Err(self.error(i, format!("`{}` is not a number", shown()))),
            None => Err(self
                .error(i, format!("`{}` is not written as the column is: {}", shown(), notation.describe()))),
        }
    }

    /// Whether the format says which columns are numbers: then none of their cells is a text.
    pub(super) fn has_types(&self) -> bool {
        matches!(self.source, Source::Batches(_))
    }

    /// The line on which the current record starts, from 1; its row where the format has no lines.
    pub fn line(&self) -> u64 {
        match &self.source {
            Source::Csv(csv) => csv.line(),
            Source::Json(json) => json.line(),
            Source::Batches(batches) => batches.row(),
            Source::Compact(reader) => reader.line,
        }
    }

    /// The number of the file that the current record is in, from 0.
    pub(super) fn part(&self) -> usize {
        self.part
    }

    /// The files' names, and whether their rows are counted instead of lines.
    pub(super) fn parts(&self) -> Vec<(String, bool)> {
        let rows = matches!(self.source, Source::Batches(_));
        self.input.parts().iter().map(|part| (part.name.clone(), rows)).collect()
    }

    /// The place of a cell (from 0) of the current record.
    pub fn place(&self, i: usize) -> Place {
        let (file, rows) = match &self.source {
            Source::Compact(reader) => {
                let part = reader.compact().parts.get(reader.part as usize);
                part.map_or(("", false), |(file, rows)| (file.as_str(), *rows))
            }
            source => {
                let part = self.input.parts().get(self.part);
                (part.map_or("", |part| part.name.as_str()), matches!(source, Source::Batches(_)))
            }
        };
        let place = Place { rows, ..Place::line(file, self.line()) };
        match self.names.get(i) {
            Some(name) => place.at(i, name),
            None => place,
        }
    }

    /// An error at a cell (from 0) of the current record.
    pub fn error(&self, i: usize, what: impl Into<String>) -> Error {
        Error::data(self.place(i), what)
    }

    /// That there are names, and none occurs twice; a CSV has looked itself, since it can say what to do.
    fn check_names(&self) -> Result<()> {
        let file = self.input.parts().first().map_or("", |part| part.name.as_str());
        if self.names.is_empty() {
            let what = "there are no columns: each row needs a value with a name";
            return Err(Error::data(Place::line(file, 0), what));
        }
        let mut seen = std::collections::HashMap::new();
        for (i, name) in self.names.iter().enumerate() {
            if let Some(first) = seen.insert(name.as_str(), i) {
                let what = format!(
                    "columns {} and {} are both called `{}`: rename one",
                    first + 1,
                    i + 1,
                    clip(name)
                );
                return Err(Error::data(Place::line(file, 0), what));
            }
        }
        Ok(())
    }

    /// That the file just opened has the columns of the first.
    fn check_same(&self) -> Result<()> {
        let parts = self.input.parts();
        let (Some(first), Some(here)) = (parts.first(), parts.get(self.part)) else { return Ok(()) };
        let refuse = |what: String| Err(Error::data(Place::line(&here.name, 0), what));
        let names = self.source.names();
        if let Some(name) = self.names.iter().find(|name| !names.contains(name)) {
            return refuse(format!("there is no column `{}`, as there is in {}", clip(name), first.name));
        }
        if let Some(name) = names.iter().find(|name| !self.names.contains(name)) {
            return refuse(format!("the column `{}` is not in {}", clip(name), first.name));
        }
        if let Some((name, other)) = self.names.iter().zip(names).find(|(a, b)| a != b) {
            return refuse(format!(
                "column `{}` stands where `{}` does in {}: the files need the same order",
                clip(other),
                clip(name),
                first.name
            ));
        }
        match (&self.families, self.source.families()) {
            (None, None) => Ok(()),
            (Some(known), Some(found)) => {
                for (i, (a, b)) in known.iter().zip(found).enumerate() {
                    let nothing = [a, b].contains(&&Family::Nothing);
                    if a != b && !nothing {
                        return refuse(format!(
                            "column `{}` holds {}, in {} it holds {}",
                            clip(&names[i]),
                            b.word(),
                            first.name,
                            a.word()
                        ));
                    }
                }
                Ok(())
            }
            _ => refuse(format!("the file is of another format than {}", first.name)),
        }
    }
}

/// The number in a cell; none where it holds none in this notation.
pub(super) fn value(cell: Cell<'_>, notation: &Notation) -> Option<f64> {
    match cell {
        Cell::Text(text) | Cell::Name(text) => notation.read(text),
        Cell::Number(x) => (*notation != Notation::Date).then_some(x),
        Cell::Integer(x) => (*notation != Notation::Date).then_some(x as f64),
        Cell::Day(days) => (*notation == Notation::Date).then_some(days),
        Cell::Missing(_) | Cell::Unread => None,
    }
}

impl Source {
    fn names(&self) -> &[String] {
        match self {
            Self::Csv(csv) => csv.names(),
            Self::Json(json) => json.names(),
            Self::Batches(batches) => batches.names(),
            Self::Compact(reader) => &reader.compact().names,
        }
    }

    /// The columns' families, where the format has types.
    fn families(&self) -> Option<&[Family]> {
        match self {
            Self::Batches(batches) => Some(batches.families()),
            _ => None,
        }
    }

    fn only(&mut self, wanted: &[usize]) {
        if let Self::Batches(batches) = self {
            batches.only(wanted);
        }
    }
}

/// Opens one file; `names`: the columns of the table, where they are known.
fn open_part(part: &Part, format: &Format, names: Option<&[String]>) -> Result<Source> {
    let name = part.name.as_str();
    let (mut source, packing) = part.open()?;
    let packed = packing != Packing::None;
    let kind = Kind::of(source.fill_buf().map_err(Error::io("read", name))?);
    Ok(match kind {
        Kind::Csv => Source::Csv(Box::new(Csv::open(name, source, format)?)),
        Kind::JsonLines => Source::Json(Box::new(Json::open(name, source, names)?)),
        Kind::ArrowFile | Kind::ArrowStream => {
            let is_file = kind == Kind::ArrowFile;
            let elsewhere = PartOfFile { part, packed };
            let open = || Ipc::open(source, is_file, packed, &elsewhere).map(Stream::Ipc);
            Source::Batches(Box::new(Batches::open(name, open)?))
        }
        Kind::Parquet => {
            let store = store(part, source, packed)?;
            let open = || Parquet::open(store).map(|parquet| Stream::Parquet(Box::new(parquet)));
            Source::Batches(Box::new(Batches::open(name, open)?))
        }
    })
}

/// A file, for an Arrow file that is not read from its beginning.
struct PartOfFile<'a> {
    part: &'a Part,
    /// Whether it is compressed as a whole.
    packed: bool,
}

impl Elsewhere for PartOfFile<'_> {
    fn end(&self, most: u64) -> std::result::Result<Vec<u8>, String> {
        if self.packed || self.part.once {
            let what = "an Arrow file that does not begin with its schema cannot come from a pipe or be compressed as a whole: give the plain file";
            return Err(what.to_owned());
        }
        self.part.end(most).map_err(|error| error.to_string())
    }

    fn from(&self, offset: u64) -> std::result::Result<Box<dyn BufRead>, String> {
        self.part.from(offset).map_err(|error| error.to_string())
    }
}

/// What a Parquet file is read from: its table of contents is at its end.
fn store(part: &Part, mut source: Box<dyn BufRead>, packed: bool) -> Result<Store> {
    match &part.bytes {
        _ if packed => {
            let what =
                "a Parquet file within gzip or Zstandard: unpack it first; its pages are compressed already";
            Err(Error::data(Place::line(&part.name, 0), what))
        }
        Some(bytes) => Ok(Store::Bytes(bytes.to_vec().into())),
        None if part.once => Ok(Store::Bytes(slurp(&part.name, &mut source, MAX_PIPED)?.into())),
        None => Ok(Store::File(Arc::new(part.file()?))),
    }
}

//! Records of Parquet and Arrow files, from their record batches.

use crate::error::{Error, Place, Result};
use crate::table::cell::Cell;
use crate::table::column::{Column, Family};
use crate::table::guard::guarded;
use crate::table::ipc::Ipc;
use crate::table::parquet::Parquet;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Rows whose values are made ready at a time: a batch may be a whole file.
const ROWS: usize = 4096;

/// Where batches come from.
pub(super) enum Stream {
    Parquet(Box<Parquet>),
    Ipc(Ipc),
}

/// Records of batches.
pub(super) struct Batches {
    stream: Stream,
    file: String,
    names: Vec<String>,
    families: Vec<Family>,
    /// For each column of the file where it is in a batch.
    places: Vec<Option<usize>>,
    batch: Option<RecordBatch>,
    /// Rows of the batch that were made ready.
    used: usize,
    columns: Vec<Column>,
    ready: usize,
    /// The current row among those that are ready, from 1.
    row: usize,
    before: u64,
}

impl Batches {
    /// Begins to read.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that cannot be read, or a name that occurs twice.
    pub fn open(file: &str, open: impl FnOnce() -> core::result::Result<Stream, String>) -> Result<Self> {
        let stream = guarded(open).map_err(|why| damaged(file, &why))?;
        let schema: &SchemaRef = match &stream {
            Stream::Parquet(parquet) => parquet.schema(),
            Stream::Ipc(ipc) => ipc.schema(),
        };
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let families = schema.fields().iter().map(|field| Family::of(field.data_type())).collect();
        let places = (0..names.len()).map(Some).collect();
        let file = file.to_owned();
        Ok(Self {
            stream,
            file,
            names,
            families,
            places,
            batch: None,
            used: 0,
            columns: Vec::new(),
            ready: 0,
            row: 0,
            before: 0,
        })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Before the first row: no other columns will be asked for.
    pub fn only(&mut self, wanted: &[usize]) {
        if let Stream::Parquet(parquet) = &mut self.stream {
            parquet.only(wanted);
            let mut next = 0;
            for (i, place) in self.places.iter_mut().enumerate() {
                *place = wanted.contains(&i).then_some(next);
                next += usize::from(place.is_some());
            }
        }
    }

    /// Goes on to the next row, if there is one.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that is damaged.
    pub fn advance(&mut self) -> Result<bool> {
        if self.row < self.ready {
            self.row += 1;
            return Ok(true);
        }
        self.before += self.ready as u64;
        (self.row, self.ready) = (0, 0);
        let (stream, batch, used, columns) =
            (&mut self.stream, &mut self.batch, &mut self.used, &mut self.columns);
        let step = guarded(|| {
            while batch.as_ref().is_none_or(|batch| *used == batch.num_rows()) {
                *used = 0;
                *batch = match stream {
                    Stream::Parquet(parquet) => parquet.next()?,
                    Stream::Ipc(ipc) => ipc.next()?,
                };
                if batch.is_none() {
                    return Ok(0);
                }
            }
            let Some(batch) = batch else { return Ok(0) };
            let rows = ROWS.min(batch.num_rows() - *used);
            *columns = batch.columns().iter().map(|array| Column::new(&array.slice(*used, rows))).collect();
            *used += rows;
            Ok(rows)
        });
        self.ready = step.map_err(|why| damaged(&self.file, &why))?;
        self.row = self.ready.min(1);
        Ok(self.ready > 0)
    }

    pub fn cell(&self, i: usize) -> Cell<'_> {
        let column = self.places.get(i).copied().flatten().and_then(|at| self.columns.get(at));
        column.map_or(Cell::Unread, |column| column.cell(self.row.saturating_sub(1)))
    }

    /// The current row, from 1.
    pub fn row(&self) -> u64 {
        self.before + self.row as u64
    }
}

fn damaged(file: &str, why: &str) -> Error {
    let why = crate::table::text::printable(why);
    let why: String = why.chars().take(300).collect();
    Error::data(Place::line(file, 0), format!("the file cannot be read: {why}"))
}

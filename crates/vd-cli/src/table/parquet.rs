//! Record batches of Parquet, one row group after the other.

use crate::table::pages;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Rows that are read at a time.
const ROWS: usize = 4096;

/// A file, or its bytes.
pub(super) enum Store {
    File(Arc<File>),
    Bytes(Bytes),
}

impl Store {
    fn share(&self) -> Self {
        match self {
            Self::File(file) => Self::File(Arc::clone(file)),
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
        }
    }
}

impl Length for Store {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.metadata().map_or(0, |m| m.len()),
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Store {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        match self {
            Self::File(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                Ok(Box::new(BufReader::new(file)))
            }
            Self::Bytes(bytes) => bytes.get_read(start).map(|reader| Box::new(reader) as Self::T),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            return Err(ParquetError::EOF("it ends in the middle: is it cut off?".to_owned()));
        }
        match self {
            Self::File(file) => {
                let mut bytes = vec![0; length];
                let mut file = file.as_ref();
                file.seek(SeekFrom::Start(start))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
            Self::Bytes(bytes) => bytes.get_bytes(start, length),
        }
    }
}

/// Batches being read.
pub(super) struct Parquet {
    store: Store,
    metadata: ArrowReaderMetadata,
    /// The columns that are read, by their position.
    wanted: Option<Vec<usize>>,
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
}

type Reason = String;

impl Parquet {
    /// Reads the footer.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(store: Store) -> Result<Self, Reason> {
        let options = ArrowReaderOptions::new();
        let metadata = ArrowReaderMetadata::load(&store, options).map_err(said)?;
        let schema = viewed(metadata.schema());
        let options = ArrowReaderOptions::new().with_schema(schema);
        // Where the views are refused the strings themselves will do.
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata);
        Ok(Self { store, metadata, wanted: None, group: 0, reader: None })
    }

    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// From the next row group on, only these columns are read; the batches hold no others.
    pub fn only(&mut self, wanted: &[usize]) {
        self.wanted = Some(wanted.to_vec());
    }

    /// The next batch, if there is one.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, Reason> {
        loop {
            if let Some(reader) = &mut self.reader {
                if let Some(batch) = reader.next() {
                    return batch.map(Some).map_err(|error| error.to_string());
                }
                self.reader = None;
            }
            if self.group == self.metadata.metadata().num_row_groups() {
                return Ok(None);
            }
            self.reader = Some(self.open_group(self.group)?);
            self.group += 1;
        }
    }

    fn open_group(&self, group: usize) -> Result<ParquetRecordBatchReader, Reason> {
        let descr = self.metadata.parquet_schema();
        let mask = match &self.wanted {
            Some(wanted) => ProjectionMask::roots(descr, wanted.iter().copied()),
            None => ProjectionMask::all(),
        };
        let leaves: Vec<usize> = (0..descr.num_columns()).filter(|&leaf| mask.leaf_included(leaf)).collect();
        pages::check(&self.store, self.metadata.metadata().row_group(group), &leaves)?;
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.store.share(), self.metadata.clone())
            .with_row_groups(vec![group])
            .with_projection(mask)
            .with_batch_size(ROWS)
            .build()
            .map_err(said)
    }
}

fn said(error: ParquetError) -> Reason {
    error.to_string()
}

/// The schema with strings as views: these share a dictionary's texts, so that a long text that occurs often is in memory once.
fn viewed(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            Arc::new(Field::new(field.name(), DataType::Utf8View, field.is_nullable()))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

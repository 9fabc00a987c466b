//! Record batches of Arrow IPC, file (Feather 2) and stream alike.
//!
//! A file is a stream between a mark and a footer, and is read as that stream, so that gzip and pipes work and nothing depends on the footer's
//! offsets. polars' `write_ipc` (2.1) puts the schema in front without its length, so that it is no message, and dictionaries
//! after the batches: the schema and the places of the messages are then taken from the footer. The messages are cut here, not by `arrow_ipc`'s readers, so that no length is believed before that many
//! bytes were there.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{MessageHeader, root_as_footer, root_as_message};
use arrow_schema::SchemaRef;
use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

/// The longest description of a message: a schema of 100,000 columns takes some 20 MiB.
const MAX_METADATA: u64 = 64 << 20;
/// The most bytes that a batch of a compressed file, or of a file of compressed buffers, unfolds to.
const MAX_UNFOLDED: u64 = 1 << 30;
/// The most that compressed buffers unfold to beyond [`MAX_UNFOLDED`], as a multiple of their own size.
const MOST_TIMES: u64 = 32;

/// Batches being read.
pub(super) struct Ipc {
    source: Box<dyn BufRead>,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    /// Whether all dictionaries were read before the batches.
    by_footer: bool,
    /// Whether the batches must end with their mark, as in a file.
    is_file: bool,
    /// The most bytes of a message's body.
    most: u64,
    /// Words of zeros that may stand before the first message of a file.
    padding: u32,
    done: bool,
}

type Reason = String;

/// Other parts of the file that is read.
pub(super) trait Elsewhere {
    /// The last bytes, at most so many.
    ///
    /// # Errors
    /// Why they cannot be read.
    fn end(&self, most: u64) -> Result<Vec<u8>, Reason>;

    /// A reader from so many bytes on.
    ///
    /// # Errors
    /// Why there is none.
    fn from(&self, offset: u64) -> Result<Box<dyn BufRead>, Reason>;
}

/// A message's description and body.
struct Parts {
    metadata: Vec<u8>,
    body: Vec<u8>,
}

impl Ipc {
    /// Begins to read, up to the schema; `packed`: whether the bytes come out of gzip or Zstandard. `parts` reads a
    /// file that is not the stream that it should be from elsewhere.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(
        source: Box<dyn BufRead>,
        is_file: bool,
        packed: bool,
        parts: &dyn Elsewhere,
    ) -> Result<Self, Reason> {
        let most = if packed { MAX_UNFOLDED } else { u64::MAX };
        let schema = Arc::new(arrow_schema::Schema::empty());
        let padding = if is_file { 14 } else { 0 };
        let mut ipc = Self {
            source,
            schema,
            dictionaries: HashMap::new(),
            by_footer: false,
            is_file,
            most,
            padding,
            done: false,
        };
        match ipc.begin() {
            Err(_) if is_file => ipc.begin_by_footer(parts)?,
            result => result?,
        }
        Ok(ipc)
    }

    /// Reads the schema at the beginning.
    fn begin(&mut self) -> Result<(), Reason> {
        if self.is_file {
            exactly(&mut self.source, 8)?;
        }
        let Parts { metadata, .. } = self.message()?.ok_or("it holds no schema")?;
        let message = root_as_message(&metadata).map_err(|error| error.to_string())?;
        let schema = message.header_as_schema().ok_or("it does not begin with a schema")?;
        self.schema = Arc::new(try_fb_to_schema(schema).map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Takes the schema from the footer, which ends with its length and the file's mark, reads the dictionaries that it names, and goes to the
    /// first batch.
    fn begin_by_footer(&mut self, parts: &dyn Elsewhere) -> Result<(), Reason> {
        (self.by_footer, self.padding) = (true, 0);
        let end = parts.end(MAX_METADATA)?;
        let rest = end.strip_suffix(b"ARROW1").ok_or(CUT)?;
        let (rest, length) = rest.split_last_chunk::<4>().ok_or(CUT)?;
        let start = usize::try_from(u32::from_le_bytes(*length)).ok().and_then(|n| rest.len().checked_sub(n));
        let footer = &rest[start.ok_or("its footer is longer than 64 MiB, or than the file")?..];
        let footer = root_as_footer(footer).map_err(|error| error.to_string())?;
        let schema = footer.schema().ok_or("it holds no schema")?;
        self.schema = Arc::new(try_fb_to_schema(schema).map_err(|error| error.to_string())?);
        let place = |offset: i64| u64::try_from(offset).map_err(|_| "an offset below 0".to_owned());
        for block in footer.dictionaries().into_iter().flatten() {
            self.source = parts.from(place(block.offset())?)?;
            let parts = self.message()?.ok_or(CUT)?;
            self.dictionary(parts)?;
        }
        match footer.recordBatches().into_iter().flatten().map(|block| block.offset()).min() {
            Some(first) => self.source = parts.from(place(first)?)?,
            None => self.done = true,
        }
        Ok(())
    }

    /// Takes in a dictionary.
    fn dictionary(&mut self, Parts { metadata, body }: Parts) -> Result<(), Reason> {
        let message = root_as_message(&metadata).map_err(|error| error.to_string())?;
        let body = Buffer::from_vec(body);
        let batch = message.header_as_dictionary_batch().ok_or("a dictionary without its header")?;
        check_unfolded(&batch.data().ok_or("a dictionary without values")?, &body)?;
        read_dictionary(&body, batch, &self.schema, &mut self.dictionaries, &message.version())
            .map_err(|error| error.to_string())
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch, if there is one.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, Reason> {
        while !self.done {
            let Some(parts) = self.message()? else { break };
            let message = root_as_message(&parts.metadata).map_err(|error| error.to_string())?;
            match message.header_type() {
                MessageHeader::RecordBatch => {
                    let body = Buffer::from_vec(parts.body);
                    let batch = message.header_as_record_batch().ok_or("a batch without its header")?;
                    check_unfolded(&batch, &body)?;
                    let (schema, version) = (Arc::clone(&self.schema), message.version());
                    let read = read_record_batch(&body, batch, schema, &self.dictionaries, None, &version);
                    return read.map(Some).map_err(|error| error.to_string());
                }
                MessageHeader::DictionaryBatch if self.by_footer => {}
                MessageHeader::DictionaryBatch => self.dictionary(parts)?,
                other => return Err(format!("a message that is no batch: {other:?}")),
            }
        }
        self.done = true;
        Ok(None)
    }

    /// The next message's description and body; none at the end.
    fn message(&mut self) -> Result<Option<Parts>, Reason> {
        let Some(mut length) = self.word()? else {
            return if self.is_file { Err(CUT.to_owned()) } else { Ok(None) };
        };
        // A file's mark is padded to 8 bytes by some writers, to 64 by others.
        while length == 0 && self.padding > 0 {
            self.padding -= 1;
            length = self.word()?.ok_or(CUT)?;
        }
        self.padding = 0;
        // Before version 0.15 of the format messages had no mark in front.
        if length == u32::MAX {
            length = self.word()?.ok_or(CUT)?;
        }
        if length == 0 {
            return self.check_end().map(|()| None);
        }
        if u64::from(length) > MAX_METADATA {
            return Err(format!("a message of {length} bytes of description"));
        }
        let metadata = exactly(&mut self.source, u64::from(length))?;
        let message = root_as_message(&metadata).map_err(|error| error.to_string())?;
        let body = u64::try_from(message.bodyLength()).map_err(|_| "a length below 0")?;
        if body > self.most {
            return Err(format!("a batch of {} MiB in a compressed file: write smaller batches", body >> 20));
        }
        let body = exactly(&mut self.source, body)?;
        Ok(Some(Parts { metadata, body }))
    }

    /// That the footer of a file is there to its last byte, though nothing in it is needed.
    fn check_end(&mut self) -> Result<(), Reason> {
        if !self.is_file {
            return Ok(());
        }
        let mut footer = Vec::new();
        let read = (&mut self.source).take(MAX_METADATA).read_to_end(&mut footer);
        read.map_err(|error| error.to_string())?;
        if footer.ends_with(b"ARROW1") { Ok(()) } else { Err(CUT.to_owned()) }
    }

    fn word(&mut self) -> Result<Option<u32>, Reason> {
        if self.source.fill_buf().map_err(|error| error.to_string())?.is_empty() {
            return Ok(None);
        }
        let bytes = exactly(&mut self.source, 4)?;
        Ok(bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)))
    }
}

const CUT: &str = "it ends in the middle: is it cut off?";

/// So many bytes; memory grows with what is there, not with what is announced.
fn exactly(source: &mut Box<dyn BufRead>, length: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(1 << 20)).unwrap_or(0));
    source.take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(CUT.to_owned()) }
}

/// That compressed buffers do not say that they unfold to more than memory holds.
fn check_unfolded(batch: &arrow_ipc::RecordBatch<'_>, body: &Buffer) -> Result<(), Reason> {
    if batch.length() < 0 {
        return Err("a length below 0".to_owned());
    }
    if batch.compression().is_none() {
        return Ok(());
    }
    let mut sum = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).map_err(|_| "an offset below 0")?;
        let prefix = body.as_slice().get(start..).and_then(|rest| rest.first_chunk::<8>());
        // −1 stands for a buffer that is not compressed; an empty one has no length.
        let length = prefix.filter(|_| buffer.length() > 0).map_or(0, |prefix| i64::from_le_bytes(*prefix));
        sum = sum.saturating_add(u64::try_from(length).unwrap_or(0));
    }
    if sum > MAX_UNFOLDED.max(body.len() as u64 * MOST_TIMES) {
        return Err(format!(
            "a batch of {} bytes says that it unfolds to {} MiB: write smaller batches",
            body.len(),
            sum >> 20
        ));
    }
    Ok(())
}

//! The envelope: a fixed header with two checksums, then the payload.
//!
//! | bytes | field | |
//! |---|---|---|
//! | 0..8 | magic | `89 56 44 4D 0D 0A 1A 0A`: as PNG's, it betrays a transfer in text mode |
//! | 8..10 | format | version of this table, little endian as every number here |
//! | 10..12 | schema | version of the payload's layout |
//! | 12..36 | kind | ASCII, padded with NUL |
//! | 36..44 | length | bytes of payload that follow the header |
//! | 44..48 | CRC-32 of the payload | ISO-HDLC, the one of gzip |
//! | 48..52 | CRC-32 of bytes 0..48 | |

use crate::error::{Error, Part};
use crate::kind::{KIND_LEN, Kind, is_name};
use crate::payload;
use serde::de::DeserializeOwned;

/// The first eight bytes of every file.
pub const MAGIC: [u8; 8] = *b"\x89VDM\r\n\x1a\n";
/// The version of the envelope that this crate writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;
/// The header's length in bytes.
pub const HEADER_LEN: usize = 52;

/// A header whose checksum matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    kind: String,
    schema: u16,
    payload_len: u64,
    payload_crc: u32,
}

impl Header {
    /// Reads and checks a header from the first bytes of a file.
    ///
    /// # Errors
    /// [`Error::NotAModelFile`], [`Error::Truncated`], [`Error::NewerFormat`], [`Error::UnknownFormat`] or
    /// [`Error::Corrupted`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if !bytes.iter().zip(&MAGIC).all(|(a, b)| a == b) {
            return Err(Error::NotAModelFile);
        }
        let Some(head) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Error::Truncated { expected: HEADER_LEN as u64, found: bytes.len() as u64 });
        };
        // The format comes first: a later one may keep its checksum elsewhere.
        match u16::from_le_bytes(field(head, 8)) {
            FORMAT_VERSION => {}
            0 => return Err(Error::UnknownFormat { found: 0 }),
            found => return Err(Error::NewerFormat { found, supported: FORMAT_VERSION }),
        }
        verify(Part::Header, &head[..48], u32::from_le_bytes(field(head, 48)))?;
        let name: [u8; KIND_LEN] = field(head, 12);
        let len = name.iter().position(|&b| b == 0).unwrap_or(KIND_LEN);
        let (name, padding) = name.split_at(len);
        if !is_name(name) || padding.iter().any(|&b| b != 0) {
            return Err(Error::KindName { name: name.escape_ascii().to_string() });
        }
        Ok(Self {
            kind: String::from_utf8_lossy(name).into_owned(),
            schema: u16::from_le_bytes(field(head, 10)),
            payload_len: u64::from_le_bytes(field(head, 36)),
            payload_crc: u32::from_le_bytes(field(head, 44)),
        })
    }

    /// The name of what the file holds.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The version of the payload's layout.
    pub fn schema(&self) -> u16 {
        self.schema
    }

    /// The payload's length in bytes, as the header promises it.
    pub fn payload_len(&self) -> u64 {
        self.payload_len
    }

    /// That the file holds this kind in this layout.
    ///
    /// # Errors
    /// [`Error::OtherKind`] or [`Error::OtherSchema`].
    pub fn require(&self, kind: Kind) -> Result<(), Error> {
        if self.kind != kind.name() {
            return Err(Error::OtherKind { expected: kind.name().to_owned(), found: self.kind.clone() });
        }
        if self.schema != kind.schema() {
            let (found, supported) = (self.schema, kind.schema());
            return Err(Error::OtherSchema { kind: self.kind.clone(), found, supported });
        }
        Ok(())
    }
}

/// A whole file in memory whose length and checksums matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    header: Header,
    payload: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Checks everything about these bytes but the payload's meaning.
    ///
    /// # Errors
    /// Those of [`Header::parse`], and [`Error::TrailingBytes`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = Header::parse(bytes)?;
        let payload = bytes.get(HEADER_LEN..).unwrap_or_default();
        let (promised, found) = (header.payload_len, payload.len() as u64);
        if found < promised {
            let expected = promised.saturating_add(HEADER_LEN as u64);
            return Err(Error::Truncated { expected, found: bytes.len() as u64 });
        }
        if found > promised {
            return Err(Error::TrailingBytes { extra: found - promised });
        }
        verify(Part::Payload, payload, header.payload_crc)?;
        Ok(Self { header, payload })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The payload as a value of this type; the kind is the caller's to check ([`Header::require`]).
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, Error> {
        payload::decode(self.payload)
    }
}

/// The bytes of a file of this kind with this payload.
///
/// # Errors
/// [`Error::KindName`].
pub fn seal(kind: Kind, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let Some(name) = kind.padded() else {
        return Err(Error::KindName { name: kind.name().to_owned() });
    };
    let mut bytes = Vec::with_capacity(HEADER_LEN + payload.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&kind.schema().to_le_bytes());
    bytes.extend_from_slice(&name);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

fn verify(part: Part, bytes: &[u8], expected: u32) -> Result<(), Error> {
    let found = crc32fast::hash(bytes);
    if found == expected { Ok(()) } else { Err(Error::Corrupted { part, expected, found }) }
}

/// `N` bytes of the header from `at` on.
fn field<const N: usize>(head: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    core::array::from_fn(|i| head[at + i])
}

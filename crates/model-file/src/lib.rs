//! A versioned, checksummed envelope for serde values on disk.
#![doc = include_str!("../README.md")]

mod atomic;
mod bounded;
mod encoding;
mod envelope;
mod error;
mod file;
mod json;
mod kind;
mod link;
mod payload;
mod stored;
mod temporary;

pub use atomic::{write_atomic, write_atomic_with};
pub use bounded::MAX_DEPTH;
pub use envelope::{Envelope, FORMAT_VERSION, HEADER_LEN, Header, MAGIC, seal};
pub use error::{Error, Part};
pub use file::{DEFAULT_LIMIT, load, load_limited, read_sealed, save};
pub use json::{from_json, to_json};
pub use kind::{KIND_LEN, Kind};
pub use stored::{Stored, decode, decode_as, encode, encode_as};

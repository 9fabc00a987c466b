//! Everything that can go wrong with a file.

use core::fmt;
use std::io;
use std::path::PathBuf;

/// The part of a file that fails its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The fixed-size header.
    Header,
    /// The serialised value.
    Payload,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
        })
    }
}

/// Why a value could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not start with the magic number.
    #[error("not a vd file: it does not start with the magic number")]
    NotAModelFile,
    /// The envelope's format is newer than this version of the crate reads.
    #[error("envelope format {found}, but this version reads up to {supported}: a newer vd wrote the file")]
    NewerFormat {
        /// The format in the file.
        found: u16,
        /// The newest format that can be read.
        supported: u16,
    },
    /// The envelope's format number was never in use.
    #[error("envelope format {found} does not exist")]
    UnknownFormat {
        /// The format in the file.
        found: u16,
    },
    /// The file holds something else.
    #[error("the file holds `{found}`, not `{expected}`")]
    OtherKind {
        /// What was asked for.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// The payload's layout is another version than this program's.
    #[error("`{kind}` in layout {found}, but this version reads layout {supported}{}", newer(*found, *supported))]
    OtherSchema {
        /// What the file holds.
        kind: String,
        /// The layout in the file.
        found: u16,
        /// The layout that can be read.
        supported: u16,
    },
    /// The file ends before its header says.
    #[error("truncated: {found} bytes of at least {expected}")]
    Truncated {
        /// The bytes that the header needs, or promises.
        expected: u64,
        /// The bytes there are.
        found: u64,
    },
    /// There are bytes after the payload.
    #[error("{extra} byte(s) or more follow the end of the payload")]
    TrailingBytes {
        /// How many were seen.
        extra: u64,
    },
    /// A checksum does not match.
    #[error("corrupted: the {part}'s checksum is {found:#010x}, the file says {expected:#010x}")]
    Corrupted {
        /// Which part fails.
        part: Part,
        /// The checksum in the file.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// The checksums match, and yet the payload is not the serialised form of the wanted type.
    #[error("malformed payload at byte {offset} of {length}: {what}")]
    Malformed {
        /// The byte of the payload where decoding stopped.
        offset: u64,
        /// The payload's length.
        length: u64,
        /// What is wrong there.
        what: String,
    },
    /// The value decoded, and fails its own check ([`Stored::check`](crate::Stored::check)).
    #[error("`{kind}` decoded, but is inconsistent: {what}")]
    Inconsistent {
        /// What the file holds.
        kind: String,
        /// What does not hold.
        what: String,
    },
    /// More bytes than the caller allows.
    #[error("{size} bytes, the limit is {limit}")]
    TooLarge {
        /// The size that the file has or promises.
        size: u64,
        /// The limit that was given.
        limit: u64,
    },
    /// A kind's name that cannot be written.
    #[error("`{name}` is no name for a kind: 1 to {} printable ASCII characters are", crate::kind::KIND_LEN)]
    KindName {
        /// The name.
        name: String,
    },
    /// The value's `Serialize` failed.
    #[error("the value cannot be serialised: {what}")]
    Encode {
        /// The reason, as serde gives it.
        what: String,
    },
    /// A JSON text that is not a value of the wanted type, with its line and column.
    #[error("JSON, line {line}, column {column}: {what}")]
    Json {
        /// Line, from 1 (0 where there is none).
        line: usize,
        /// Column, from 1 (0 where there is none).
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// The value does not survive JSON, which has no NaN and no infinities.
    #[error("the value does not survive JSON ({what}); it holds a NaN or an infinity, use the binary form")]
    JsonLossy {
        /// How the round trip failed.
        what: String,
    },
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that could be read but not used: its path and what is wrong with it.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
}

impl Error {
    /// The error itself, without the path around it.
    pub fn root(&self) -> &Self {
        match self {
            Self::File { source, .. } => source.root(),
            other => other,
        }
    }
}

fn newer(found: u16, supported: u16) -> &'static str {
    if found > supported { ": a newer vd wrote the file" } else { "" }
}

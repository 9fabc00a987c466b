//! Values that know their kind and check themselves.

use crate::envelope::{Envelope, seal};
use crate::error::Error;
use crate::kind::Kind;
use crate::payload;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// A type that can be kept in a file.
pub trait Stored: Serialize + DeserializeOwned {
    /// What a file of it is called, and the version of its layout.
    const KIND: Kind;

    /// Whether the parts of a decoded value fit each other: lengths, shapes, indices, finite numbers.
    ///
    /// Checksums keep accidents away, not authors: what this lets through, the program must be able to use without a
    /// panic. There is no default, so that nobody forgets the question.
    ///
    /// # Errors
    /// A sentence that says what does not hold; it becomes [`Error::Inconsistent`].
    fn check(&self) -> Result<(), String>;

    /// The value in a file of an older layout of this kind: `None` where that layout is no longer read.
    ///
    /// Whoever raises the layout's version writes here how the layout before is read, so that old files still open.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    fn older(file: &Envelope<'_>) -> Option<Result<Self, Error>> {
        let _ = file;
        None
    }
}

/// The bytes of a file that holds this value.
///
/// # Errors
/// [`Error::Encode`] or [`Error::KindName`]. A value that fails its own check is refused here too.
pub fn encode<T: Stored>(value: &T) -> Result<Vec<u8>, Error> {
    checked(value)?;
    encode_as(T::KIND, value)
}

/// The value in the bytes of a file.
///
/// # Errors
/// Those of [`Envelope::open`], [`Header::require`](crate::Header::require) for a layout that is neither the present one nor read by
/// [`Stored::older`], [`Error::Malformed`] and [`Error::Inconsistent`].
pub fn decode<T: Stored>(bytes: &[u8]) -> Result<T, Error> {
    let envelope = Envelope::open(bytes)?;
    let header = envelope.header();
    let is_older = header.kind() == T::KIND.name() && header.schema() < T::KIND.schema();
    let value = match is_older.then(|| T::older(&envelope)).flatten() {
        Some(value) => value?,
        None => {
            header.require(T::KIND)?;
            envelope.value()?
        }
    };
    checked(&value)?;
    Ok(value)
}

/// [`encode`] for a type that is not [`Stored`].
///
/// # Errors
/// [`Error::Encode`] or [`Error::KindName`].
pub fn encode_as<T: Serialize + ?Sized>(kind: Kind, value: &T) -> Result<Vec<u8>, Error> {
    seal(kind, &payload::encode(value)?)
}

/// [`decode`] for a type that is not [`Stored`]: nothing beyond its `Deserialize` has checked the value.
///
/// # Errors
/// As [`decode`], but for [`Error::Inconsistent`].
pub fn decode_as<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<T, Error> {
    let envelope = Envelope::open(bytes)?;
    envelope.header().require(kind)?;
    envelope.value()
}

pub(crate) fn checked<T: Stored>(value: &T) -> Result<(), Error> {
    value.check().map_err(|what| Error::Inconsistent { kind: T::KIND.name().to_owned(), what })
}

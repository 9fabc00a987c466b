//! JSON: the open alternative, for people and other languages.

use crate::envelope::FORMAT_VERSION;
use crate::error::Error;
use crate::payload;
use crate::stored::{Stored, checked};
use serde::{Deserialize, Serialize};

/// The envelope as JSON shows it; the version is that of the binary one.
#[derive(Serialize, Deserialize)]
struct Sheet<T> {
    format: u16,
    kind: String,
    schema: u16,
    value: T,
}

/// Only the envelope's fields, for a diagnosis before the value is looked at.
#[derive(Deserialize)]
struct Head {
    format: u16,
    kind: String,
    schema: u16,
}

/// The value as JSON text: `{"format": 1, "kind": …, "schema": …, "value": {…}}`, in the shortest decimals that read
/// back to the same bits.
///
/// # Errors
/// [`Error::JsonLossy`] where the text does not read back to the same value: JSON has no NaN and no infinities.
/// [`Error::Encode`] and [`Error::Inconsistent`] as for the binary form.
pub fn to_json<T: Stored>(value: &T) -> Result<String, Error> {
    checked(value)?;
    let sheet =
        Sheet { format: FORMAT_VERSION, kind: T::KIND.name().to_owned(), schema: T::KIND.schema(), value };
    let text =
        serde_json::to_string_pretty(&sheet).map_err(|error| Error::Encode { what: error.to_string() })?;
    let back: T = from_json(&text).map_err(|error| Error::JsonLossy { what: error.to_string() })?;
    if payload::encode(&back)? != payload::encode(value)? {
        return Err(Error::JsonLossy { what: "it reads back to another value".to_owned() });
    }
    Ok(text)
}

/// The value in a text that [`to_json`] wrote.
///
/// # Errors
/// [`Error::Json`] with line and column; [`Error::NewerFormat`], [`Error::OtherKind`], [`Error::OtherSchema`] and
/// [`Error::Inconsistent`] as for the binary form.
pub fn from_json<T: Stored>(text: &str) -> Result<T, Error> {
    let head: Head = serde_json::from_str(text).map_err(json_error)?;
    if head.format > FORMAT_VERSION {
        return Err(Error::NewerFormat { found: head.format, supported: FORMAT_VERSION });
    }
    if head.format == 0 {
        return Err(Error::UnknownFormat { found: 0 });
    }
    if head.kind != T::KIND.name() {
        return Err(Error::OtherKind { expected: T::KIND.name().to_owned(), found: head.kind });
    }
    if head.schema != T::KIND.schema() {
        let (found, supported) = (head.schema, T::KIND.schema());
        return Err(Error::OtherSchema { kind: head.kind, found, supported });
    }
    let sheet: Sheet<T> = serde_json::from_str(text).map_err(json_error)?;
    checked(&sheet.value)?;
    Ok(sheet.value)
}

fn json_error(error: serde_json::Error) -> Error {
    Error::Json { line: error.line(), column: error.column(), what: error.to_string() }
}

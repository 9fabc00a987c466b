//! The payload: bincode's encoding of a serde value.

use crate::bounded::Bounded;
use crate::encoding::CONFIG;
use crate::error::Error;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// The value's bytes.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    bincode::serde::encode_to_vec(value, CONFIG).map_err(|error| Error::Encode { what: error.to_string() })
}

/// The value whose bytes these are, all of them.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    let length = payload.len() as u64;
    let mut de = Bounded::new(payload);
    let result = T::deserialize(&mut de);
    let left = de.left() as u64;
    let malformed = |what| Error::Malformed { offset: length - left, length, what };
    match result {
        Ok(value) if left == 0 => Ok(value),
        Ok(_) => Err(malformed(format!("the value ends here, {left} byte(s) before the payload does"))),
        Err(error) => Err(malformed(error.to_string())),
    }
}

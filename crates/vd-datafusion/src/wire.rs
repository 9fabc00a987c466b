//! The bytes of a request or a state: four letters, a version, and bincode.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The version of the form. Any change of a request, a state or a type inside is a new one.
pub(crate) const VERSION: u16 = 1;

const MAGIC: &[u8; 4] = b"VDDF";

/// The most bytes that a state unfolds to.
const LIMIT: usize = 1 << 31;

/// What a worker says that it is: the version of this crate, and of the form of its states.
#[must_use]
pub fn version() -> String {
    format!("{}/{}", env!("CARGO_PKG_VERSION"), VERSION)
}

/// The bytes of a value.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    let config = bincode::config::standard();
    let body =
        bincode::serde::encode_to_vec(value, config).map_err(|error| Error::Wire(error.to_string()))?;
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// The value of such bytes; `what` names it in an error.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    let (magic, rest) = bytes.split_at_checked(MAGIC.len()).unwrap_or_default();
    let Some((version, body)) = rest.split_at_checked(2).filter(|_| magic == MAGIC) else {
        return Err(Error::Wire(format!("{what} is none that vd-datafusion writes")));
    };
    let found = u16::from_le_bytes([version[0], version[1]]);
    if found != VERSION {
        let what = what.to_owned();
        return Err(Error::Version { what, found: found.to_string(), own: VERSION.to_string() });
    }
    let config = bincode::config::standard().with_limit::<LIMIT>();
    match bincode::serde::decode_from_slice(body, config) {
        Ok((value, read)) if read == body.len() => Ok(value),
        Ok(_) => Err(Error::Wire(format!("{what} goes on after its end"))),
        Err(error) => Err(Error::Wire(format!("{what} is damaged: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use crate::error::Error;

    #[test]
    fn another_version_is_named() {
        let mut bytes = encode(&(1_u8, "a".to_owned())).unwrap();
        assert_eq!(decode::<(u8, String)>(&bytes, "a state").unwrap(), (1, "a".to_owned()));
        for end in 0..bytes.len() {
            assert!(decode::<(u8, String)>(&bytes[..end], "a state").is_err());
        }
        bytes.push(0);
        assert!(matches!(decode::<(u8, String)>(&bytes, "a state"), Err(Error::Wire(_))));
        bytes[4] = 2;
        let error = decode::<(u8, String)>(&bytes, "a state").unwrap_err().to_string();
        assert!(error.contains("a state is of version 2") && error.contains("version 1"), "{error}");
    }
}

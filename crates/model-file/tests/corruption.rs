//! Every single-byte change, every truncation, every extension: a typed error, always the right one.

mod common;

use common::{Small, small};
use model_file::{Envelope, Error, HEADER_LEN, Kind, MAGIC, Part, Stored, decode, decode_as, encode, seal};

#[test]
fn a_value_survives() {
    let bytes = encode(&small()).unwrap();
    assert_eq!(decode::<Small>(&bytes).unwrap(), small());
    assert_eq!(encode(&small()).unwrap(), bytes);
    let envelope = Envelope::open(&bytes).unwrap();
    assert_eq!((envelope.header().kind(), envelope.header().schema()), ("test.small", 3));
    assert_eq!(envelope.header().payload_len() as usize, bytes.len() - HEADER_LEN);
}

/// The layout on disk: a change here is a new format version, not a new expectation.
#[test]
fn the_layout_is_the_documented_one() {
    let bytes = seal(Kind::new("k", 0x0102), &[0xAA, 0xBB]).unwrap();
    let mut expected = MAGIC.to_vec();
    expected.extend([1, 0, 2, 1, b'k']);
    expected.extend([0; 23]);
    expected.extend([2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[..44], expected);
    // zlib.crc32(b"\xaa\xbb") in Python.
    assert_eq!(bytes[44..48], 0x4982_2C98_u32.to_le_bytes());
    assert_eq!(bytes[52..], [0xAA, 0xBB]);
}

#[test]
fn every_changed_byte_is_refused() {
    let bytes = encode(&small()).unwrap();
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        for value in (0..=255).filter(|&v| v != bytes[position]) {
            changed[position] = value;
            let error = decode::<Small>(&changed).unwrap_err();
            let right = match position {
                0..8 => matches!(error, Error::NotAModelFile),
                8..10 => matches!(error, Error::NewerFormat { .. } | Error::UnknownFormat { found: 0 }),
                10..HEADER_LEN => matches!(error, Error::Corrupted { part: Part::Header, .. }),
                _ => matches!(error, Error::Corrupted { part: Part::Payload, .. }),
            };
            assert!(right, "byte {position} := {value}: {error:?}");
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = encode(&small()).unwrap();
    for len in 0..bytes.len() {
        match decode::<Small>(&bytes[..len]).unwrap_err() {
            Error::Truncated { expected, found } => {
                assert_eq!(found as usize, len);
                assert_eq!(expected as usize, if len < HEADER_LEN { HEADER_LEN } else { bytes.len() });
            }
            error => panic!("{len} bytes: {error:?}"),
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let mut bytes = encode(&small()).unwrap();
    bytes.extend([0; 7]);
    assert!(matches!(decode::<Small>(&bytes).unwrap_err(), Error::TrailingBytes { extra: 7 }));
}

/// Behind right checksums: every single-byte change of the payload decodes to another value or is a typed error, and
/// nothing panics or runs long.
#[test]
fn every_changed_payload_byte_behind_right_checksums_is_safe() {
    let bytes = encode(&small()).unwrap();
    let payload = &bytes[HEADER_LEN..];
    let (mut refused, mut decoded) = (0, 0);
    for position in 0..payload.len() {
        for value in (0..=255).filter(|&v| v != payload[position]) {
            let mut changed = payload.to_vec();
            changed[position] = value;
            match decode::<Small>(&seal(Small::KIND, &changed).unwrap()) {
                Ok(_) => decoded += 1,
                Err(Error::Malformed { .. } | Error::Inconsistent { .. }) => refused += 1,
                Err(error) => panic!("byte {position} := {value}: {error:?}"),
            }
        }
    }
    // A changed digit of a weight is a value; a changed length or tag is not.
    assert!(decoded > 1000 && refused > 1000, "{decoded} decoded, {refused} refused");
}

#[test]
fn every_payload_truncation_behind_right_checksums_is_malformed() {
    let bytes = encode(&small()).unwrap();
    for len in HEADER_LEN..bytes.len() {
        let sealed = seal(Small::KIND, &bytes[HEADER_LEN..len]).unwrap();
        assert!(matches!(decode::<Small>(&sealed).unwrap_err(), Error::Malformed { .. }), "{len}");
    }
    let mut longer = bytes[HEADER_LEN..].to_vec();
    longer.push(0);
    let error = decode::<Small>(&seal(Small::KIND, &longer).unwrap()).unwrap_err();
    assert!(matches!(error, Error::Malformed { offset, length, .. } if offset + 1 == length), "{error:?}");
}

#[test]
fn other_kinds_and_versions_are_named() {
    let bytes = encode(&small()).unwrap();
    match decode_as::<Small>(Kind::new("test.large", 3), &bytes).unwrap_err() {
        Error::OtherKind { expected, found } => {
            assert_eq!((&*expected, &*found), ("test.large", "test.small"))
        }
        error => panic!("{error:?}"),
    }
    let newer = seal(Kind::new("test.small", 4), &bytes[HEADER_LEN..]).unwrap();
    let error = decode::<Small>(&newer).unwrap_err();
    assert!(matches!(error, Error::OtherSchema { found: 4, supported: 3, .. }));
    assert!(error.to_string().contains("a newer vd wrote the file"));
    let mut format = bytes;
    format[8] = 2;
    let error = decode::<Small>(&format).unwrap_err();
    assert!(matches!(error, Error::NewerFormat { found: 2, supported: 1 }));
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    for name in ["", "a name", "a-name-of-twenty-five-char", "größe", "tab\t"] {
        assert!(matches!(seal(Kind::new(name, 1), &[]), Err(Error::KindName { .. })), "{name:?}");
    }
    let longest = "a-name-of-24-characters.";
    assert_eq!(longest.len(), model_file::KIND_LEN);
    let bytes = seal(Kind::new(longest, 1), &[]).unwrap();
    assert_eq!(Envelope::open(&bytes).unwrap().header().kind(), longest);
}

#[test]
fn an_inconsistent_value_is_neither_written_nor_read() {
    let mut value = small();
    value.weights.pop();
    assert!(matches!(encode(&value), Err(Error::Inconsistent { .. })));
    let bytes = model_file::encode_as(Small::KIND, &value).unwrap();
    assert!(matches!(decode::<Small>(&bytes), Err(Error::Inconsistent { .. })));
}

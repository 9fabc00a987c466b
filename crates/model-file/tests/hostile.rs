//! Payloads made by someone who can compute a checksum: lengths, shapes and nesting that lie.

#![allow(clippy::unwrap_used, clippy::panic)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Activation, Small};
use model_file::{Error, Kind, Stored, decode, decode_as, encode, encode_as, seal};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const KIND: Kind = Kind::new("test.hostile", 1);

fn malformed<T: DeserializeOwned>(payload: &[u8]) -> String {
    match decode_as::<T>(KIND, &seal(KIND, payload).unwrap()) {
        Err(Error::Malformed { what, .. }) => what,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("decoded"),
    }
}

/// A bincode integer that takes eight bytes.
fn int(value: u64) -> Vec<u8> {
    let mut bytes = vec![253];
    bytes.extend(value.to_le_bytes());
    bytes
}

#[test]
fn lengths_that_the_bytes_cannot_honour_are_refused_before_anything_is_reserved() {
    for length in [10, 1 << 20, 1 << 32, 1 << 40, 1 << 62, u64::MAX] {
        let payload = int(length);
        assert!(malformed::<Vec<u8>>(&payload).contains("length"));
        assert!(malformed::<Vec<f64>>(&payload).contains("length"));
        assert!(malformed::<Vec<Vec<f64>>>(&payload).contains("length"));
        assert!(malformed::<String>(&payload).contains("length"));
        assert!(malformed::<std::collections::BTreeMap<u8, u8>>(&payload).contains("length"));
        assert!(
            malformed::<Vec<()>>(&payload).contains("length"),
            "a list that takes no bytes must not spin"
        );
    }
}

#[test]
fn a_shape_whose_product_wraps_to_the_datas_length_is_refused() {
    // No data, 2³² × 2³² elements: nalgebra alone would take it (in wrapping arithmetic the product is 0).
    let payload = [vec![0], int(1 << 32), int(1 << 32)].concat();
    assert!(malformed::<DMatrix<f64>>(&payload).contains("shape of 4294967296 x 4294967296"));
    let payload = [vec![0], int(u64::MAX), int(2)].concat();
    assert!(malformed::<DMatrix<f64>>(&payload).contains("shape"));
    // A product that does not overflow is nalgebra's to compare.
    let payload = [vec![0], int(3), int(2)].concat();
    assert!(malformed::<DMatrix<f64>>(&payload).contains("Expected 6 components, found 0"));
}

#[test]
fn matrices_survive() {
    let matrix = DMatrix::from_fn(3, 5, |i, j| i as f64 - 0.1 * j as f64);
    let vector = DVector::from_vec(vec![1.0_f32, -0.0, f32::INFINITY]);
    let bytes = encode_as(KIND, &(matrix.clone(), vector.clone(), DMatrix::<f64>::zeros(0, 7))).unwrap();
    let back: (DMatrix<f64>, DVector<f32>, DMatrix<f64>) = decode_as(KIND, &bytes).unwrap();
    assert_eq!((back.0, back.1, back.2.shape()), (matrix, vector, (0, 7)));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree(Option<Box<Tree>>);

#[test]
fn nesting_is_bounded() {
    let deep = vec![1; 1_000_000];
    assert!(malformed::<Tree>(&deep).contains("nested"));
    let mut tree = Tree(None);
    for _ in 0..40 {
        tree = Tree(Some(Box::new(tree)));
    }
    assert_eq!(decode_as::<Tree>(KIND, &encode_as(KIND, &tree).unwrap()).unwrap(), tree);
}

#[test]
fn tags_and_texts_that_do_not_exist_are_refused() {
    assert!(malformed::<Option<u8>>(&[2, 0]).contains("neither"));
    assert!(malformed::<Activation>(&[3]).contains("variant"));
    malformed::<bool>(&[2]);
    malformed::<char>(&[0xFF]);
    malformed::<String>(&[2, 0xC3, 0x28]);
    malformed::<u16>(&int(5));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    A(u8),
}

#[test]
fn a_type_that_needs_a_self_describing_format_is_told_so() {
    assert!(malformed::<Untagged>(&[0]).contains("asks the data what it is"));
}

fn small_value() -> impl Strategy<Value = Small> {
    let activation = prop_oneof![
        Just(Activation::Identity),
        any::<f32>().prop_filter("equal to itself", |x| !x.is_nan()).prop_map(Activation::Leaky),
        (prop::collection::vec(-1e30_f32..1e30, 0..5), ".{0,9}")
            .prop_map(|(knots, name)| Activation::Table { knots, name }),
    ];
    let column = (any::<f64>().prop_filter("equal to itself", |x| !x.is_nan()), ".{0,12}");
    (
        prop::collection::vec(column, 0..6),
        activation,
        prop::option::of(-1e300..1e300),
        any::<u64>(),
        prop::collection::btree_map(any::<i32>(), any::<char>(), 0..5),
        prop::collection::vec(prop::collection::vec(any::<u16>(), 0..5), 0..5),
        any::<(bool, i8)>(),
    )
        .prop_map(|(columns, activation, beta, seed, labels, nested, pair)| {
            let (weights, columns) = columns.into_iter().unzip();
            Small { weights, columns, activation, beta, seed, labels, nested, pair }
        })
}

proptest! {
    /// The decoder here agrees with bincode's own on what bincode wrote.
    #[test]
    fn values_survive_and_bincode_agrees(value in small_value()) {
        let bytes = encode(&value).unwrap();
        prop_assert_eq!(&decode::<Small>(&bytes).unwrap(), &value);
        let (theirs, used): (Small, usize) =
            bincode::serde::decode_from_slice(&bytes[model_file::HEADER_LEN..], bincode::config::standard()).unwrap();
        prop_assert_eq!(used, bytes.len() - model_file::HEADER_LEN);
        prop_assert_eq!(theirs, value);
    }

    /// Any bytes at all behind right checksums end in a value or a typed error.
    #[test]
    fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = seal(Small::KIND, &payload).unwrap();
        match decode::<Small>(&bytes) {
            Ok(_) | Err(Error::Malformed { .. } | Error::Inconsistent { .. }) => {}
            Err(error) => prop_assert!(false, "{:?}", error),
        }
    }

    /// Any bytes at all end in a typed error.
    #[test]
    fn no_file_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), magic in any::<bool>()) {
        let mut file = if magic { model_file::MAGIC.to_vec() } else { vec![] };
        file.extend(bytes);
        prop_assert!(decode::<Small>(&file).is_err());
    }
}

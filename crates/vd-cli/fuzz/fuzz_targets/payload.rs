//! The decoder on every shape of data, nalgebra's matrices among them; and the reader of streams.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model_file::{Kind, decode_as, encode_as, read_sealed, seal};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    Unit,
    Value(f32),
    Pair(Box<Option<Shape>>, u8),
    Named { text: String, list: Vec<Shape> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Everything {
    matrix: DMatrix<f64>,
    vector: DVector<f32>,
    map: BTreeMap<u32, char>,
    shape: Shape,
    rows: Vec<Vec<u16>>,
    tuple: (bool, i64, Option<u128>),
}

const KIND: Kind = Kind::new("fuzz.everything", 1);

fuzz_target!(|bytes: &[u8]| {
    let _ = read_sealed(&mut &bytes[..], 1 << 30);
    let Ok(sealed) = seal(KIND, bytes) else { return };
    if let Ok(value) = decode_as::<Everything>(KIND, &sealed) {
        // A matrix that loads has the elements that its shape promises.
        assert_eq!(value.matrix.nrows() * value.matrix.ncols(), value.matrix.iter().count());
        encode_as(KIND, &value).expect("what was read can be written");
    }
    let _ = decode_as::<DMatrix<f64>>(KIND, &sealed);
    let _ = decode_as::<Vec<()>>(KIND, &sealed);
});

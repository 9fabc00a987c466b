//! DIGITS, embedded: 1797 images of 8 x 8 grey values 0 to 16, ten classes.
//!
//! Source: Optical Recognition of Handwritten Digits (test part), E. Alpaydin and C. Kaynak, UCI Machine Learning Repository
//! 1998, doi:10.24432/C50P49, licence CC BY 4.0; the copy that scikit-learn 1.9.1 ships as `load_digits`.

use std::io::Read;

use nalgebra::DMatrix;

use super::{Classification, sha256_hex};
use crate::error::{Error, Result};

/// 1797 records of 64 grey values and a label, one byte each, gzipped.
const PACKED: &[u8] = include_bytes!("../../assets/digits.bin.gz");

/// Objects in the data set.
pub const OBJECTS: usize = 1797;
/// Pixels of an object.
pub const PIXELS: usize = 64;
/// SHA-256 of the unpacked records.
pub const SHA256: &str = "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2";

/// The data set as it is: raw grey values, one object a row.
///
/// # Errors
/// [`Error::Embedded`] if the binary is damaged.
pub fn load() -> Result<Classification> {
    let damaged = |reason: String| Error::Embedded { name: "DIGITS", reason };
    let mut bytes = Vec::with_capacity(OBJECTS * (PIXELS + 1));
    flate2::read::GzDecoder::new(PACKED).read_to_end(&mut bytes).map_err(|e| damaged(e.to_string()))?;
    let found = sha256_hex([&bytes]);
    if found != SHA256 {
        return Err(damaged(format!("SHA-256 {found}")));
    }
    let record = |n: usize| &bytes[n * (PIXELS + 1)..(n + 1) * (PIXELS + 1)];
    let x = DMatrix::from_fn(OBJECTS, PIXELS, |n, d| f64::from(record(n)[d]));
    let labels = (0..OBJECTS).map(|n| usize::from(record(n)[PIXELS])).collect();
    Ok(Classification { x, labels, classes: 10 })
}

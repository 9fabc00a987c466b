//! Every way an MNIST directory can be bad is an error that names the file.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail like tests.

use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use vd_bench::Error;
use vd_bench::data::idx;
use vd_bench::data::mnist::{self, Check};

fn header(dims: &[u32]) -> Vec<u8> {
    let mut bytes = (0x0800 + dims.len() as u32).to_be_bytes().to_vec();
    dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Five train and three test images in MNIST's format.
fn images(count: u32) -> Vec<u8> {
    let mut bytes = header(&[count, 28, 28]);
    bytes.extend((0..count * 784).map(|i| (i % 251) as u8));
    bytes
}

fn labels(count: u32) -> Vec<u8> {
    let mut bytes = header(&[count]);
    bytes.extend((0..count).map(|i| (i % 10) as u8));
    bytes
}

fn directory() -> TempDir {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("train-images-idx3-ubyte.gz"), gzip(&images(5))).unwrap();
    fs::write(place.path().join("train-labels-idx1-ubyte"), labels(5)).unwrap();
    fs::write(place.path().join("t10k-images-idx3-ubyte"), images(3)).unwrap();
    fs::write(place.path().join("t10k-labels-idx1-ubyte.gz"), gzip(&labels(3))).unwrap();
    place
}

fn load(place: &Path) -> Result<mnist::Mnist, Error> {
    mnist::load(place, Check::FormatOnly)
}

/// Loading fails, and the message names the file.
fn fails_naming(place: &Path, file: &str) -> Error {
    let error = load(place).unwrap_err();
    assert!(error.to_string().contains(file), "{error}");
    error
}

#[test]
fn plain_and_gzipped_files_mix() {
    let place = directory();
    let mnist = load(place.path()).unwrap();
    assert_eq!((mnist.train.len(), mnist.test.len()), (5, 3));
    assert_eq!(mnist.train.labels, [0, 1, 2, 3, 4]);
    assert_eq!(mnist.train.pixels[784], (784 % 251) as u8);
}

#[test]
fn other_data_in_the_same_format_are_not_taken_for_mnist() {
    let place = directory();
    let error = mnist::load(place.path(), Check::Published).unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error}");
    assert!(error.to_string().contains("train-images-idx3-ubyte.gz"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let place = directory();
    fs::remove_file(place.path().join("t10k-images-idx3-ubyte")).unwrap();
    assert!(matches!(fails_naming(place.path(), "t10k-images-idx3-ubyte"), Error::Missing { .. }));
    assert!(matches!(load(Path::new("/nowhere/at/all")), Err(Error::Missing { .. })));
}

#[test]
fn counts_that_differ_name_both_files() {
    let place = directory();
    fs::write(place.path().join("train-labels-idx1-ubyte"), labels(4)).unwrap();
    let error = fails_naming(place.path(), "train-labels-idx1-ubyte");
    assert!(matches!(error, Error::Counts { image_count: 5, label_count: 4, .. }), "{error}");
    assert!(error.to_string().contains("train-images-idx3-ubyte.gz"), "{error}");
}

#[test]
fn wrong_magic_shape_and_labels_are_told_apart() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    fs::write(at("t10k-images-idx3-ubyte"), labels(3)).unwrap();
    assert!(matches!(
        fails_naming(place.path(), "t10k-images"),
        Error::Magic { found: 0x0801, expected: 0x0803, .. }
    ));
    let mut other = header(&[3, 27, 28]);
    other.extend(vec![0; 3 * 27 * 28]);
    fs::write(at("t10k-images-idx3-ubyte"), other).unwrap();
    assert!(matches!(
        fails_naming(place.path(), "t10k-images"),
        Error::ImageShape { rows: 27, columns: 28, .. }
    ));
    fs::write(at("t10k-images-idx3-ubyte"), images(0)).unwrap();
    assert!(matches!(fails_naming(place.path(), "t10k-images"), Error::NoObjects { .. }));
    fs::write(at("t10k-images-idx3-ubyte"), images(3)).unwrap();
    let mut bad = labels(3);
    bad[9] = 10;
    fs::write(at("t10k-labels-idx1-ubyte.gz"), gzip(&bad)).unwrap();
    assert!(matches!(fails_naming(place.path(), "t10k-labels"), Error::Label { index: 1, value: 10, .. }));
}

#[test]
fn a_huge_header_costs_no_memory() {
    let place = directory();
    let path = place.path().join("t10k-images-idx3-ubyte");
    // More than is ever read: refused from the header alone.
    fs::write(&path, header(&[u32::MAX, u32::MAX, u32::MAX])).unwrap();
    assert!(matches!(fails_naming(place.path(), "t10k-images"), Error::TooLarge { .. }));
    // Within the limit but not there: found out by reading, not by allocating first.
    fs::write(&path, gzip(&header(&[1_000_000, 28, 28]))).unwrap();
    assert!(matches!(fails_naming(place.path(), "t10k-images"), Error::Truncated { found: 0, .. }));
}

#[test]
fn every_truncation_is_an_error_plain_and_gzipped() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("labels");
    for whole in [labels(40), gzip(&labels(40))] {
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = idx::read(&path, 1).unwrap_err();
            assert!(error.to_string().contains("labels"), "{error}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(idx::read(&path, 1).unwrap().data.len(), 40);
    }
    fs::write(&path, [labels(40), vec![0]].concat()).unwrap();
    assert!(matches!(idx::read(&path, 1), Err(Error::Trailing { expected: 40, .. })));
}

proptest! {
    /// A flipped bit in a gzipped file either changes nothing that is read, or is an error: never other data.
    #[test]
    fn a_flipped_bit_in_a_gzip_stream_never_changes_the_data(byte in 0usize..1000, bit in 0u8..8) {
        let place = TempDir::new().unwrap();
        let path = place.path().join("labels.gz");
        let mut bytes = gzip(&labels(200));
        let at = byte % bytes.len();
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        if let Ok(read) = idx::read(&path, 1) {
            prop_assert_eq!(&read.data[..], &labels(200)[8..]);
        }
    }

    /// Whatever the bytes: an answer, no panic.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let place = TempDir::new().unwrap();
        let path = place.path().join("x");
        fs::write(&path, &bytes).unwrap();
        let _ = idx::read(&path, 1);
        let _ = idx::read(&path, 3);
    }
}

//! IDX files, plain or gzipped: a typed error, or as many bytes as the header's sizes say.
#![no_main]

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use std::io::Write;
use std::path::Path;
use vd_bench::data::idx;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let dimensions = first % 5;
    check(rest, dimensions);
    // Behind a right gzip header and checksum too, which mutations would hardly find; gzip is undone once.
    if rest.starts_with(&[0x1F, 0x8B]) {
        return;
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(rest).expect("a vector takes everything");
    let gzip = gzip.finish().expect("a vector takes everything");
    assert_eq!(read(&gzip, dimensions), read(rest, dimensions));
});

fn read(bytes: &[u8], dimensions: u8) -> Option<Vec<u8>> {
    idx::read_from(Path::new("fuzz"), bytes, dimensions).ok().map(|idx| idx.data)
}

fn check(bytes: &[u8], dimensions: u8) {
    match idx::read_from(Path::new("fuzz"), bytes, dimensions) {
        Ok(idx) => {
            assert_eq!(idx.dims.len(), usize::from(dimensions));
            assert_eq!(idx.data.len() as u128, idx.dims.iter().map(|&d| u128::from(d)).product());
        }
        Err(error) => assert!(error.to_string().contains("fuzz"), "{error}"),
    }
}

//! A model file by someone who can compute a checksum: refused or usable, never a panic.

#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Desk, classes, regression};
use model_file::{HEADER_LEN, Stored, decode, encode, seal};
use vd_cli::model::Saved;

fn models() -> Vec<Vec<u8>> {
    let desk = Desk::new();
    desk.put("y.csv", regression(80));
    desk.put("k.csv", classes(80));
    let quick =
        ["--model", "dsvi", "--epochs", "20", "--learning-rate", "0.03", "--no-score", "--out", "m.vd"];
    let runs = [("y.csv", "y", &[][..]), ("k.csv", "kind", &[]), ("k.csv", "kind", &["--hidden", "3"])];
    let fit = |(csv, target, more): (&str, &str, &[&str])| {
        desk.ok(&[&["fit", csv, "--target", target][..], &quick, more].concat());
        desk.read("m.vd")
    };
    runs.into_iter().map(fit).collect()
}

#[test]
fn every_changed_byte_behind_right_checksums_is_refused_or_usable() {
    let (mut refused, mut used) = (0, 0);
    for bytes in models() {
        let payload = &bytes[HEADER_LEN..];
        for position in 0..payload.len() {
            // All 255 values would take minutes; these flip every bit, and set the extremes and the length marks.
            let old = payload[position];
            let values = (0..8).map(|b| old ^ (1 << b)).chain([0, 1, 250, 251, 252, 253, 254, 255]);
            for value in values.filter(|&v| v != old) {
                let mut changed = payload.to_vec();
                changed[position] = value;
                match decode::<Saved>(&seal(Saved::KIND, &changed).unwrap()) {
                    Err(_) => refused += 1,
                    Ok(model) => {
                        use_it(&model);
                        used += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 1000 && used > 1000, "{refused} {used}");
}

/// Everything that `vd` does with a model, on ordinary and on extreme features.
fn use_it(model: &Saved) {
    let features = model.prep.features.len();
    let mut scratch = Vec::new();
    for value in [0.0, 1.0, -1e3, f64::MAX] {
        let prediction = model.predict(&vec![value; features], &mut scratch);
        assert_eq!(prediction.outputs.len(), model.target.levels.len().max(1));
    }
    let _ = vd_cli::c99(model, "vd").unwrap();
    let _ = (model.kept(), model.weights(), model.columns());
    assert_eq!(decode::<Saved>(&encode(model).unwrap()).unwrap(), *model);
}

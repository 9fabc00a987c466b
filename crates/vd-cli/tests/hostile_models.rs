//! A model file by someone who can compute a checksum: refused or usable, never a panic.

#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Desk, classes, regression};
use model_file::{HEADER_LEN, Stored, decode, encode, seal};
use predictor::SavedModel;

/// A small model of every kind.
fn models() -> Vec<Vec<u8>> {
    let desk = Desk::new();
    desk.put("y.csv", regression(40));
    desk.put("k.csv", classes(80));
    let dsvi = ["--model", "dsvi", "--epochs", "20", "--learning-rate", "0.03"];
    let network = [&dsvi[..], &["--hidden", "3"]].concat();
    let kernel = ["--model", "rvm", "--kernel", "rbf", "--gamma", "0.01"];
    let runs = [
        ("y.csv", "y", &["--model", "linreg"][..]),
        ("y.csv", "y", &dsvi),
        ("k.csv", "kind", &dsvi),
        ("k.csv", "kind", &network),
        ("y.csv", "y", &["--model", "rvm"]),
        ("y.csv", "y", &kernel),
        ("k.csv", "kind", &["--model", "rvm"]),
        ("k.csv", "kind", &["--model", "l1", "--c", "0.1"]),
    ];
    let fit = |(csv, target, more): (&str, &str, &[&str])| {
        desk.ok(&[&["fit", csv, "--target", target, "--no-score", "--out", "m.vd"][..], more].concat());
        desk.read("m.vd")
    };
    runs.into_iter().map(fit).collect()
}

#[test]
fn every_changed_byte_and_every_truncation_is_refused() {
    for bytes in models() {
        let model = decode::<SavedModel>(&bytes).unwrap();
        assert_eq!(encode(&model).unwrap(), bytes);
        let text = model_file::to_json(&model).unwrap();
        assert_eq!(encode(&model_file::from_json::<SavedModel>(&text).unwrap()).unwrap(), bytes);
        assert!((0..bytes.len()).all(|length| decode::<SavedModel>(&bytes[..length]).is_err()));
        let mut changed = bytes.clone();
        for position in 0..bytes.len() {
            for flip in 1..=255 {
                changed[position] = bytes[position] ^ flip;
                assert!(
                    decode::<SavedModel>(&changed).is_err(),
                    "byte {position} is {:#04x}",
                    changed[position]
                );
            }
            changed[position] = bytes[position];
        }
    }
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
                match decode::<SavedModel>(&seal(SavedModel::KIND, &changed).unwrap()) {
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
fn use_it(model: &SavedModel) {
    let features = model.preprocessing.features().len();
    let mut scratch = Vec::new();
    for value in [0.0, 1.0, -1e3, f64::MAX] {
        let prediction = model.predict_features(&vec![value; features], &mut scratch).unwrap();
        assert_eq!(prediction.outputs.len(), model.target.levels.len().max(1));
    }
    // A kernel machine has no C form.
    let _ = predictor::c99(model, "vd");
    let _ = (model.kept(), model.weights(), model.columns());
    assert_eq!(decode::<SavedModel>(&encode(model).unwrap()).unwrap(), *model);
}

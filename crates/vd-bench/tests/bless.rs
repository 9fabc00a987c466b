//! What is committed, and what `--check` says about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers of tests may fail like tests.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use vd_bench::Error;
use vd_bench::bless::{bless, check};
use vd_bench::experiment::Output;
use vd_bench::record::Record;
use vd_bench::summary::Summary;
use vd_bench::table::read_records;

const README: &str =
    "before\n<!-- results: begin (cargo xtask reproduce --bless) -->\n<!-- results: end -->\nafter\n";

/// A workspace with a result of two rows and a figure in it, blessed.
fn blessed() -> (TempDir, Summary) {
    let place = TempDir::new().unwrap();
    let result = place.path().join("result");
    fs::create_dir_all(result.join("figures")).unwrap();
    fs::write(result.join("figures/a.svg"), "<svg/>").unwrap();
    fs::write(result.join("figures/a.png"), "png").unwrap();
    fs::write(place.path().join("README.md"), README).unwrap();
    let summary = summary();
    let output = Output { records: vec![record("vd-ard", 0.95), record("rvm", 0.94)], ..Output::default() };
    bless(place.path(), &result, &summary, &output).unwrap();
    (place, summary)
}

fn record(method: &str, accuracy: f64) -> Record {
    Record {
        dataset: "digits".into(),
        method: method.into(),
        protocol: "repeated".into(),
        split: 0,
        seed: 0,
        parameter: 1.0,
        parameter_name: "λ".into(),
        accuracy,
        train_accuracy: 1.0,
        sparsity: 0.75,
        noise_kept: None,
        status: "converged".into(),
        seconds: 1.0 / 3.0,
    }
}

fn summary() -> Summary {
    let row = |method: &str, accuracy: f64| {
        serde_json::json!({
            "dataset": "digits", "method": method, "protocol": "repeated", "accuracy_mean": accuracy, "accuracy_sd": 0.01,
            "sparsity_mean": 0.75, "sparsity_sd": 0.01, "splits": 10, "seconds": 1.5, "noise_kept_mean": null,
            "poster_accuracy": null, "poster_sparsity": null, "accuracy_minus_vd_ard_mean": null,
            "accuracy_minus_vd_ard_se": null
        })
    };
    let value = serde_json::json!({
        "kl_fit": { "k1": 0.63, "k2": 1.87, "k3": 1.48, "max_abs_error": 0.009, "max_abs_error_at": -3.5,
                    "samples_per_point": 10, "points": 5, "seed": 0 },
        "table": [row("vd-ard", 0.95), row("rvm", 0.94)],
        "figures": [{ "id": "a", "svg": "figures/a.svg", "png": "figures/a.png" }],
        "smoke": false,
        "provenance": { "git_revision": "unknown", "git_dirty": null, "rustc": "r", "profile": "release", "target": "t",
                        "cpu": "c", "cores": 2, "jobs": 2, "data_sha256": {}, "command": "cargo xtask reproduce" }
    });
    serde_json::from_value(value).unwrap()
}

/// The only difference that is found.
fn difference(place: &TempDir, summary: &Summary) -> String {
    match check(place.path(), summary) {
        Err(Error::Differs { differences }) if differences.len() == 1 => differences[0].clone(),
        other => panic!("one difference expected: {other:?}"),
    }
}

fn committed(place: &TempDir, name: &str) -> PathBuf {
    place.path().join("docs/results").join(name)
}

#[test]
fn what_was_blessed_checks_and_the_readme_has_the_table() {
    let (place, mut summary) = blessed();
    check(place.path(), &summary).unwrap();
    let readme = fs::read_to_string(place.path().join("README.md")).unwrap();
    assert!(readme.starts_with("before\n") && readme.ends_with("after\n"));
    assert!(readme.contains("| digits | rvm | repeated | 10 | 94.0 ± 1.0 |"), "{readme}");
    // Times are not compared; neither is what a part of the experiments did not make.
    summary.table[0].seconds = 100.0;
    summary.table.truncate(1);
    summary.kl_fit = None;
    check(place.path(), &summary).unwrap();
}

#[test]
fn a_changed_number_is_named_with_both_values() {
    let (place, summary) = blessed();
    let mut moved = summary.clone();
    moved.table[1].accuracy_mean += 0.01;
    let text = difference(&place, &moved);
    assert!(text.contains("digits / rvm / repeated: accuracy") && text.contains("0.94 committed"), "{text}");
    let mut moved = summary.clone();
    moved.table[0].sparsity_mean = f64::NAN;
    assert!(difference(&place, &moved).contains("digits / vd-ard / repeated: sparsity"));
    let mut moved = summary.clone();
    moved.table[0].splits = 9;
    assert!(difference(&place, &moved).contains("10 splits committed, 9 made"));
    let mut moved = summary.clone();
    moved.kl_fit.as_mut().unwrap().k2 += 1e-5;
    assert!(difference(&place, &moved).contains("kl_fit.k2"));
    let mut moved = summary;
    moved.table[0].method = "new".into();
    assert!(difference(&place, &moved).contains("digits / new / repeated: not committed"));
}

#[test]
fn a_missing_or_edited_file_is_named() {
    let (place, summary) = blessed();
    fs::remove_file(committed(&place, "figures/a.png")).unwrap();
    assert!(difference(&place, &summary).contains("figures/a.png: not there"));
    let (place, summary) = blessed();
    fs::remove_file(committed(&place, "table.md")).unwrap();
    assert!(difference(&place, &summary).contains("table.md"));
    let (place, summary) = blessed();
    let readme = place.path().join("README.md");
    let edited = fs::read_to_string(&readme).unwrap().replace("94.0", "99.0");
    fs::write(&readme, edited).unwrap();
    assert!(difference(&place, &summary).contains("README.md"));
    let (place, summary) = blessed();
    fs::remove_file(committed(&place, "summary.json")).unwrap();
    assert!(difference(&place, &summary).contains("summary.json: not there"));
    let (place, summary) = blessed();
    fs::write(committed(&place, "summary.json"), "{").unwrap();
    assert!(check(place.path(), &summary).unwrap_err().to_string().contains("summary.json"));
    let (place, summary) = blessed();
    fs::write(place.path().join("README.md"), "no markers").unwrap();
    assert!(check(place.path(), &summary).unwrap_err().to_string().contains("markers"));
}

#[test]
fn a_part_of_the_experiments_replaces_what_it_made() {
    let (place, mut part) = blessed();
    part.table.remove(0);
    part.table[0].accuracy_mean = 0.96;
    part.kl_fit = None;
    let output = Output { records: vec![record("rvm", 0.96)], ..Output::default() };
    bless(place.path(), &place.path().join("result"), &part, &output).unwrap();
    let records = read_records(&committed(&place, "results.csv")).unwrap();
    assert_eq!(records, [record("vd-ard", 0.95), record("rvm", 0.96)]);
    let text = fs::read_to_string(committed(&place, "summary.json")).unwrap();
    let merged: Summary = serde_json::from_str(&text).unwrap();
    let rows: Vec<_> = merged.table.iter().map(|row| (row.method.as_str(), row.accuracy_mean)).collect();
    assert_eq!(rows, [("vd-ard", 0.95), ("rvm", 0.96)]);
    assert!(merged.kl_fit.is_some());
    check(place.path(), &part).unwrap();
}

#[test]
fn the_readme_shows_the_rows_of_the_front_page_and_docs_all_of_them() {
    let (place, mut part) = blessed();
    part.table[0].method = "gaussian-dropout".into();
    bless(place.path(), &place.path().join("result"), &part, &Output::default()).unwrap();
    let readme = fs::read_to_string(place.path().join("README.md")).unwrap();
    let table = fs::read_to_string(committed(&place, "table.md")).unwrap();
    assert!(readme.contains("| digits | vd-ard |") && !readme.contains("gaussian-dropout"), "{readme}");
    assert!(table.contains("| digits | vd-ard |") && table.contains("gaussian-dropout"), "{table}");
    check(place.path(), &part).unwrap();
}

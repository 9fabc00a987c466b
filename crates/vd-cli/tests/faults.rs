//! Faults that people's own tables brought out, each by its right value.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

mod common;

use common::{Desk, noise};
use std::fmt::Write as _;

fn numbers(csv: &str, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|n| n == name).unwrap();
    reader.records().map(|r| r.unwrap()[at].parse().unwrap()).collect()
}

/// `n` rows of three columns far from zero, of which the first rises with y and the second falls.
fn far(n: usize, target: impl Fn(f64) -> String) -> String {
    let mut csv = String::from("a,b,c,y\n");
    for i in 0..n {
        let [a, b, c] = core::array::from_fn(|k| 100.0 + 2.0 * noise(5 * i + k));
        let score = 2.0 * (a - 100.0) - 1.5 * (b - 100.0) + 0.8 * noise(5 * i + 3);
        writeln!(csv, "{a},{b},{c},{}", target(score)).unwrap();
    }
    csv
}

/// The deviation was off by a factor of fifty: weights of a centred fit were read as those of raw columns.
#[test]
fn the_deviation_is_the_same_without_standardising() {
    let desk = Desk::new();
    desk.put("t.csv", far(120, |s| s.to_string()));
    for model in ["linreg", "rvm"] {
        let fit = ["fit", "t.csv", "--target", "y", "--model", model, "--no-score"];
        desk.ok(&[&fit[..], &["--out", "s.vd"]].concat());
        desk.ok(&[&fit[..], &["--no-standardise", "--out", "r.vd"]].concat());
        let deviations = |m: &str| numbers(&desk.ok(&["predict", m, "t.csv", "--std"]), "std");
        for (s, r) in deviations("s.vd").iter().zip(deviations("r.vd")) {
            assert!((s / r - 1.0).abs() < 0.02 && *s < 0.8, "{model}: {s} {r}");
        }
        // What the picture and the table rank by does not depend on the columns' scale either.
        let kept = |m: &str| {
            let said: serde_json::Value = serde_json::from_str(&desk.ok(&["inspect", m, "--json"])).unwrap();
            said["kept_features"].as_array().unwrap().len()
        };
        assert_eq!(kept("s.vd"), kept("r.vd"), "{model}");
    }
}

/// Every weight says for which class it speaks: table, JSON, picture and C.
#[test]
fn a_class_is_named_for_every_weight() {
    let desk = Desk::new();
    desk.put("two.csv", far(150, |s| if s > 0.0 { "yes" } else { "no" }.to_owned()));
    desk.put(
        "three.csv",
        far(150, |s| {
            if s > 1.0 {
                "up"
            } else if s < -1.0 {
                "down"
            } else {
                "mid"
            }
            .to_owned()
        }),
    );
    for model in ["dsvi", "rvm", "l1"] {
        let fit = |csv: &str| {
            let quick = ["--epochs", "100", "--learning-rate", "0.03", "--no-score", "--out", "m.vd"];
            desk.ok(&[&["fit", csv, "--target", "y", "--model", model][..], &quick].concat())
        };
        let said = fit("two.csv");
        assert!(said.contains("A positive weight speaks for `yes` against `no`."), "{said}");
        let shown: serde_json::Value =
            serde_json::from_str(&desk.ok(&["inspect", "m.vd", "--json"])).unwrap();
        let [a, b] = [0, 1].map(|i| &shown["features"][i]);
        assert!(
            a["weight"].as_f64().unwrap() > 0.0 && b["weight"].as_f64().unwrap() < 0.0,
            "{model}: {shown}"
        );
        assert_eq!((a["class"].as_str(), a["against"].as_str()), (Some("yes"), Some("no")), "{model}");
        assert!(desk.ok(&["plot", "m.vd"]).contains("`yes` against `no`"), "{model}");
        assert!(
            desk.ok(&["export", "m.vd", "--to", "c"]).contains("output 0: log-odds of `yes` against `no`")
        );
        let said = fit("three.csv");
        let line = said.lines().find(|l| l.starts_with("a ")).unwrap();
        assert!(line.contains("up") || line.contains("down"), "{model}: {said}");
        let shown: serde_json::Value =
            serde_json::from_str(&desk.ok(&["inspect", "m.vd", "--json"])).unwrap();
        for weight in shown["features"][0]["weights"].as_array().unwrap() {
            let w = weight["weight"].as_f64().unwrap();
            match weight["class"].as_str().unwrap() {
                "up" => assert!(w > 0.0, "{model}: {weight}"),
                "down" => assert!(w < 0.0, "{model}: {weight}"),
                _ => {}
            }
        }
    }
}

/// Scoring that fails keeps the fit, and names the class.
#[test]
fn a_score_that_cannot_be_made_keeps_the_fit() {
    let desk = Desk::new();
    let mut csv = far(60, |s| if s > 0.0 { "yes" } else { "no" }.to_owned());
    csv.push_str("100,100,100,rare\n");
    desk.put("one.csv", &csv);
    let said = desk.ok(&["fit", "one.csv", "--target", "y", "--model", "rvm", "--out", "m.vd"]);
    assert!(said.contains("could not be scored: part") && said.contains("`rare`"), "{said}");
    assert!(said.contains("accuracy"), "the other parts are scored: {said}");
    assert_eq!(desk.ok(&["predict", "m.vd", "one.csv"]).lines().count(), 62);
    // A column that varies in one row, and nothing else.
    let mut spike = String::from("x,y\n");
    (0..40).for_each(|i| {
        writeln!(spike, "{},{}", i32::from(i == 7) * 3, f64::from(i == 7) + 0.1 * noise(i)).unwrap()
    });
    desk.put("spike.csv", &spike);
    let said = desk.ok(&["fit", "spike.csv", "--target", "y", "--out", "m.vd"]);
    assert!(said.contains("could not be scored: part") && said.contains("one value only"), "{said}");
}

/// The first lines say what was inferred, from how many rows, and what is kept by chance.
#[test]
fn the_first_lines_say_what_was_done() {
    let desk = Desk::new();
    desk.put("t.csv", far(80, |s| s.to_string()).replacen("100,", "NA,", 0) + "NA,100,100,1\n");
    let said = desk.ok(&["fit", "t.csv", "--target", "y", "--missing", "drop", "--lambda", "1"]);
    assert!(said.starts_with("Task  `y` is a number: its values are numbers\n"), "{said}");
    assert!(said.contains("Rows  80 of 81 used; 1 left out for a missing value, nothing imputed"), "{said}");
    assert!(said.contains("of 3 columns; about 1 kept by chance"), "{said}");
    let said = desk.ok(&["fit", "t.csv", "--target", "y", "--missing", "impute", "--false-keeps", "0.1"]);
    assert!(said.contains("81 of 81 used; none left out, 1 missing value(s) imputed"), "{said}");
    assert!(said.contains("about 0.1 kept by chance"), "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&desk.ok(&["fit", "t.csv", "--target", "y", "--missing", "drop", "--json"]))
            .unwrap();
    assert_eq!(
        (json["input"]["rows_used"].as_u64(), json["input"]["rows_left_out"].as_u64()),
        (Some(80), Some(1))
    );
    let said = desk.fails(2, &["fit", "t.csv", "--target", "y", "--missing", "drop", "--false-keeps", "9"]);
    assert!(said.contains("--false-keeps"), "{said}");
}

/// What `--model` takes, and which options each method reads, come from the registry.
#[test]
fn the_help_lists_every_method() {
    let desk = Desk::new();
    let help = desk.ok(&["fit", "--help"]);
    for method in methods::Method::ALL {
        assert!(help.contains(&format!("- {}:", method.name())), "{help}");
        assert!(help.contains(method.adapter().about().split(':').next().unwrap()), "{help}");
    }
    assert!(help.contains("rvm: The kernel\n"), "{help}");
}

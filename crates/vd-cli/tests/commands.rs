//! The commands as a user types them.

#![allow(clippy::unwrap_used)] // Helper functions of tests are not seen as tests.

mod common;

use common::{Desk, classes, compile, has_cc, regression};
use std::process::Command;

const QUICK: [&str; 6] = ["--model", "dsvi", "--epochs", "60", "--learning-rate", "0.03"];

fn fit(desk: &Desk, csv: &str, target: &str, more: &[&str]) -> String {
    desk.ok(&[&["fit", csv, "--target", target][..], more].concat())
}

fn dsvi(desk: &Desk, csv: &str, target: &str, more: &[&str]) -> String {
    fit(desk, csv, target, &[&QUICK[..], more].concat())
}

fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|n| n == name).unwrap();
    reader.records().map(|r| r.unwrap()[at].to_owned()).collect()
}

fn numbers(csv: &str, name: &str) -> Vec<f64> {
    column(csv, name).iter().map(|v| v.parse().unwrap()).collect()
}

#[test]
fn a_regression_from_csv_to_prediction() {
    let desk = Desk::new();
    desk.put("t.csv", regression(400));
    let said = dsvi(&desk, "t.csv", "y", &["--out", "m.vd"]);
    assert!(
        said.contains("colour=red") && said.contains("R²") && said.contains("Constant, so left out: 1"),
        "{said}"
    );
    let csv = desk.ok(&["predict", "m.vd", "t.csv", "--std"]);
    let (y, predicted) = (numbers(&desk.text("t.csv"), "y"), numbers(&csv, "prediction"));
    let error = y.iter().zip(&predicted).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / y.len() as f64;
    assert!(error.sqrt() < 0.3, "{error}");
    assert!(numbers(&csv, "std").iter().all(|s| *s > 0.0 && *s < 3.0));
    assert_eq!(desk.names(), ["m.vd", "t.csv"]);
}

/// A column of names is one decision: counted, named and dropped as a column.
#[test]
fn a_column_of_names_is_one_decision() {
    let desk = Desk::new();
    let mut csv = String::from("a,a2,b,shop,town,y\n");
    let mut state = 1u64;
    let mut next = |count: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % count
    };
    let mut number = || next(20_001) as f64 / 10_000.0 - 1.0;
    let numbers: Vec<[f64; 4]> = (0..300).map(|_| [number(), number(), number(), number()]).collect();
    for [a, b, c, noise] in numbers {
        let (shop, town) = (next(5), next(20));
        let y = 2.0 * a + [0.0, 0.6, -0.5, 0.4, -0.6][shop as usize] + noise;
        csv += &format!("{a},{},{b},s{shop},t{town},{y}\n", a + 0.02 * c);
    }
    desk.put("t.csv", &csv);
    let said = fit(&desk, "t.csv", "y", &["--out", "m.vd"]);
    assert!(said.contains("Kept  2 of 5 columns;"), "{said}");
    assert!(
        said.contains("a2 could stand in for a\n") || said.contains("a could stand in for a2\n"),
        "{said}"
    );
    assert_eq!(said.matches("reference").count(), 1, "{said}");
    assert!(said.contains("shop=s1") && said.contains("\ntown ") && !said.contains("town=t1"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&desk.ok(&["inspect", "m.vd", "--json"])).unwrap();
    assert_eq!((json["columns"].as_u64(), json["kept_columns"][1].as_str()), (Some(5), Some("shop")));
    let features = json["features"].as_array().unwrap();
    let named = |name: &str| features.iter().find(|f| f["name"] == name).unwrap();
    assert_eq!(named("shop=s2")["decided_with"], "shop=s0");
    assert!(
        named("shop=s2")["inclusion"].as_f64().unwrap() > 0.9
            && named("b")["inclusion"].as_f64().unwrap() < 0.5
    );
    assert!(named("b")["chance"].as_f64().unwrap() > 1e-4 && named("b")["decided_with"].is_null());
    let kept = json["kept_columns"][0].as_str().unwrap();
    assert!(named(kept)["stand_ins"][0]["correlation"].as_f64().unwrap() > 0.99);
    let said = fit(&desk, "t.csv", "y", &["--by-level", "--no-score"]);
    assert!(said.contains("features)") && said.contains("town=t1"), "{said}");
}

#[test]
fn classes_have_probabilities_and_columns_may_stand_in_any_order() {
    let desk = Desk::new();
    desk.put("t.csv", classes(400));
    dsvi(&desk, "t.csv", "kind", &["--out", "m.vd", "--quiet"]);
    let predicted = desk.ok(&["predict", "m.vd", "t.csv", "--proba", "--id", "kind"]);
    let (truth, guess) = (column(&predicted, "kind"), column(&predicted, "prediction"));
    let right = truth.iter().zip(&guess).filter(|(a, b)| a == b).count();
    assert!(right > 340, "{right}");
    let p = ["p(left)", "p(right)", "p(up, \"high\")"].map(|name| numbers(&predicted, name));
    assert!((0..400).all(|i| (p[0][i] + p[1][i] + p[2][i] - 1.0).abs() < 1e-12));

    let mut reader = csv::Reader::from_reader(desk.read("t.csv").as_slice().to_vec().leak() as &[u8]);
    let mut turned = csv::Writer::from_writer(Vec::new());
    turned.write_record(["extra", "r", "q", "p"]).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        turned.write_record(["x", &row[2], &row[1], &row[0]]).unwrap();
    }
    desk.put("turned.csv", turned.into_inner().unwrap());
    let again = desk.ok(&["predict", "m.vd", "turned.csv", "--proba"]);
    assert_eq!(column(&again, "prediction"), guess);
    assert_eq!(numbers(&again, "p(left)"), p[0]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let desk = Desk::new();
    desk.put("t.csv", classes(200));
    for threads in ["1", "2", "4"] {
        let out = format!("{threads}.vd");
        dsvi(&desk, "t.csv", "kind", &["--out", &out, "--threads", threads]);
    }
    let strip = |name: &str| {
        let mut value: serde_json::Value =
            serde_json::from_str(&desk.ok(&["inspect", name, "--json"])).unwrap();
        value["provenance"]["options"] = serde_json::Value::Null;
        value
    };
    assert_eq!(strip("1.vd"), strip("2.vd"));
    assert_eq!(strip("1.vd"), strip("4.vd"));
    dsvi(&desk, "t.csv", "kind", &["--out", "again.vd", "--threads", "4"]);
    assert_eq!(desk.read("again.vd"), desk.read("4.vd"));
}

#[test]
fn streams_carry_models_and_tables() {
    let desk = Desk::new();
    desk.put("t.csv", regression(200));
    let fit = [&["fit", "-", "--target", "y", "--out", "-"][..], &QUICK].concat();
    let model = desk.run_with(&fit, &desk.read("t.csv")).stdout;
    assert!(model.starts_with(&model_file::MAGIC));
    desk.put("m.vd", &model);
    let from_file = desk.ok(&["predict", "m.vd", "t.csv"]);
    let from_stream = desk.run_with(&["predict", "-", "t.csv"], &model).stdout;
    assert_eq!(from_file.as_bytes(), from_stream);
    let from_stream = desk.run_with(&["predict", "m.vd", "-"], &desk.read("t.csv")).stdout;
    assert_eq!(from_file.as_bytes(), from_stream);
}

/// The exported C, compiled as strictly as C99 goes, agrees with `vd predict` to rounding.
#[test]
fn the_exported_c_predicts_the_same() {
    if !has_cc() {
        return;
    }
    let desk = Desk::new();
    desk.put("y.csv", regression(300));
    desk.put("k.csv", classes(300));
    desk.put("two.csv", classes(300).replace("right", "left"));
    let network = ["--hidden", "8,5"];
    for (csv, target, more) in [
        ("y.csv", "y", &[][..]),
        ("k.csv", "kind", &[]),
        ("two.csv", "kind", &[]),
        ("k.csv", "kind", &network),
    ] {
        dsvi(&desk, csv, target, &[&["--out", "m.vd", "--no-score"][..], more].concat());
        desk.ok(&["export", "m.vd", "--to", "c", "--prefix", "my_model", "--out", "m.c"]);
        compile(&desk.path("m.c"), &desk.path("m"), "MY_MODEL_MAIN");
        let inspect = desk.text("m.c");
        let names: Vec<&str> = inspect
            .lines()
            .filter_map(|l| {
                l.split_once("_IN_").and_then(|(_, r)| r.split_once("/* ")).filter(|_| !l.contains("_CODE_"))
            })
            .map(|(_, name)| name.trim_end_matches(" */"))
            .collect();
        let levels = ["blue", "green", "red"];
        let columns: Vec<Vec<String>> = names.iter().map(|n| column(&desk.text(csv), n)).collect();
        let mut input = String::new();
        for row in 0..300 {
            let code = |v: &str| levels.iter().position(|l| *l == v).map_or(v.to_owned(), |c| c.to_string());
            let fields: Vec<String> = columns.iter().map(|c| code(&c[row])).collect();
            input.push_str(&fields.join(","));
            input.push('\n');
        }
        desk.put("in.csv", &input);
        let program =
            Command::new(desk.path("m")).stdin(std::fs::File::open(desk.path("in.csv")).unwrap()).output();
        let c = String::from_utf8(program.unwrap().stdout).unwrap();
        let classes = target == "kind";
        let rust =
            desk.ok(&[&["predict", "m.vd", csv][..], if classes { &["--proba"] } else { &[] }].concat());
        let rust: Vec<Vec<f64>> = rust
            .lines()
            .skip(1)
            .map(|l| {
                l.rsplit(',').filter_map(|v| v.parse().ok()).collect::<Vec<f64>>().into_iter().rev().collect()
            })
            .collect();
        assert_eq!(c.lines().count(), 300);
        for (line, expected) in c.lines().zip(&rust) {
            let got: Vec<f64> = line.split(',').map(|v| v.parse().unwrap()).collect();
            assert_eq!(got.len(), expected.len(), "{line}");
            for (a, b) in got.iter().zip(expected) {
                assert!((a - b).abs() <= 1e-14 * b.abs().max(1e-3), "{a} {b}");
            }
        }
    }
}

#[test]
fn a_picture_is_drawn() {
    let desk = Desk::new();
    desk.put("t.csv", regression(200).replace("colour", "<&\"'"));
    dsvi(&desk, "t.csv", "y", &["--out", "m.vd", "--no-score"]);
    let svg = desk.ok(&["plot", "m.vd"]);
    assert!(svg.starts_with("<svg") && svg.contains("&lt;&amp;&quot;'=red") && svg.ends_with("</svg>\n"));
    desk.ok(&["plot", "m.vd", "--out", "m.png", "--top", "3"]);
    assert!(desk.read("m.png").starts_with(b"\x89PNG\r\n\x1a\n"));
    desk.fails(2, &["plot", "m.vd", "--top", "0"]);
}

#[test]
fn json_carries_the_whole_model() {
    let desk = Desk::new();
    desk.put("t.csv", classes(200));
    dsvi(&desk, "t.csv", "kind", &["--out", "m.vd"]);
    let json = desk.ok(&["export", "m.vd", "--to", "json"]);
    let model: predictor::SavedModel = model_file::from_json(&json).unwrap();
    assert_eq!(model_file::encode(&model).unwrap(), desk.read("m.vd"));
    let shown: serde_json::Value = serde_json::from_str(&desk.ok(&["inspect", "m.vd", "--json"])).unwrap();
    assert_eq!(shown["classes"].as_array().unwrap().len(), 3);
    assert!(shown["provenance"]["data_sha256"].as_str().unwrap().len() == 64);
    assert!(desk.ok(&["inspect", "m.vd"]).contains("classification, 3 classes"));
}

#[test]
fn missing_values_are_refused_imputed_or_dropped() {
    let desk = Desk::new();
    let csv = regression(200).replacen(",green,", ",,", 3);
    let line = csv.lines().position(|l| l.contains(",,")).unwrap() + 1;
    desk.put("t.csv", &csv);
    let error = desk.fails(3, &[&["fit", "t.csv", "--target", "y"][..], &QUICK].concat());
    assert!(
        error.contains(&format!("t.csv:{line}:3: column `colour`"))
            && error.contains("3 in all in this column"),
        "{error}"
    );
    dsvi(&desk, "t.csv", "y", &["--missing", "impute", "--out", "i.vd"]);
    assert_eq!(desk.ok(&["predict", "i.vd", "t.csv"]).lines().count(), 201);
    let dropped = dsvi(&desk, "t.csv", "y", &["--missing", "drop", "--out", "d.vd", "--json"]);
    let dropped: serde_json::Value = serde_json::from_str(&dropped).unwrap();
    assert_eq!(dropped["provenance"]["rows"], 197);
    // Rows that miss a value have no prediction; the others have theirs.
    let output = desk.run(&["predict", "d.vd", "t.csv"]);
    assert!(
        output.status.success()
            && String::from_utf8_lossy(&output.stderr).contains("3 row(s) have no prediction")
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter(|line| line.is_empty() || *line == "\"\"")
            .count(),
        3
    );
}

#[test]
fn wrong_options_data_and_files_have_their_codes() {
    let desk = Desk::new();
    desk.put("t.csv", regression(60));
    dsvi(&desk, "t.csv", "y", &["--out", "m.vd", "--no-score"]);
    assert!(desk.fails(2, &["fit", "t.csv", "--target", "z"]).contains("it has a, b, colour"));
    assert!(desk.fails(2, &["fit", "t.csv", "--target", "e"]).contains("nothing to learn"));
    desk.fails(2, &["fit", "t.csv", "--target", "y", "--model", "l1", "--task", "regression"]);
    desk.fails(2, &["fit", "t.csv", "--target", "y", "--ignore", "y"]);
    desk.fails(2, &["fit", "t.csv", "--target", "y", "--threads", "0"]);
    desk.fails(2, &["fit", "t.csv", "--target", "y", "--cv", "1"]);
    desk.fails(2, &["fit", "t.csv", "--target", "y", "--holdout", "1.5"]);
    desk.fails(2, &["fit", "t.csv"]);
    assert!(
        desk.fails(3, &["fit", "t.csv", "--target", "colour", "--task", "regression"])
            .contains("not a number")
    );
    desk.fails(5, &["fit", "no.csv", "--target", "y"]);
    desk.fails(5, &["predict", "no.vd", "t.csv"]);
    desk.fails(5, &["export", "m.vd", "--to", "c", "--out", "no/such/m.c"]);
    desk.fails(2, &["export", "m.vd", "--to", "c", "--prefix", "1x"]);
    desk.fails(2, &["predict", "m.vd", "t.csv", "--proba"]);
    desk.put("u.csv", "a,b\n1,2\n");
    assert!(desk.fails(3, &["predict", "m.vd", "u.csv"]).contains("no column `colour`"));
    desk.put("u.csv", "a,b,colour,c,d\n1,2,violet,1,1\n");
    assert!(
        desk.fails(3, &["predict", "m.vd", "u.csv", "--out", "o.csv"]).contains("u.csv:2:3: column `colour`")
    );
    assert!(!desk.names().contains(&"o.csv".to_owned()), "a failed run left a file");
    desk.ok(&["predict", "m.vd", "u.csv", "--allow-unknown"]);
    desk.put("u.csv", "a,b,colour\nx,2,red\n");
    assert!(desk.fails(3, &["predict", "m.vd", "u.csv"]).contains("`x` is not a number"));
    let mut model = desk.read("m.vd");
    model[70] ^= 1;
    desk.put("bad.vd", &model);
    assert!(desk.fails(4, &["predict", "bad.vd", "t.csv"]).contains("bad.vd: corrupted"));
    assert!(desk.fails(4, &["predict", "t.csv", "t.csv"]).contains("not a vd file"));
    desk.put("other.vd", model_file::seal(model_file::Kind::new("other.kind", 2), b"abc").unwrap());
    assert!(desk.fails(4, &["predict", "other.vd", "t.csv"]).contains("other.kind"));
    assert!(desk.ok(&["inspect", "other.vd"]).contains("other.kind, layout 2, 3 bytes"));
}

#[test]
fn kl_values() {
    let desk = Desk::new();
    let output = desk.run_with(&["kl", "0", "-", "--json"], b"8 -3\n40\n");
    let rows: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    let exact = |i: usize| rows[i]["exact"].as_f64().unwrap();
    // KL ~ 1/(2α) for large α; the others are the reference values to their digits.
    assert!((exact(0) - kl_approx::exact::kl(0.0)).abs() < 1e-15);
    assert!((exact(3) / (0.5 * (-40.0_f64).exp()) - 1.0).abs() < 1e-12);
    assert!(rows[1]["kingma_cubic"].is_null() && !rows[2]["kingma_cubic"].is_null());
    assert_eq!(desk.run(&["kl", "nan"]).status.code(), Some(2));
}

#[test]
fn shells_and_pages() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(desk.ok(&["completions", shell]).contains("memory-cap"), "{shell}");
    }
    assert!(desk.ok(&["man"]).contains(".TH vd 1"));
    desk.ok(&["man", "--dir", "man"]);
    assert!(desk.text("man/vd-fit.1").contains("memory\\-cap"));
    for args in [&["--help"][..], &["fit", "--help"], &["predict", "--help"], &["kl", "--help"]] {
        assert!(desk.ok(args).contains("Examples:"), "{args:?}");
    }
}

/// NO_COLOR and --color.
#[test]
fn colour_is_for_those_who_want_it() {
    let desk = Desk::new();
    desk.put("t.csv", regression(60));
    assert!(!dsvi(&desk, "t.csv", "y", &["--no-score"]).contains('\u{1b}'));
    assert!(dsvi(&desk, "t.csv", "y", &["--no-score", "--color", "always"]).contains('\u{1b}'));
}

/// A file read in passes gives the model's columns too, and the same bytes each time.
#[test]
fn a_file_is_fitted_in_passes() {
    let desk = Desk::new();
    desk.put("y.csv", regression(3000));
    desk.put("k.csv", classes(3000));
    for (csv, target, kept) in [("y.csv", "y", vec!["a", "b"]), ("k.csv", "kind", vec!["p", "q"])] {
        let args = ["--stream", "--memory-cap", "1M", "--json", "--missing", "impute"];
        let said = dsvi(&desk, csv, target, &[&args[..], &["--out", "m.vd"]].concat());
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let strong: Vec<&str> = said["features"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["z"].as_f64().unwrap().abs() > 3.0)
            .map(|f| f["name"].as_str().unwrap())
            // The indicators of a column's names are collinear: which of them share the weight is not determined.
            .filter(|name| !name.starts_with("colour"))
            .collect();
        assert_eq!(strong, kept, "{said}");
        let metric = said["score"]["metrics"][0]["mean"].as_f64().unwrap();
        assert!(if csv == "y.csv" { metric < 0.2 } else { metric > 0.9 }, "{metric}");
        assert!(said["provenance"]["rows"].as_u64().unwrap() < 3000);
        assert_eq!(desk.ok(&["predict", "m.vd", csv]).lines().count(), 3001);
        let first = desk.read("m.vd");
        dsvi(&desk, csv, target, &[&args[..], &["--out", "m.vd"]].concat());
        assert_eq!(desk.read("m.vd"), first);
    }
}

#[test]
fn a_relevance_vector_machine_and_an_l1_model() {
    let desk = Desk::new();
    desk.put("y.csv", regression(150));
    desk.put("k.csv", classes(150));
    let kernel = ["--model", "rvm", "--kernel", "rbf"];
    for (csv, target, more) in [
        ("y.csv", "y", &["--model", "rvm"][..]),
        ("k.csv", "kind", &["--model", "rvm"]),
        ("k.csv", "kind", &["--model", "l1"]),
        ("k.csv", "kind", &["--model", "l1", "--c", "0.1"]),
        ("y.csv", "y", &kernel),
        ("k.csv", "kind", &kernel),
    ] {
        fit(&desk, csv, target, &[more, &["--out", "m.vd", "--cv", "3"]].concat());
        let flag = if csv == "y.csv" { "--std" } else { "--proba" };
        let predicted = desk.ok(&["predict", "m.vd", csv, flag]);
        if csv == "y.csv" {
            let (y, p, s) = (
                numbers(&desk.text(csv), "y"),
                numbers(&predicted, "prediction"),
                numbers(&predicted, "std"),
            );
            // Within three predictive deviations, but for a few.
            let far = (0..150).filter(|&i| (y[i] - p[i]).abs() > 3.0 * s[i]).count();
            assert!(far <= 6, "{more:?}: {far}");
        } else {
            let (truth, guess) = (column(&desk.text(csv), "kind"), column(&predicted, "prediction"));
            assert!(truth.iter().zip(&guess).filter(|(a, b)| a == b).count() > 110, "{more:?}");
        }
        desk.ok(&["inspect", "m.vd"]);
        desk.ok(&["plot", "m.vd", "--out", "m.png"]);
        if more == kernel {
            assert!(desk.fails(2, &["export", "m.vd", "--to", "c"]).contains("no C form"));
        }
    }
    desk.fails(2, &["fit", "y.csv", "--target", "y", "--model", "l1", "--task", "regression"]);
    desk.fails(2, &["fit", "y.csv", "--target", "y", "--model", "rvm", "--stream"]);
    desk.fails(2, &["fit", "y.csv", "--target", "y", "--model", "rvm", "--kernel", "rbf", "--gamma", "-1"]);
}

/// Twenty columns of which three decide: what does nothing is gone after the passes that are taken unasked. At λ = ln N each of the
/// 17 others stays with a probability of about P(z² > 9) = 0.3%.
#[test]
fn passes_drop_what_does_nothing_and_a_known_effect_is_kept() {
    let desk = Desk::new();
    let mut csv = (0..20).map(|j| format!("x{j},")).collect::<String>() + "number,class\n";
    for i in 0..10_000 {
        let x: Vec<f64> = (0..20).map(|j| common::noise(41 * i + j)).collect();
        // The sum of twelve uniform numbers: nearly normal, of variance 4.
        let e: f64 = (20..32).map(|j| common::noise(41 * i + j)).sum();
        let y = 2.0 * x[2] - 1.0 * x[11] + 0.3 * x[19] + 0.5 * e;
        x.iter().for_each(|v| csv.push_str(&format!("{v:.5},")));
        csv.push_str(&format!("{y:.5},{}\n", if y > 0.2 { "yes" } else { "no" }));
    }
    desk.put("t.csv", &csv);
    for (target, other) in [("number", "class"), ("class", "number")] {
        let said = fit(&desk, "t.csv", target, &["--model", "dsvi", "--ignore", other, "--stream", "--json"]);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let kept: Vec<&str> =
            said["kept_features"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(kept, ["x2", "x11", "x19"], "{target}: {said}");
    }
    let said = fit(&desk, "t.csv", "number", &["--ignore", "class", "--lambda", "bic", "--no-score"]);
    let kept = said.split("Kept  ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    // Two of the 17 with z² > ln N would be a one in a thousand.
    assert!(said.contains("λ 9.210") && matches!(kept, "3" | "4"), "{said}");
}

#[test]
fn a_fit_can_stop_when_it_has_settled() {
    let desk = Desk::new();
    desk.put("t.csv", regression(300));
    let common = ["--model", "dsvi", "--epochs", "500", "--learning-rate", "0.03", "--no-score"];
    let loose = fit(&desk, "t.csv", "y", &[&common[..], &["--tolerance", "0.05"]].concat());
    assert!(loose.contains("dsvi: converged after"), "{loose}");
    let tight = fit(&desk, "t.csv", "y", &[&common[..], &["--tolerance", "1e-9"]].concat());
    assert!(tight.contains("stopped at the iteration limit after 500"), "{tight}");
    let error = desk.fails(2, &[&["fit", "t.csv", "--target", "y", "--tolerance", "0"][..], &QUICK].concat());
    assert!(error.contains("tolerance"), "{error}");
}

/// An error where even standard error is closed is an exit code, not a panic.
#[test]
fn closed_streams_are_no_panic() {
    let desk = Desk::new();
    desk.put("t.csv", "a,b\n1,inf\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_vd"))
        .args(["fit", "t.csv", "--target", "a"])
        .current_dir(desk.path(""))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(desk.fails(2, &["predict", "-", "-"]).contains("not both"));
}

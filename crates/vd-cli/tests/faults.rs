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

/// A target that is missing is not a feature that is missing: its row is left out, counted apart, and never imputed.
#[test]
fn rows_without_a_target_are_left_out_and_counted() {
    let desk = Desk::new();
    let full = far(80, |s| s.to_string());
    // Three rows without a target, one of which misses a feature too, and one more without a feature.
    let csv = full.clone() + "100,101,99,\n99,NA,100,\n101,100,100,NA\n,100,99,0.5\n";
    desk.put("t.csv", &csv);
    let fit = |how: &str| desk.ok(&["fit", "t.csv", "--target", "y", "--missing", how, "--no-score"]);
    let said = fit("impute");
    assert!(
        said.contains("81 of 84 used; 3 left out for want of a target, 1 missing value(s) imputed"),
        "{said}"
    );
    let said = fit("drop");
    assert!(
        said.contains(
            "80 of 84 used; 3 left out for want of a target, 1 for a missing value, nothing imputed"
        ),
        "{said}"
    );
    // The weights are those of the table without these rows.
    desk.put("full.csv", &full);
    let weights = |csv: &str, how: &str| {
        let args = ["fit", csv, "--target", "y", "--missing", how, "--no-score", "--json"];
        let said: serde_json::Value = serde_json::from_str(&desk.ok(&args)).unwrap();
        said["features"].to_string()
    };
    assert_eq!(weights("t.csv", "drop"), weights("full.csv", "refuse"));
    // A file that is read in passes counts as one in memory does.
    let said = desk.ok(&[
        "fit",
        "t.csv",
        "--target",
        "y",
        "--missing",
        "impute",
        "--no-score",
        "--model",
        "dsvi",
        "--stream",
    ]);
    assert!(said.contains("81 of 84 used; 3 left out for want of a target"), "{said}");
}

/// All that is missing is said in one run, with what was taken for missing and what can be done.
#[test]
fn every_missing_column_is_named_in_one_run() {
    let desk = Desk::new();
    desk.put("t.csv", far(30, |s| s.to_string()) + "100,NA,,1\n100,,100,-\n");
    let said = desk.fails(3, &["fit", "t.csv", "--target", "y"]);
    for part in [
        "t.csv:32:2: column `b`: a value is missing here, and 2 in all in this column (`NA` is taken for missing",
        "t.csv:32:3: column `c`: a value is missing here, and 1 in all",
        "t.csv:33:4: column `y`: the target is missing in 1 row (`-` is taken for missing",
        "--missing impute",
        "--missing drop",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // A name that is a mark for missing values.
    let mut eu = String::from("x,y\n");
    (0..80).for_each(|i| writeln!(eu, "{},{}", noise(i), if i % 2 == 0 { "EU" } else { "NA" }).unwrap());
    desk.put("eu.csv", &eu);
    let said = desk.fails(3, &["fit", "eu.csv", "--target", "y"]);
    assert!(said.contains("the target is missing in 40 rows (`NA` is taken for missing: --na ''"), "{said}");
    desk.ok(&["fit", "eu.csv", "--target", "y", "--na", "", "--no-score"]);
    // A column without any value.
    desk.put("empty.csv", "x,z,y\n1,NA,2\n2,NA,3\n3,NA,5\n4,,4\n");
    let said = desk.fails(3, &["fit", "empty.csv", "--target", "y", "--missing", "drop"]);
    assert!(said.contains("column `z`: the column is empty: leave it out (--ignore z)"), "{said}");
    desk.put("no.csv", "x,y\n1,NA\n2,NA\n3,\n");
    let said = desk.fails(3, &["fit", "no.csv", "--target", "y", "--missing", "impute"]);
    assert!(said.contains("the target is missing in every row"), "{said}");
}

/// What is left out may take a class, or nearly all rows, with it: that is an error, not a model of what is left.
#[test]
fn a_class_that_vanishes_is_an_error() {
    let desk = Desk::new();
    let rows = |class: &dyn Fn(usize) -> (&'static str, bool)| {
        (0..60).fold(String::from("x,z,c\n"), |mut csv, i| {
            let (name, missing) = class(i);
            let z = if missing { String::new() } else { noise(2 * i + 1).to_string() };
            writeln!(csv, "{},{z},{name}", noise(2 * i)).unwrap();
            csv
        })
    };
    desk.put("two.csv", rows(&|i| if i % 2 == 0 { ("a", false) } else { ("b", true) }));
    desk.put("three.csv", rows(&|i| [("a", false), ("b", false), ("c", true)][i % 3]));
    for model in ["glm", "dsvi", "rvm", "l1"] {
        let fit = |csv| desk.fails(3, &["fit", csv, "--target", "c", "--missing", "drop", "--model", model]);
        let said = fit("two.csv");
        assert!(said.contains("the target is `a` in every row"), "{said}");
        let said = fit("three.csv");
        assert!(said.contains("`c` has no row left"), "{said}");
    }
    desk.put("one.csv", rows(&|i| ("a", i > 0)));
    let said = desk.fails(3, &["fit", "one.csv", "--target", "x", "--missing", "drop"]);
    assert!(said.contains("leaves 1 of 60 rows") && said.contains("`z` in 59"), "{said}");
}

/// A missing value in a row to predict leaves that row without a prediction, and the others with theirs.
#[test]
fn a_missing_value_does_not_end_the_predictions() {
    let desk = Desk::new();
    desk.put("t.csv", far(80, |s| s.to_string()));
    desk.ok(&["fit", "t.csv", "--target", "y", "--no-score", "--out", "m.vd"]);
    desk.put("new.csv", "id,a,b,c\np,100,101,99\nq,,101,99\nr,101,NA,100\ns,99,100,100\n");
    let output = desk.run(&["predict", "m.vd", "new.csv", "--id", "id", "--std"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert_eq!((lines[2], lines[3]), ("q,,", "r,,"), "{said}");
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        note.contains("2 row(s) have no prediction") && note.contains("new.csv:3:2: column `a`"),
        "{note}"
    );
    // With imputation there is something to put in.
    desk.ok(&["fit", "t.csv", "--target", "y", "--no-score", "--missing", "impute", "--out", "i.vd"]);
    let said = desk.ok(&["predict", "i.vd", "new.csv"]);
    assert!(said.lines().all(|line| !line.is_empty()), "{said}");
}

/// What a saved model says of its making has the options as they were given, but for where files lie.
#[test]
fn options_are_kept_as_they_were_given() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("deep")).unwrap();
    desk.put("deep/t.csv", far(40, |s| s.to_string()).replacen("a,b,c", "a/b,b,od280/od315", 1));
    for out in [&["-qo", "m.vd"][..], &["-om.vd"], &["--out=m.vd"], &["-o", "m.vd"]] {
        let args = ["fit", "deep/t.csv", "--target", "y", "--ignore", "a/b", "--no-score"];
        desk.ok(&[&args[..], out].concat());
        let said: serde_json::Value = serde_json::from_str(&desk.ok(&["inspect", "m.vd", "--json"])).unwrap();
        let options: Vec<&str> =
            said["provenance"]["options"].as_array().unwrap().iter().map(|o| o.as_str().unwrap()).collect();
        assert_eq!(options, ["fit", "t.csv", "--target", "y", "--ignore", "a/b", "--no-score"], "{out:?}");
    }
}

/// Rows that count more: whole weights are repeated rows, other weights only compare rows, and a class can be made to count as any other.
#[test]
fn rows_can_be_weighted() {
    let desk = Desk::new();
    for (target, name) in [(true, "yes/no"), (false, "number")] {
        let mut once = String::from("a,b,c,n,y\n");
        let mut repeated = once.clone();
        for (i, line) in far(90, |s| if target { (s > 0.4).to_string() } else { s.to_string() })
            .lines()
            .skip(1)
            .enumerate()
        {
            let (features, y) = line.rsplit_once(',').unwrap();
            let n = [1, 3, 0, 2][i % 4];
            let row = format!("{features},{n},{y}\n");
            once.push_str(&row);
            (0..n).for_each(|_| repeated.push_str(&row));
        }
        desk.put("once.csv", &once);
        desk.put("repeated.csv", &repeated);
        let weights = |args: &[&str]| {
            // The columns' means are those of the rows in use, so that only the raw columns compare.
            let all =
                [&["fit"], args, &["--target", "y", "--no-score", "--json", "--no-standardise"]].concat();
            let said: serde_json::Value = serde_json::from_str(&desk.ok(&all)).unwrap();
            let of = |f: &serde_json::Value| (f["name"].to_string(), f["weight"].as_f64().unwrap());
            let mut found: Vec<(String, f64)> = said["features"].as_array().unwrap().iter().map(of).collect();
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        let weighted = weights(&["once.csv", "--weights", "n", "--lambda", "3"]);
        let rows = weights(&["repeated.csv", "--ignore", "n", "--lambda", "3"]);
        assert_eq!(weighted.len(), 3, "{name}: {weighted:?}");
        assert!(weighted.iter().any(|(_, w)| *w != 0.0), "{name}");
        for (a, b) in weighted.iter().zip(&rows) {
            assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-4 * b.1.abs().max(0.1), "{name}: {a:?} {b:?}");
        }
        let said = desk.ok(&["fit", "once.csv", "--target", "y", "--no-score", "--weights", "n"]);
        assert!(said.contains("Weights") && said.contains("whole numbers in `n`, 136 rows in all"), "{said}");
        // Weights that only compare: their scale is no evidence.
        let scaled = |factor: f64, file: &str| {
            let mut csv = String::new();
            for line in once.lines() {
                let fields: Vec<&str> = line.split(',').collect();
                let n = fields[3].parse::<f64>().map_or("n".to_owned(), |n| (n * factor).to_string());
                writeln!(csv, "{},{},{},{n},{}", fields[0], fields[1], fields[2], fields[4]).unwrap();
            }
            desk.put(file, csv);
            weights(&[file, "--weights", "n", "--lambda", "3"])
        };
        let (small, large) = (scaled(0.01 / 3.0, "small.csv"), scaled(7.3, "large.csv"));
        for (a, b) in small.iter().zip(&large) {
            assert!((a.1 - b.1).abs() < 1e-6 * b.1.abs().max(1e-3), "{name}: {a:?} {b:?}");
        }
    }
    // At an intercept's optimum the weighted mean of p is the weighted share of the class: for balanced classes one half.
    let rare = far(200, |s| (s > 4.0).to_string());
    desk.put("rare.csv", &rare);
    let mean_p = |extra: &[&str], class: &str| {
        let fit = ["fit", "rare.csv", "--target", "y", "--no-score", "--lambda", "0.5", "--out", "m.vd"];
        desk.ok(&[&fit[..], extra].concat());
        let p = numbers(&desk.ok(&["predict", "m.vd", "rare.csv", "--proba"]), "p(true)");
        let rows = rare.lines().skip(1).zip(p).filter(|(line, _)| line.ends_with(class));
        let p: Vec<f64> = rows.map(|(_, p)| p).collect();
        (p.iter().sum::<f64>() / p.len() as f64, p.len() as f64)
    };
    let ((p1, n1), (p0, n0)) = (mean_p(&[], "true"), mean_p(&[], "false"));
    assert!(((n1 * p1 + n0 * p0) / n1 - 1.0).abs() < 0.1 && p1 + p0 < 0.93, "{p1} {p0} {n1} {n0}");
    let balanced = ["--class-weights", "balanced"];
    let (p1, p0) = (mean_p(&balanced, "true").0, mean_p(&balanced, "false").0);
    assert!((p1 + p0 - 1.0).abs() < 0.04, "{p1} {p0}");
    let said = desk.fails(2, &["fit", "rare.csv", "--target", "y", "--model", "rvm", "--weights", "c"]);
    assert!(said.contains("rvm does not weigh rows; these methods do: linreg, glm"), "{said}");
    desk.put("bad.csv", "a,w,y\n1,1,2\n2,-1,4\n3,1,7\n4,1,8\n");
    let said = desk.fails(3, &["fit", "bad.csv", "--target", "y", "--weights", "w"]);
    assert!(said.contains("the weight in row 2 of `w` is -1, below 0"), "{said}");
    desk.put("gap.csv", "a,w,y\n1,1,2\n2,,4\n3,1,7\n4,1,8\n");
    let said = desk.fails(3, &["fit", "gap.csv", "--target", "y", "--weights", "w", "--missing", "impute"]);
    assert!(said.contains("a weight is missing here, and 1 in all"), "{said}");
}

/// Exit code 2 for what is wrong with options, which are named as they are written; no number of 308 digits.
#[test]
fn options_out_of_range_are_wrong_options() {
    let desk = Desk::new();
    desk.put("t.csv", far(60, |s| s.to_string()));
    desk.put("c.csv", far(60, |s| if s > 0.0 { "yes" } else { "no" }.to_owned()));
    for (csv, options, named) in [
        ("t.csv", &["--lambda", "0"][..], "--lambda"),
        (
            "t.csv",
            &["--lambda", "1e308"],
            "--lambda: lambda must be a number above 0, at most 1e100, and is 1e308",
        ),
        ("t.csv", &["--model", "dsvi", "--epochs", "0"], "--epochs: must be at least 1, and is 0"),
        ("t.csv", &["--batch", "0"], "--batch: must be at least 1"),
        ("t.csv", &["--learning-rate", "0"], "--learning-rate: must be a finite number above 0"),
        ("t.csv", &["--tolerance=-1"], "--tolerance: must be"),
        ("t.csv", &["--model", "dsvi", "--hidden", "0"], "--hidden"),
        ("t.csv", &["--model", "dsvi", "--threshold", "nan"], "--threshold"),
        ("t.csv", &["--cv", "1"], "--cv: 1 parts"),
        ("t.csv", &["--holdout", "2"], "--holdout"),
        ("t.csv", &["--threads", "0"], "--threads must be from 1 to 1024"),
        ("t.csv", &["--max-levels", "0"], "--max-levels must be at least 1"),
        ("t.csv", &["--model", "rvm", "--kernel", "rbf", "--gamma", "0"], "gamma must be above 0"),
        ("t.csv", &["--class-weights", "balanced"], "--class-weights is for"),
        ("c.csv", &["--model", "l1", "--c", "0"], "--c"),
        ("c.csv", &["--model", "l1", "--c", "-3"], "--c"),
        ("t.csv", &["--model", "l1"], "the target `y` looks like a number, and l1 predicts classes"),
    ] {
        let said = desk.fails(2, &[&["fit", csv, "--target", "y"], options].concat());
        assert!(said.contains(named) && !said.contains("000000000000"), "{options:?}: {said}");
    }
    let many = (0..150).fold(String::from("x,c\n"), |csv, i| csv + &format!("{i},cls{i}\n"));
    desk.put("many.csv", many);
    let said = desk.fails(3, &["fit", "many.csv", "--target", "c"]);
    assert!(
        said.contains("the target has more than 100 distinct values") && !said.contains("--ignore"),
        "{said}"
    );
}

/// A pipe is read once and kept; a signal while nothing is fitted ends the program at once.
#[cfg(unix)]
#[test]
fn pipes_are_read_and_waiting_for_one_can_be_interrupted() {
    use std::process::Command;
    use std::time::{Duration, Instant};
    let desk = Desk::new();
    desk.put("t.csv", far(60, |s| s.to_string()));
    let pipe = desk.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let vd = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vd"));
        command.args(["fit", pipe.to_str().unwrap(), "--target", "y", "--no-score"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let child = vd();
    let csv = desk.read("t.csv");
    std::fs::write(&pipe, csv).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("60 of 60 used"));
    // Nobody writes into the pipe: the program waits, and SIGTERM ends it.
    for signal in ["-TERM", "-INT"] {
        let mut child = vd();
        std::thread::sleep(Duration::from_millis(300));
        assert!(child.try_wait().unwrap().is_none(), "it waits for the pipe");
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{signal} does not end it");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
    }
}

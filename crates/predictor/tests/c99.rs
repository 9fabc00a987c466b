//! The exported C agrees with the model to rounding, averages over the posterior included.
#![allow(clippy::unwrap_used)] // A failure here is the test's.

use std::io::Write as _;
use std::process::{Command, Stdio};

use estimator::Status;
use predictor::{
    Column, FeatureRelevance, FitSummary, Layer, Layers, Link, Parts, Predictor, Preprocessing, Provenance,
    SavedModel, Table, Target, Uncertainty,
};

fn table() -> Table {
    let column = |j: usize| (0..40).map(|i| ((i * (7 + 4 * j) + j) % 23) as f64 / 3.0).collect::<Vec<f64>>();
    Table::new((0..3).map(|j| Column::numbers(format!("x{j}"), column(j))).collect()).unwrap()
}

fn model(link: Link, variance: Option<f64>) -> SavedModel {
    let classes: &[&str] = match link {
        Link::Identity | Link::Log => &[],
        Link::Logistic => &["no", "yes"],
        _ => &["p", "q", "r"],
    };
    let outputs = if classes.len() == 3 { 3 } else { 1 };
    let layer = Layer::dense(3, vec![0.25; outputs], |j, k| [0.9, 0.0, -0.7][(j + k) % 3]).unwrap();
    let one = |v: f64| Uncertainty::diagonal(0.0, vec![0, 2], vec![0.5, 0.0], vec![v, 0.5 * v]).unwrap();
    let uncertainty = variance.map_or(vec![], |v| (0..outputs).map(|k| one(v * (1.0 + k as f64))).collect());
    let rows: Vec<usize> = (0..40).collect();
    SavedModel::new(Parts {
        provenance: Provenance {
            version: "0".into(),
            model: "by hand".into(),
            options: vec![],
            data: "t".into(),
            data_sha256: String::new(),
            rows: 40,
            seed: 0,
        },
        target: Target { name: "y".into(), levels: classes.iter().map(|&c| c.to_owned()).collect() },
        preprocessing: Preprocessing::from_columns(table().columns(), &rows, false, true).unwrap(),
        predictor: Predictor::new(Layers::from(layer).into(), link, uncertainty).unwrap(),
        relevance: vec![FeatureRelevance { kept: 1, ..Default::default() }; 3],
        weights_before: 3,
        threshold: None,
        summary: FitSummary {
            status: Status::Converged,
            objective: 0.0,
            residual: None,
            iterations: 1,
            found: vec![],
            false_keeps: None,
        },
        score: None,
    })
    .unwrap()
}

/// The C program's answers to the rows of the table, compiled with every warning an error; nothing where there is no compiler.
fn by_c(model: &SavedModel, name: &str) -> Option<Vec<Vec<f64>>> {
    Command::new("cc").arg("--version").output().ok().filter(|o| o.status.success())?;
    let place = std::env::temp_dir().join(format!("predictor-c99-{}-{name}", std::process::id()));
    let (source, program) = (place.with_extension("c"), place.with_extension("bin"));
    std::fs::write(&source, predictor::c99(model, "m").unwrap()).unwrap();
    let flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", "-DM_MAIN"];
    let built =
        Command::new("cc").args(flags).arg(&source).arg("-o").arg(&program).arg("-lm").output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let table = table();
    for row in 0..table.rows() {
        let values: Vec<String> = model
            .columns()
            .iter()
            .map(|&c| table.columns()[c].values.get(row).unwrap().to_string())
            .collect();
        writeln!(input, "{}", values.join(",")).unwrap();
    }
    drop(input);
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    std::fs::remove_file(source).unwrap();
    std::fs::remove_file(program).unwrap();
    Some(output.lines().map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect())
}

#[test]
fn c_and_rust_agree_to_rounding() {
    for link in [Link::Identity, Link::Log, Link::Logistic, Link::Softmax, Link::OneVsRest] {
        for variance in [None, Some(0.0), Some(0.3), Some(4.0)] {
            let model = model(link, variance);
            let Some(c) = by_c(&model, &format!("{link:?}-{}", variance.unwrap_or(-1.0))) else { return };
            let rust = model.predict(&table()).unwrap();
            assert_eq!(c.len(), rust.len());
            for (c, rust) in c.iter().zip(&rust) {
                assert_eq!(c.len(), rust.outputs.len());
                for (a, b) in c.iter().zip(&rust.outputs) {
                    assert!((a - b).abs() <= 1e-13 * b.abs().max(1e-3), "{link:?} {variance:?}: {a} {b}");
                }
            }
            // An average over a wide posterior is less sure than the plug-in.
            if let (Some(4.0), true) = (variance, model.predictor.classes().is_some()) {
                let sure = self::model(link, None).predict(&table()).unwrap();
                let largest = |p: &predictor::Prediction| p.outputs.iter().copied().fold(0.0, f64::max);
                let (a, b): (f64, f64) = (rust.iter().map(largest).sum(), sure.iter().map(largest).sum());
                assert!(a < 0.98 * b, "{link:?}: {a} {b}");
            }
        }
    }
}

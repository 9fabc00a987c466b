//! Answers that others computed: 50-digit arithmetic, and fastrvm.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use nalgebra::{DMatrix, DVector};
use rvm::{Basis, Kernel, RegressionParams, log_evidence};
use serde_json::Value;

fn file(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn the_evidence_is_that_of_fifty_digits() {
    for case in file("evidence.json")["cases"].as_array().unwrap() {
        let size = |name: &str| usize::try_from(case[name].as_u64().unwrap()).unwrap();
        let phi = DMatrix::from_row_slice(size("rows"), size("columns"), &numbers(&case["phi"]));
        let t = DVector::from_vec(numbers(&case["t"]));
        let beta = case["beta"].as_f64().unwrap();
        let ours = log_evidence(&phi, &t, &numbers(&case["log_alpha"]), beta).unwrap().value;
        let theirs = case["evidence"].as_f64().unwrap();
        assert!((ours - theirs).abs() <= 1e-11 * theirs.abs().max(1.0), "{ours} {theirs}");
    }
}

/// fastrvm stops at its own tolerances and prefers deletions: what must agree is the function found, to a fraction of
/// its own error bar. The evidence has many local maxima among neighbouring centres, within a fraction of a nat: ours
/// may be below by no more than that (it is above on two of the three).
#[test]
fn sinc_is_fastrvms_sinc_at_no_less_evidence() {
    for problem in file("fastrvm_sinc.json")["problems"].as_array().unwrap() {
        let x = DMatrix::from_vec(100, 1, numbers(&problem["x"]));
        let t = DVector::from_vec(numbers(&problem["t"]));
        let basis = Basis::Kernel(Kernel::Rbf { gamma: 1.0 / 9.0 });
        let fit = RegressionParams::new().basis(basis).intercept(false).fit(&x, &t).unwrap();
        let theirs = problem["evidence"].as_f64().unwrap();
        assert!(fit.report.objective >= theirs - 0.25, "{} {theirs}", fit.report.objective);
        let grid = DMatrix::from_vec(41, 1, numbers(&problem["grid"]));
        let (mean, std) = (fit.model.predict(&grid).unwrap(), fit.model.predict_std(&grid).unwrap());
        let deviation = numbers(&problem["deviation"]);
        for (i, expected) in numbers(&problem["mean"]).iter().enumerate() {
            assert!((mean[i] - expected).abs() < 0.35 * deviation[i], "{i}: {} {expected}", mean[i]);
            assert!((std[i] / deviation[i] - 1.0).abs() < 0.1, "{i}: {} {}", std[i], deviation[i]);
        }
    }
}

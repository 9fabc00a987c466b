//! An independent implementation's answers, to 30 digits: `reference/solutions.json`, made by `peers/solutions.py` (mpmath).
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use nalgebra::{DMatrix, DVector};
use serde_json::Value;
use vd_linreg::{Algorithm, NoiseModel, Params};

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap())
}

#[test]
fn both_algorithms_find_the_50_digit_solutions() {
    let file: Value = serde_json::from_str(include_str!("../reference/solutions.json")).unwrap();
    let problems = file["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 5);
    for (k, p) in problems.iter().enumerate() {
        let rows: Vec<Vec<f64>> = p["x_rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r.as_array().unwrap().iter().map(number).collect())
            .collect();
        let x = DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
        let t = DVector::from_iterator(rows.len(), p["t"].as_array().unwrap().iter().map(number));
        let beta = number(&p["beta"]);
        let noise = if p["beta_given"] == true {
            NoiseModel::Fixed { std: beta.sqrt().recip() }
        } else {
            NoiseModel::Learned
        };
        for algorithm in [Algorithm::CoordinateAscent, Algorithm::ExactBlock] {
            let tolerance = if algorithm == Algorithm::ExactBlock { 1e-9 } else { 1e-13 };
            let params =
                Params::new().lambda(number(&p["lambda"])).noise(noise).intercept(false).algorithm(algorithm);
            let fit = params.tolerance(tolerance).max_iterations(100_000).fit(&x, &t).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e3 * tolerance.max(1e-13) * (1.0 + b.abs());
            assert!(
                close(fit.report.objective, number(&p["objective"])),
                "problem {k}: {}",
                fit.report.objective
            );
            assert!(close(fit.model.noise_precision(), beta), "problem {k}");
            for d in 0..x.ncols() {
                assert!(close(fit.model.coefficients()[d], number(&p["theta"][d])), "problem {k} θ_{d}");
                match &p["log_alpha"][d] {
                    Value::Null => assert_eq!(fit.model.log_alpha()[d], f64::INFINITY),
                    l => assert!(close(fit.model.log_alpha()[d], number(l)), "problem {k} α_{d}"),
                }
            }
        }
    }
}

//! Times this crate on arrays written by `peers/compare.py` and prints one CSV row per problem and method.
//!
//! `linreg_compare DIR REPEATS` reads `DIR/index.txt`, one line per problem: name, N, D, test samples, whether to fit an intercept. The arrays
//! `NAME.x`, `.t`, `.xe`, `.fe` are little-endian f64, column-major. The time is the median over the repeats.
#![allow(clippy::print_stdout)] // An example talks.

use std::error::Error;
use std::fs;
use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use vd_linreg::{Bagging, CrossValidation, Error as FitError, Model, Params, Rule};

fn read(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let whole = bytes.chunks_exact(8);
    Ok(whole.map(|c| f64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]])).collect())
}

fn timed(repeats: usize, fit: impl Fn() -> Result<Model, FitError>) -> Result<(f64, Model), FitError> {
    let mut model = fit()?;
    let mut seconds = Vec::new();
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        model = fit()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok((seconds[seconds.len() / 2], model))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: linreg_compare DIR [REPEATS]")?;
    let repeats = args.next().map_or(Ok(3), |r| r.parse())?;
    println!("problem,method,seconds,mean_squared,kept,lambda");
    for line in fs::read_to_string(format!("{dir}/index.txt"))?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, n, d, test, intercept] = fields.as_slice() else {
            return Err("a line of index.txt".into());
        };
        let (n, d, test): (usize, usize, usize) = (n.parse()?, d.parse()?, test.parse()?);
        let x = DMatrix::from_vec(n, d, read(&format!("{dir}/{name}.x"))?);
        let t = DVector::from_vec(read(&format!("{dir}/{name}.t"))?);
        let x_test = DMatrix::from_vec(test, d, read(&format!("{dir}/{name}.xe"))?);
        let f_test = DVector::from_vec(read(&format!("{dir}/{name}.fe"))?);
        let params = Params::new().intercept(*intercept == "1");
        let report = |method: &str, (seconds, model): (f64, Model)| -> Result<(), FitError> {
            let wrong = model.predict(&x_test)? - &f_test;
            let error = wrong.norm_squared() / test as f64;
            let (kept, lambda) = (model.support().len(), model.lambda());
            println!("{name},{method},{seconds},{error},{kept},{lambda}");
            Ok(())
        };
        report("lambda=1", timed(repeats, || Ok(params.fit(&x, &t)?.model))?)?;
        report("bagged", timed(repeats, || Ok(params.fit_bagged(&x, &t, &Bagging::new())?.fit.model))?)?;
        for (method, rule) in [("cv", Rule::PairedStandardError), ("cv-1se", Rule::OneStandardError)] {
            let cv = CrossValidation::new().rule(rule);
            report(method, timed(repeats, || Ok(params.cross_validate(&x, &t, &cv)?.fit.model))?)?;
        }
    }
    Ok(())
}

//! Held-out errors on tables that other methods were scored on: one CSV row a table's part and recipe.
//!
//! `linreg_tables DIR` reads `DIR/index.txt`, lines of NAME N D TEST, and the arrays NAME.x, .t, .xe, .fe (little-endian f64, column-major).
#![allow(clippy::print_stdout)] // An example talks.

use std::error::Error;
use std::fs;

use nalgebra::{DMatrix, DVector};
use vd_linreg::{Averaging, CrossValidation, Model, Params};

fn read(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let whole = bytes.chunks_exact(8);
    Ok(whole.map(|c| f64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]])).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args().nth(1).ok_or("usage: linreg_tables DIR")?;
    println!("part,recipe,mean_squared,kept,looks_sparse");
    for line in fs::read_to_string(format!("{dir}/index.txt"))?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, n, d, test] = fields.as_slice() else { return Err("a line of index.txt".into()) };
        let (n, d, test): (usize, usize, usize) = (n.parse()?, d.parse()?, test.parse()?);
        let at = |end: &str| read(&format!("{dir}/{name}.{end}"));
        let x = DMatrix::from_vec(n, d, at("x")?);
        let t = DVector::from_vec(at("t")?);
        let (x_test, t_test) = (DMatrix::from_vec(test, d, at("xe")?), DVector::from_vec(at("fe")?));
        let say = |recipe: &str, model: &Model, sparse: bool| -> Result<(), vd_linreg::Error> {
            let error = (model.predict(&x_test)? - &t_test).norm_squared() / test as f64;
            println!("{name},{recipe},{error},{},{sparse}", model.kept());
            Ok(())
        };
        let average = Params::new().fit_averaged(&x, &t, &Averaging::new())?;
        say("average", &average.fit.model, average.looks_sparse())?;
        let mean = (&x_test * &average.mean_coefficients).add_scalar(average.mean_intercept);
        let error = (mean - &t_test).norm_squared() / test as f64;
        println!("{name},mean,{error},,{}", average.looks_sparse());
        say("lambda1", &Params::new().fit(&x, &t)?.model, true)?;
        say("cv", &Params::new().cross_validate(&x, &t, &CrossValidation::new())?.fit.model, true)?;
    }
    Ok(())
}

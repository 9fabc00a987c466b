//! First use: which of ten columns decide the target? `cargo run --release -p vd-linreg --example vd_linreg_first`
#![allow(clippy::print_stdout)] // An example talks.

use vd_linreg::{Design, Params};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A table in memory: 100 samples (rows) of 10 features (columns), row after row. Columns 2 and 5 decide the target.
    let (samples, features) = (100, 10);
    let table: Vec<f64> = (0..samples * features).map(|k| ((k * k + 7 * k) as f64).sin()).collect();
    let target: Vec<f64> = (0..samples)
        .map(|n| 4.0 + 3.0 * table[n * features + 2] - 2.0 * table[n * features + 5] + 0.1 * (n as f64).cos())
        .collect();
    let x = Design::from_row_major(&table, samples, features)?;

    let fit = Params::new().lambda(4.0).fit(x, &target)?; // a column is kept when its squared z-score exceeds λ
    fit.report.require_converged()?;
    for kept in fit.model.relevance() {
        println!("column {}: weight {:.3}, z² {:.0}", kept.feature, kept.weight, kept.strength);
    }
    let prediction = fit.model.predict(x)?;
    let spread = fit.model.predict_std(x)?;
    println!("first sample: {:.2} ± {:.2}, measured {:.2}", prediction[0], spread[0], target[0]);
    Ok(())
}

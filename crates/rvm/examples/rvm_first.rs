//! First use: a table in memory, a fit, its relevance, predictions. `cargo run -p rvm --example rvm_first`.
#![allow(clippy::print_stdout)] // An example prints.

use rvm::RegressionParams;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 100 samples, 3 features, of which the first two decide the target.
    let (n, d) = (100, 3);
    let table: Vec<f64> = (0..n * d).map(|i| ((i * 7919) % 1009) as f64 / 100.0).collect();
    let x = rvm::from_row_major(&table, n, d)?;
    let t: Vec<f64> =
        (0..n).map(|i| 3.0 + 2.0 * x[(i, 0)] - x[(i, 1)] + 0.01 * ((i * 31) % 17) as f64).collect();

    let fit = RegressionParams::new().fit(&x, &t)?;
    let report = fit.report.require_converged()?;
    println!("{} after {} updates, log evidence {:.2}", report.status, report.iterations, report.objective);
    for r in fit.model.relevance() {
        println!("feature {}: weight {:.3}, strength {:.0}", r.feature, r.weight, r.strength);
    }
    let (mean, std) = (fit.model.predict(&x)?, fit.model.predict_std(&x)?);
    println!(
        "intercept {:.3}; first prediction {:.3} ± {:.3}, target {:.3}",
        fit.model.intercept(),
        mean[0],
        std[0],
        t[0]
    );
    Ok(())
}

//! First use: a table in memory, a fit that has to converge, which features matter, predictions.
//!
//! ```text
//! cargo run --release -p vd-dsvi --example dsvi_first
//! ```
#![allow(clippy::print_stdout)] // A program, not the library.

use vd_dsvi::nalgebra::DMatrix;
use vd_dsvi::{Batch, Convergence, Params};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 300 samples of 6 features; the class says whether the first feature or the second one is larger.
    let x = DMatrix::from_fn(300, 6, |n, d| 2.0 * (1e4 * ((n * 6 + d + 1) as f64).sin()).fract());
    let t: Vec<usize> = (0..300).map(|n| usize::from(x[(n, 0)] > x[(n, 1)])).collect();

    let params = Params::new()
        .intercept(true)
        .batch(Batch::Full)
        .epochs(20_000)
        .learning_rate(0.01)
        .convergence(Convergence { window: 100, tolerance: 0.02 })
        .seed(1);
    let fit = params.fit(&x, &t)?;
    fit.report.warnings().iter().for_each(|warning| println!("{warning}"));
    let epochs = fit.report.require_converged()?.last.epoch;

    println!("{epochs} epochs; features {:?} matter", fit.model.support());
    for weight in fit.model.relevance() {
        let (feature, class) = (weight.feature, weight.output);
        println!(
            "feature {feature}, class {class}: weight {:.2}, −log α {:.1}",
            weight.weight, weight.strength
        );
    }
    println!("P(class) of the first three samples: {:.3}", fit.model.predict_proba(&x)?.rows(0, 3));
    println!("accuracy {:.3}", fit.model.accuracy(&x, &t)?);
    Ok(())
}

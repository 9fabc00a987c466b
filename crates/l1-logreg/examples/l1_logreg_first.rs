//! First use: a table in memory, a fit, what matters, predictions. `cargo run -p l1-logreg --example l1_logreg_first`.
#![allow(clippy::print_stdout)]

use l1_logreg::{Params, from_row_major};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Eight samples of two features, row by row. Only the first feature tells the classes apart.
    let table = [0., 1., 1., 0., 2., 1., 5., 0., 3., 1., 6., 0., 7., 1., 8., 0.];
    let x = from_row_major(&table, 8, 2)?;
    let t = [0, 0, 0, 0, 1, 1, 1, 1];
    let fit = Params::new().c(0.5).fit(&x, &t)?;
    let report = fit.report.require_converged()?;
    println!(
        "{} after {} iterations, relative gap {:.1e}",
        report.status, report.iterations, report.residual
    );
    for kept in fit.model.relevance() {
        println!("feature {}: weight {:+.3} for class {}", kept.feature, kept.weight, kept.output);
    }
    println!("labels {:?}", fit.model.predict(&x)?);
    println!("probabilities{:.2}", fit.model.predict_proba(&x)?);
    Ok(())
}

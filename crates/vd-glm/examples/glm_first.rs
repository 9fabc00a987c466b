//! First use: which columns of a small table decide the class, and with what probability.
//!
//!     cargo run -p vd-glm --example glm_first
#![allow(clippy::print_stdout)]

use vd_glm::{ClassificationParams, matrix_from_rows};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Twelve flowers: length, width, and a column that means nothing; the class is the kind.
    let table = [
        1.4, 0.2, 5.0, 1.3, 0.2, 1.0, 1.5, 0.4, 4.0, 1.6, 0.2, 2.0, 3.9, 0.6, 3.0, 1.7, 0.5, 1.0, //
        4.7, 1.4, 3.0, 4.5, 1.5, 4.0, 1.9, 1.3, 1.0, 4.0, 1.3, 5.0, 4.6, 1.5, 2.0, 3.3, 1.0, 3.0,
    ];
    let x = matrix_from_rows(&table, 12, 3)?;
    let t = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];

    let fit = ClassificationParams::new().fit(&x, &t)?;
    println!("after {} rounds the fit {}", fit.report.iterations, fit.report.status);
    for r in fit.model.relevance() {
        println!(
            "feature {} has the weight {:.2}; its squared z-score is {:.1} times the threshold",
            r.feature, r.weight, r.strength
        );
    }
    for (n, p) in fit.model.predict_proba(&x)?.row_iter().enumerate() {
        println!("flower {n}: class 1 with probability {:.3}, in truth {}", p[1], t[n]);
    }
    Ok(())
}

//! What the crates themselves make of a few small problems, as JSON lines whose numbers are bits: the Python tests compare theirs.
//!
//! `cargo run --release --example python_vectors > vectors.jsonl`
#![allow(clippy::print_stdout)] // It is what an example does.

use nalgebra::{DMatrix, DVector};
use nalgebra_sparse::{CscMatrix, CsrMatrix};

const ROWS: usize = 120;
const COLUMNS: usize = 12;

/// Numbers in [−1, 1) that Python makes to the same bits: a hash, modulo 2048, over 1024.
fn noise(at: usize) -> f64 {
    ((at * 2_654_435_761 + 12_345) % 4_294_967_296 / 65_536 % 2048) as f64 / 1024.0 - 1.0
}

fn features() -> DMatrix<f64> {
    // Every third entry of the last columns is zero, so that a sparse matrix has something to leave out.
    DMatrix::from_fn(
        ROWS,
        COLUMNS,
        |n, d| {
            if d > 8 && (n + d) % 3 == 0 { 0.0 } else { noise(n * COLUMNS + d) }
        },
    )
}

fn score(x: &DMatrix<f64>, n: usize) -> f64 {
    2.0 * x[(n, 0)] - 1.5 * x[(n, 3)] + x[(n, 10)] + 0.25 * noise(1_000_000 + n)
}

fn line<'v>(name: &str, values: impl IntoIterator<Item = &'v f64>) {
    let bits: Vec<String> = values.into_iter().map(|v| format!("\"{:016x}\"", v.to_bits())).collect();
    println!("{{\"name\": \"{name}\", \"bits\": [{}]}}", bits.join(", "));
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let x = features();
    let t: Vec<f64> = (0..ROWS).map(|n| score(&x, n)).collect();
    let two: Vec<usize> = t.iter().map(|&t| usize::from(t > 0.0)).collect();
    let three: Vec<usize> = t.iter().map(|&t| usize::from(t > -0.5) + usize::from(t > 0.75)).collect();
    let counts: Vec<f64> = t.iter().map(|&t| (0.5 * t + 1.0).exp().round()).collect();
    let weights: Vec<f64> = (0..ROWS).map(|n| (n % 3) as f64).collect();

    let fit = vd_linreg::Params::new().lambda(4.0).fit(&x, &t)?;
    line("linear-coef", fit.model.coefficients());
    line("linear-log-alpha", fit.model.log_alpha());
    line("linear-predict", &fit.model.predict(&x)?);
    line("linear-std", &fit.model.predict_std(&x)?);
    let fit = vd_linreg::Params::new().lambda(4.0).fit(&CscMatrix::from(&x), &t)?;
    line("linear-sparse-coef", fit.model.coefficients());
    let fit = vd_linreg::Params::new().lambda(4.0).weights(&weights).fit(&x, &t)?;
    line("linear-weights-coef", fit.model.coefficients());
    let cv = vd_linreg::Params::new().cross_validate(&x, &t, &vd_linreg::CrossValidation::new().seed(7))?;
    line("linear-cv-coef", cv.fit.model.coefficients());

    let fit = vd_glm::ClassificationParams::new().lambda(4.0).fit(&x, &two)?;
    line("classes2-coef", &fit.model.weights());
    line("classes2-proba", &fit.model.predict_proba(&x)?);
    let fit = vd_glm::ClassificationParams::new()
        .lambda(4.0)
        .slab(vd_glm::Slab::Learned)
        .refit(vd_glm::Refit::Ridge)
        .by_column(true)
        .fit(&x, &three)?;
    line("classes3-coef", &fit.model.weights());
    line("classes3-proba", &fit.model.predict_proba(&x)?);
    let fit = vd_glm::RegressionParams::new().lambda(4.0).slab(vd_glm::Slab::Learned).fit(&x, &counts)?;
    line("counts-coef", &fit.model.weights());
    line("counts-predict", &fit.model.predict(&x)?);
    line("counts-std", &fit.model.predict_std(&x)?);

    let basis = rvm::Basis::Kernel(rvm::Kernel::Rbf { gamma: 0.5 });
    let fit = rvm::RegressionParams::new().basis(basis.clone()).fit(&x, &t)?;
    line("rvm-predict", &fit.model.predict(&x)?);
    line("rvm-std", &fit.model.predict_std(&x)?);
    let fit = rvm::OneVsRestParams::new().basis(basis).fit(&x, &three)?;
    line("rvm-proba", &fit.model.predict_proba(&x)?);

    let fit = l1_logreg::Params::new().c(0.5).fit(&x, &three)?;
    line("l1-coef", fit.model.weights());
    line("l1-proba", &fit.model.predict_proba(&x)?);
    let fit = l1_logreg::Params::new().c(0.5).fit(&CsrMatrix::from(&x), &three)?;
    line("l1-sparse-coef", fit.model.weights());

    network(&x, &three)?;
    let log_alpha: Vec<f64> = (0..200).map(|i| f64::from(i) * 0.25 - 25.0).collect();
    let (mut value, mut slope) = (vec![0.0; 200], vec![0.0; 200]);
    kl_approx::exact::kl_with_grad_slice(&log_alpha, &mut value, &mut slope)?;
    line("kl", &value);
    line("kl-slope", &slope);
    line("target", &DVector::from_vec(t));
    Ok(())
}

/// A network by the adapter of `methods`, which the door follows.
fn network(x: &DMatrix<f64>, t: &[usize]) -> Result<(), Box<dyn core::error::Error>> {
    let options = methods::Options {
        lambda: Some(methods::LambdaChoice::Value(1.0)),
        hidden: vec![6],
        epochs: Some(40),
        seed: 3,
        threads: Some(2),
        ..methods::Options::default()
    };
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let response = methods::Response::Classes { labels: t.to_vec(), names };
    let activity = methods::Activity::Fitting;
    let problem =
        methods::Problem { x, t: &response, weights: None, groups: None, options: &options, activity };
    let outcome = methods::Method::Dsvi.fit(&problem, &mut methods::unwatched)?;
    let rows = x.transpose();
    let mut all = Vec::new();
    for row in rows.column_iter() {
        all.extend(outcome.predictor.predict(row.as_slice(), &mut Vec::new())?.outputs);
    }
    line("network-proba", &all);
    Ok(())
}

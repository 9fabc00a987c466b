//! How time grows with N, D and the number kept, and the two large problems: CSV on standard output. `linreg_scale [big]`
#![allow(clippy::print_stdout)] // An example talks.

use std::error::Error;
use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vd_linreg::analysis::curves::universal_lambda;
use vd_linreg::nalgebra_sparse::CscMatrix;
use vd_linreg::{CrossValidation, Design, Params, synthetic::Spec};

fn report(
    name: &str,
    n: usize,
    d: usize,
    x: Design<'_>,
    t: &DVector<f64>,
    cv: bool,
) -> Result<(), Box<dyn Error>> {
    for (what, lambda) in [("lambda=1", 1.0), ("lambda=2logD", universal_lambda(d))] {
        // The median of five; one of the large problems.
        let repeats = if n * d > 1 << 23 { 1 } else { 5 };
        let mut times = Vec::new();
        let mut fit = None;
        for _ in 0..repeats {
            let start = Instant::now();
            fit = Some(Params::new().lambda(lambda).fit(x, t)?);
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let (seconds, Some(fit)) = (times[repeats / 2], fit) else { continue };
        let kept = fit.model.support().len();
        println!(
            "{name},{n},{d},{what},{seconds:.4},{kept},{:.4},{}",
            fit.model.noise_std(),
            fit.report.status
        );
    }
    if cv {
        let start = Instant::now();
        let chosen = Params::new().cross_validate(x, t, &CrossValidation::new())?;
        let (seconds, model) = (start.elapsed().as_secs_f64(), &chosen.fit.model);
        println!("{name},{n},{d},cv,{seconds:.4},{},{:.4},", model.support().len(), model.noise_std());
    }
    Ok(())
}

/// Standard normal design and 20 relevant features, noise 1.
fn dense(n: usize, d: usize) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    // Sums of uniforms are fast to draw and near enough to normal for a timing.
    let x = DMatrix::from_fn(n, d, |_, _| (0..3).map(|_| rng.random::<f64>()).sum::<f64>() * 2.0 - 3.0);
    let mut t = DVector::from_fn(n, |_, _| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0);
    for k in 0..20 {
        t.axpy(if k % 2 == 0 { 1.0 } else { -0.7 }, &x.column(k * d / 20), 1.0);
    }
    (x, t)
}

/// Density 0.1%, 20 relevant features of standard deviation about 1 over their entries' scale, noise 0.1.
fn sparse(n: usize, d: usize) -> (CscMatrix<f64>, DVector<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let (mut offsets, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for _ in 0..d {
        let mut column: Vec<usize> = (0..n / 1000).map(|_| rng.random_range(0..n)).collect();
        column.sort_unstable();
        column.dedup();
        values.extend(column.iter().map(|_| 1.0 + rng.random::<f64>()));
        rows.extend(column);
        offsets.push(rows.len());
    }
    let mut t = DVector::from_fn(n, |_, _| 0.1 * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0));
    for k in 0..20 {
        let j = k * d / 20;
        for e in offsets[j]..offsets[j + 1] {
            t[rows[e]] += values[e];
        }
    }
    let x = CscMatrix::try_from_csc_data(n, d, offsets, rows, values);
    (x.unwrap_or_else(|_| CscMatrix::zeros(n, d)), t)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("sweep,n,d,what,seconds,kept,noise_std,status");
    if std::env::args().nth(1).as_deref() == Some("big") {
        let (x, t) = sparse(100_000, 10_000);
        report("sparse 0.1%", 100_000, 10_000, (&x).into(), &t, true)?;
        let (x, t) = dense(1000, 100_000);
        return report("dense", 1000, 100_000, (&x).into(), &t, false);
    }
    for d in [250, 500, 1000, 2000, 4000, 8000] {
        let p = Spec::new(500, d, 20, 1.0).problem(0);
        report("d", 500, d, (&p.x).into(), &p.t, false)?;
    }
    for n in [250, 500, 1000, 2000, 4000, 8000] {
        let p = Spec::new(n, 500, 20, 1.0).problem(0);
        report("n", n, 500, (&p.x).into(), &p.t, false)?;
    }
    for k in [5, 10, 20, 40, 80, 160] {
        let p = Spec::new(2000, 1000, k, 1.0).problem(0);
        report("relevant", 2000, 1000, (&p.x).into(), &p.t, false)?;
    }
    Ok(())
}

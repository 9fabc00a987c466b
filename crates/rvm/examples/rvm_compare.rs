//! One fit for `peers/compare.py`: reads arrays that it wrote, prints one line of JSON.
//!
//! `compare regression DIR GAMMA` reads `x.csv`, `t.csv`, `grid.csv`, `truth.csv`;
//! `compare classification DIR KERNEL GAMMA` reads `x.csv`, `labels.csv`, `test.csv`, `test_labels.csv`.
#![allow(clippy::print_stdout)] // An example prints.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use rvm::{Basis, Kernel, OneVsRestParams, RegressionParams};

fn read(path: &Path) -> Result<DMatrix<f64>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|l| l.split(',').map(|v| v.trim().parse()).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()?;
    let width = rows.first().map_or(0, Vec::len);
    Ok(DMatrix::from_row_iterator(rows.len(), width, rows.into_iter().flatten()))
}

fn labels(path: &Path) -> Result<Vec<usize>, Box<dyn Error>> {
    Ok(read(path)?.iter().map(|&v| v as usize).collect())
}

/// Peak resident memory in MiB, where /proc tells it.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().nth(1).and_then(|v| v.parse().ok()).unwrap_or(f64::NAN);
    kib / 1024.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let dir = Path::new(args.get(2).ok_or("which directory?")?);
    let repeat: usize = std::env::var("REPEAT").ok().and_then(|r| r.parse().ok()).unwrap_or(1);
    let entry: Option<f64> = std::env::var("ENTRY").ok().and_then(|r| r.parse().ok());
    let mut seconds = f64::INFINITY;
    if args[1] == "regression" {
        let gamma: f64 = args.get(3).ok_or("which gamma?")?.parse()?;
        let (x, t) = (read(&dir.join("x.csv"))?, read(&dir.join("t.csv"))?);
        let t = DVector::from_iterator(t.len(), t.iter().copied());
        let params = RegressionParams::new().basis(Basis::Kernel(Kernel::Rbf { gamma })).intercept(false);
        let machine = match entry {
            Some(nats) => params.entry_gain(nats),
            None => params,
        };
        let mut fit = machine.fit(&x, &t)?;
        for _ in 0..repeat {
            let start = Instant::now();
            fit = machine.fit(&x, &t)?;
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        let truth = read(&dir.join("truth.csv"))?;
        let error = fit.model.predict(&read(&dir.join("grid.csv"))?)? - truth.column(0);
        println!(
            "{{\"seconds\": {seconds}, \"evidence\": {}, \"rmse\": {}, \"vectors\": {}, \"steps\": {}, \"beta\": {}, \"residual\": {:e}, \"status\": \"{}\", \"peak_mib\": {:.0}}}",
            fit.report.objective,
            (error.norm_squared() / error.len() as f64).sqrt(),
            fit.model.posterior().indices().len(),
            fit.report.iterations,
            1.0 / fit.model.noise_variance(),
            fit.report.residual,
            fit.report.status,
            peak_mib()
        );
    } else {
        let kernel = match args.get(3).map(String::as_str) {
            Some("linear") => Kernel::Linear,
            _ => Kernel::Rbf { gamma: args.get(4).ok_or("which gamma?")?.parse()? },
        };
        let bias = std::env::var("BIAS").is_ok_and(|b| b == "1");
        let (x, t) = (read(&dir.join("x.csv"))?, labels(&dir.join("labels.csv"))?);
        let machine = OneVsRestParams::new().basis(Basis::Kernel(kernel)).intercept(bias);
        let mut fit = machine.fit(&x, &t)?;
        for _ in 0..repeat {
            let start = Instant::now();
            fit = machine.fit(&x, &t)?;
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        let accuracy =
            fit.model.accuracy(&read(&dir.join("test.csv"))?, &labels(&dir.join("test_labels.csv"))?)?;
        let vectors: usize = fit.model.posteriors().iter().map(|p| p.indices().len()).sum();
        println!(
            "{{\"seconds\": {seconds}, \"accuracy\": {accuracy}, \"vectors\": {vectors}, \"evidence\": {}, \"status\": \"{}\", \"peak_mib\": {:.0}}}",
            fit.report.log_evidence(),
            fit.report.status(),
            peak_mib()
        );
    }
    Ok(())
}

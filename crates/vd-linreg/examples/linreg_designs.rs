//! The seven hard designs: error over the oracle's, columns kept, false keeps and time, for each way to choose what is kept.
//!
//! `linreg_designs SEED... [--only NAME,...] [--recipes NAME,...] [--data DIR]`; with `--data` the problems are read from DIR (`index.txt` has lines
//! NAME SEED N D TEST; NAME-SEED.x, .t, .xe, .fe are little-endian f64, column-major, .sup the true columns) instead of made here.
#![allow(clippy::print_stdout)] // An example talks.

use std::error::Error;
use std::fs;
use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use vd_linreg::synthetic::{HardDesign, Problem};
use vd_linreg::{Averaging, CrossValidation, Error as FitError, Model, Params, Refit, Sparsity};

fn read(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let whole = bytes.chunks_exact(8);
    Ok(whole.map(|c| f64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]])).collect())
}

fn stored(dir: &str, design: HardDesign, seed: u64) -> Result<Problem, Box<dyn Error>> {
    let at = |end: &str| format!("{dir}/{}-{seed}.{end}", design.name());
    let (t, signal_test) = (DVector::from_vec(read(&at("t"))?), DVector::from_vec(read(&at("fe"))?));
    let (x, x_test) = (read(&at("x"))?, read(&at("xe"))?);
    let x = DMatrix::from_vec(t.len(), x.len() / t.len(), x);
    let x_test = DMatrix::from_vec(signal_test.len(), x_test.len() / signal_test.len(), x_test);
    let mut weights = DVector::zeros(x.ncols());
    for j in fs::read_to_string(at("sup"))?.split_whitespace() {
        weights[j.parse::<usize>()?] = 1.0; // Only which ones matter is read.
    }
    Ok(Problem { x, t, weights, x_test, signal_test })
}

/// A recipe's coefficients, intercept, and note.
type Answer = (DVector<f64>, f64, String);

fn of(model: &Model) -> Answer {
    (model.coefficients().clone(), model.intercept(), String::new())
}

fn recipe(name: &str, p: &Problem) -> Result<Answer, FitError> {
    let params = Params::new();
    Ok(match name {
        "lambda1" => of(&params.fit(&p.x, &p.t)?.model),
        "cv" => of(&params.cross_validate(&p.x, &p.t, &CrossValidation::new())?.fit.model),
        "q1" => of(&params.expected_false_keeps(1.0).refit(Refit::LeastSquares).fit(&p.x, &p.t)?.model),
        "q01" => of(&params.expected_false_keeps(0.1).refit(Refit::LeastSquares).fit(&p.x, &p.t)?.model),
        _ => {
            let number = |prefix: &str| name.strip_prefix(prefix).and_then(|n| n.parse::<f64>().ok());
            let mut settings = Averaging::new();
            if let Some(loss) = number("loss") {
                settings = settings.sparsity(Sparsity::Loss(loss));
            }
            if let Some(steps) = number("steps") {
                settings = settings.steps(steps as usize);
            }
            let fit = params.fit_averaged(&p.x, &p.t, &settings)?;
            let note = format!(
                "h={} steps={} mc={:.3} obj={:.1} by chance={:.1}",
                fit.background,
                fit.fit.report.iterations,
                fit.fit.report.residual,
                fit.fit.report.objective,
                fit.expected_false_keeps()
            );
            if name == "mean" {
                (fit.mean_coefficients, fit.mean_intercept, note)
            } else {
                let (c, b, _) = of(&fit.fit.model);
                (c, b, note)
            }
        }
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut seeds, mut only, mut recipes, mut data) = (Vec::new(), None, None, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--only" => only = args.next(),
            "--recipes" => recipes = args.next(),
            "--data" => data = args.next(),
            seed => seeds.push(seed.parse::<u64>()?),
        }
    }
    let recipes = recipes.unwrap_or_else(|| "average".to_owned());
    println!("design,seed,recipe,seconds,mean_squared,over_oracle,kept,false_keeps,note");
    for design in HardDesign::ALL {
        if only.as_ref().is_some_and(|only| !only.split(',').any(|o| o == design.name())) {
            continue;
        }
        for &seed in &seeds {
            let p = match &data {
                Some(dir) => stored(dir, design, seed)?,
                None => design.problem(seed),
            };
            let truth = p.relevant();
            let wrong = |c: &DVector<f64>, b: f64| {
                (&p.x_test * c - &p.signal_test).add_scalar(b).norm_squared() / p.signal_test.len() as f64
            };
            let oracle = p.oracle();
            let best = wrong(&oracle.0, oracle.1);
            for name in recipes.split(',') {
                let start = Instant::now();
                let (coefficients, intercept, note) = recipe(name, &p)?;
                let seconds = start.elapsed().as_secs_f64();
                let error = wrong(&coefficients, intercept);
                let kept: Vec<usize> = (0..coefficients.len()).filter(|&j| coefficients[j] != 0.0).collect();
                let false_keeps = kept.iter().filter(|j| truth.binary_search(j).is_err()).count();
                println!(
                    "{},{seed},{name},{seconds:.3},{error:.5},{:.3},{},{false_keeps},{note}",
                    design.name(),
                    error / best,
                    kept.len()
                );
            }
        }
    }
    Ok(())
}

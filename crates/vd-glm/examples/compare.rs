//! Fits of problems in files, for `peers/compare.py`: one CSV row per problem and setting.
//!
//!     cargo run --release -p vd-glm --example compare -- FOLDER [coding=softmax|ovr] [lambda=1,2,4] [rounds=100] [tolerance=0.01] [only=NAME] [refit=none,ridge] [lambda=cv] [lambda=select] [slab=none|learned|A] [by-column=yes]
//!
//! `index.txt` has a line `name rows columns test-rows classes noise-from` for each problem (0 classes: counts); `NAME.x`, `.t`, `.xe`, `.te` are
//! little-endian doubles, matrices column-major.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use vd_glm::nalgebra::DMatrix;
use vd_glm::{ClassificationParams, Coding, CrossValidation, Refit, RegressionParams, Rule, Slab};

struct Problem {
    name: String,
    x: DMatrix<f64>,
    t: Vec<f64>,
    xe: DMatrix<f64>,
    te: Vec<f64>,
    classes: usize,
    noise_from: usize,
}

fn doubles(path: &Path) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect())
}

fn read(folder: &Path, line: &str) -> Result<Problem, Box<dyn Error>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| words[at].parse::<usize>();
    let (n, d, ne) = (number(1)?, number(2)?, number(3)?);
    let file = |end: &str| doubles(&folder.join(format!("{}.{end}", words[0])));
    Ok(Problem {
        name: words[0].to_owned(),
        x: DMatrix::from_vec(n, d, file("x")?),
        t: file("t")?,
        xe: DMatrix::from_vec(ne, d, file("xe")?),
        te: file("te")?,
        classes: number(4)?,
        noise_from: number(5)?,
    })
}

/// Processor seconds of this process so far; 0 where the system does not say.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| after.split_whitespace().nth(at).and_then(|w| w.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

fn labels(t: &[f64]) -> Vec<usize> {
    t.iter().map(|t| *t as usize).collect()
}

/// Mean negative log likelihood of the labels, and the calibration error over 15 bins of the largest probability.
fn scores(p: &DMatrix<f64>, t: &[usize]) -> (f64, f64) {
    let n = t.len() as f64;
    let nll = t.iter().enumerate().map(|(i, &k)| -p[(i, k)].max(1e-15).ln()).sum::<f64>() / n;
    let mut bins = [(0.0, 0.0); 15];
    for (i, &k) in t.iter().enumerate() {
        let row = p.row(i);
        let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
        let bin = ((row[best] * 15.0) as usize).min(14);
        bins[bin].0 += row[best];
        bins[bin].1 += f64::from(u8::from(best == k));
    }
    (nll, bins.iter().map(|(p, right)| (p - right).abs()).sum::<f64>() / n)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else { return Err("which folder?".into()) };
    let option = |name: &str, otherwise: &str| {
        let found = arguments.iter().find_map(|a| a.strip_prefix(&format!("{name}=")));
        found.unwrap_or(otherwise).to_owned()
    };
    // λ = 0 stands for cross-validation, −1 for one expected false keep.
    let parse = |w: &str| match w {
        "cv" => Ok(0.0),
        "select" => Ok(-1.0),
        number => number.parse::<f64>(),
    };
    let lambdas: Vec<f64> = option("lambda", "1").split(',').map(parse).collect::<Result<_, _>>()?;
    let refits = option("refit", "none");
    let slab = match option("slab", "none").as_str() {
        "none" => Slab::None,
        "learned" => Slab::Learned,
        number => Slab::Precision(number.parse()?),
    };
    let rule = if option("rule", "paired") == "minimum" { Rule::Minimum } else { Rule::PairedStandardError };
    let curve = option("curve", "no") == "yes";
    let codings = option("coding", "softmax,ovr");
    let (tolerance, rounds): (f64, usize) =
        (option("tolerance", "0.01").parse()?, option("rounds", "100").parse()?);
    let only = option("only", "");
    let by_column = option("by-column", "no") == "yes";
    println!(
        "problem,method,lambda,seconds,processor,error,nll,ece,plug_in,kept,sparsity,noise_kept,status,rounds,residual,objective"
    );
    let folder = Path::new(folder);
    for line in std::fs::read_to_string(folder.join("index.txt"))?.lines().filter(|l| l.starts_with(&only)) {
        let p = read(folder, line)?;
        for &lambda in &lambdas {
            for (coding, refit) in codings.split(',').flat_map(|c| refits.split(',').map(move |r| (c, r))) {
                if lambda == 0.0 && refit != refits.split(',').next().unwrap_or("") {
                    continue;
                }
                let kind = if refit == "ridge" { Refit::Ridge } else { Refit::None };
                let cv = CrossValidation::new().rule(rule).refits(&if refits.contains(',') {
                    vec![Refit::None, Refit::Ridge]
                } else {
                    vec![kind]
                });
                if coding == "ovr" && p.classes <= 2 {
                    continue;
                }
                let (start, busy) = (Instant::now(), processor());
                let noise = |support: &mut dyn Iterator<Item = usize>, outputs: usize| {
                    let count = support.filter(|j| *j >= p.noise_from).count();
                    count as f64 / ((p.x.ncols() - p.noise_from.min(p.x.ncols())) * outputs).max(1) as f64
                };
                if p.classes == 0 {
                    let params = RegressionParams::new()
                        .tolerance(tolerance)
                        .max_rounds(rounds)
                        .refit(kind)
                        .slab(slab);
                    let fit = if lambda < 0.0 {
                        params.false_keeps(1.0).fit(&p.x, &p.t)?
                    } else if lambda > 0.0 {
                        params.lambda(lambda).fit(&p.x, &p.t)?
                    } else {
                        params.cross_validate(&p.x, &p.t, &cv)?.fit
                    };
                    let (wall, busy) = (start.elapsed().as_secs_f64(), processor() - busy);
                    let mean = fit.model.predict(&p.xe)?;
                    let error =
                        mean.iter().zip(&p.te).map(|(m, t)| (m - t).powi(2)).sum::<f64>() / p.te.len() as f64;
                    // Without log t!, as the peers' script has it.
                    let nll = fit
                        .model
                        .log_likelihoods(&p.xe, &p.te, None)?
                        .iter()
                        .zip(&p.te)
                        .map(|(l, t)| -l - libm::lgamma(t + 1.0))
                        .sum::<f64>()
                        / p.te.len() as f64;
                    let kept = noise(&mut fit.model.support().into_iter(), 1);
                    let r = &fit.report;
                    println!(
                        "{},poisson,{},{wall:.3},{busy:.2},{error:.5},{nll:.5},,,{},{:.4},{kept:.4},{:?},{},{:.2e},{:.3}",
                        p.name,
                        fit.model.lambda(),
                        fit.model.kept(),
                        fit.model.sparsity(),
                        r.status,
                        r.iterations,
                        r.residual,
                        r.objective
                    );
                    continue;
                }
                let codes = if coding == "ovr" { Coding::OneVsRest } else { Coding::Softmax };
                let params = ClassificationParams::new().coding(codes).classes(p.classes);
                let params = params
                    .tolerance(tolerance)
                    .max_rounds(rounds)
                    .refit(kind)
                    .slab(slab)
                    .by_column(by_column);
                let t = labels(&p.t);
                let fit = if lambda < 0.0 {
                    params.false_keeps(1.0).fit(&p.x, &t)?
                } else if lambda > 0.0 {
                    params.lambda(lambda).fit(&p.x, &t)?
                } else {
                    let selection = params.cross_validate(&p.x, &t, &cv)?;
                    for c in selection.curve.iter().filter(|_| curve) {
                        println!(
                            "# {coding} {:?} lambda {:.3}: {:.4} +- {:.4}, {:.1} kept",
                            c.refit, c.lambda, c.error, c.standard_error, c.kept
                        );
                    }
                    selection.fit
                };
                let (wall, busy) = (start.elapsed().as_secs_f64(), processor() - busy);
                let te = labels(&p.te);
                let proba = fit.model.predict_proba(&p.xe)?;
                let (nll, ece) = scores(&proba, &te);
                let plug_in = scores(&fit.model.predict_proba_plug_in(&p.xe)?, &te).0;
                let error = 1.0 - fit.model.accuracy(&p.xe, &te)?;
                let outputs = fit.model.predictors().len();
                let mut all = fit.model.predictors().iter().flat_map(|o| o.weights.iter().map(|w| w.column));
                let r = &fit.report;
                println!(
                    "{},{coding}-{:?},{:.3},{wall:.3},{busy:.2},{error:.4},{nll:.4},{ece:.4},{plug_in:.4},{},{:.4},{:.4},{:?},{},{:.2e},{:.3}",
                    p.name,
                    fit.model.refit(),
                    fit.model.lambda(),
                    fit.model.kept(),
                    fit.model.sparsity(),
                    noise(&mut all, outputs),
                    r.status,
                    r.iterations,
                    r.residual,
                    r.objective
                );
            }
        }
    }
    Ok(())
}

//! The runs behind `docs/explanation/noise-columns.md` and `docs/explanation/kl-choice.md`, on DIGITS (1797 records of 64 grey values and a label, gzipped).
//!
//! usage: digits_study DIGITS.bin.gz recipe|validate|kl [SPLITS]
#![allow(clippy::print_stdout)] // A program, not the library.

use std::error::Error;
use std::io::Read;

use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use vd_dsvi::{Batch, Kl, Params, Removal, Schedule};

const PIXELS: usize = 64;

struct Data {
    x: DMatrix<f32>,
    t: Vec<usize>,
}

struct Split {
    train: Data,
    test: Data,
}

fn load(path: &str) -> Result<(DMatrix<f64>, Vec<usize>), Box<dyn Error>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_end(&mut bytes)?;
    let records: Vec<&[u8]> = bytes.chunks_exact(PIXELS + 1).collect();
    let x = DMatrix::from_fn(records.len(), PIXELS, |n, d| f64::from(records[n][d]));
    Ok((x, records.iter().map(|r| usize::from(r[PIXELS])).collect()))
}

/// The poster's protocol: 1200 of the centred samples train; with noise, 64 columns of N(0, 5²) and 1200 draws with replacement.
/// For validation, a fifth of the distinct training samples takes the test set's place, which is not touched.
fn split(pixels: &DMatrix<f64>, t: &[usize], noise: bool, validate: bool, seed: u64) -> Split {
    let mut rng = ChaCha8Rng::seed_from_u64(1000 + seed);
    let (n, mean) = (pixels.nrows(), pixels.row_mean());
    let x = DMatrix::from_fn(n, if noise { 2 * PIXELS } else { PIXELS }, |i, j| {
        if j < PIXELS {
            pixels[(i, j)] - mean[j]
        } else {
            let z: f64 = StandardNormal.sample(&mut rng);
            5.0 * z
        }
    });
    let mut train: Vec<usize> = if noise {
        (0..1200).map(|_| rng.random_range(0..n)).collect()
    } else {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut rng);
        order[..1200].to_vec()
    };
    let mut seen = vec![false; n];
    train.iter().for_each(|&i| seen[i] = true);
    let mut test: Vec<usize> = (0..n).filter(|&i| !seen[i]).collect();
    if validate {
        test = (0..n).filter(|&i| seen[i]).collect();
        test.shuffle(&mut rng);
        test.truncate(test.len() / 5);
        test.iter().for_each(|&i| seen[i] = false);
        train.retain(|&i| seen[i]);
    }
    let take = |samples: &[usize]| Data {
        x: DMatrix::from_fn(samples.len(), x.ncols(), |i, j| x[(samples[i], j)] as f32),
        t: samples.iter().map(|&i| t[i]).collect(),
    };
    Split { train: take(&train), test: take(&test) }
}

/// Accuracy, sparsity and the share of noise weights kept, after pruning at log α > 3.
fn measure(split: &Split, params: &Params) -> Result<[f64; 3], Box<dyn Error>> {
    let model = params.fit(&split.train.x, &split.train.t)?.model.pruned(3.0);
    let theta = model.layers()[0].theta();
    let noise = theta.rows_range(PIXELS.min(theta.nrows())..);
    let kept = noise.iter().filter(|&&w| w != 0.0).count() as f64 / noise.len().max(1) as f64;
    Ok([model.accuracy(&split.test.x, &split.test.t)?, model.sparsity_at(3.0), kept])
}

/// Prints means and standard deviations over the splits.
fn row(name: &str, splits: &[Split], params: &Params) -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for (seed, split) in splits.iter().enumerate() {
        all.push(measure(split, &params.clone().seed(seed as u64).threads(1))?);
    }
    let n = all.len() as f64;
    let mean = |i: usize| all.iter().map(|v| v[i]).sum::<f64>() / n;
    let sd = |i: usize| (all.iter().map(|v| (v[i] - mean(i)).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let cell = |i: usize| format!("{:.4} ± {:.4}", mean(i), sd(i));
    println!("| {name} | {} | {} | {} |", cell(0), cell(1), cell(2));
    Ok(())
}

/// [`Params::recommended`] with its time scale, batch, rate, λ and removal changed; the shares of the run stay.
fn variant(epochs: usize, batch: usize, rate: f64, lambda: f64, removal: Option<f64>) -> Params {
    let e = epochs as f64;
    Params::recommended()
        .epochs(epochs)
        .batch(Batch::Size(batch))
        .report_every(epochs)
        .learning_rate(Schedule::linear(&[(0.5 * e, rate), (e, 1e-3 * rate)]))
        .lambda(Schedule::linear(&[(0.075 * e, 0.0), (0.3 * e, lambda)]))
        .removal(removal.map(|threshold| Removal { threshold, from_epoch: (0.3 * e) as usize }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, mode, rest @ ..] = arguments.as_slice() else {
        return Err("usage: DIGITS.bin.gz recipe|validate|kl [SPLITS]".into());
    };
    let count: u64 = rest.first().map_or(Ok(10), |s| s.parse())?;
    let (x, t) = load(path)?;
    println!("| fit | accuracy | sparsity | noise weights kept |\n|---|---|---|---|");
    let validate = mode == "validate";
    let splits = |noise| (0..count).map(|s| split(&x, &t, noise, validate, s)).collect::<Vec<_>>();
    match mode.as_str() {
        "recipe" => {
            row("DIGITS, recommended", &splits(false), &Params::recommended())?;
            row("DIGITS, recommended, no bias", &splits(false), &Params::recommended().intercept(false))?;
            row("DIGITS + noise, recommended", &splits(true), &Params::recommended())?;
            row(
                "DIGITS + noise, recommended, no bias",
                &splits(true),
                &Params::recommended().intercept(false),
            )?;
            row("DIGITS + noise, λ = 1", &splits(true), &variant(30, 50, 0.01, 1.0, Some(2.0)))?;
            row("DIGITS + noise, λ = 4", &splits(true), &variant(30, 50, 0.01, 4.0, Some(2.0)))?;
            row("DIGITS + noise, no removal", &splits(true), &variant(30, 50, 0.01, 1.5, None))?;
        }
        "validate" => {
            let splits = splits(true);
            for (epochs, batch, rate) in
                [(30, 50, 0.01), (30, 100, 0.01), (50, 100, 0.01), (50, 100, 0.02), (200, 100, 0.01)]
            {
                for lambda in [1.0, 1.5, 2.0] {
                    for removal in [None, Some(2.0), Some(3.0)] {
                        let name = format!(
                            "{epochs} epochs of {batch}, rate {rate}, λ = {lambda}, removal {removal:?}"
                        );
                        row(&name, &splits, &variant(epochs, batch, rate, lambda, removal))?;
                    }
                }
            }
        }
        "kl" => {
            for (data, splits) in [("DIGITS", splits(false)), ("DIGITS + noise", splits(true))] {
                let kls = [
                    ("exact", Kl::Exact),
                    ("poster's", Kl::POSTER),
                    ("ICML 2017's", Kl::ICML_2017),
                    ("empirical Bayes", Kl::EmpiricalBayes),
                ];
                for (name, kl) in kls {
                    row(&format!("{data}, recommended, {name}"), &splits, &Params::recommended().kl(kl))?;
                }
                for (name, kl) in kls {
                    let long = variant(500, 100, 0.02, 1.0, None).kl(kl).intercept(false);
                    row(&format!("{data}, 500 epochs without removal, {name}"), &splits, &long)?;
                }
            }
        }
        other => return Err(format!("{other}: recipe, validate or kl").into()),
    }
    Ok(())
}

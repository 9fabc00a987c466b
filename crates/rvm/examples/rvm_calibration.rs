//! Log loss and calibration error of plain and moderated probabilities, five splits of each data set.
//!
//! `python crates/rvm/peers/calibration_data.py DIR`, then `cargo run --release -p rvm --example rvm_calibration DIR`.
//!
//! Candidates, for the logits' posterior `a ~ N(m, S)` of one row:
//!
//! | name | one-vs-rest (S diagonal) | softmax |
//! |---|---|---|
//! | plain | `p_k ∝ σ(m_k)` | `softmax(m)` |
//! | each | `p_k ∝ σ(m_k κ_k)` | `softmax(κ_k m_k)`, `κ_k = (1 + π S_kk/8)^{-1/2}` |
//! | row | `p_k ∝ σ(κ m_k)` | `softmax(κ m)`, one κ per row from the variances of the differences to the best class |
//! | integral | `E σ(a_k)/Σ_l σ(a_l)`, 400 draws | `E softmax(a)`, 400 draws |
//! | odds | `softmax(m)` | |
#![allow(clippy::print_stdout)] // An example prints.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rvm::nalgebra::{DMatrix, DVector};
use rvm::{Basis, Kernel, OneVsRestModel, OneVsRestParams, SoftmaxModel, SoftmaxParams};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn read(path: &Path) -> Outcome<(DMatrix<f64>, Vec<usize>)> {
    let text = std::fs::read_to_string(path)?;
    let rows: Vec<Vec<f64>> =
        text.lines().map(|l| l.split(',').map(str::parse).collect()).collect::<Result<_, _>>()?;
    let d = rows[0].len() - 1;
    let labels = rows.iter().map(|r| r[d] as usize).collect();
    Ok((DMatrix::from_fn(rows.len(), d, |i, j| rows[i][j]), labels))
}

/// The posterior of the logits of one row.
struct Logits {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

fn columns(x: &DMatrix<f64>, centre: Option<&DVector<f64>>, indices: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(x.nrows(), indices.len(), |n, k| match indices[k] {
        d if d == x.ncols() => 1.0,
        d => x[(n, d)] - centre.map_or(0.0, |m| m[d]),
    })
}

fn one_vs_rest(model: &OneVsRestModel, phi: impl Fn(usize) -> DMatrix<f64>, rows: usize) -> Vec<Logits> {
    let k = model.classes();
    let mut out: Vec<Logits> =
        (0..rows).map(|_| Logits { mean: DVector::zeros(k), covariance: DMatrix::zeros(k, k) }).collect();
    for (class, posterior) in model.posteriors().iter().enumerate() {
        let phi = phi(class);
        let (mean, projected) = (&phi * posterior.mean(), &phi * posterior.covariance());
        for n in 0..rows {
            out[n].mean[class] = mean[n];
            out[n].covariance[(class, class)] = projected.row(n).dot(&phi.row(n)).max(0.0);
        }
    }
    out
}

fn softmax(model: &SoftmaxModel, x: &DMatrix<f64>) -> Vec<Logits> {
    let (k, width) = (model.classes(), x.ncols() + 1);
    let posterior = model.posterior();
    let features: Vec<usize> = posterior.indices().iter().map(|i| i % width).collect();
    let phi = columns(x, model.centre(), &features);
    (0..x.nrows())
        .map(|n| {
            let mut map = DMatrix::zeros(k, features.len());
            for (j, i) in posterior.indices().iter().enumerate() {
                map[(i / width, j)] = phi[(n, j)];
            }
            let covariance = &map * posterior.covariance() * map.transpose();
            Logits { mean: &map * posterior.mean(), covariance }
        })
        .collect()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn shares(mut p: DVector<f64>) -> DVector<f64> {
    p /= p.sum();
    p
}

fn soft(z: &DVector<f64>) -> DVector<f64> {
    let top = z.max();
    shares(z.map(|v| (v - top).exp()))
}

fn kappa(variance: f64) -> f64 {
    1.0 / (1.0 + std::f64::consts::PI / 8.0 * variance).sqrt()
}

/// The variance of a row: of the differences to the best class, weighed by the others' probabilities.
fn row_variance(a: &Logits, difference: bool) -> f64 {
    let (best, s) = (a.mean.imax(), &a.covariance);
    let mut others = a.mean.clone();
    others[best] = f64::NEG_INFINITY;
    let p = soft(&others);
    let one = |k: usize| {
        let pair = s[(best, best)] + s[(k, k)] - 2.0 * s[(best, k)];
        p[k] * if difference { pair } else { pair / 2.0 }
    };
    (0..p.len()).filter(|k| *k != best).map(one).sum()
}

fn integral(a: &Logits, link: impl Fn(&DVector<f64>) -> DVector<f64>) -> DVector<f64> {
    let k = a.mean.len();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let jitter = 1e-12 * (1.0 + a.covariance.diagonal().max());
    let root = (&a.covariance + DMatrix::identity(k, k) * jitter).cholesky().map(|c| c.l());
    let Some(root) = root else { return link(&a.mean) };
    let mut sum = DVector::zeros(k);
    for _ in 0..200 {
        let e = &root * DVector::from_fn(k, |_, _| rng.sample::<f64, _>(rand_distr::StandardNormal));
        sum += link(&(&a.mean + &e)) + link(&(&a.mean - &e));
    }
    sum / 400.0
}

/// Mean log loss, calibration error in 15 bins, accuracy.
fn rate(p: &[DVector<f64>], labels: &[usize]) -> [f64; 3] {
    let n = labels.len() as f64;
    let (mut loss, mut right, mut bins) = (0.0, 0.0, [0.0; 15]);
    for (p, &t) in p.iter().zip(labels) {
        let hit = if p.imax() == t { 1.0 } else { 0.0 };
        loss -= p[t].max(1e-15).ln() / n;
        right += hit / n;
        bins[((p.max() * 15.0) as usize).min(14)] += (p.max() - hit) / n;
    }
    [loss, bins.iter().map(|b: &f64| b.abs()).sum(), right]
}

fn main() -> Outcome<()> {
    let dir = std::env::args().nth(1).ok_or("which directory?")?;
    let dir = Path::new(&dir);
    for (i, name) in std::fs::read_to_string(dir.join("names.txt"))?.lines().enumerate() {
        let mut table: BTreeMap<String, Vec<[f64; 3]>> = BTreeMap::new();
        for split in 0..5 {
            let (x, t) = read(&dir.join(format!("{i}_{split}_train.csv")))?;
            let (test, labels) = read(&dir.join(format!("{i}_{split}_test.csv")))?;
            let mut put = |name: &str, p: Vec<DVector<f64>>| {
                table.entry(name.to_owned()).or_default().push(rate(&p, &labels));
            };
            let features = OneVsRestParams::new().fit(&x, &t)?.model;
            let gamma = 1.0 / x.ncols() as f64;
            let kernel =
                OneVsRestParams::new().basis(Basis::Kernel(Kernel::Rbf { gamma })).fit(&x, &t)?.model;
            let of_features =
                |class: usize| columns(&test, features.centre(), features.posteriors()[class].indices());
            let of_kernel = |class: usize| {
                let vectors = kernel.relevance_vectors(class).cloned().unwrap_or_default();
                let count = kernel.posteriors()[class].indices().len();
                DMatrix::from_fn(test.nrows(), count, |n, k| {
                    if k < vectors.nrows() {
                        (-gamma * (test.row(n) - vectors.row(k)).norm_squared()).exp()
                    } else {
                        1.0
                    }
                })
            };
            let machines = [
                ("one-vs-rest", one_vs_rest(&features, of_features, test.nrows())),
                ("one-vs-rest, rbf", one_vs_rest(&kernel, of_kernel, test.nrows())),
            ];
            for (machine, rows) in machines {
                let normal = |z: &DVector<f64>| shares(z.map(sigmoid));
                let of = |f: &dyn Fn(&Logits) -> DVector<f64>| rows.iter().map(f).collect::<Vec<_>>();
                put(&format!("{machine} | plain"), of(&|a| normal(&a.mean)));
                put(
                    &format!("{machine} | each"),
                    of(&|a| {
                        let k = a.covariance.diagonal().map(kappa);
                        normal(&a.mean.component_mul(&k))
                    }),
                );
                put(&format!("{machine} | row"), of(&|a| normal(&(&a.mean * kappa(row_variance(a, false))))));
                put(&format!("{machine} | integral"), of(&|a| integral(a, normal)));
                put(&format!("{machine} | odds"), of(&|a| soft(&a.mean)));
                put(
                    &format!("{machine} | odds row"),
                    of(&|a| soft(&(&a.mean * kappa(row_variance(a, true))))),
                );
            }
            let joint = SoftmaxParams::new().fit(&x, &t)?.model;
            let rows = softmax(&joint, &test);
            let of = |f: &dyn Fn(&Logits) -> DVector<f64>| rows.iter().map(f).collect::<Vec<_>>();
            put("softmax | plain", of(&|a| soft(&a.mean)));
            put("softmax | each", of(&|a| soft(&a.mean.component_mul(&a.covariance.diagonal().map(kappa)))));
            put("softmax | row", of(&|a| soft(&(&a.mean * kappa(row_variance(a, true))))));
            put("softmax | integral", of(&|a| integral(a, soft)));
        }
        for (method, rates) in table {
            let mean = |j: usize| rates.iter().map(|r| r[j]).sum::<f64>() / rates.len() as f64;
            println!("| {name} | {method} | {:.4} | {:.4} | {:.4} |", mean(0), mean(1), mean(2));
        }
    }
    Ok(())
}

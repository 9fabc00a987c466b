//! A certified two-class path on sparse data that looks like text:
//! `cargo run --release -p l1-logreg --example text_path -- ROWS WORDS A_ROW POINTS RATIO [FOLDER [INTERCEPT [TOLERANCE [OFFSET]]]]`.
//!
//! Words are drawn by Zipf's law (word j with a probability in proportion to 1/(j + OFFSET), 20; 1e9 makes all equally likely), values are (1 + ln count) times the inverse document frequency, rows have length 1. With FOLDER the data
//! and the objectives are written there for `peers/text_path.py`. INTERCEPT is `free` or `none` (the default).
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::time::Instant;

use l1_logreg::{Grid, Params};
use nalgebra_sparse::CsrMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Words that say something about the class.
const TELLING: usize = 500;

/// The counts of `a_row` words (with repetition) in every row.
fn documents(
    rng: &mut ChaCha8Rng,
    rows: usize,
    words: usize,
    a_row: usize,
    offset: f64,
) -> Vec<BTreeMap<usize, f64>> {
    let mut share: Vec<f64> = (0..words).map(|j| 1.0 / (j as f64 + offset)).collect();
    for j in 1..words {
        share[j] += share[j - 1];
    }
    (0..rows)
        .map(|_| {
            let mut row = BTreeMap::new();
            while row.len() < a_row {
                let at = rng.random_range(0.0..share[words - 1]);
                *row.entry(share.partition_point(|&s| s <= at)).or_insert(0.0) += 1.0;
            }
            row
        })
        .collect()
}

/// (1 + ln count) ln(N / documents with the word), rows of length 1.
fn weigh(rows: &mut [BTreeMap<usize, f64>], words: usize) {
    let mut seen = vec![0.0_f64; words];
    for &j in rows.iter().flat_map(BTreeMap::keys) {
        seen[j] += 1.0;
    }
    let n = rows.len() as f64;
    for row in rows {
        for (&j, value) in row.iter_mut() {
            *value = (1.0 + value.ln()) * (1.0 + (n / seen[j]).ln());
        }
        let length = row.values().map(|v| v * v).sum::<f64>().sqrt();
        row.values_mut().for_each(|v| *v /= length);
    }
}

fn labels(rng: &mut ChaCha8Rng, rows: &[BTreeMap<usize, f64>], words: usize) -> Vec<usize> {
    let mut weight = vec![0.0; words];
    for _ in 0..TELLING {
        // Frequent words are more likely to be among the telling ones, as they are in text that people wrote.
        let at = (words as f64).powf(rng.random_range(0.3..1.0)) as usize;
        weight[at.min(words - 1)] = rng.random_range(-40.0..40.0);
    }
    rows.iter()
        .map(|row| {
            let z: f64 = row.iter().map(|(&j, v)| weight[j] * v).sum();
            usize::from(rng.random_range(0.0..1.0) < 1.0 / (1.0 + (-z).exp()))
        })
        .collect()
}

fn matrix(rows: &[BTreeMap<usize, f64>], words: usize) -> CsrMatrix<f64> {
    let mut from = vec![0];
    for row in rows {
        from.push(from[from.len() - 1] + row.len());
    }
    let index = rows.iter().flat_map(|row| row.keys().copied()).collect();
    let value = rows.iter().flat_map(|row| row.values().copied()).collect();
    CsrMatrix::try_from_csr_data(rows.len(), words, from, index, value).unwrap()
}

fn write(folder: &str, name: &str, values: impl Iterator<Item = f64>) {
    let bytes: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
    std::fs::write(format!("{folder}/{name}"), bytes).unwrap();
}

/// Seconds of processor time in this process, all threads, user mode (Linux).
fn user_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(") ").next().unwrap_or_default();
    after.split(' ').nth(11).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(f64::NAN) / 100.0
}

fn main() {
    let argument: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, or: f64| argument.get(i).map_or(or, |a| a.parse().unwrap());
    let (n, d, a_row) = (number(0, 5000.0) as usize, number(1, 20_000.0) as usize, number(2, 100.0) as usize);
    let (points, ratio, tolerance) = (number(3, 20.0) as usize, number(4, 200.0), number(7, 1e-6));
    let free = argument.get(6).is_some_and(|a| a == "free");
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut rows = documents(&mut rng, n, d, a_row, number(8, 20.0));
    weigh(&mut rows, d);
    let t = labels(&mut rng, &rows, d);
    let x = matrix(&rows, d);
    drop(rows);
    let estimator = Params::new().intercept(free).tolerance(tolerance);
    let (start, wall) = (user_seconds(), Instant::now());
    let first = estimator.c_min(&x, &t[..]).unwrap();
    let path = estimator.path(&x, &t[..], &Grid::geometric(first, first * ratio, points)).unwrap();
    let (user, wall) = (user_seconds() - start, wall.elapsed().as_secs_f64());
    for p in &path {
        println!(
            "C {:10.4} kept {:5} objective {:.8} gap {:.1e} iterations {:3} {}",
            p.c,
            p.fit.model.kept(),
            p.fit.report.objective,
            p.certificate.relative_gap(),
            p.fit.report.iterations,
            p.fit.report.status
        );
    }
    println!("{points} points: {user:.2} s of processor, {wall:.2} s of wall");
    if let Some(folder) = argument.get(5) {
        let (from, index, value) = x.csr_data();
        write(folder, "from", from.iter().map(|&v| v as f64));
        write(folder, "index", index.iter().map(|&v| v as f64));
        write(folder, "value", value.iter().copied());
        write(folder, "words", std::iter::once(d as f64));
        write(folder, "labels", t.iter().map(|&v| v as f64));
        write(folder, "path", path.iter().flat_map(|p| [p.c, p.fit.report.objective]));
    }
}

//! The data sets of the tests.
#![allow(dead_code, clippy::expect_used, clippy::panic)] // Helpers of tests, of which each test uses some.

use std::io::Read;

use nalgebra::DMatrix;

/// Features and labels.
pub type Problem = (DMatrix<f64>, Vec<usize>);

fn table(text: &str) -> Problem {
    let rows: Vec<Vec<f64>> =
        text.lines().map(|line| line.split(',').map(|v| v.parse().expect("a number")).collect()).collect();
    let d = rows[0].len() - 1;
    let x = DMatrix::from_fn(rows.len(), d, |i, j| rows[i][j]);
    (x, rows.iter().map(|row| row[d] as usize).collect())
}

/// The first `n` rows of DIGITS (UCI optical recognition of handwritten digits, CC BY 4.0), divided by 16.
pub fn digits(n: usize) -> Problem {
    let mut text = String::new();
    let packed: &[u8] = include_bytes!("../reference/digits.csv.gz");
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("a gzip file");
    let (x, t) = table(&text);
    (x.rows(0, n) / 16.0, t[..n].to_vec())
}

/// Wine (UCI, CC BY 4.0), every column standardised.
pub fn wine() -> Problem {
    let (mut x, t) = table(include_str!("../reference/wine.csv"));
    for mut column in x.column_iter_mut() {
        let (mean, deviation) = (column.mean(), column.variance().sqrt());
        column.apply(|v| *v = (*v - mean) / deviation);
    }
    (x, t)
}

/// 80 x 150, 30% not zero, three classes, four features that matter.
pub fn wide() -> Problem {
    table(include_str!("../reference/wide.csv"))
}

/// 160 x 6, two classes (`peers/binary.py` made it).
pub fn binary() -> Problem {
    table(include_str!("../reference/binary.csv"))
}

/// A problem from a seed: `n` x `d`, `k` classes, the first three features matter.
pub fn random(n: usize, d: usize, k: usize, seed: u64) -> Problem {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let x = DMatrix::from_fn(n, d, |_, _| rng.random_range(-1.0..1.0));
    let t = (0..n)
        .map(|i| {
            if i < k {
                return i;
            }
            let score = |c: usize| -> f64 {
                (0..d.min(3)).map(|j| x[(i, j)] * (((c + 1) * (j + 2)) as f64).sin() * 4.0).sum::<f64>()
            };
            let noisy: Vec<f64> = (0..k).map(|c| score(c) + rng.random_range(-1.0..1.0)).collect();
            (0..k).max_by(|&a, &b| noisy[a].total_cmp(&noisy[b])).unwrap_or(0)
        })
        .collect();
    (x, t)
}

//! Seven designs on which methods differ: correlated blocks, latent factors, genotypes, little signal, nothing sparse, rare columns, many columns.

use nalgebra::{DMatrix, DVector};
use rand::seq::index::sample;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::synthetic::Problem;

/// Noise-free test samples of each problem.
const TEST: usize = 1000;

/// A design beyond independent columns and strong effects; [`HardDesign::problem`] makes a seeded problem of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum HardDesign {
    /// 300 x 1000 in blocks of ten columns correlated at 0.95; 15 matter.
    Blocks,
    /// 400 x 800 that share five latent factors; 20 matter.
    Factor,
    /// 600 x 3000 genotypes 0, 1, 2 in linkage; 12 matter, and the signal has 0.6 times the noise's variance.
    Genotypes,
    /// 500 x 500, neighbours correlated at 0.3; 10 matter, half the noise's variance.
    LowSignal,
    /// 400 x 200, all of which matter.
    Dense,
    /// 1000 x 600 columns of 0 and 1, one in twenty 1; 25 matter.
    Binary,
    /// 200 x 10,000 independent columns; 8 matter.
    Wide,
}

impl HardDesign {
    /// All seven.
    pub const ALL: [Self; 7] =
        [Self::Dense, Self::LowSignal, Self::Binary, Self::Blocks, Self::Factor, Self::Genotypes, Self::Wide];

    /// A short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "block95",
            Self::Factor => "factor",
            Self::Genotypes => "geno",
            Self::LowSignal => "lowsnr",
            Self::Dense => "dense",
            Self::Binary => "binary",
            Self::Wide => "wide",
        }
    }

    /// N, D, the columns that matter, and the ratio of the signal's variance to the noise's.
    fn size(self) -> (usize, usize, usize, f64) {
        match self {
            Self::Blocks => (300, 1000, 15, 3.0),
            Self::Factor => (400, 800, 20, 3.0),
            Self::Genotypes => (600, 3000, 12, 0.6),
            Self::LowSignal => (500, 500, 10, 0.5),
            Self::Dense => (400, 200, 200, 2.0),
            Self::Binary => (1000, 600, 25, 2.0),
            Self::Wide => (200, 10_000, 8, 4.0),
        }
    }

    /// The problem of this seed.
    #[must_use]
    pub fn problem(self, seed: u64) -> Problem {
        let (n, d, relevant, ratio) = self.size();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(1 + self as u64);
        let all = self.design(n + TEST, d, &mut rng);
        let mut weights = DVector::zeros(d);
        for j in sample(&mut rng, d, relevant) {
            weights[j] = if self == Self::Dense {
                0.2 * normal(&mut rng)
            } else {
                let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                sign * (0.5 + 1.5 * rng.random::<f64>())
            };
        }
        let signal = &all * &weights;
        let noise = (signal.variance() / ratio).sqrt();
        let t = DVector::from_fn(n, |i, _| signal[i] + noise * normal(&mut rng));
        let x = all.rows(0, n).into_owned();
        let x_test = all.rows(n, TEST).into_owned();
        let signal_test = signal.rows(n, TEST).into_owned();
        Problem { x, t, weights, x_test, signal_test }
    }

    fn design(self, rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> DMatrix<f64> {
        match self {
            Self::Blocks => {
                let shared = gaussian(rows, columns.div_ceil(10), rng);
                let own = gaussian(rows, columns, rng);
                DMatrix::from_fn(rows, columns, |i, j| {
                    0.95f64.sqrt() * shared[(i, j / 10)] + 0.05f64.sqrt() * own[(i, j)]
                })
            }
            Self::Factor => {
                let (scores, loadings) = (gaussian(rows, 5, rng), gaussian(5, columns, rng));
                scores * loadings / 5f64.sqrt() + gaussian(rows, columns, rng)
            }
            Self::Genotypes => genotypes(rows, columns, rng),
            Self::LowSignal | Self::Dense => chain(rows, columns, 0.3, rng),
            Self::Binary => {
                DMatrix::from_fn(rows, columns, |_, _| f64::from(u8::from(rng.random::<f64>() < 0.05)))
            }
            Self::Wide => gaussian(rows, columns, rng),
        }
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn gaussian(rows: usize, columns: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |_, _| normal(rng))
}

/// Neighbouring columns correlated by `r`.
fn chain(rows: usize, columns: usize, r: f64, rng: &mut impl Rng) -> DMatrix<f64> {
    let mut x = gaussian(rows, columns, rng);
    let rest = (1.0 - r * r).sqrt();
    for j in 1..columns {
        for i in 0..rows {
            x[(i, j)] = r * x[(i, j - 1)] + rest * x[(i, j)];
        }
    }
    x
}

/// Allele counts: how many of two thresholds a latent chain correlated at 0.9 passes, at minor allele frequencies of 0.05 to 0.5.
fn genotypes(rows: usize, columns: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let latent = chain(rows, columns, 0.9, rng);
    let mut x = DMatrix::zeros(rows, columns);
    for j in 0..columns {
        let frequency = 0.05 + 0.45 * rng.random::<f64>();
        let (one, two) = (quantile((1.0 - frequency).powi(2)), quantile(1.0 - frequency * frequency));
        for i in 0..rows {
            x[(i, j)] = f64::from(u8::from(latent[(i, j)] > one)) + f64::from(u8::from(latent[(i, j)] > two));
        }
    }
    x
}

/// The standard normal quantile of p in (0, 1), through χ²₁: P(|z| > q) is its upper tail at q².
fn quantile(p: f64) -> f64 {
    let tail = 2.0 * p.min(1.0 - p);
    let size = kl_approx::ard::lambda_for_false_keeps(tail, 1, 1).map_or(0.0, f64::sqrt);
    if p < 0.5 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        for (p, z) in [(0.975, 1.959_963_984_540_054), (0.5, 0.0), (0.1, -1.281_551_565_544_600_4)] {
            assert!((quantile(p) - z).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn designs_are_what_they_say() {
        let p = HardDesign::Blocks.problem(3);
        assert_eq!((p.x.shape(), p.relevant().len()), ((300, 1000), 15));
        let correlation = |a: usize, b: usize| {
            let centred = |j: usize| p.x.column(j).add_scalar(-p.x.column(j).mean());
            centred(a).normalize().dot(&centred(b).normalize())
        };
        assert!((correlation(0, 9) - 0.95).abs() < 0.02 && correlation(9, 10).abs() < 0.25);
        let g = HardDesign::Genotypes.problem(1);
        assert!(g.x.iter().all(|v| [0.0, 1.0, 2.0].contains(v)));
    }
}

//! Seeded sparse regression problems with the truth known, for benchmarks, examples and tests.

mod hard;

pub use hard::HardDesign;

use nalgebra::{DMatrix, DVector};
use rand::seq::index::sample;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StudentT};

/// Size and kind of a seeded problem; [`Spec::problem`] makes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spec {
    /// N, the training samples.
    pub samples: usize,
    /// D, the features.
    pub features: usize,
    /// Features with a weight other than 0 (at most D).
    pub relevant: usize,
    /// The noise's standard deviation.
    pub noise: f64,
    /// ρ: neighbouring columns are correlated by it, columns k apart by ρᵏ. In [0, 1).
    pub correlation: f64,
    /// Columns are multiplied by 10^s with s uniform in ± this (and weights divided by it).
    pub log10_scales: f64,
    /// Student's t noise with three degrees of freedom (scaled to the same variance) instead of Gaussian.
    pub heavy_tails: bool,
}

impl Spec {
    /// Independent standard normal columns, Gaussian noise.
    #[must_use]
    pub fn new(samples: usize, features: usize, relevant: usize, noise: f64) -> Self {
        Self { samples, features, relevant, noise, correlation: 0.0, log10_scales: 0.0, heavy_tails: false }
    }
}

/// A seeded regression problem with its true weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// N x D.
    pub x: DMatrix<f64>,
    /// N.
    pub t: DVector<f64>,
    /// D: the true weights, ± (1/2 to 3/2) on `relevant` columns drawn at random, over the column's scale.
    pub weights: DVector<f64>,
    /// Test samples, as many as training samples, and their noise-free targets.
    pub x_test: DMatrix<f64>,
    /// Xw for the test samples.
    pub signal_test: DVector<f64>,
}

impl Spec {
    /// The problem of this seed, the same on every machine.
    #[must_use]
    pub fn problem(&self, seed: u64) -> Problem {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let d = self.features;
        let scales: Vec<f64> =
            (0..d).map(|_| 10f64.powf(self.log10_scales * (2.0 * rng.random::<f64>() - 1.0))).collect();
        let x = self.design(self.samples, &scales, &mut rng);
        let mut weights = DVector::zeros(d);
        for j in sample(&mut rng, d, self.relevant.min(d)) {
            let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
            weights[j] = sign * (0.5 + rng.random::<f64>()) / scales[j];
        }
        let mut t = &x * &weights;
        for t in t.iter_mut() {
            *t += self.noise * self.draw_noise(&mut rng);
        }
        let x_test = self.design(self.samples, &scales, &mut rng);
        let signal_test = &x_test * &weights;
        Problem { x, t, weights, x_test, signal_test }
    }

    fn design(&self, rows: usize, scales: &[f64], rng: &mut impl Rng) -> DMatrix<f64> {
        let mut x = DMatrix::from_fn(rows, self.features, |_, _| StandardNormal.sample(rng));
        let rest = (1.0 - self.correlation * self.correlation).max(0.0).sqrt();
        for j in 1..self.features {
            for i in 0..rows {
                x[(i, j)] = self.correlation * x[(i, j - 1)] + rest * x[(i, j)];
            }
        }
        for (mut column, scale) in x.column_iter_mut().zip(scales) {
            column.scale_mut(*scale);
        }
        x
    }

    fn draw_noise(&self, rng: &mut impl Rng) -> f64 {
        if !self.heavy_tails {
            return StandardNormal.sample(rng);
        }
        // Three degrees of freedom are always valid; the variance is 3.
        StudentT::new(3.0).map_or(0.0, |t: StudentT<f64>| t.sample(rng) / 3f64.sqrt())
    }
}

impl Problem {
    /// The features with a weight other than 0, ascending.
    #[must_use]
    pub fn relevant(&self) -> Vec<usize> {
        (0..self.weights.len()).filter(|&d| self.weights[d] != 0.0).collect()
    }

    /// Least squares on the columns that matter: coefficients, D entries, and the intercept. What no selection can be expected to better, where few
    /// columns matter.
    #[must_use]
    pub fn oracle(&self) -> (DVector<f64>, f64) {
        let support = self.relevant();
        let mut columns = DMatrix::from_element(self.x.nrows(), support.len() + 1, 1.0);
        for (k, &j) in support.iter().enumerate() {
            columns.set_column(k, &self.x.column(j));
        }
        let gram = columns.tr_mul(&columns);
        let mut coefficients = DVector::zeros(self.x.ncols());
        let Some(cholesky) = gram.cholesky() else { return (coefficients, self.t.mean()) };
        let solved = cholesky.solve(&columns.tr_mul(&self.t));
        for (k, &j) in support.iter().enumerate() {
            coefficients[j] = solved[k];
        }
        (coefficients, solved[support.len()])
    }

    /// ‖X_test θ + b − X_test w‖² / ‖X_test w‖², the relative error of a model's noise-free predictions.
    #[must_use]
    pub fn relative_error(&self, coefficients: &DVector<f64>, intercept: f64) -> f64 {
        let wrong = &self.x_test * coefficients - &self.signal_test;
        wrong.add_scalar(intercept).norm_squared() / self.signal_test.norm_squared()
    }
}

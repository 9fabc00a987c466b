//! Fits of the sigmoid family: from samples (the poster's way) or from the exact curve, by least squares or minimax.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | k₁, k₂, k₃ | [`Sigmoid`] | constants of ½ log(1 + 1/α) + k₁ σ(−(k₂ + k₃ log α)) (equation 5) |
//! | y_i | | KL at log α_i, exact or estimated by [`crate::monte_carlo::plain`] |
//! | w_i | [`Weighting`] | weight of the i-th residual |
//!
//! ```
//! use kl_approx::fit::{self, FitStatus};
//! let best = fit::minimax()?; // the three constants with the least largest error over every log α
//! assert_eq!(best.status, FitStatus::Converged);
//! assert!((best.largest_error - 0.004967).abs() < 1e-6);
//! let poster = fit::poster(20_000, 101, 1)?; // 20,000 samples at each of 101 points
//! let two_digits = |x: f64| (x * 10.0).round() / 10.0;
//! assert_eq!(two_digits(poster.constants.k2 / poster.constants.k3), 1.3);
//! # Ok::<(), kl_approx::Error>(())
//! ```

mod error_curve;
mod least_squares;
mod minimax;

pub use error_curve::{LargestError, error_curve, largest_error};

use crate::exact::EXCESS_AT_ZERO;
use crate::{Error, Sigmoid, exact, monte_carlo};

/// Beyond ±60 every divergence here is its asymptote to the last bit; infinite ends of a range mean these.
const FAR: f64 = 60.0;

/// What the constants are fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Target {
    /// The exact divergence.
    Exact,
    /// The plain Monte Carlo estimate at every point.
    Samples {
        /// Draws at each point, at least 2.
        per_point: usize,
        /// Seed of all of them.
        seed: u64,
    },
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Criterion {
    /// Σ w_i (model − y_i)².
    LeastSquares,
    /// max |model − KL| over the whole range; needs [`Target::Exact`], and takes no weights.
    Minimax,
}

/// The weights of a least-squares fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Weighting {
    /// 1.
    Uniform,
    /// 1/KL², for the relative error.
    Relative,
    /// 1/(standard error)²; needs [`Target::Samples`].
    InverseVariance,
}

/// Whether k₁ is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Height {
    /// Like the others.
    Free,
    /// Held at (γ + ln 2)/2, so that the fit has the right limit as α → 0. Least squares only.
    Limit,
}

/// Parameters of a fit; [`SigmoidFitParams::fit`] checks them and runs it.
///
/// | name | default | range |
/// |---|---|---|
/// | `lower`, `upper` | −10, 10 | lower < upper, in log α; infinite ends mean ±60 |
/// | `points` | 201 | ≥ 8, evenly spaced (least squares) |
/// | `max_iterations` | 100 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SigmoidFitParams {
    lower: f64,
    upper: f64,
    points: usize,
    target: Target,
    criterion: Criterion,
    weighting: Weighting,
    height: Height,
    max_iterations: usize,
}

impl Default for SigmoidFitParams {
    fn default() -> Self {
        Self {
            lower: -10.0,
            upper: 10.0,
            points: 201,
            target: Target::Exact,
            criterion: Criterion::LeastSquares,
            weighting: Weighting::Uniform,
            height: Height::Free,
            max_iterations: 100,
        }
    }
}

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FitStatus {
    /// The optimality residual is at rounding level.
    Converged,
    /// The iterations ran out; the constants are the best so far.
    MaxIterations,
    /// No step improved any more, short of convergence; the constants are the best so far.
    Stalled,
}

/// A fitted sigmoid and what is known about it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SigmoidFit {
    /// The constants.
    pub constants: Sigmoid,
    /// Their covariance by rows, (JᵀWJ)⁻¹ times the residual variance; zeros for a constant that was held, and for
    /// minimax, which has none. On the exact curve the residuals are misfit, not noise: there it only
    /// says how sharply the constants are determined.
    pub covariance: [[f64; 3]; 3],
    /// 95% intervals, constant ± 1.96 standard deviations.
    pub confidence_95: [[f64; 2]; 3],
    /// Largest |fit − exact KL| over the fit's range.
    pub largest_error: f64,
    /// The log α where that is.
    pub largest_error_at: f64,
    /// Largest |fit − exact KL| over every log α.
    pub largest_error_anywhere: f64,
    /// Square root of the weighted mean squared residual (least squares); 0 for minimax.
    pub rms_residual: f64,
    /// Least squares: the largest cosine between the residuals and a column of the Jacobian. Minimax: (largest error −
    /// smallest of the alternating extremes)/largest error. Computed apart from the solver.
    pub optimality: f64,
    /// How the fit ended.
    pub status: FitStatus,
    /// Iterations taken.
    pub iterations: usize,
    /// The range in log α.
    pub range: [f64; 2],
    /// Points used (least squares) or extremes of the error (minimax).
    pub points: usize,
    /// Draws at each point; 0 for the exact curve.
    pub samples_per_point: usize,
}

/// The poster's fit: `samples_per_point` draws of KL at each of `points` log α from −10 to 10, then least squares.
///
/// k₁ is held at its known limit: with it free, uniform least squares gives 0.618 to 0.634 on any range up to ±20, which
/// rounds to the poster's 0.64 nowhere, while with it held every range gives 0.64, 1.3 (= k₂/k₃) and 1.5.
///
/// # Errors
/// [`Error::TooFew`] below 2 samples or 8 points.
pub fn poster(samples_per_point: usize, points: usize, seed: u64) -> Result<SigmoidFit, Error> {
    SigmoidFitParams::default()
        .points(points)
        .target(Target::Samples { per_point: samples_per_point, seed })
        .height(Height::Limit)
        .fit()
}

/// The least largest error over every log α: what [`Sigmoid::MINIMAX`] holds.
///
/// # Errors
/// None in practice; the type is that of every fit.
pub fn minimax() -> Result<SigmoidFit, Error> {
    SigmoidFitParams::default().range(f64::NEG_INFINITY, f64::INFINITY).criterion(Criterion::Minimax).fit()
}

impl SigmoidFitParams {
    /// The range in log α.
    #[must_use]
    pub fn range(mut self, lower: f64, upper: f64) -> Self {
        (self.lower, self.upper) = (lower, upper);
        self
    }
    /// How many points a least-squares fit uses.
    #[must_use]
    pub fn points(mut self, points: usize) -> Self {
        self.points = points;
        self
    }
    /// What is fitted.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }
    /// What is minimised.
    #[must_use]
    pub fn criterion(mut self, criterion: Criterion) -> Self {
        self.criterion = criterion;
        self
    }
    /// The weights of least squares.
    #[must_use]
    pub fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }
    /// Whether k₁ is fitted.
    #[must_use]
    pub fn height(mut self, height: Height) -> Self {
        self.height = height;
        self
    }
    /// The most iterations.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    /// Checks the parameters and fits.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty or NaN range and for combinations that mean nothing (minimax of samples, weights
    /// or a held height with minimax, inverse variances without samples); [`Error::TooFew`] for too few points, samples or
    /// iterations; [`Error::Breakdown`] if an iterate stops being finite.
    pub fn fit(&self) -> Result<SigmoidFit, Error> {
        self.check()?;
        let (lower, upper) = (self.lower.max(-FAR), self.upper.min(FAR));
        match self.criterion {
            Criterion::Minimax => minimax::fit(lower, upper, self.max_iterations),
            Criterion::LeastSquares => {
                let data = self.data(lower, upper)?;
                least_squares::fit(&data, self.height, self.max_iterations)
            }
        }
        .map(|fit| SigmoidFit { samples_per_point: self.samples_per_point(), ..fit })
    }

    fn samples_per_point(&self) -> usize {
        match self.target {
            Target::Exact => 0,
            Target::Samples { per_point, .. } => per_point,
        }
    }

    fn check(&self) -> Result<(), Error> {
        if !(self.lower < self.upper) || self.lower.max(-FAR) >= self.upper.min(FAR) {
            return Err(Error::Argument { field: "lower", value: self.lower, allowed: "[-60, upper)" });
        }
        if self.points < 8 {
            return Err(Error::TooFew { field: "points", value: self.points, least: 8 });
        }
        if self.max_iterations < 1 {
            return Err(Error::TooFew { field: "max_iterations", value: 0, least: 1 });
        }
        let samples = matches!(self.target, Target::Samples { .. });
        let minimax = self.criterion == Criterion::Minimax;
        if minimax && (samples || self.weighting != Weighting::Uniform || self.height != Height::Free) {
            return Err(Error::Combination(
                "minimax takes the exact target, uniform weights and a free height",
            ));
        }
        if self.weighting == Weighting::InverseVariance && !samples {
            return Err(Error::Combination("inverse variances need samples"));
        }
        Ok(())
    }

    /// The points (log α, y, w).
    fn data(&self, lower: f64, upper: f64) -> Result<Vec<[f64; 3]>, Error> {
        (0..self.points)
            .map(|i| {
                let l = lower + (upper - lower) * i as f64 / (self.points - 1) as f64;
                let (y, variance) = match self.target {
                    Target::Exact => (exact::kl(l), 1.0),
                    Target::Samples { per_point, seed } => {
                        // Each point has its own streams: the seed's, moved by an odd multiple of the index.
                        let seed = seed.wrapping_add((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                        let estimate = monte_carlo::plain(l, per_point, seed)?;
                        (estimate.mean, estimate.standard_error.powi(2))
                    }
                };
                let weight = match self.weighting {
                    Weighting::Uniform => 1.0,
                    Weighting::Relative => exact::kl(l).powi(-2),
                    Weighting::InverseVariance => 1.0 / variance.max(f64::MIN_POSITIVE),
                };
                Ok([l, y, weight])
            })
            .collect()
    }
}

/// The model's derivatives in (k₁, k₂, k₃).
fn jacobian_row(k: &Sigmoid, log_alpha: f64) -> [f64; 3] {
    let s = k.k2 + k.k3 * log_alpha;
    let w = (-s.abs()).exp();
    let tail = if s > 0.0 { w / (1.0 + w) } else { 1.0 / (1.0 + w) };
    let bump = -k.k1 * w / ((1.0 + w) * (1.0 + w));
    [tail, bump, bump * log_alpha]
}

/// Where every fit starts: the limit's height, and a logistic curve of about the right place and width.
fn start() -> Sigmoid {
    Sigmoid { k1: EXCESS_AT_ZERO, k2: 2.0, k3: 1.5 }
}

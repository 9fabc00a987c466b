//! Fits of the sigmoid family: from samples (the poster's way) or from the exact curve, by least squares or minimax.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | k₁, k₂, k₃ | [`Sigmoid`] | constants of ½ log(1 + 1/α) + k₁ σ(−(k₂ + k₃ log α)) (equation 5) |
//! | y_i | | KL at log α_i, exact or estimated by [`crate::monte_carlo::plain`] |
//! | w_i | [`Weighting`] | weight of the i-th residual |
//!
//! ```
//! use kl_approx::fit::{self, Params};
//! let best = fit::minimax()?; // the three constants with the least largest error over every log α
//! let report = best.report.require_converged()?;
//! assert!((report.largest_error - 0.004967).abs() < 1e-6);
//! let poster = fit::poster(20_000, 101, 1)?; // 20,000 samples at each of 101 points
//! let one_digit = |x: f64| (x * 10.0).round() / 10.0;
//! assert_eq!(one_digit(poster.model.k2 / poster.model.k3), 1.3);
//! let mine = Params::new().range(-4.0, 7.0).fit()?; // least squares on the exact curve
//! assert!(mine.report.largest_error < 0.011);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The words are those of the crate `estimator`, which this module alone depends on: a fit is a [`Fit`] of a model and a
//! report, [`Report`] has a [`Status`] and `require_converged`, and a callback of [`Params::fit_with`] watches and stops.

mod error_curve;
mod least_squares;
mod minimax;
mod report;

pub use error_curve::{LargestError, error_curve, largest_error};
pub use estimator::{Fit, Status};
pub use report::{Progress, Report};

use core::ops::ControlFlow;

use crate::approximation::Sigmoid;
use crate::error::Error;
use crate::exact;
use crate::exact::EXCESS_AT_ZERO;
use crate::monte_carlo;

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

/// Parameters of a fit of the sigmoid family; [`Params::fit`] checks them and runs it.
///
/// | name | default | range |
/// |---|---|---|
/// | `lower`, `upper` | −10, 10 | lower < upper, in log α; infinite ends mean ±60 |
/// | `points` | 201 | ≥ 8, evenly spaced (least squares) |
/// | `target` | the exact curve | any [`Target`]; samples with least squares only |
/// | `criterion` | least squares | any [`Criterion`] |
/// | `weighting` | uniform | any [`Weighting`]; others than uniform with least squares only |
/// | `height` | free | any [`Height`]; held with least squares only |
/// | `max_iterations` | 100 | ≥ 1 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Params {
    lower: f64,
    upper: f64,
    points: usize,
    target: Target,
    criterion: Criterion,
    weighting: Weighting,
    height: Height,
    max_iterations: usize,
}

impl Default for Params {
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

/// The poster's fit: `samples_per_point` draws of KL at each of `points` log α from −10 to 10, then least squares.
///
/// k₁ is held at its known limit: with it free, uniform least squares gives 0.618 to 0.634 on any range up to ±20, which
/// rounds to the poster's 0.64 nowhere, while with it held every range gives 0.64, 1.3 (= k₂/k₃) and 1.5.
///
/// # Errors
/// [`Error::TooFew`] below 2 samples or 8 points.
pub fn poster(samples_per_point: usize, points: usize, seed: u64) -> Result<Fit<Sigmoid, Report>, Error> {
    Params::default()
        .points(points)
        .target(Target::Samples { per_point: samples_per_point, seed })
        .height(Height::Limit)
        .fit()
}

/// The least largest error over every log α: what [`Sigmoid::MINIMAX`] holds.
///
/// # Errors
/// None in practice; the type is that of every fit.
pub fn minimax() -> Result<Fit<Sigmoid, Report>, Error> {
    Params::default().range(f64::NEG_INFINITY, f64::INFINITY).criterion(Criterion::Minimax).fit()
}

impl Params {
    /// The defaults of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
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

    /// Fits the three constants.
    ///
    /// # Errors
    /// What [`Params::check`] refuses; [`Error::Breakdown`] if an iterate stops being finite.
    pub fn fit(&self) -> Result<Fit<Sigmoid, Report>, Error> {
        self.fit_with(|_| ControlFlow::Continue(()))
    }

    /// [`Params::fit`] with a callback after every iteration; on `Break` the fit ends with the constants it has and the status
    /// [`Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`Params::fit`].
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use kl_approx::fit::{Params, Status};
    /// let fit = Params::new().fit_with(|progress| {
    ///     println!("{}: {:.3e} nats", progress.iteration, progress.objective);
    ///     if progress.iteration < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// })?;
    /// assert_eq!(fit.report.status, Status::StoppedByCallback);
    /// # Ok::<(), kl_approx::Error>(())
    /// ```
    pub fn fit_with(
        &self,
        mut callback: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Sigmoid, Report>, Error> {
        self.check()?;
        let (lower, upper) = (self.lower.max(-FAR), self.upper.min(FAR));
        let mut fit = match self.criterion {
            Criterion::Minimax => minimax::fit(lower, upper, self.max_iterations, &mut callback)?,
            Criterion::LeastSquares => {
                let data = self.data(lower, upper)?;
                least_squares::fit(&data, self.height, self.max_iterations, &mut callback)?
            }
        };
        fit.report.samples_per_point = self.samples_per_point();
        Ok(fit)
    }

    fn samples_per_point(&self) -> usize {
        match self.target {
            Target::Exact => 0,
            Target::Samples { per_point, .. } => per_point,
        }
    }

    /// Checks the parameters; `fit` calls this too.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty or NaN range; [`Error::Combination`] for parameters that mean nothing together (minimax
    /// of samples, weights or a held height with minimax, inverse variances without samples); [`Error::TooFew`] for too few
    /// points or iterations.
    pub fn check(&self) -> Result<(), Error> {
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

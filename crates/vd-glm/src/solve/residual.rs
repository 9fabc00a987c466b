//! How far a point is from a maximum, read off the pass that visited it.
//!
//! The conditions are those of [`crate::certificate`], which computes them apart: per output, with q and S of the pass,
//!
//! ```text
//! Σ g/√Σ w,   σ√(Σ w) (c̄ − c),   (q − aθ + 2λ KL′/θ)/√(S + a),   ½ (S + a) σ²/λ + KL′        (a normal prior N(0, 1/a): q − aθ, and ½ ((S + a) σ² − 1))
//! ```

use kl_approx::exact;

use crate::pass::point::{Point, Weight};
use crate::pass::statistics::Statistics;
use crate::solve::prior::Prior;

/// The largest departure of an intercept, a kept weight or its variance's centre from its condition: slopes in standard errors, those in log σ² over λ.
pub(crate) fn residual(statistics: &Statistics, point: &Point, prior: &Prior, intercept: bool) -> f64 {
    let mut worst: f64 = 0.0;
    for (sums, predictor) in statistics.outputs.iter().zip(&point.outputs) {
        if intercept && sums.w > 0.0 {
            worst = worst.max(sums.g.abs() / sums.w.sqrt());
        }
        for weight in &predictor.weights {
            let (q, mean, s) = sums.column(weight.column, intercept);
            let (theta, variance) = departures(prior, weight, q, s);
            let centre = (sums.w.max(0.0) * weight.variance).sqrt() * (mean - weight.centre);
            worst = worst.max(theta.abs()).max(variance.abs()).max(centre.abs());
        }
    }
    worst
}

/// The slopes of a weight in θ and log σ².
fn departures(prior: &Prior, w: &Weight, q: f64, s: f64) -> (f64, f64) {
    match *prior {
        Prior::LogUniform { lambda, slab } => {
            let (slope, s) = (exact::kl_grad(w.log_alpha()), s + slab);
            let theta = (q - slab * w.mean + 2.0 * lambda * slope / w.mean) / s.sqrt();
            (theta, 0.5 * s * w.variance / lambda + slope)
        }
        Prior::Normal { precision } => {
            let s = s + precision;
            ((q - precision * w.mean) / s.sqrt(), 0.5 * (s * w.variance - 1.0))
        }
    }
}

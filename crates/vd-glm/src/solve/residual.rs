//! How far a point is from a maximum, read off the pass that visited it.
//!
//! The conditions are those of [`crate::certificate`], which computes them apart: per output, with q and S of the pass,
//!
//! ```text
//! Σ g/√Σ w,   σ√(Σ w) (c̄ − c),   (q − aθ + 2λ KL′/θ)/√(S + a),   ½ (S + a) σ²/λ + KL′        (a normal prior N(0, 1/a): q − aθ, and ½ ((S + a) σ² − 1))
//! ```
//!
//! Where all K outputs' weights of a column share α: q − aθ − (S + a) σ²/θ for each, and Σ ½ (S + a) σ²/(Kλ) + KL′ for the column.

use std::collections::BTreeMap;

use kl_approx::exact;

use crate::pass::point::{Point, Weight};
use crate::pass::statistics::Statistics;
use crate::solve::prior::Prior;

/// The largest departure of an intercept, a kept weight or its variance's centre from its condition: slopes in standard errors, those in log σ² over λ.
pub(crate) fn residual(statistics: &Statistics, point: &Point, prior: &Prior, intercept: bool) -> f64 {
    let mut worst: f64 = 0.0;
    // Σ ½ (S + a) σ² and log α of the columns with a shared α.
    let mut shared: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (sums, predictor) in statistics.outputs.iter().zip(&point.outputs) {
        if intercept && sums.w > 0.0 {
            worst = worst.max(sums.g.abs() / sums.w.sqrt());
        }
        for weight in &predictor.weights {
            let (q, mean, s) = sums.column(weight.column, intercept);
            let Departures { theta, variance, part } = departures(prior, weight, q, s);
            let centre = (sums.w.max(0.0) * weight.variance).sqrt() * (mean - weight.centre);
            worst = worst.max(theta.abs()).max(variance.abs()).max(centre.abs());
            if prior.is_shared() {
                shared.entry(weight.column).or_insert((0.0, weight.log_alpha())).0 += part;
            }
        }
    }
    if let Prior::Shared { lambda, outputs, .. } = *prior {
        for (part, log_alpha) in shared.into_values() {
            worst = worst.max((part / (lambda * outputs as f64) + exact::kl_grad(log_alpha)).abs());
        }
    }
    worst
}

/// The slopes of a weight.
struct Departures {
    /// In θ, over its standard error.
    theta: f64,
    /// In log σ², over λ; 0 where α is shared.
    variance: f64,
    /// ½ (S + a) σ².
    part: f64,
}

fn departures(prior: &Prior, w: &Weight, q: f64, s: f64) -> Departures {
    let s = s + match *prior {
        Prior::LogUniform { slab, .. } | Prior::Shared { slab, .. } => slab,
        Prior::Normal { precision } => precision,
    };
    let part = 0.5 * s * w.variance;
    let (theta, variance) = match *prior {
        Prior::LogUniform { lambda, slab } => {
            let slope = exact::kl_grad(w.log_alpha());
            (q - slab * w.mean + 2.0 * lambda * slope / w.mean, part / lambda + slope)
        }
        Prior::Shared { slab, .. } => (q - slab * w.mean - 2.0 * part / w.mean, 0.0),
        Prior::Normal { precision } => (q - precision * w.mean, part - 0.5),
    };
    Departures { theta: theta / s.sqrt(), variance, part }
}

//! The error of an approximation against the exact divergence.

use super::FAR;
use crate::divergence::Divergence;
use crate::exact;

/// The largest absolute error of an approximation on a range.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LargestError {
    /// |approximation − exact| in nats.
    pub error: f64,
    /// The log α where it is reached (an end of the range, or refined inside to 1e-6).
    pub at: f64,
}

/// approximation − exact at `points` evenly spaced log α: the error figure's curve.
#[must_use]
pub fn error_curve<D: Divergence + ?Sized>(
    divergence: &D,
    lower: f64,
    upper: f64,
    points: usize,
) -> Vec<[f64; 2]> {
    let step = (upper - lower) / points.saturating_sub(1).max(1) as f64;
    (0..points)
        .map(|i| {
            let l = lower + step * i as f64;
            [l, divergence.value(l) - exact::kl(l)]
        })
        .collect()
}

/// The largest |approximation − exact| for log α in [`lower`, `upper`], cut to the divergence's domain and to ±60 (beyond
/// which nothing here changes any more). NaN where the approximation gives NaN.
#[must_use]
pub fn largest_error<D: Divergence + ?Sized>(divergence: &D, lower: f64, upper: f64) -> LargestError {
    let domain = divergence.domain();
    let lower = lower.max(domain.lower).max(-FAR);
    let upper = upper.min(domain.upper).min(FAR);
    extremes(|l| divergence.value(l) - exact::kl(l), lower, upper)
        .into_iter()
        .map(|[at, error]| LargestError { error: error.abs(), at })
        .fold(LargestError { error: 0.0, at: lower }, |a, b| {
            if b.error > a.error || b.error.is_nan() { b } else { a }
        })
}

/// The local extremes [log α, error] of |e| on a range, its ends among them, in order.
pub(super) fn extremes(e: impl Fn(f64) -> f64, lower: f64, upper: f64) -> Vec<[f64; 2]> {
    // The error bends on a scale of one unit of log α; forty points to the unit do not miss a turn.
    let points = (40.0 * (upper - lower)) as usize + 2;
    let step = (upper - lower) / (points - 1) as f64;
    let at = |i: usize| if i + 1 == points { upper } else { lower + step * i as f64 };
    let values: Vec<f64> = (0..points).map(|i| e(at(i))).collect();
    let mut found = Vec::new();
    for i in 0..points {
        let left = i == 0 || values[i].abs() >= values[i - 1].abs() || values[i] * values[i - 1] < 0.0;
        let right =
            i + 1 == points || values[i].abs() > values[i + 1].abs() || values[i] * values[i + 1] < 0.0;
        if values[i].is_nan() || (left && right) {
            let inside = i > 0 && i + 1 < points;
            let x = if inside { golden(|l| e(l).abs(), at(i - 1), at(i + 1)) } else { at(i) };
            found.push([x, e(x)]);
        }
    }
    found
}

/// The place of a maximum between `a` and `b` by golden section.
fn golden(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let ratio = 0.5 * (5.0f64.sqrt() - 1.0);
    for _ in 0..48 {
        let (x, y) = (b - ratio * (b - a), a + ratio * (b - a));
        if f(x) > f(y) { b = y } else { a = x }
    }
    0.5 * (a + b)
}

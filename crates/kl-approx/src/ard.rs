//! What one coordinate's optimum needs: the pruning equation and the shrinkage (equations 8 and 9 of the front page).
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | z² | `z2` | squared z-score of the feature given the rest, over the KL weight λ |
//! | u | `u` | 1/(2α) at the optimum |
//! | M(u) | [`dawson_ratio`] | D(√u)/√u, D Dawson's function |
//! | 2u/(1 + 2u) | [`shrinkage`] | the weight's mean over its least-squares value |
//!
//! Fix every other weight. The profile over α of the objective is stationary where
//!
//! (1 + 2u)² M(u) = z² …(8)
//!
//! whose left side rises strictly from 1 to ∞. So z² ≤ 1 prunes the weight (α = ∞), exactly, and z² > 1 has one finite
//! optimum, at which the weight is the least-squares one times 2u/(1 + 2u) …(9)

use crate::coefficients::{U_EDGES, U_OF_W};
use crate::kernel::f64_kernel::{self, polynomial};

/// The optimum of one coordinate that is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Kept {
    /// 1/(2α).
    pub u: f64,
    /// The dropout rate α.
    pub alpha: f64,
    /// 2u/(1 + 2u) = 1/(1 + α).
    pub shrinkage: f64,
}

/// The root u of (1 + 2u)² D(√u)/√u = z² (equation 8): `None` where z² ≤ 1, the weight being pruned there.
///
/// Divide z² by λ first if the KL has a weight. Relative error below 1e-14 (measured: about 1e-15) in terms of z² − 1, which is exact
/// near the threshold; z² = ∞ gives ∞. NaN gives `Some(NaN)`, lest it pass for pruning. About 10 ns.
///
/// ```
/// use kl_approx::ard;
/// assert_eq!(ard::threshold_u(1.0), None);
/// let u = ard::threshold_u(4.0).unwrap(); // z = 2
/// assert!((ard::shrinkage(u) - 0.6088).abs() < 5e-5);
/// ```
#[must_use]
#[inline]
pub fn threshold_u(z2: f64) -> Option<f64> {
    if z2 <= 1.0 {
        return None;
    }
    let w = z2 - 1.0;
    let mut piece = 0;
    for edge in &U_EDGES[1..] {
        piece += usize::from(w >= *edge);
    }
    let (origin, scale, p, q) = &U_OF_W[piece];
    let last = piece + 1 == U_EDGES.len();
    let t = if last { 1.0 / w } else { w };
    let x = (t - origin) * scale;
    let ratio = polynomial::<9>(|k| p[k], x) / polynomial::<9>(|k| q[k], x);
    Some(if last { (0.5 * w - 1.0) + t * ratio } else { w * ratio })
}

/// [`threshold_u`] with the rate and the shrinkage that belong to it.
#[must_use]
#[inline]
pub fn optimum(z2: f64) -> Option<Kept> {
    threshold_u(z2).map(|u| Kept { u, alpha: 0.5 / u, shrinkage: shrinkage(u) })
}

/// 2u/(1 + 2u), without cancellation at either end: 0 at u = 0, 1 at u = ∞.
///
/// Its complement, 1/(1 + 2u) = α/(1 + α), is `shrinkage_complement`.
#[must_use]
#[inline]
pub fn shrinkage(u: f64) -> f64 {
    if u <= 1.0 { 2.0 * u / (1.0 + 2.0 * u) } else { 1.0 / (1.0 + 0.5 / u) }
}

/// 1 − 2u/(1 + 2u) = 1/(1 + 2u), exact to rounding where the shrinkage is near 1.
#[must_use]
#[inline]
pub fn shrinkage_complement(u: f64) -> f64 {
    1.0 / (1.0 + 2.0 * u)
}

/// M(u) = D(√u)/√u for u ≥ 0, D Dawson's function: 1 at 0, about 1/(2u) at ∞; dKL/du (equation 2).
///
/// NaN below 0 and at NaN.
#[must_use]
pub fn dawson_ratio(u: f64) -> f64 {
    if u >= 0.0 { f64_kernel::dawson_ratio(u) } else { f64::NAN }
}

/// The left side of equation 8, (1 + 2u)² M(u), for u ≥ 0.
#[must_use]
pub fn pruning_statistic(u: f64) -> f64 {
    let one = 1.0 + 2.0 * u;
    // Where the square could overflow, M(u) goes in between.
    one * (one * dawson_ratio(u))
}

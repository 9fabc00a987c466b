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
//!
//! A group of G weights that share α is kept exactly when z_g² > λ G, z_g² the sum of its squared z-scores. Of a column of
//! pure noise z_g² is χ²_G distributed, so that the KL weight λ is an error rate:
//!
//! P(falsely kept) = P(χ²_G > λ G), and q of D columns are falsely kept on average at λ = F⁻¹_{χ²_G}(1 − q/D)/G …(10)
//!
//! Equation 10 holds exactly for orthogonal columns and a known noise level, approximately otherwise.

#[cfg(any(feature = "std", feature = "libm"))]
use crate::chi_squared::{LARGEST_GROUP, upper_quantile, upper_tail};
use crate::coefficients::{U_EDGES, U_OF_W};
#[cfg(any(feature = "std", feature = "libm"))]
use crate::error::Error;
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

/// The KL weight λ at which `q` of `columns` columns of pure noise are falsely kept on average (equation 10).
///
/// `group` is G, the number of weights of a column that share one α: 1 for a column with one weight, the number of classes
/// for a feature of a softmax model with a shared α, the number of levels for a categorical variable. λ = 0 at `q` =
/// `columns`, and λ rises without bound as `q` falls to 0. λ = 1, the unweighted objective, is q = 0.317 `columns` for
/// G = 1.
///
/// Relative error below 1e-15 for G ≤ 10,000 and any `q` that a double can hold (`tests/budgets.rs`). Needs the feature `std` or `libm`.
///
/// # Errors
/// [`Error::Argument`] if `q` is not in (0, `columns`] or `group` is not in 1 … 2³²; [`Error::TooFew`] if `columns` is 0.
///
/// ```
/// let lambda = kl_approx::ard::lambda_for_false_keeps(1.0, 1000, 1)?;
/// assert!((lambda - 10.8276).abs() < 1e-4);
/// assert!((1000.0 * kl_approx::ard::false_keep_probability(lambda, 1)? - 1.0).abs() < 1e-14);
/// # Ok::<(), kl_approx::Error>(())
/// ```
#[cfg(any(feature = "std", feature = "libm"))]
pub fn lambda_for_false_keeps(q: f64, columns: usize, group: usize) -> Result<f64, Error> {
    let group = checked_group(group)?;
    if columns == 0 {
        return Err(Error::TooFew { field: "columns", value: 0, least: 1 });
    }
    if !(q > 0.0 && q <= columns as f64) {
        return Err(Error::Argument { field: "q", value: q, allowed: "(0, the number of columns]" });
    }
    Ok(upper_quantile(q, columns as f64, group))
}

/// The probability P(χ²_G > λ G) that a column of pure noise with `group` = G weights sharing one α is kept at the KL weight `lambda`
/// (equation 10).
///
/// 1 at `lambda` = 0, 0 at ∞. Relative error below 2e-15 for G ≤ 32 and below (4 + |ln P|) · 5e-16 for larger groups, for
/// results that are normal numbers (`tests/budgets.rs`). Needs the feature `std` or `libm`.
///
/// # Errors
/// [`Error::Argument`] if `lambda` is negative or NaN, or `group` is not in 1 … 2³².
///
/// ```
/// let p = kl_approx::ard::false_keep_probability(1.0, 1)?;
/// assert!((p - 0.3173).abs() < 1e-4);
/// # Ok::<(), kl_approx::Error>(())
/// ```
#[cfg(any(feature = "std", feature = "libm"))]
pub fn false_keep_probability(lambda: f64, group: usize) -> Result<f64, Error> {
    let group = checked_group(group)?;
    if !(lambda >= 0.0) {
        return Err(Error::Argument { field: "lambda", value: lambda, allowed: "[0, ∞]" });
    }
    Ok(upper_tail(lambda, group))
}

#[cfg(any(feature = "std", feature = "libm"))]
fn checked_group(group: usize) -> Result<u64, Error> {
    let wide = group as u64;
    if !(1..=LARGEST_GROUP).contains(&wide) {
        return Err(Error::Argument { field: "group", value: group as f64, allowed: "1 … 2³²" });
    }
    Ok(wide)
}

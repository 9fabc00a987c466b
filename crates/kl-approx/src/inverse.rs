//! α from a given divergence or slope, and the pruning equation of any [`Divergence`].
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | KL | `kl` | a divergence in nats, 0 … ∞ |
//! | dKL/d log α | `slope` | between [`STEEPEST_SLOPE`] and 0 |
//! | log α* | [`INFLECTION`] | where KL turns from concave to convex in log α |
//! | z² | `z2` | squared z-score over the KL weight λ |

use crate::divergence::Divergence;
use crate::error::Error;
use crate::exact::{self, EXCESS_AT_ZERO};
use crate::kernel::f64_kernel;
use crate::math::{exp_m1, ln};
use crate::root::bracketed;

/// The log α at which KL is steepest: concave in log α below, convex above (front page, "Where KL is convex").
/// Root of h/2 + u/2 − u h = 0, h = √u D(√u), by `scripts/oracle.py`; compared in `tests/kl_bounds.rs`.
pub const INFLECTION: f64 = -1.506_709_355_239_829_4;

/// dKL/d log α at [`INFLECTION`], its least value.
pub const STEEPEST_SLOPE: f64 = -0.642_374_719_828_423_2;

/// Which of the two log α with one slope: slopes between −½ and [`STEEPEST_SLOPE`] are taken twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Branch {
    /// log α ≥ [`INFLECTION`]: slopes from [`STEEPEST_SLOPE`] up to 0 (at α = ∞).
    Convex,
    /// log α ≤ [`INFLECTION`]: slopes from [`STEEPEST_SLOPE`] up to −½ (at α = 0).
    Concave,
}

/// log α from KL(α): +∞ at 0, −∞ at ∞.
///
/// # Errors
/// [`Error::Argument`] if `kl` is negative or NaN.
///
/// ```
/// let log_alpha = kl_approx::inverse::log_alpha_from_kl(1.25)?;
/// assert!((kl_approx::exact::kl(log_alpha) - 1.25).abs() < 1e-14);
/// # Ok::<(), kl_approx::Error>(())
/// ```
pub fn log_alpha_from_kl(kl: f64) -> Result<f64, Error> {
    if !(kl >= 0.0) {
        return Err(Error::Argument { field: "kl", value: kl, allowed: "[0, ∞]" });
    }
    // Beyond these, KL is its asymptote to the last bit: (γ + ln 2)/2 − ½ log α, and 1/(2α).
    if kl > 25.0 {
        return Ok(2.0 * (EXCESS_AT_ZERO - kl));
    }
    if kl < 1e-17 {
        return Ok(-ln(2.0 * kl));
    }
    // ½ log(1 + 1/α) ≤ KL ≤ 1/(2α), and KL ≤ (γ + ln 2)/2 + ½ log(1 + 1/α).
    let lower = -ln(exp_m1(2.0 * kl));
    let mut upper = -ln(2.0 * kl);
    if kl > EXCESS_AT_ZERO {
        upper = upper.min(-ln(exp_m1(2.0 * (kl - EXCESS_AT_ZERO))));
    }
    // Newton on log KL, which is nearly linear where KL is small and well behaved elsewhere, kept inside the bracket.
    let (mut lower, mut upper, mut x) = (lower, upper, 0.5 * (lower + upper));
    for _ in 0..60 {
        let (value, grad) = exact::kl_with_grad(x);
        if value > kl {
            lower = x
        } else {
            upper = x
        }
        let step = if kl < 1.0 { ln(value / kl) * value / grad } else { (value - kl) / grad };
        let mut next = x - step;
        if !(next >= lower && next <= upper) {
            next = 0.5 * (lower + upper);
        }
        if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs().max(1e-3) {
            return Ok(next);
        }
        x = next;
    }
    Ok(x)
}

/// log α from dKL/d log α on one branch.
///
/// Near [`STEEPEST_SLOPE`] the root is double, so that half the digits are lost there, and near −½ on the concave branch
/// a slope determines α only through its distance from −½: that is the problem's conditioning.
///
/// # Errors
/// [`Error::Argument`] if the branch never has that slope, or at NaN.
///
/// ```
/// use kl_approx::inverse::{Branch, log_alpha_from_slope};
/// let log_alpha = log_alpha_from_slope(-0.25, Branch::Convex)?;
/// assert!((kl_approx::exact::kl_grad(log_alpha) + 0.25).abs() < 1e-15);
/// # Ok::<(), kl_approx::Error>(())
/// ```
pub fn log_alpha_from_slope(slope: f64, branch: Branch) -> Result<f64, Error> {
    let (highest, allowed) = match branch {
        Branch::Convex => (0.0, "[STEEPEST_SLOPE, 0]"),
        Branch::Concave => (-0.5, "[STEEPEST_SLOPE, -0.5]"),
    };
    if !(STEEPEST_SLOPE <= slope && slope <= highest) {
        return Err(Error::Argument { field: "slope", value: slope, allowed });
    }
    match branch {
        // The slope is −u + 2u²/3 …, u = 1/(2α).
        Branch::Convex if slope > -1e-17 => Ok(-ln(-2.0 * slope)),
        Branch::Convex => {
            let far = -ln(-slope) + 1.0;
            Ok(bracketed(|l| ln(exact::kl_grad(l) / slope), INFLECTION, far))
        }
        Branch::Concave if slope == -0.5 => Ok(f64::NEG_INFINITY),
        Branch::Concave => Ok(bracketed(|l| exact::kl_grad(l) - slope, -45.0, INFLECTION)),
    }
}

/// Where one coordinate's optimum lies under a divergence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Threshold {
    /// α = ∞: the weight is 0.
    Pruned,
    /// Inside the domain.
    Kept {
        /// log α at the optimum.
        log_alpha: f64,
        /// 1/(1 + α), the weight over its least-squares value.
        shrinkage: f64,
    },
    /// At the upper end of a domain that ends before α = ∞: the divergence cannot prune.
    AtUpperEnd {
        /// The domain's upper end.
        log_alpha: f64,
    },
}

/// The left side of the pruning equation for any divergence, −2 (dKL/d log α) (1 + α)²/α (front page, equation 8').
#[must_use]
pub fn pruning_statistic<D: Divergence + ?Sized>(divergence: &D, log_alpha: f64) -> f64 {
    let slope = -2.0 * divergence.grad(log_alpha);
    if log_alpha.abs() < 650.0 {
        let e = f64_kernel::exp(-log_alpha.abs());
        // (1 + α)²/α = (1 + e)²/e, the same for α and 1/α.
        slope * (1.0 + e) * (1.0 + e) / e
    } else if log_alpha > 0.0 {
        1.0
    } else {
        slope * f64_kernel::exp((-log_alpha).min(800.0))
    }
}

/// The optimum of one coordinate under any divergence whose [`pruning_statistic`] falls with log α (the exact one, the
/// sigmoid family, empirical Bayes): the root of that statistic = z².
///
/// A bracketed search, about 50 times the cost of [`crate::ard::threshold_u`], which is the exact divergence's own. Close
/// above the threshold, log α is found to about 1e-16/(z² − 1), since a general divergence knows only its slope.
///
/// # Errors
/// [`Error::Argument`] if `z2` is NaN or negative, or so small that the root lies below the domain's lower end.
///
/// ```
/// use kl_approx::{EmpiricalBayes, inverse::{Threshold, threshold}};
/// // Empirical Bayes shrinks like the relevance vector machine, by 1 − 1/z².
/// let Threshold::Kept { shrinkage, .. } = threshold(&EmpiricalBayes, 4.0)? else { unreachable!() };
/// assert!((shrinkage - 0.75).abs() < 1e-14);
/// # Ok::<(), kl_approx::Error>(())
/// ```
pub fn threshold<D: Divergence + ?Sized>(divergence: &D, z2: f64) -> Result<Threshold, Error> {
    if !(z2 >= 0.0) {
        return Err(Error::Argument { field: "z2", value: z2, allowed: "[0, ∞]" });
    }
    let domain = divergence.domain();
    let excess = |l: f64| ln(pruning_statistic(divergence, l) / z2);
    // Above log α = 38, (1 + α)²/α · e^(−log α) is 1 to the last bit.
    let upper = domain.upper.min(38.0);
    if z2 <= 1.0 && domain.upper > upper || !(excess(upper) < 0.0) {
        return Ok(if domain.upper > upper {
            Threshold::Pruned
        } else {
            Threshold::AtUpperEnd { log_alpha: domain.upper }
        });
    }
    // The statistic is at least e^(−log α) times a slope near 1.
    let lower = domain.lower.max(-ln(z2) - 3.0).max(-800.0);
    if z2 == f64::INFINITY || !(excess(lower) > 0.0) {
        let log_alpha = if z2 == f64::INFINITY { domain.lower } else { lower };
        return Ok(Threshold::Kept { log_alpha, shrinkage: shrinkage_at(log_alpha) });
    }
    let log_alpha = bracketed(excess, lower, upper);
    Ok(Threshold::Kept { log_alpha, shrinkage: shrinkage_at(log_alpha) })
}

/// 1/(1 + α).
fn shrinkage_at(log_alpha: f64) -> f64 {
    let e = f64_kernel::exp(-log_alpha.abs());
    if log_alpha > 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

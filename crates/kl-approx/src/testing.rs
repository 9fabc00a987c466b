//! A proptest strategy and assertions for any [`Divergence`]: put an approximation of your own through the tests that this
//! crate's go through.
//!
//! [`check`] calls every method of the trait: [`Divergence::value_grad`] is held to the claims, and every other method to
//! [`Divergence::value_grad`], one point at a time, in slices of many lengths, in single precision, at the ends of the domain
//! and outside it.
//!
//! ```
//! use kl_approx::testing::{Claims, check};
//! use kl_approx::Sigmoid;
//! let mine = Sigmoid { k1: 0.635, k2: 1.887, k3: 1.494 };
//! let claims = Claims { max_abs_error: 0.0095, ..Claims::default() };
//! check(&mine, &claims).unwrap();
//! // A claim that is too good is found out.
//! assert!(check(&mine, &Claims { max_abs_error: 0.008, ..claims }).is_err());
//! ```

mod methods;
mod points;

pub use points::log_alphas;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::approximation::EmpiricalBayes;
use crate::divergence::Divergence;
use crate::exact;
use crate::exact::EXCESS_AT_ZERO;

/// What an approximation claims about itself. A claim that is not made is not tested.
///
/// The default claims everything but an error: ≥ 0, strictly decreasing, between the bounds of equation 4, vanishing as
/// α → ∞, with a right gradient, and with methods that agree with one another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Claims {
    /// |value − exact KL| nowhere exceeds this, in nats (∞ claims nothing).
    pub max_abs_error: f64,
    /// |gradient − central difference of the values| over |gradient| nowhere exceeds this (∞ claims nothing). The step is
    /// 1e-4, whose own error is about 1e-8 of the gradient; what the values' rounding does to the difference is added.
    pub gradient_error: f64,
    /// Values are ≥ 0.
    pub nonnegative: bool,
    /// Values fall strictly as log α rises.
    pub decreasing: bool,
    /// Values are at least ½ log(1 + 1/α).
    pub above_lower_bound: bool,
    /// Values are at most ½ log(1 + 1/α) + (γ + ln 2)/2.
    pub below_upper_bound: bool,
    /// The value at log α = +∞ is 0.
    pub vanishes: bool,
    /// `value`, `grad` and `value_grad_slice` differ from `value_grad` by at most this, relatively.
    pub agreement: f64,
    /// `value_grad_slice_f32` differs from `value_grad` at the same log α by at most this, relatively.
    pub agreement_f32: f64,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            max_abs_error: f64::INFINITY,
            gradient_error: 1e-7,
            nonnegative: true,
            decreasing: true,
            above_lower_bound: true,
            below_upper_bound: true,
            vanishes: true,
            agreement: 1e-14,
            agreement_f32: 16.0 * f64::from(f32::EPSILON),
        }
    }
}

/// A claim that does not hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Violation {
    /// Which claim: a field of [`Claims`], or the method of [`Divergence`] that is wrong.
    pub claim: &'static str,
    /// The log α where the claim fails; NaN if it fails at none in particular.
    pub log_alpha: f64,
    /// What was found.
    pub found: f64,
    /// What it had to stay within, or to be.
    pub allowed: f64,
}

impl core::fmt::Display for Violation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { claim, log_alpha, found, allowed } = self;
        write!(f, "{claim} fails at log α = {log_alpha}: {found}, allowed {allowed}")
    }
}

impl core::error::Error for Violation {}

/// `Err` unless `holds`. Write `holds` so that NaN makes it false.
fn require(
    claim: &'static str,
    log_alpha: f64,
    found: f64,
    allowed: f64,
    holds: bool,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { claim, log_alpha, found, allowed }) }
}

/// Tests every claim, and the agreement of all methods, at one log α inside the domain: the body of a property test of your own.
///
/// # Errors
/// The first [`Violation`].
pub fn check_at<D: Divergence + ?Sized>(
    divergence: &D,
    claims: &Claims,
    log_alpha: f64,
) -> Result<(), Violation> {
    values(divergence, claims, log_alpha)?;
    slope(divergence, claims, log_alpha)?;
    methods::at(divergence, claims, log_alpha)
}

/// The claims about the value.
fn values<D: Divergence + ?Sized>(divergence: &D, claims: &Claims, l: f64) -> Result<(), Violation> {
    let (value, _) = divergence.value_grad(l);
    let (lower, _) = EmpiricalBayes.value_grad(l);
    let (exact_kl, _) = exact::kl_with_grad(l);
    let rounding = 8.0 * f64::EPSILON;
    // At −∞ both values are infinite and their difference is NaN.
    let error = if value == exact_kl { 0.0 } else { (value - exact_kl).abs() };
    let allowed = claims.max_abs_error + if exact_kl.is_finite() { rounding * exact_kl } else { 0.0 };
    let claimed = claims.max_abs_error != f64::INFINITY;
    require("max_abs_error", l, error, allowed, !claimed || error <= allowed)?;
    require("nonnegative", l, value, 0.0, !claims.nonnegative || value >= 0.0)?;
    let floor = lower * (1.0 - rounding);
    require("above_lower_bound", l, value, floor, !claims.above_lower_bound || value >= floor)?;
    let ceiling = (lower + EXCESS_AT_ZERO) * (1.0 + rounding);
    require("below_upper_bound", l, value, ceiling, !claims.below_upper_bound || value <= ceiling)?;
    require("value_grad", l, value, f64::NAN, !value.is_nan())?;
    for step in [1e-3, 0.1, 3.0] {
        // Past 700 values may underflow to 0; below −1e6 a step of 1e-3 is lost in the rounding of values.
        if claims.decreasing && l > -1e6 && l + step <= divergence.domain().upper.min(700.0) {
            let next = divergence.value_grad(l + step).0;
            require("decreasing", l, next, value, next < value)?;
        }
    }
    Ok(())
}

/// The claim about the gradient: a central difference of the values, or the limits at ±∞.
fn slope<D: Divergence + ?Sized>(divergence: &D, claims: &Claims, l: f64) -> Result<(), Violation> {
    let (value, grad) = divergence.value_grad(l);
    require("value_grad", l, grad, f64::NAN, !grad.is_nan())?;
    if claims.gradient_error == f64::INFINITY {
        return Ok(());
    }
    let bounded = claims.above_lower_bound && claims.below_upper_bound;
    if l == f64::NEG_INFINITY {
        // Between two bounds with the slope −½ a slope that has a limit has this one.
        let error = (grad + 0.5).abs();
        let allowed = claims.gradient_error;
        return require("gradient_error", l, error, allowed, !bounded || error <= allowed);
    }
    if l == f64::INFINITY {
        return require("gradient_error", l, grad, 0.0, !claims.vanishes || grad == 0.0);
    }
    // Far to the left a step of 1e-4 is lost in rounding, and nothing bends there on a scale of one.
    let h = if l < -700.0 { -1e-4 * l } else { 1e-4 };
    let domain = divergence.domain();
    if l > 700.0 || l - h < domain.lower || l + h > domain.upper || l < -1e300 {
        return Ok(());
    }
    // The points' own spacing, not 2h: far out l ± h are rounded.
    let (a, b) = (l - h, l + h);
    let difference = (divergence.value_grad(b).0 - divergence.value_grad(a).0) / (b - a);
    let error = (difference - grad).abs();
    let allowed = claims.gradient_error * grad.abs() + 8.0 * f64::EPSILON * value.abs() / h;
    require("gradient_error", l, error, allowed, error <= allowed)
}

/// Tests every claim and every method on an even grid, on 2000 random log α (the same ones every time), at the ends of the domain
/// and far out, and that questions outside the domain are refused.
///
/// # Errors
/// A [`Violation`], shrunk towards a simple log α if it was a random one.
pub fn check<D: Divergence + ?Sized>(divergence: &D, claims: &Claims) -> Result<(), Violation> {
    let domain = divergence.domain();
    require("domain", domain.lower, domain.upper, domain.lower, domain.lower <= domain.upper)?;
    require("name", f64::NAN, 0.0, 1.0, !divergence.name().trim().is_empty())?;
    methods::refusals(divergence)?;
    if claims.vanishes && domain.upper == f64::INFINITY {
        let found = divergence.value_grad(f64::INFINITY).0;
        require("vanishes", f64::INFINITY, found, 0.0, found == 0.0)?;
    }
    for l in points::listed(domain) {
        check_at(divergence, claims, l)?;
    }
    methods::slices(divergence, claims)?;
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&log_alphas(domain), |l| {
        check_at(divergence, claims, l).map_err(|v| TestCaseError::fail(v.to_string()))
    });
    match result {
        Err(TestError::Fail(_, l)) => check_at(divergence, claims, l),
        Ok(()) | Err(TestError::Abort(_)) => Ok(()), // Nothing is rejected, so nothing aborts.
    }
}

//! A proptest strategy and assertions for any [`Divergence`]: put an approximation of your own through the tests that this
//! crate's go through.
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

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::exact::EXCESS_AT_ZERO;
use crate::{Divergence, Domain, EmpiricalBayes, exact};

/// What an approximation claims about itself. A claim that is not made is not tested.
///
/// The default claims everything but an error: ≥ 0, strictly decreasing, between the bounds of equation 4, vanishing as
/// α → ∞, with a right gradient.
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
        }
    }
}

/// A claim that does not hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Violation {
    /// Which claim, the field's name in [`Claims`], or `domain`.
    pub claim: &'static str,
    /// Where.
    pub log_alpha: f64,
    /// What was found.
    pub found: f64,
    /// What it had to stay within.
    pub allowed: f64,
}

impl core::fmt::Display for Violation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { claim, log_alpha, found, allowed } = self;
        write!(f, "{claim} fails at log α = {log_alpha}: {found}, allowed {allowed}")
    }
}

impl core::error::Error for Violation {}

/// log α worth testing inside a domain: mostly where something happens, some far out on both sides, and the ends.
pub fn log_alphas(domain: Domain) -> impl Strategy<Value = f64> {
    let anywhere = prop_oneof![
        6 => -12.0..12.0f64,
        3 => -60.0..60.0f64,
        1 => -700.0..700.0f64,
        1 => prop::sample::select(vec![-700.0, -0.0, 0.0, 5e-324, 700.0]),
    ];
    // Reflected at an end of the domain, so that nothing is thrown away.
    anywhere.prop_map(move |l| {
        let l = if l > domain.upper { 2.0 * domain.upper - l } else { l };
        let l = if l < domain.lower { 2.0 * domain.lower - l } else { l };
        l.min(domain.upper)
    })
}

/// Tests every claim at one log α: the body of a property test of your own.
///
/// # Errors
/// The first [`Violation`].
pub fn check_at<D: Divergence + ?Sized>(
    divergence: &D,
    claims: &Claims,
    log_alpha: f64,
) -> Result<(), Violation> {
    let l = log_alpha;
    let (value, grad) = divergence.value_grad(l);
    let (lower, _) = EmpiricalBayes.value_grad(l);
    let (exact_kl, _) = exact::kl_with_grad(l);
    let rounding = 8.0 * f64::EPSILON;
    // Every comparison is written so that NaN fails it.
    let require = |claimed: bool, claim, found: f64, allowed: f64, holds: bool| {
        if claimed && !holds { Err(Violation { claim, log_alpha: l, found, allowed }) } else { Ok(()) }
    };
    let error = (value - exact_kl).abs();
    let allowed = claims.max_abs_error + rounding * exact_kl;
    require(claims.max_abs_error < f64::INFINITY, "max_abs_error", error, allowed, error <= allowed)?;
    require(claims.nonnegative, "nonnegative", value, 0.0, value >= 0.0)?;
    let floor = lower * (1.0 - rounding);
    require(claims.above_lower_bound, "above_lower_bound", value, floor, value >= floor)?;
    let ceiling = (lower + EXCESS_AT_ZERO) * (1.0 + rounding);
    require(claims.below_upper_bound, "below_upper_bound", value, ceiling, value <= ceiling)?;
    let domain = divergence.domain();
    for step in [1e-3, 0.1, 3.0] {
        if claims.decreasing && l + step <= domain.upper.min(700.0) {
            let next = divergence.value(l + step);
            require(true, "decreasing", next, value, next < value)?;
        }
    }
    let h = 1e-4;
    if claims.gradient_error < f64::INFINITY && l - h >= domain.lower && l + h <= domain.upper {
        // The points' own spacing, not 2h: far out l ± h are rounded.
        let (a, b) = (l - h, l + h);
        let difference = (divergence.value(b) - divergence.value(a)) / (b - a);
        let error = (difference - grad).abs();
        let allowed = claims.gradient_error * grad.abs() + rounding * value.abs() / h;
        require(true, "gradient_error", error, allowed, error <= allowed)?;
    }
    Ok(())
}

/// Tests every claim on an even grid, on 2000 random log α (the same ones every time), at the limits, and that questions
/// outside the domain are refused.
///
/// # Errors
/// A [`Violation`], shrunk towards a simple log α if it was a random one.
pub fn check<D: Divergence + ?Sized>(divergence: &D, claims: &Claims) -> Result<(), Violation> {
    let domain = divergence.domain();
    limits(divergence, claims)?;
    for i in -3840..=3840 {
        let l = f64::from(i) / 64.0;
        if domain.contains(l) {
            check_at(divergence, claims, l)?;
        }
    }
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

/// The limit at α = ∞, and that NaN and points outside the domain are refused.
fn limits<D: Divergence + ?Sized>(divergence: &D, claims: &Claims) -> Result<(), Violation> {
    let domain = divergence.domain();
    if claims.vanishes && domain.upper == f64::INFINITY {
        let found = divergence.value(f64::INFINITY);
        if found != 0.0 {
            return Err(Violation { claim: "vanishes", log_alpha: f64::INFINITY, found, allowed: 0.0 });
        }
    }
    for l in [f64::NAN, domain.lower.next_down(), domain.upper.next_up()] {
        if !domain.contains(l) && divergence.try_value_grad(l).is_ok() {
            return Err(Violation {
                claim: "domain",
                log_alpha: l,
                found: divergence.value(l),
                allowed: f64::NAN,
            });
        }
    }
    Ok(())
}

//! The trapezoid rule for E f(m + sε), ε ~ N(0, 1), f analytic in a strip around the real axis.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | s | `s` | standard deviation of z |
//! | d | `strip` | half-width of the strip |Im z| < d in which f is analytic |
//! | h | `step` | distance of the nodes in ε |
//!
//! For an integrand that is analytic in |Im ε| < a the rule errs by about e^{a²/2 − 2πa/h} times the size of f in the strip
//! (Trefethen & Weideman 2014, theorem 5.1; e^{a²/2} is the size of the Gaussian there). Here a = min(d/s, √(2G)), and the step that
//! makes the exponent −G is h = 2πa/(G + a²/2). The number of nodes grows in proportion to s: where s is large the families use
//! other rules.

use std::f64::consts::PI;

/// G: the rule's relative error is about e^{−G} = 1e-13.
const EXPONENT: f64 = 30.0;

/// Nodes lie in |ε| ≤ this; the Gaussian's mass outside is 1.3e-14.
const REACH: f64 = 7.7;

/// Nodes on either side at most.
const MOST: usize = 4000;

/// 1/√(2π).
pub(crate) const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Calls `add(z, weight)` for every node; the weights sum to 1.
#[inline]
pub(crate) fn nodes(m: f64, s: f64, strip: f64, add: impl FnMut(f64, f64)) {
    nodes_to(EXPONENT, REACH, m, s, strip, add);
}

/// [`nodes`] with an error of about e^{−`exponent`}, over |ε| ≤ `reach`.
#[inline]
pub(crate) fn nodes_to(exponent: f64, reach: f64, m: f64, s: f64, strip: f64, mut add: impl FnMut(f64, f64)) {
    let a = (strip / s).min((2.0 * exponent).sqrt());
    let step = 2.0 * PI * a / (exponent + 0.5 * a * a);
    // Past s of about 100 strips the bound on the error gives way to a bound on the work; the function is then all but its two asymptotes.
    let half = ((reach / step).ceil() as usize).min(MOST);
    let step = if half == MOST { reach / MOST as f64 } else { step };
    // Weights by the recurrence e^{−(k+1)²h²/2} = e^{−k²h²/2} · e^{−(2k+1)h²/2}: one exponential in all, rounding below 1e-13.
    let (shrink, square) = ((-0.5 * step * step).exp(), (-step * step).exp());
    let (mut weight, mut ratio) = (step * INV_SQRT_TAU, shrink);
    add(m, weight);
    for k in 1..=half {
        weight *= ratio;
        ratio *= square;
        let offset = s * step * k as f64;
        add(m + offset, weight);
        add(m - offset, weight);
    }
}

//! Two classes: t is 1 for the class that a large z speaks for, 0 for the other.

use crate::family::{Expectation, Scalar};
use crate::quadrature::logistic;
use crate::quadrature::trapezoid::nodes;

/// P(t = 1 | z) = σ(z).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logit;

impl Logit {
    /// log p = t z − log(1 + e^z), so g = t − E σ(z) and w = E σ′(z).
    ///
    /// To be compiled into the caller's instruction set.
    #[inline(always)]
    pub(crate) fn expectation_inlined(t: f64, m: f64, v: f64) -> Expectation {
        // The sign makes the value a sum of negative terms, without cancellation where the class is all but certain.
        let sign = if t > 0.5 { -1.0 } else { 1.0 };
        let f = logistic::softplus_inlined(sign * m, v);
        Expectation { bound: -f.value, g: -sign * f.slope, w: f.curvature, third: -sign * f.third }
    }
}

impl Scalar for Logit {
    fn expectation(&self, t: f64, m: f64, v: f64) -> Expectation {
        Self::expectation_inlined(t, m, v)
    }

    fn link(&self, mean: f64) -> f64 {
        (mean / (1.0 - mean)).ln()
    }
}

/// P(t = 1 | z) = Φ(z), Φ the normal distribution function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probit;

/// Half-width of the strip in which log Φ is analytic: the zeros of Φ nearest to the real axis are −1.916 ± 2.816i.
const STRIP: f64 = 2.8;

impl Scalar for Probit {
    /// log p = log Φ(x), x = ±z; its slope is r = φ(x)/Φ(x), and −r′ = r (x + r).
    fn expectation(&self, t: f64, m: f64, v: f64) -> Expectation {
        let sign = if t > 0.5 { 1.0 } else { -1.0 };
        let (mut bound, mut slope, mut w, mut third) = (0.0, 0.0, 0.0, 0.0);
        let mut add = |x: f64, weight: f64| {
            let (log, r, curvature) = log_normal_cdf(x);
            bound += weight * log;
            slope += weight * r;
            w += weight * curvature;
            third += weight * (curvature * (x + r) - r * (1.0 - curvature));
        };
        if v > 0.0 {
            nodes(sign * m, v.sqrt(), STRIP, add)
        } else {
            add(sign * m, 1.0)
        }
        Expectation { bound, g: sign * slope, w, third: sign * third }
    }

    fn link(&self, mean: f64) -> f64 {
        // Enough for a start: the logit over 1.6.
        (mean / (1.0 - mean)).ln() / 1.6
    }
}

/// log Φ(x), r = φ(x)/Φ(x) and r (x + r).
fn log_normal_cdf(x: f64) -> (f64, f64, f64) {
    const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
    if x > -12.0 {
        let cdf = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        let r = INV_SQRT_TAU * (-0.5 * x * x).exp() / cdf;
        let log =
            if x > 0.0 { (-0.5 * libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2)).ln_1p() } else { cdf.ln() };
        return (log, r, (r * (x + r)).clamp(0.0, 1.0));
    }
    // Φ(x) = φ(x)/|x| (1 − 1/x² + 3/x⁴ − …): nine terms leave 1e-15 at |x| = 12.
    let y = 1.0 / (x * x);
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..10 {
        term *= -f64::from(2 * k - 1) * y;
        sum += term;
    }
    let log = -0.5 * x * x - (-x).ln() - 0.918_938_533_204_672_7 + sum.ln();
    // x + r = −x (1 − sum)/sum, without cancellation from the series of 1 − sum.
    let r = -x / sum;
    let mut rest = 0.0;
    let mut term = 1.0;
    for k in 1..10 {
        term *= -f64::from(2 * k - 1) * y;
        rest -= term;
    }
    (log, r, r * (-x) * rest / sum)
}

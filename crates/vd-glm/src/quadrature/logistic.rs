//! E log(1 + e^z) and its derivatives under z ~ N(m, v), with an error bounded for every m and v.
//!
//! Up to s = √v = 6 the trapezoid rule in ε (σ has its poles at ±iπ: the strip is π wide). Beyond, the number of its nodes grows,
//! and the convolution is taken the other way round, over the fixed function σ′(y) that falls like e^{−|y|}:
//!
//! ```text
//! E log(1 + e^z) = ∫ σ′(y) [(m − y) Φ((m − y)/s) + s φ((m − y)/s)] dy,    E σ = ∫ σ′(y) Φ((m − y)/s) dy,
//! E σ′ = ∫ σ′(y) φ((m − y)/s)/s dy
//! ```
//!
//! because log(1 + e^z) = ∫ σ′(y) max(z − y, 0) dy. The integrand is analytic for |Im y| < π, so a step of 0.6 errs by e^{−2π²/0.6} = 5e-15.

use std::sync::LazyLock;

use crate::quadrature::Moments;
use crate::quadrature::trapezoid::{INV_SQRT_TAU, nodes};

/// The standard deviation from which the second rule is used.
const WIDE: f64 = 6.0;

/// Step of the second rule.
const STEP: f64 = 0.6;

/// Nodes y > 0 of the second rule with their weights STEP · σ′(y); σ′ is even. σ′(36.6) = 1e-16.
static KERNEL: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    (0..=61)
        .map(|k| {
            let y = STEP * f64::from(k);
            let e = (-y).exp();
            (y, STEP * e / ((1.0 + e) * (1.0 + e)))
        })
        .collect()
});

/// E log(1 + e^z), E σ(z), E σ′(z) for z ~ N(m, v).
pub(crate) fn softplus(m: f64, v: f64) -> Moments {
    if !(v > 0.0) {
        return at(m);
    }
    let s = v.sqrt();
    if s <= WIDE { narrow(m, s) } else { wide(m, s) }
}

/// The function itself: v = 0.
fn at(z: f64) -> Moments {
    let e = (-z.abs()).exp();
    let inverse = 1.0 / (1.0 + e);
    Moments {
        value: z.max(0.0) + e.ln_1p(),
        slope: if z >= 0.0 { inverse } else { e * inverse },
        curvature: e * inverse * inverse,
    }
}

fn narrow(m: f64, s: f64) -> Moments {
    let mut sum = Moments { value: 0.0, slope: 0.0, curvature: 0.0 };
    nodes(m, s, std::f64::consts::PI, |z, weight| {
        let f = at(z);
        sum.value += weight * f.value;
        sum.slope += weight * f.slope;
        sum.curvature += weight * f.curvature;
    });
    sum
}

fn wide(m: f64, s: f64) -> Moments {
    let mut sum = Moments { value: 0.0, slope: 0.0, curvature: 0.0 };
    let mut add = |y: f64, weight: f64| {
        let r = (m - y) / s;
        let density = INV_SQRT_TAU * (-0.5 * r * r).exp();
        let below = 0.5 * libm::erfc(-r * std::f64::consts::FRAC_1_SQRT_2);
        sum.value += weight * s * (r * below + density).max(0.0);
        sum.slope += weight * below;
        sum.curvature += weight * density / s;
    };
    for (k, &(y, weight)) in KERNEL.iter().enumerate() {
        add(y, weight);
        if k > 0 {
            add(-y, weight);
        }
    }
    sum
}

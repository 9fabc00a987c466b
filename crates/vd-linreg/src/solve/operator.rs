//! The thresholding operator: the best u = 1/(2α) of one feature given its squared z-score.
//!
//! With q the feature's coordinate-wise least-squares numerator and z² = βq²/S, the objective, maximised over θ, is
//! stationary in u where
//!
//! ```text
//! h(u) = (1 + 2u)² dKL/du = z²/λ          (exact KL: dKL/du = D(√u)/√u, D Dawson's function)
//! ```
//!
//! h rises from 1 for the divergences that reach α = ∞, so z² ≤ λ means u = 0 (α = ∞, θ = 0, pruned exactly) and z² > λ has one
//! root. Then θ = (q/S)·2u/(1 + 2u).

use std::f64::consts::LN_2;

use kl_approx::{Divergence, Domain, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid};

/// A divergence with its thresholding operator.
///
/// An empty `impl` suffices for a divergence of your own if (1 + 2u)² dKL/du rises with u = 1/(2α), as it does for every
/// divergence of `kl-approx`, and tends to 1 as u → 0 where the domain reaches α = ∞.
pub trait Thresholding: Divergence + Sync {
    /// u solving h(u) = `ratio`; 0 if the feature is pruned; the domain's end if the root lies outside.
    ///
    /// `ratio` is z²/λ ≥ 0. The default is a bracketed secant iteration on the divergence's gradient.
    fn inverse(&self, ratio: f64) -> f64 {
        generic_inverse(self, ratio)
    }

    /// u maximising the objective at a given θ: the root of 4u² dKL/du = `ratio` = βS θ²/λ, or the end of the domain.
    fn inverse_at(&self, ratio: f64) -> f64 {
        generic_inverse_at(self, ratio)
    }

    /// Whether α = ∞ belongs to the domain, so that features can be pruned.
    fn prunes(&self) -> bool {
        self.domain().upper == f64::INFINITY
    }
}

impl Thresholding for Sigmoid {}
impl Thresholding for KingmaCubic {}
impl Thresholding for KingmaBound {}

impl Thresholding for Exact {
    fn inverse(&self, ratio: f64) -> f64 {
        // NaN cannot come from finite data; it prunes.
        kl_approx::ard::threshold_u(ratio).map_or(0.0, |u| if u < LARGEST_U { u } else { LARGEST_U })
    }
}

impl Thresholding for EmpiricalBayes {
    /// dKL/du = 1/(1 + 2u), so h(u) = 1 + 2u.
    fn inverse(&self, ratio: f64) -> f64 {
        (0.5 * (ratio - 1.0)).clamp(0.0, LARGEST_U)
    }
}

/// Beyond this u the shrinkage 2u/(1 + 2u) is 1 in floating point and log α is representable with room to spare.
pub(crate) const LARGEST_U: f64 = 1e150;

/// 2u/(1 + 2u) = 1/(1 + α), the factor between the least-squares coordinate and θ.
pub(crate) fn shrinkage(u: f64) -> f64 {
    kl_approx::ard::shrinkage(u)
}

/// log α = −log 2u, +∞ at u = 0.
pub(crate) fn log_alpha(u: f64) -> f64 {
    -(2.0 * u).ln()
}

/// log h at log u = `l`: 2 log(1 + 2u) + log(−dKL/d log α) − log u.
fn log_h<D: Divergence + ?Sized>(divergence: &D, l: f64) -> f64 {
    let grad = divergence.grad(-l - LN_2);
    let twice_u = (l + LN_2).exp();
    2.0 * twice_u.ln_1p() + (-grad).ln() - l
}

/// The ends of the domain as log u.
fn log_u_range(domain: Domain) -> (f64, f64) {
    let end = |l: f64, far: f64| if l.is_finite() { -l - LN_2 } else { far };
    (end(domain.upper, -LARGEST_U.ln()), end(domain.lower, LARGEST_U.ln()))
}

/// The root of log h(e^l) = log ratio.
fn generic_inverse<D: Divergence + ?Sized>(divergence: &D, ratio: f64) -> f64 {
    let domain = divergence.domain();
    if !(ratio > 1.0) && domain.upper == f64::INFINITY {
        return 0.0;
    }
    let goal = ratio.ln();
    // Near the threshold h − 1 is of the order of u.
    let start = ((ratio - 1.0) * 0.4).max(f64::MIN_POSITIVE).ln();
    match root(|l| log_h(divergence, l) - goal, start, log_u_range(domain)) {
        Root::At(l) | Root::Above(l) => l.exp(),
        Root::Below(_) if domain.upper == f64::INFINITY => 0.0,
        Root::Below(l) => l.exp(),
    }
}

/// The root of log 4u² dKL/du = log(−4u dKL/d log α) = log ratio.
fn generic_inverse_at<D: Divergence + ?Sized>(divergence: &D, ratio: f64) -> f64 {
    let goal = ratio.max(f64::MIN_POSITIVE).ln();
    let f = |l: f64| (-4.0 * divergence.grad(-l - LN_2)).ln() + l - goal;
    match root(
        f,
        (0.5 * (ratio + ratio.sqrt())).max(f64::MIN_POSITIVE).ln(),
        log_u_range(divergence.domain()),
    ) {
        Root::At(l) | Root::Above(l) | Root::Below(l) => l.exp(),
    }
}

/// Where a rising function crosses zero.
enum Root {
    At(f64),
    /// It is negative up to the end of the range.
    Above(f64),
    /// It is positive from the start of the range.
    Below(f64),
}

/// The zero of a rising f: a bracket found from `start` by doubling steps, then the Illinois variant of regula falsi.
fn root(f: impl Fn(f64) -> f64, start: f64, (lowest, highest): (f64, f64)) -> Root {
    let start = start.max(lowest).min(highest);
    let (mut a, mut b) = (start, start);
    let (mut fa, mut fb) = (f(start), f(start));
    let mut step = 0.5;
    while fa >= 0.0 {
        if a <= lowest {
            return Root::Below(lowest);
        }
        (b, fb) = (a, fa);
        a = (a - step).max(lowest);
        fa = f(a);
        step *= 2.0;
    }
    step = 0.5;
    while !(fb >= 0.0) {
        if b >= highest {
            return Root::Above(highest);
        }
        (a, fa) = (b, fb);
        b = (b + step).min(highest);
        fb = f(b);
        step *= 2.0;
    }
    let mut side = 0;
    for _ in 0..200 {
        let c = (a * fb - b * fa) / (fb - fa);
        let c = if c > a && c < b { c } else { 0.5 * (a + b) };
        let fc = f(c);
        if fc == 0.0 || b - a <= 2.0 * f64::EPSILON * c.abs().max(1.0) {
            return Root::At(c);
        }
        if fc < 0.0 {
            (a, fa) = (c, fc);
            fb *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        } else {
            (b, fb) = (c, fc);
            fa *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        }
    }
    Root::At(0.5 * (a + b))
}

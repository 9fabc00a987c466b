//! The Laplace transform of the log-normal distribution, φ(a, s) = E exp(−e^{a + sε}), from a table.
//!
//! Tabulated is T(a, s) = log(−log φ(a, s)) − a: 0 at s = 0, s²/2 as a → −∞, and smooth between. The table has a row for each
//! multiple of [`S_STEP`], made when it is first needed by the trapezoid rule (error about 1e-13), and is read by polynomial
//! interpolation, six points in s and eight in a. Every function here is even in s, so that rows at −s are those at s.

use std::sync::OnceLock;

use crate::quadrature::exponential::{exp, ln, upper_tail};
use crate::quadrature::trapezoid::{INV_SQRT_TAU, nodes};

/// Distance of the rows in s.
pub(crate) const S_STEP: f64 = 1.0 / 16.0;

/// Distance of the points in a.
pub(crate) const A_STEP: f64 = 0.25;

/// Rows 0 to this one: s up to 12 (a variance of 144), and three rows more for the interpolation.
const ROWS: usize = 12 * 16 + 4;

/// The largest s that the table serves.
pub(crate) const S_MAX: f64 = 12.0;

/// Left of a row's first point y = e^{a+T} is below this, and T is its limit s²/2.
const SMALLEST_Y: f64 = 1e-10;

/// Right of a row's last point y is above this, and the product of the φ is below 1e-13.
const LARGEST_Y: f64 = 30.0;

/// One row of the table.
pub(crate) struct Row {
    /// Index of the first point: its a is `first`·[`A_STEP`].
    pub first: isize,
    /// T at the points.
    pub values: Vec<f64>,
    /// The smallest a with y ≥ 25.
    pub high: f64,
    /// An a left of which 1 − φ is the pure exponential e^{a+s²/2} to a relative 1e-4 and at most 1e-5, or is below 1e-10.
    pub low: f64,
}

static TABLE: [OnceLock<Row>; ROWS] = [const { OnceLock::new() }; ROWS];

/// The row at s = `index`·[`S_STEP`].
pub(crate) fn row(index: usize) -> &'static Row {
    TABLE[index.min(ROWS - 1)].get_or_init(|| make(index.min(ROWS - 1) as f64 * S_STEP))
}

/// T(a, s) by quadrature.
fn exact(a: f64, s: f64) -> f64 {
    if s == 0.0 {
        return 0.0;
    }
    // 1 − φ and φ as two sums without cancellation; exp(−e^z) is bounded for |Im z| < π/2.
    let (mut phi, mut complement) = (0.0, 0.0);
    nodes(a, s, std::f64::consts::FRAC_PI_2, |z, weight| {
        let e = (-z.exp()).exp_m1();
        phi += weight * (1.0 + e);
        complement -= weight * e;
    });
    let y = if phi > 0.5 { -(-complement).ln_1p() } else { -phi.max(f64::MIN_POSITIVE).ln() };
    // Where φ is lost in rounding nothing depends on it.
    y.min(LARGEST_Y + 10.0).ln() - a
}

/// The Edgeworth series of y = −log φ(a, s) for s above [`S_MAX`], φ erring by less than 1e-6.
///
/// With E exponential, exp(−e^y) = P(log E > y), so that φ(a, s) = P(U > a) for U = log E + sε: mean −γ, variance s² + π²/6, and the
/// cumulants κ₃ = −2ζ(3), κ₄ = π⁴/15, κ₅ = −24ζ(5), small beside s³, s⁴, s⁵.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wide {
    tau: f64,
    c: [f64; 4],
}

impl Wide {
    pub fn new(s: f64) -> Self {
        const K3: f64 = -2.404_113_806_319_188_6;
        const K4: f64 = 6.493_939_402_266_829;
        const K5: f64 = -24.886_266_123_440_88;
        let tau = s.hypot(1.282_549_830_161_864);
        let c3 = K3 / (6.0 * tau.powi(3));
        Self { tau, c: [c3, K4 / (24.0 * tau.powi(4)), K5 / (120.0 * tau.powi(5)), 0.5 * c3 * c3] }
    }

    /// y and its first two derivatives in a.
    #[inline(always)]
    pub fn at(&self, a: f64) -> [f64; 3] {
        let Self { tau, c: [c3, c4, c5, c6] } = *self;
        let x = (a + 0.577_215_664_901_532_9) / tau;
        // Hermite polynomials.
        let h2 = x * x - 1.0;
        let h3 = x * h2 - 2.0 * x;
        let h4 = x * h3 - 3.0 * h2;
        let h5 = x * h4 - 4.0 * h3;
        let h6 = x * h5 - 5.0 * h4;
        let h7 = x * h6 - 6.0 * h5;
        let bell = exp(-0.5 * x * x);
        let normal = INV_SQRT_TAU * bell;
        let phi = upper_tail(x, bell) + normal * (c3 * h2 + c4 * h3 + c5 * h4 + c6 * h5);
        let density = normal * (1.0 + c3 * h3 + c4 * h4 + c5 * h5 + c6 * h6) / tau;
        let slope = -normal * (x + c3 * h4 + c4 * h5 + c5 * h6 + c6 * h7) / (tau * tau);
        let phi = phi.clamp(1e-15, 1.0);
        let first = density.max(0.0) / phi;
        // φ″ = −d density/da.
        [-ln(phi), first, first * first + slope / phi]
    }
}

fn make(s: f64) -> Row {
    // Points from the left: as far as y matters, with room for the interpolation.
    let reach = (0.5 * s * s).min(7.0 * s);
    let first = ((-25.0 - reach) / A_STEP).floor() as isize;
    let mut values = Vec::new();
    let (mut high, mut low) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut past = 0;
    for index in first.. {
        let a = index as f64 * A_STEP;
        let t = exact(a, s);
        let y = (a + t).exp();
        if y >= 25.0 && high == f64::INFINITY {
            high = a;
        }
        let pure = y <= 1e-5 && (0.5 * s * s - t).abs() <= 1e-4;
        if y <= SMALLEST_Y || pure {
            low = a;
        }
        values.push(t);
        past += usize::from(y > LARGEST_Y);
        if past > 9 {
            break;
        }
    }
    Row { first, values, high, low }
}

//! E log Σ_k e^{z_k} for independent z_k ~ N(m_k, v_k), exactly, as an integral over one variable.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | K | `k` | number of classes |
//! | s_k = √v_k | `s` | standard deviations |
//! | φ(a, s) | [`lognormal`] | E exp(−e^{a + sε}), the log-normal's Laplace transform |
//! | y_k(x) | `y` | −log φ(m_k − x, s_k) |
//! | F(x) | `f` | Π_k φ(m_k − x, s_k) = exp(−Σ_k y_k(x)) |
//!
//! With G_k independent standard Gumbel variables, max_k (z_k + G_k) given z has the distribution function exp(−Σ_k e^{z_k − x}) and the
//! mean log Σ_k e^{z_k} + γ. Averaged over z the distribution function becomes the product F, so that
//!
//! ```text
//! E lse(z) = ∫ x dF(x) − γ = x₀ + ∫_{x₀}^∞ (1 − F) dx − ∫_{−∞}^{x₀} F dx − γ
//! E p_k = ∂/∂m_k = ∫ y_k′ F dx,     E p_k(1 − p_k) = ∂²/∂m_k² = 2 ∂/∂v_k = ∫ (y_k″ − y_k′²) F dx       (′ = ∂/∂m_k)
//! ```
//!
//! The trapezoid rule with the step h = ½ errs by about e^{−π²/h} = 3e-9: exp(−e^{−x}) is bounded for |Im x| < π/2. To the right the
//! integrand is cut where it is a pure exponential, whose sum is known.

use crate::quadrature::lognormal::{self, A_STEP, S_MAX, S_STEP};

/// Step of the integral over x, in points of the table.
const STRIDE: isize = 2;

/// Step of the integral over x.
const STEP: f64 = STRIDE as f64 * A_STEP;

/// Euler's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Points of the interpolation in a.
const TAPS: usize = 8;

/// Memory that the evaluations of many samples share.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scratch {
    window: Vec<f64>,
    /// y′, class by class.
    y1: Vec<f64>,
    /// y″ − y′².
    y2: Vec<f64>,
    /// Σ_k y_k, then the weights of the sum times F.
    total: Vec<f64>,
    /// Points that a class contributes to.
    used: Vec<usize>,
}

/// Lagrange's weights of the polynomial through the points 0, 1, …, n − 1 at `x`, with those of its first and second derivative.
fn lagrange<const N: usize>(x: f64) -> [[f64; N]; 3] {
    let mut out = [[0.0; N]; 3];
    for j in 0..N {
        let (mut f, mut d, mut dd) = (1.0, 0.0, 0.0);
        for i in 0..N {
            if i != j {
                let scale = 1.0 / (j as f64 - i as f64);
                let factor = (x - i as f64) * scale;
                dd = dd * factor + 2.0 * d * scale;
                d = d * factor + f * scale;
                f *= factor;
            }
        }
        out[0][j] = f;
        out[1][j] = d;
        out[2][j] = dd;
    }
    out
}

/// The expectation of log-sum-exp; fills `p` with E p_k and `w` with E p_k(1 − p_k).
pub(crate) fn log_sum_exp(m: &[f64], v: &[f64], p: &mut [f64], w: &mut [f64], scratch: &mut Scratch) -> f64 {
    if v.iter().all(|&v| !(v > 0.0)) {
        return certain(m, p, w);
    }
    let (mut start, mut end) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (&m, &v) in m.iter().zip(v) {
        let (low, high) = extent(v.max(0.0).sqrt());
        start = start.max(m - high);
        end = end.max(m - low);
    }
    if !(end - start < 2e4) {
        // Beyond any use, yet no reason to run for hours: the largest score decides.
        return certain(m, p, w);
    }
    // x_i = (start + i)·STEP: whole multiples, for every class the same.
    let first = (start / STEP).floor() as isize;
    let count = ((end / STEP).ceil() as isize - first).max(1) as usize + 1;
    scratch.used.resize(m.len(), 0);
    scratch.total.clear();
    scratch.total.resize(count, 0.0);
    for grid in [&mut scratch.y1, &mut scratch.y2] {
        grid.resize(count * m.len(), 0.0);
    }
    for (k, (&m, &v)) in m.iter().zip(v).enumerate() {
        let used = fill(m, v.max(0.0).sqrt(), first, k * count..(k + 1) * count, scratch);
        scratch.used[k] = used;
    }
    let sum = distribution(&mut scratch.total);
    let Scratch { y1, y2, total, used, .. } = scratch;
    for k in 0..m.len() {
        let place = k * count..k * count + used[k];
        // Interpolation leaves what is nearly 0 a little below it.
        p[k] = dot(&y1[place.clone()], total).max(0.0);
        w[k] = dot(&y2[place], total).max(0.0);
    }
    STEP * (first as f64 + 0.5 + sum) - EULER_GAMMA
}

/// v = 0.
fn certain(m: &[f64], p: &mut [f64], w: &mut [f64]) -> f64 {
    p.copy_from_slice(m);
    estimator::softmax_in_place(p);
    for (w, p) in w.iter_mut().zip(&*p) {
        *w = p * (1.0 - p);
    }
    estimator::log_sum_exp(m)
}

/// The a below which 1 − φ is a pure exponential or nothing, and the a above which φ is below 1e-11.
fn extent(s: f64) -> (f64, f64) {
    if s > S_MAX {
        return (-7.0 * s - 25.0, 7.0 * s + 4.0);
    }
    let row = lognormal::row((s / S_STEP).ceil() as usize);
    (row.low, row.high)
}

/// y′ and y″ − y′² of one class on the grid, y added to `total`; returns the number of points that matter.
fn fill(m: f64, s: f64, first: isize, place: std::ops::Range<usize>, scratch: &mut Scratch) -> usize {
    let Scratch { window, y1, y2, total, .. } = scratch;
    let (y1, y2) = (&mut y1[place.clone()], &mut y2[place]);
    if s > S_MAX {
        for i in 0..y1.len() {
            let y;
            [y, y1[i], y2[i]] = lognormal::wide(m - (first + i as isize) as f64 * STEP, s);
            y2[i] -= y1[i] * y1[i];
            total[i] += y;
        }
        return y1.len();
    }
    // Farther right y is below 2e-11.
    let end = (m - lognormal::row((s / S_STEP).ceil() as usize).first as f64 * A_STEP) / STEP;
    let count = (end.ceil() - first as f64).clamp(1.0, y1.len() as f64) as usize;
    // a_i = m − x_i falls with i; in points of the table a_i = whole_i + part.
    let at = m / A_STEP;
    let (whole, part) = (at.floor(), at - at.floor());
    let top = whole as isize - first * STRIDE;
    let lowest = top - STRIDE * (count as isize - 1) - (TAPS as isize / 2 - 1);
    let length = STRIDE as usize * (count - 1) + TAPS;
    rows(s, lowest, length, window);
    let [value, slope, bend] = lagrange::<TAPS>(part + (TAPS / 2 - 1) as f64);
    for i in 0..count {
        let from = STRIDE as usize * (count - 1 - i);
        let (mut t, mut t1, mut t2) = (0.0, 0.0, 0.0);
        let points = &window[from..from + TAPS];
        for j in 0..TAPS {
            t += value[j] * points[j];
            t1 += slope[j] * points[j];
            t2 += bend[j] * points[j];
        }
        let one = 1.0 + t1 / A_STEP;
        let a = m - (first + i as isize) as f64 * STEP;
        let e = (a + t).exp();
        let slope = e * one;
        y1[i] = slope;
        y2[i] = slope * one + e * (t2 / (A_STEP * A_STEP)) - slope * slope;
        total[i] += e;
    }
    count
}

/// T(·, s) at `length` points of the table from `lowest` on.
fn rows(s: f64, lowest: isize, length: usize, window: &mut Vec<f64>) {
    window.clear();
    if s == 0.0 {
        window.resize(length, 0.0);
        return;
    }
    window.resize(length, 0.0);
    let at = s / S_STEP;
    let below = at.floor();
    let [weights, _, _] = lagrange::<6>(at - below + 2.0);
    for (j, weight) in weights.iter().enumerate() {
        let index = (below as isize - 2 + j as isize).unsigned_abs();
        let row = lognormal::row(index);
        let row_s = index as f64 * S_STEP;
        let inside = (lowest - row.first).max(0) as usize;
        let before = (row.first - lowest).clamp(0, length as isize) as usize;
        let limit = weight * 0.5 * row_s * row_s;
        window[..before].iter_mut().for_each(|t| *t += limit);
        let stored = &row.values[inside.min(row.values.len())..];
        let shared = stored.len().min(length - before);
        for (t, value) in window[before..before + shared].iter_mut().zip(stored) {
            *t += weight * value;
        }
        let last = weight * row.values[row.values.len() - 1];
        window[before + shared..].iter_mut().for_each(|t| *t += last);
    }
}

/// Replaces `total` by the trapezoid's weights times F; returns the sum of 1 − F from the second point on, tail included.
fn distribution(total: &mut [f64]) -> f64 {
    // Σ_{i>0} e^{−ih}: beyond the last point every integrand falls like e^{−x}.
    let tail = 1.0 + 1.0 / STEP.exp_m1();
    let last = total.len() - 1;
    let mut sum = 0.0;
    for (i, total) in total.iter_mut().enumerate() {
        let weight = if i == last { tail } else { 1.0 };
        let below = (-*total).exp_m1();
        if i > 0 {
            sum -= weight * below;
        }
        *total = weight * STEP * (1.0 + below);
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

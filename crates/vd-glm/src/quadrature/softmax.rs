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
//! ∂³/∂m_k³ = ∫ (y_k‴ − 3 y_k′y_k″ + y_k′³) F dx
//! ```
//!
//! The trapezoid rule with the step h = ½ errs by about e^{−π²/h} = 3e-9: exp(−e^{−x}) is bounded for |Im x| < π/2. Where every s is large
//! the step is longer. To the right the
//! integrand is cut where it is a pure exponential, whose sum is known.

use crate::quadrature::exponential::exp;
use crate::quadrature::lognormal::{self, A_STEP, S_MAX, S_STEP};

/// Step of the integral over x, in points of the table, where some s is small.
const STRIDE: usize = 2;

/// The largest step.
const LONGEST: usize = 8;

/// From this s on, for every class, the step is twice as long; and four times from twice this s. F is then smooth: convolved with
/// normal densities, so that the rule's error falls like e^{−(2πs/h)²/2} besides.
const SMOOTH: f64 = 1.5;

/// Euler's constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Points of the interpolation in a.
const TAPS: usize = 8;

/// Memory that the evaluations of many samples share.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scratch {
    window: Vec<f64>,
    /// Every so many points of the window, from the first, the second, … on.
    phases: [Vec<f64>; LONGEST],
    /// T and its first three derivatives.
    interpolated: [Vec<f64>; 4],
    /// y′, class by class. Grids run with a, against x.
    y1: Vec<f64>,
    /// y″ − y′².
    y2: Vec<f64>,
    /// y‴ − 3 y′y″ + y′³.
    y3: Vec<f64>,
    /// Σ_k y_k, then the weights of the sum times F.
    total: Vec<f64>,
    /// Points that a class contributes to.
    used: Vec<usize>,
}

/// Lagrange's weights of the polynomial through the points 0, 1, …, n − 1 at `x`, with those of its first three derivatives.
#[inline(always)]
fn lagrange<const N: usize>(x: f64) -> [[f64; N]; 4] {
    let mut out = [[0.0; N]; 4];
    for j in 0..N {
        let (mut f, mut d, mut dd, mut ddd) = (1.0, 0.0, 0.0, 0.0);
        for i in 0..N {
            if i != j {
                let scale = 1.0 / (j as f64 - i as f64);
                let factor = (x - i as f64) * scale;
                ddd = ddd * factor + 3.0 * dd * scale;
                dd = dd * factor + 2.0 * d * scale;
                d = d * factor + f * scale;
                f *= factor;
            }
        }
        out[0][j] = f;
        out[1][j] = d;
        out[2][j] = dd;
        out[3][j] = ddd;
    }
    out
}

/// The expectation of log-sum-exp; fills `p` with E p_k, `w` with E p_k(1 − p_k) and `third` with ∂³/∂m_k³.
///
/// To be compiled into the caller's instruction set.
#[inline(always)]
pub(crate) fn log_sum_exp(
    m: &[f64],
    v: &[f64],
    p: &mut [f64],
    w: &mut [f64],
    third: &mut [f64],
    scratch: &mut Scratch,
) -> f64 {
    if v.iter().all(|&v| v <= 0.0) {
        return certain(m, p, w, third);
    }
    if m.iter().chain(v).any(|z| z.is_nan()) {
        return f64::NAN;
    }
    let (mut start, mut end, mut least) = (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::INFINITY);
    for (&m, &v) in m.iter().zip(v) {
        let s = v.max(0.0).sqrt();
        least = least.min(s);
        let (low, high) = extent(s);
        start = start.max(m - high);
        end = end.max(m - low);
    }
    if !(end - start < 2e4) {
        // Beyond any use, yet no reason to run for hours: the largest score decides.
        return certain(m, p, w, third);
    }
    // Whole multiples of the step, for every class the same. Grids run from the last x to the first: a = m − x then rises.
    let factor = if least < SMOOTH {
        1
    } else if least < 2.0 * SMOOTH {
        2
    } else {
        4
    };
    let stride = factor * STRIDE;
    let step = stride as f64 * A_STEP;
    let first = (start / step).floor() as isize;
    let count = ((end / step).ceil() as isize - first).max(1) as usize + 1;
    let last = first + count as isize - 1;
    scratch.used.resize(m.len(), 0);
    scratch.total.clear();
    scratch.total.resize(count, 0.0);
    for grid in [&mut scratch.y1, &mut scratch.y2, &mut scratch.y3] {
        grid.resize(count * m.len(), 0.0);
    }
    for (k, (&m, &v)) in m.iter().zip(v).enumerate() {
        let used = fill(m, v.max(0.0).sqrt(), (last, stride), k * count..(k + 1) * count, scratch);
        scratch.used[k] = used;
    }
    let sum = distribution(&mut scratch.total, step);
    let Scratch { y1, y2, y3, total, used, .. } = scratch;
    for k in 0..m.len() {
        let place = (k + 1) * count - used[k]..(k + 1) * count;
        let total = &total[count - used[k]..];
        // Interpolation leaves what is nearly 0 a little below it.
        p[k] = dot(&y1[place.clone()], total).max(0.0);
        w[k] = dot(&y2[place.clone()], total).max(0.0);
        third[k] = dot(&y3[place], total);
    }
    step * (first as f64 + 0.5 + sum) - EULER_GAMMA
}

/// v = 0.
fn certain(m: &[f64], p: &mut [f64], w: &mut [f64], third: &mut [f64]) -> f64 {
    p.copy_from_slice(m);
    estimator::softmax_in_place(p);
    for ((w, third), p) in w.iter_mut().zip(third).zip(&*p) {
        *w = p * (1.0 - p);
        *third = *w * (1.0 - 2.0 * p);
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

/// The three integrands of one class on its part of the grids, y added to `total`; returns the number of points that matter,
/// which are the last ones.
#[inline(always)]
fn fill(
    m: f64,
    s: f64,
    (last, stride): (isize, usize),
    place: std::ops::Range<usize>,
    scratch: &mut Scratch,
) -> usize {
    let step = stride as f64 * A_STEP;
    let Scratch { window, phases, interpolated, y1, y2, y3, total, .. } = scratch;
    let all = place.len();
    let (y1, y2, y3) = (&mut y1[place.clone()], &mut y2[place.clone()], &mut y3[place]);
    if s > S_MAX {
        let wide = lognormal::Wide::new(s);
        let (top, total) = (m - last as f64 * step, &mut total[..all]);
        for i in 0..all {
            let [y, one, two] = wide.at(top + i as f64 * step);
            y1[i] = one;
            y2[i] = two - one * one;
            // y‴ is small beside the others there.
            y3[i] = one * (one * one - 3.0 * two);
            total[i] += y;
        }
        return all;
    }
    // At larger x y is below 2e-11.
    let end = (m - lognormal::row((s / S_STEP).ceil() as usize).first as f64 * A_STEP) / step;
    let first = last - (all as isize - 1);
    let count = (end.ceil() - first as f64).clamp(1.0, all as f64) as usize;
    let skipped = all - count;
    // In points of the table a = whole + part at x = 0.
    let at = m / A_STEP;
    let (whole, part) = (at.floor(), at - at.floor());
    let lowest = whole as isize - stride as isize * (last - skipped as isize) - (TAPS as isize / 2 - 1);
    rows(s, lowest, stride * (count - 1) + TAPS, window);
    for (offset, phase) in phases.iter_mut().enumerate().take(stride.min(TAPS)) {
        phase.clear();
        phase.extend(window[offset..].iter().step_by(stride));
    }
    let weights = lagrange::<TAPS>(part + (TAPS / 2 - 1) as f64);
    for (out, weights) in interpolated.iter_mut().zip(&weights) {
        out.clear();
        out.resize(count, 0.0);
        let taps: [&[f64]; TAPS] =
            core::array::from_fn(|j| &phases[j % stride][j / stride..j / stride + count]);
        let [t0, t1, t2, t3, t4, t5, t6, t7] = taps;
        for i in 0..count {
            let low = weights[0] * t0[i] + weights[1] * t1[i] + weights[2] * t2[i] + weights[3] * t3[i];
            let high = weights[4] * t4[i] + weights[5] * t5[i] + weights[6] * t6[i] + weights[7] * t7[i];
            out[i] = low + high;
        }
    }
    let [t, t1, t2, t3] = interpolated;
    let (t, t1, t2, t3) = (&t[..count], &t1[..count], &t2[..count], &t3[..count]);
    let (y1, y2, y3) = (&mut y1[skipped..], &mut y2[skipped..], &mut y3[skipped..]);
    let (y1, y2, y3, total) =
        (&mut y1[..count], &mut y2[..count], &mut y3[..count], &mut total[skipped..][..count]);
    let top = m - (last - skipped as isize) as f64 * step;
    for i in 0..count {
        let one = 1.0 + t1[i] / A_STEP;
        let bend = t2[i] / (A_STEP * A_STEP);
        let y = exp(top + i as f64 * step + t[i]);
        let first = y * one;
        let second = y * (one * one + bend);
        let third = y * (one * (one * one + 3.0 * bend) + t3[i] / (A_STEP * A_STEP * A_STEP));
        y1[i] = first;
        y2[i] = second - first * first;
        y3[i] = third - first * (3.0 * second - first * first);
        total[i] += y;
    }
    count
}

/// T(·, s) at `length` points of the table from `lowest` on.
#[inline(always)]
fn rows(s: f64, lowest: isize, length: usize, window: &mut Vec<f64>) {
    window.clear();
    window.resize(length, 0.0);
    if s == 0.0 {
        return;
    }
    let at = s / S_STEP;
    let below = at.floor();
    let [weights, _, _, _] = lagrange::<6>(at - below + 2.0);
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

/// Replaces `total`, whose x fall, by the trapezoid's weights times F; returns the sum of 1 − F but for the smallest x, tail included.
#[inline(always)]
fn distribution(total: &mut [f64], step: f64) -> f64 {
    // Σ_{i>0} e^{−ih}: beyond the largest x every integrand falls like e^{−x}.
    let tail = 1.0 + 1.0 / step.exp_m1();
    let smallest = total.len() - 1;
    for total in total.iter_mut() {
        *total = exp(-*total);
    }
    let mut sum = tail * (1.0 - total[0]);
    if smallest > 0 {
        sum += total[1..smallest].iter().map(|f| 1.0 - f).sum::<f64>();
    } else {
        sum = 0.0;
    }
    total[0] *= tail;
    total.iter_mut().for_each(|f| *f *= step);
    sum
}

#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (mut x, mut y) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in x.by_ref().zip(y.by_ref()) {
        for l in 0..8 {
            lanes[l] += x[l] * y[l];
        }
    }
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

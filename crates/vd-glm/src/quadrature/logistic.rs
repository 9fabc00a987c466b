//! E log(1 + e^z) and its derivatives under z ~ N(m, v), with an error bounded for every m and v.
//!
//! Up to v = 1e-3 Taylor's series, up to s = √v = 8 the trapezoid rule in ε (σ has its poles at ±iπ: the strip is π wide), whose nodes are kept for every quarter of s.
//! Beyond, the number of its nodes grows, and the convolution is taken the other way round, over the fixed function σ′(y), whose
//! moments make an asymptotic series: log(1 + e^z) = ∫ σ′(y) max(z − y, 0) dy, so that E log(1 + e^z) = ∫ σ′(y) G(m − y) dy with
//! G(m) = E max(z, 0). Its sixteenth term is below 1e-12 at s = 8.

use std::sync::LazyLock;

use crate::quadrature::Moments;
use crate::quadrature::exponential;
use crate::quadrature::trapezoid::{INV_SQRT_TAU, nodes_to};

/// The standard deviation from which the second rule is used.
const WIDE: f64 = 8.0;

/// The trapezoid rule errs by less than 1e-9 (tested), the Gaussian mass beyond its nodes is 3e-12. More nodes would make 1e-13 of
/// it, and a fit spends most of its time here.
const EXPONENT: f64 = 27.0;
const REACH: f64 = 7.0;

/// Up to this variance three terms of Taylor's series do: the next is below v³/48 = 2e-11.
const TINY: f64 = 1e-3;

/// Rules of the trapezoid kind per unit of s.
const RULES: f64 = 4.0;

/// Nodes that are summed side by side.
const LANES: usize = 8;

/// Nodes ε with their weights, in groups of [`LANES`].
type Rule = Vec<([f64; LANES], [f64; LANES])>;

/// The rule for s up to (index + 1)/[`RULES`].
static NODES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |index: usize| {
        let s = (index + 1) as f64 / RULES;
        let (mut epsilon, mut weight) = (Vec::new(), Vec::new());
        nodes_to(EXPONENT, REACH, 0.0, s, std::f64::consts::PI, |z, w| {
            epsilon.push(z / s);
            weight.push(w);
        });
        let whole = epsilon.len().next_multiple_of(LANES);
        epsilon.resize(whole, 0.0);
        weight.resize(whole, 0.0);
        let group =
            |(e, w): (&[f64], &[f64])| (core::array::from_fn(|l| e[l]), core::array::from_fn(|l| w[l]));
        epsilon.chunks_exact(LANES).zip(weight.chunks_exact(LANES)).map(group).collect()
    };
    (0..(WIDE * RULES) as usize).map(rule).collect()
});

/// a₁ to a₁₆ of the second rule.
const MOMENTS: [f64; 16] = [
    1.6449340668482264,
    1.8940656589944913,
    1.97110218259487,
    1.992466003705295,
    1.9980790151965433,
    1.999515370287716,
    1.9998783406919591,
    1.9999695284298118,
    1.9999923757392204,
    1.999998093223163,
    1.9999995232264616,
    1.9999998807977848,
    1.999999970198464,
    1.9999999925495069,
    1.9999999981373646,
    1.9999999995343396,
];

/// E log(1 + e^z), E σ(z), E σ′(z), E σ″(z) for z ~ N(m, v).
pub(crate) fn softplus(m: f64, v: f64) -> Moments {
    softplus_inlined(m, v)
}

/// [`softplus`], to be compiled into the caller's instruction set.
#[inline(always)]
pub(crate) fn softplus_inlined(m: f64, v: f64) -> Moments {
    if v <= 0.0 {
        return at(m);
    }
    if v <= TINY {
        return tiny(m, v);
    }
    let s = v.sqrt();
    if s <= WIDE { narrow(m, s) } else { wide(m, s) }
}

/// The function itself: v = 0.
#[inline(always)]
fn at(z: f64) -> Moments {
    let e = exponential::exp(-z.abs());
    let inverse = 1.0 / (1.0 + e);
    let curvature = e * inverse * inverse;
    Moments {
        value: z.max(0.0) + exponential::ln_1p(e),
        slope: if z >= 0.0 { inverse } else { e * inverse },
        curvature,
        third: curvature * (e - 1.0) * inverse * if z >= 0.0 { 1.0 } else { -1.0 },
    }
}

/// E f⁽ᵏ⁾ = f⁽ᵏ⁾ + ½ v f⁽ᵏ⁺²⁾ + ⅛ v² f⁽ᵏ⁺⁴⁾.
#[inline(always)]
fn tiny(m: f64, v: f64) -> Moments {
    let Moments { value, slope, curvature: w, third } = at(m);
    let (half, eighth) = (0.5 * v, 0.125 * v * v);
    let (fourth, fifth) = (w * (1.0 - 6.0 * w), third * (1.0 - 12.0 * w));
    let sixth = w * (1.0 + w * (120.0 * w - 30.0));
    Moments {
        value: value + half * w + eighth * fourth,
        slope: slope + half * third + eighth * fifth,
        curvature: w + half * fourth + eighth * sixth,
        third: third + half * fifth,
    }
}

#[inline(always)]
fn narrow(m: f64, s: f64) -> Moments {
    let index = ((s * RULES).ceil() as usize).max(1) - 1;
    let rules: &[Rule] = &NODES;
    let mut sums = [[0.0_f64; LANES]; 4];
    for (epsilon, weight) in &rules[index.min(rules.len() - 1)] {
        for l in 0..LANES {
            let z = m + s * epsilon[l];
            let e = exponential::exp(-z.abs());
            let inverse = 1.0 / (1.0 + e);
            let small = e * inverse;
            let weighted = weight[l] * (small * inverse);
            sums[0][l] += weight[l] * (z.max(0.0) + exponential::ln_1p(e));
            sums[1][l] += weight[l] * if z >= 0.0 { inverse } else { small };
            sums[2][l] += weighted;
            let signed = if z >= 0.0 { small - inverse } else { inverse - small };
            sums[3][l] += weighted * signed;
        }
    }
    let [value, slope, curvature, third] =
        sums.map(|l| ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7])));
    Moments { value, slope, curvature, third }
}

/// The kernel's moments expand the convolution: Σ_k a_k G^{(2k)}(m), a_k = ∫ y^{2k} σ′(y) dy/(2k)! = 2 (1 − 2^{1−2k}) ζ(2k), of
/// G(m) = m Φ(m/s) + s φ(m/s), whose derivatives are G′ = Φ(m/s) and, for n ≥ 2, G⁽ⁿ⁾ = (−1)ⁿ He_{n−2}(m/s) φ(m/s)/s^{n−1}.
fn wide(m: f64, s: f64) -> Moments {
    let r = m / s;
    let density = INV_SQRT_TAU * (-0.5 * r * r).exp();
    let below = 0.5 * libm::erfc(-r * std::f64::consts::FRAC_1_SQRT_2);
    let mut sum =
        Moments { value: s * (r * below + density).max(0.0), slope: below, curvature: 0.0, third: 0.0 };
    if !(density > 0.0) {
        return sum;
    }
    // He_n and He_{n+1} of r; a derivative more is a factor 1/s, and changes the sign.
    let (mut he, mut next, mut order) = (1.0, r, 0.0);
    let mut scale = density / s;
    sum.curvature += scale;
    sum.third -= next * (scale / s);
    for a in MOMENTS {
        // he, next: orders 2k − 2 and 2k − 1, for G^{(2k)} and G^{(2k+1)}.
        sum.value += a * he * scale;
        sum.slope -= a * next * (scale / s);
        for _ in 0..2 {
            order += 1.0;
            (he, next) = (next, r * next - order * he);
        }
        scale = scale / s / s;
        sum.curvature += a * he * scale;
        sum.third -= a * next * (scale / s);
    }
    sum.curvature = sum.curvature.max(0.0);
    sum
}

//! The upper tail of the χ² distribution with G degrees of freedom, and its inverse.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | a | `a` | G/2 |
//! | y | `y` | half the χ² value |
//! | Q(a, y), P(a, y) | – | upper and lower regularised incomplete gamma function (DLMF 8.2.4); Q + P = 1 |
//! | S(a, y) | [`upper_sum`] | Q(a, y) Γ(a) / (y^(a−1) e^(−y)) |
//! | T(a, y) | [`lower_sum`] | P(a, y) Γ(a + 1) / (y^a e^(−y)) |
//! | h(y) | [`half_fraction`] | √y e^y Γ(½, y) = S(½, y) |
//!
//! P(χ²_G > x) = Q(G/2, x/2). G is a natural number, so `a` is an integer or half an odd one, and the recurrence
//! Γ(a, y) = y^(a−1) e^(−y) + (a − 1) Γ(a − 1, y) (DLMF 8.8.2) ends at Γ(1, y) = e^(−y) or at Γ(½, y) = √π erfc √y:
//!
//! S(a, y) = 1 + (a−1)/y + (a−1)(a−2)/y² + … , the last term of a half-integer `a` times h(y) …(1)
//! T(a, y) = 1 + y/(a+1) + y²/((a+1)(a+2)) + … (DLMF 8.7.1) …(2)
//!
//! Every term is positive, so neither sum cancels. (1) serves y ≥ a, where Q ≤ ½; (2) serves y < a, where P < 0.69.

use crate::math::{exp, ln, sqrt};

/// The largest group. The sums take about √G terms: at this size some 0.3 million.
pub(crate) const LARGEST_GROUP: u64 = 1 << 32;

/// Up to this group the tail is a product of G/2 factors; above, the exponential of a logarithm.
const PRODUCT_GROUP: u64 = 32;

/// ln Γ(a + 1) − (a + ½) ln a + a − ½ ln 2π for a = ½, 1, 1½, …, 16, by `scripts/false_keeps.py --table`.
const STIRLING_ERROR: [f64; 32] = [
    0.153_426_409_720_027_36,
    0.081_061_466_795_327_26,
    0.054_814_121_051_917_65,
    0.041_340_695_955_409_3,
    0.033_162_873_519_936_29,
    0.027_677_925_684_998_34,
    0.023_746_163_656_297_496,
    0.020_790_672_103_765_093,
    0.018_488_450_532_673_187,
    0.016_644_691_189_821_193,
    0.015_134_973_221_917_378,
    0.013_876_128_823_070_748,
    0.012_810_465_242_920_227,
    0.011_896_709_945_891_77,
    0.011_104_559_758_206_917,
    0.010_411_265_261_972_096,
    0.009_799_416_126_158_804,
    0.009_255_462_182_712_733,
    0.008_768_700_134_139_386,
    0.008_330_563_433_362_87,
    0.007_934_114_564_314_02,
    0.007_573_675_487_951_841,
    0.007_244_554_301_320_383,
    0.006_942_840_107_209_53,
    0.006_665_247_032_707_682,
    0.006_408_994_188_004_207,
    0.006_171_712_263_039_458,
    0.005_951_370_112_758_847_5,
    0.005_746_216_513_010_115_5,
    0.005_554_733_551_962_801,
    0.005_375_599_032_926_835,
    0.005_207_655_919_609_640_4,
];

/// Error of Stirling's formula for ln Γ(a + 1), `a` a positive multiple of ½.
///
/// Above 16 the first five terms of its asymptotic series (DLMF 5.11.1); the first term left out is below 3e-16.
fn stirling_error(a: f64) -> f64 {
    let twice = 2.0 * a;
    if twice <= STIRLING_ERROR.len() as f64 {
        return STIRLING_ERROR[twice as usize - 1];
    }
    let r = 1.0 / (a * a);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / a
}

/// a ln(a/y) + y − a ≥ 0, without cancellation near y = a (Loader 2000, "Fast and accurate computation of binomial
/// probabilities", section 3).
fn deviance(a: f64, y: f64) -> f64 {
    let difference = a - y;
    if difference.abs() >= 0.5 * (a + y) {
        return a * ln(a / y) - difference;
    }
    // With v = (a − y)/(a + y): ln(a/y) = 2 (v + v³/3 + v⁵/5 + …), and 2av − (a − y) = (a − y) v. At |v| = ½ the sum is
    // still 0.9 times its first term.
    let v = difference / (a + y);
    let (mut term, mut sum) = (2.0 * a * v, difference * v);
    for k in 1..50 {
        term *= v * v;
        let next = sum + term / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// ln(y^a e^(−y)/Γ(a + 1)).
fn ln_density(a: f64, y: f64) -> f64 {
    -deviance(a, y) - stirling_error(a) - 0.5 * ln(core::f64::consts::TAU * a)
}

/// h(y) = √y e^y Γ(½, y) for y ≥ ½: Laplace's continued fraction of erfc (DLMF 7.9.1), evaluated backwards, where all its
/// terms are positive and rounding errors shrink from step to step.
///
/// The fraction's remainder after n steps falls as exp(−2√(2ny)): n = 180/y reaches exp(−38), the last bit.
fn half_fraction(y: f64) -> f64 {
    let x = sqrt(y);
    let n = (180.0 / y) as u32 + 20;
    let mut tail = 0.5 * (x + sqrt(y + 2.0 * f64::from(n)));
    for k in (1..=n).rev() {
        tail = x + 0.5 * f64::from(k) / tail;
    }
    x / tail
}

/// S(a, y) of equation 1, for y ≥ a.
fn upper_sum(a: f64, y: f64) -> f64 {
    let (mut sum, mut term, mut k) = (0.0, 1.0, a);
    loop {
        if k < 1.0 {
            return sum + term * half_fraction(y);
        }
        sum += term;
        k -= 1.0;
        term *= k / y;
        // The terms that follow fall at least as fast as those of a geometric series with the ratio k/y.
        if term * y < 0.1 * f64::EPSILON * sum * (y - k) {
            return sum;
        }
    }
}

/// T(a, y) of equation 2, for y < a.
fn lower_sum(a: f64, y: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, a);
    loop {
        k += 1.0;
        term *= y / k;
        sum += term;
        if term * y < 0.1 * f64::EPSILON * sum * (k - y) {
            return sum;
        }
    }
}

/// ln Q(a, y) for y ≥ a, and −1 over its derivative in y.
fn ln_upper(a: f64, y: f64) -> (f64, f64) {
    let sum = upper_sum(a, y);
    (ln_density(a, y) + ln(a / y * sum), sum)
}

/// ln(P(a, y)/`target`) for y < a, and 1 over its derivative in ln y.
///
/// ln P(½, y) ≈ ½ ln y, so that a rounding of ln P = −36 would show in y; the quotient has none for small groups.
fn ln_lower(a: f64, y: f64, target: f64) -> (f64, f64) {
    let sum = lower_sum(a, y);
    let value = if 2.0 * a > PRODUCT_GROUP as f64 {
        ln_density(a, y) + ln(sum) - ln(target)
    } else {
        ln(density_by_product(a, y, 0.0) * (y / a) * sum / target)
    };
    (value, sum / a)
}

/// `a b` as a sum of two numbers: exact where nothing overflows (Dekker 1971).
fn exact_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let scaled = 134_217_729.0 * x; // 2²⁷ + 1
        let high = scaled - (scaled - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    (product, a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2))
}

/// y^(a−1) e^(−y)/Γ(a) for y = `y` + `rest`: one rounding a factor.
fn density_by_product(a: f64, y: f64, rest: f64) -> f64 {
    // Half the exponential before the powers and half after them, so that nothing underflows on the way.
    let half = exp(-0.5 * y);
    let mut product = half;
    let mut k = 1.0;
    if a != (a as u32).into() {
        product *= 1.0 / sqrt(core::f64::consts::PI * y);
        k = 0.5;
    }
    while k < a {
        product *= y / k;
        k += 1.0;
    }
    product * half * (1.0 - rest)
}

/// P(χ²_`group` > `scale` · `group`), for `scale` ≥ 0 and `group` in 1 …= [`LARGEST_GROUP`].
pub(crate) fn upper_tail(scale: f64, group: u64) -> f64 {
    let a = 0.5 * group as f64;
    let y = scale * a;
    if y < f64::MIN_POSITIVE {
        return 1.0; // P is below 2e-154 there.
    }
    if y > 4.0 * (a + 800.0) {
        return 0.0; // e^(−deviance) is below e^(−800) there.
    }
    // For large groups the rounding of y, times the derivative, would be the largest error by far.
    let (y, rest) = exact_product(scale, a);
    if y < a {
        let (value, step) = ln_lower(a, y, 1.0);
        return 1.0 - exp(value + rest / (y * step));
    }
    if group > PRODUCT_GROUP {
        let (value, sum) = ln_upper(a, y);
        return exp(value - rest / sum);
    }
    density_by_product(a, y, rest) * upper_sum(a, y)
}

/// The x/`group` with P(χ²_`group` > x) = `part`/`whole`, for 0 < `part` ≤ `whole` and `group` in 1 …= [`LARGEST_GROUP`].
///
/// Two numbers instead of their quotient, because 1 − `part`/`whole` is then exact too. Newton's method on ln Q in y or on
/// ln P in ln y. Both are concave, so that after the first step the iterates go to the root from one side.
pub(crate) fn upper_quantile(part: f64, whole: f64, group: u64) -> f64 {
    let a = 0.5 * group as f64;
    if part == whole {
        return 0.0;
    }
    let quotient = part / whole;
    // A quotient below the normal numbers has lost digits.
    let target = if quotient >= f64::MIN_POSITIVE { ln(quotient) } else { ln(part) - ln(whole) };
    let mut y = a;
    if target <= ln_upper(a, a).0 {
        for _ in 0..100 {
            let (value, step) = ln_upper(a, y);
            let move_by = (value - target) * step;
            y += move_by;
            if move_by.abs() <= 2.0 * f64::EPSILON * y {
                break;
            }
        }
    } else {
        let target = (whole - part) / whole;
        for _ in 0..100 {
            let (value, step) = ln_lower(a, y, target);
            let move_by = -value * step;
            y *= exp(move_by);
            if move_by.abs() <= 2.0 * f64::EPSILON {
                break;
            }
        }
    }
    y / a
}

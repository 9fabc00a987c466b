//! The exponential function and log(1 + e), written so that compilers turn loops over them into vector instructions.
//!
//! No fused multiply-adds: results have the same bits on every processor.

/// log₂ e.
const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// log 2 in two parts; the product of the first with a whole number below 2¹¹ is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1.5·2⁵²: adding it rounds to a whole number, which then stands in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// e^x for |x| ≤ 700; beyond, e^{±700}; NaN stays NaN. Relative error below 1e-15 (tested).
#[inline(always)]
#[allow(clippy::eq_op, reason = "x − x keeps NaN")]
pub(crate) fn exp(x: f64) -> f64 {
    let x = if x < -700.0 { -700.0 } else { x };
    let x = if x > 700.0 { 700.0 } else { x };
    let shifted = x * LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let r = x - whole * LN_2_HIGH - whole * LN_2_LOW;
    // Taylor's series on |r| ≤ ½ log 2 leaves 2e-16.
    let mut p = 1.0 / 479_001_600.0;
    p = p * r + 1.0 / 39_916_800.0;
    p = p * r + 1.0 / 3_628_800.0;
    p = p * r + 1.0 / 362_880.0;
    p = p * r + 1.0 / 40_320.0;
    p = p * r + 1.0 / 5_040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // x − x is NaN where x is; the bits would make a number of it.
    f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52)) + (x - x)
}

/// log(1 + e) for 0 ≤ e ≤ 1, as 2 artanh(e/(2 + e)): the argument is at most 1/3. Error below 1e-14 relative (tested).
#[inline(always)]
pub(crate) fn ln_1p(e: f64) -> f64 {
    let r = e / (2.0 + e);
    let square = r * r;
    let mut p = 1.0 / 29.0;
    p = p * square + 1.0 / 27.0;
    p = p * square + 1.0 / 25.0;
    p = p * square + 1.0 / 23.0;
    p = p * square + 1.0 / 21.0;
    p = p * square + 1.0 / 19.0;
    p = p * square + 1.0 / 17.0;
    p = p * square + 1.0 / 15.0;
    p = p * square + 1.0 / 13.0;
    p = p * square + 1.0 / 11.0;
    p = p * square + 1.0 / 9.0;
    p = p * square + 1.0 / 7.0;
    p = p * square + 1.0 / 5.0;
    p = p * square + 1.0 / 3.0;
    p = p * square + 1.0;
    2.0 * r * p
}

/// log x for normal x > 0: x = 2ᵉ·f with f in [¾, 3/2), log f = 2 artanh((f − 1)/(f + 1)). Error below 1e-14 (tested).
#[inline(always)]
#[allow(clippy::eq_op, reason = "x − x keeps NaN")]
pub(crate) fn ln(x: f64) -> f64 {
    // ¾ goes to the bottom of its binade, so that the exponent's bits count from there.
    let shifted = x.to_bits().wrapping_sub(0.75_f64.to_bits());
    let e = f64::from_bits((shifted >> 52) & 0xFFF | 4_503_599_627_370_496.0_f64.to_bits())
        - 4_503_599_627_370_496.0;
    let e = if e > 2047.0 { e - 4096.0 } else { e };
    let f = f64::from_bits(x.to_bits().wrapping_sub(shifted & (0xFFF << 52)));
    let r = (f - 1.0) / (f + 1.0);
    let square = r * r;
    let mut p = 1.0 / 19.0;
    p = p * square + 1.0 / 17.0;
    p = p * square + 1.0 / 15.0;
    p = p * square + 1.0 / 13.0;
    p = p * square + 1.0 / 11.0;
    p = p * square + 1.0 / 9.0;
    p = p * square + 1.0 / 7.0;
    p = p * square + 1.0 / 5.0;
    p = p * square + 1.0 / 3.0;
    p = p * square + 1.0;
    2.0 * r * p + e * std::f64::consts::LN_2 + (x - x)
}

/// ½ erfc(x/√2), the normal distribution's upper tail, to a relative 1.3e-7 (Press et al. 1992, §6.2; tested). `density` is e^{−x²/2}.
#[inline(always)]
pub(crate) fn upper_tail(x: f64, density: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * std::f64::consts::FRAC_1_SQRT_2 * x.abs());
    let mut p = 0.170_872_77;
    p = p * t - 0.822_152_23;
    p = p * t + 1.488_515_87;
    p = p * t - 1.135_203_98;
    p = p * t + 0.278_868_07;
    p = p * t - 0.186_288_06;
    p = p * t + 0.096_784_18;
    p = p * t + 0.374_091_96;
    p = p * t + 1.000_023_68;
    p = p * t - 1.265_512_23;
    let tail = 0.5 * t * density * exp(p);
    if x >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    #[test]
    fn logarithms_and_tails_agree_with_the_standard_library() {
        for i in -3000..=3000 {
            let x = (f64::from(i) * 0.1).exp() * 1.003;
            assert!(
                (super::ln(x) - x.ln()).abs() <= 1e-14 * (1.0 + x.ln().abs()),
                "log {x:e}: {} {}",
                super::ln(x),
                x.ln()
            );
            let z = f64::from(i) * 0.003;
            let exact = 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
            let found = super::upper_tail(z, (-0.5 * z * z).exp());
            assert!((found - exact).abs() <= 1.3e-7 * exact, "{z}: {found:e} for {exact:e}");
        }
    }

    #[test]
    fn both_agree_with_the_standard_library() {
        for i in -7000..=7000 {
            let x = f64::from(i) * 0.099_7;
            let (found, exact) = (super::exp(x), x.exp());
            assert!((found - exact).abs() <= 1e-15 * exact, "e^{x} = {found:e} for {exact:e}");
        }
        for i in 0..=4000 {
            let e = (-f64::from(i) * 0.01).exp();
            let (found, exact) = (super::ln_1p(e), e.ln_1p());
            assert!((found - exact).abs() <= 1e-14 * exact, "log(1 + {e:e}) = {found:e} for {exact:e}");
        }
        assert!(super::exp(f64::NAN).is_nan() && super::ln(f64::NAN).is_nan());
        assert!(super::exp(-1e300) > 0.0 && super::exp(1e300).is_finite());
    }
}

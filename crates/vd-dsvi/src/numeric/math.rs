//! Elementary functions of one `f32`, without branches or tables, so that a loop over lanes becomes vector code.
//!
//! The polynomials are Taylor sections long enough for the reduced ranges: there is no fitted constant here. Errors are
//! measured in the tests against double precision.

/// `x`, or 0 where |x| < `least`. Numbers below 2⁻¹²⁶ cost a hundred times the others' time on many processors, and exponential
/// decays end there; who calls this says why the difference does not matter.
#[inline(always)]
pub(crate) fn flush(x: f32, least: f32) -> f32 {
    if x.abs() < least { 0.0 } else { x }
}

/// eˣ for |x| ≤ 87, by x = n ln 2 + r, |r| ≤ ½ ln 2, and Σ_{k ≤ 7} rᵏ/k! (truncation 6e-9). Clamped outside; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 = HI + LO; HI has 15 trailing zero bits, so that n·HI is exact.
    const HI: f32 = 0.693_145_75;
    const LO: f32 = 1.428_606_8e-6;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 87.0 { 87.0 } else { x };
    let shifted = x.mul_add(core::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LO, n.mul_add(-HI, x));
    let p = r.mul_add(1.0 / 5040.0, 1.0 / 720.0);
    let p = r.mul_add(p, 1.0 / 120.0);
    let p = r.mul_add(p, 1.0 / 24.0);
    let p = r.mul_add(p, 1.0 / 6.0);
    let p = r.mul_add(p, 0.5);
    let p = r.mul_add(p, 1.0);
    let p = r.mul_add(p, 1.0);
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// ln x for positive normal x, by x = 2ᵉ m, m ∈ [2/3, 4/3), and ln m = 2 artanh s, s = (m − 1)/(m + 1), |s| ≤ 1/5
/// (truncation 2·s¹¹/11 < 4e-9).
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    const TWO_THIRDS: u32 = 0x3f2a_aaab;
    let bits = x.to_bits();
    let exponent = bits.wrapping_sub(TWO_THIRDS) & 0xff80_0000;
    let m = f32::from_bits(bits.wrapping_sub(exponent));
    let e = (exponent as i32 >> 23) as f32;
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let p = q.mul_add(2.0 / 9.0, 2.0 / 7.0);
    let p = q.mul_add(p, 2.0 / 5.0);
    let p = q.mul_add(p, 2.0 / 3.0);
    let p = (q * s).mul_add(p, 2.0 * s);
    e.mul_add(core::f32::consts::LN_2, p)
}

/// (sin 2πu, cos 2πu) for u = w/2³², w read as a signed number, by quarter turns and Taylor sections on |angle| ≤ π/4.
#[inline(always)]
pub(crate) fn sin_cos_turns(w: u32) -> (f32, f32) {
    let quadrant = w.wrapping_add(1 << 29) >> 30;
    let rest = w.wrapping_sub(quadrant << 30) as i32;
    let a = rest as f32 * (core::f32::consts::FRAC_PI_2 / 1_073_741_824.0);
    let q = a * a;
    let s = q.mul_add(1.0 / 362_880.0, -1.0 / 5040.0);
    let s = q.mul_add(s, 1.0 / 120.0);
    let s = q.mul_add(s, -1.0 / 6.0);
    let s = (q * a).mul_add(s, a);
    let c = q.mul_add(1.0 / 40_320.0, -1.0 / 720.0);
    let c = q.mul_add(c, 1.0 / 24.0);
    let c = q.mul_add(c, -0.5);
    let c = q.mul_add(c, 1.0);
    let swap = quadrant & 1 != 0;
    let sin = if swap { c } else { s };
    let cos = if swap { s } else { c };
    let flip_sin = (quadrant & 2) << 30;
    let flip_cos = (quadrant.wrapping_add(1) & 2) << 30;
    (f32::from_bits(sin.to_bits() ^ flip_sin), f32::from_bits(cos.to_bits() ^ flip_cos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn relative(got: f32, want: f64) -> f64 {
        (f64::from(got) / want - 1.0).abs()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn exp_is_right_to_two_units(x in -87.0_f32..87.0) {
            prop_assert!(relative(exp(x), f64::from(x).exp()) < 1.5e-7);
        }

        #[test]
        fn ln_is_right_to_two_units(bits in 0x0080_0000_u32..0x7f80_0000) {
            let x = f32::from_bits(bits);
            let want = f64::from(x).ln();
            prop_assert!((f64::from(ln(x)) - want).abs() < 2e-7 * want.abs() + 1e-9);
        }

        #[test]
        fn ln_is_right_near_one(x in 0.5_f32..2.0) {
            prop_assert!((f64::from(ln(x)) - f64::from(x).ln()).abs() <= 2.5e-7 * f64::from(x).ln().abs() + 1e-12);
        }

        #[test]
        fn sine_and_cosine_are_right(w: u32) {
            let angle = core::f64::consts::TAU * f64::from(w as i32) / 4_294_967_296.0;
            let (s, c) = sin_cos_turns(w);
            prop_assert!((f64::from(s) - angle.sin()).abs() < 1.5e-7);
            prop_assert!((f64::from(c) - angle.cos()).abs() < 1.5e-7);
        }
    }

    #[test]
    fn ends_of_the_ranges() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-1e30) > 0.0 && exp(f32::NEG_INFINITY) < 2e-38 && exp(1e30).is_finite());
        assert_eq!(ln(1.0), 0.0);
        for (quadrant, want) in [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)].into_iter().enumerate() {
            let (s, c) = sin_cos_turns((quadrant as u32) << 30);
            assert_eq!((s + 0.0, c + 0.0), want);
        }
    }
}

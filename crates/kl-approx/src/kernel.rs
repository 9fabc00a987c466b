//! The arithmetic kernel: exp, KL with its gradient, and the sigmoid family, for f64 and f32.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | log α | `l` | logarithm of the dropout rate |
//! | e | `e` | 1/α in the near region (1/α ≤ 28; f32: 14), α in the far one |
//! | P, R, Q | `NEAR_*`, `FAR_*` | numerators of KL and of its gradient over one shared denominator |
//!
//! Nothing here branches on data, so that a loop over a slice vectorises; and nothing here uses a fused multiply-add, so
//! that scalar code, SSE2, AVX2, AVX-512, NEON and WebAssembly all give the same bits. Every function is
//! `inline(always)`: it is compiled once per instruction set, inside the loops of `slice.rs`.

use crate::coefficients as c;

macro_rules! kernel {
    ($module:ident, $t:ident, $bits:ident, $coefficients:ident, mantissa: $mantissa:literal, lowest: $lowest:literal,
     ln2: ($ln2_hi:literal, $ln2_lo:literal)) => {
        pub(crate) mod $module {
            use super::$coefficients::*;

            /// 1.5 · 2^mantissa: adding it rounds to the nearest integer and leaves that integer in the low bits.
            const ROUND: $t = ((3 as $bits) << ($mantissa - 1)) as $t;

            /// Σ c(k) xᵏ: Horner's rule on the even and the odd coefficients side by side, for half the latency.
            #[inline(always)]
            pub(crate) fn polynomial<const N: usize>(c: impl Fn(usize) -> $t, x: $t) -> $t {
                let y = x * x;
                let mut k = (N - 1) & !1;
                let mut even = c(k);
                while k >= 2 {
                    k -= 2;
                    even = even * y + c(k);
                }
                k = (N - 2) | 1;
                if k >= N {
                    k -= 2;
                }
                let mut odd = c(k);
                while k >= 3 {
                    k -= 2;
                    odd = odd * y + c(k);
                }
                even + x * odd
            }

            /// The same with the constant term added last, which rounds less where that term prevails.
            #[inline(always)]
            fn anchored<const N: usize>(c: impl Fn(usize) -> $t, x: $t) -> $t {
                let mut k = (N - 1) | 1;
                if k >= N {
                    k -= 2;
                }
                let y = x * x;
                let mut odd = c(k);
                while k >= 3 {
                    k -= 2;
                    odd = odd * y + c(k);
                }
                k = (N - 1) & !1;
                let mut even = c(k);
                while k >= 4 {
                    k -= 2;
                    even = even * y + c(k);
                }
                c(0) + x * (odd + x * even)
            }

            /// 2ⁿ from `ROUND + n`.
            #[inline(always)]
            fn power_of_two(rounded: $t) -> $t {
                let one = (1.0 as $t).to_bits();
                $t::from_bits((rounded.to_bits() << $mantissa).wrapping_add(one))
            }

            /// exp(t) for t ≤ 1000 (f32: 150): 0 at −∞, NaN at NaN, gradual underflow, ∞ past the largest number.
            #[inline(always)]
            pub(crate) fn exp(t: $t) -> $t {
                let t = if t < $lowest { $lowest } else { t };
                let n = (t * core::$t::consts::LOG2_E + ROUND) - ROUND;
                let r = (t - n * $ln2_hi) - n * $ln2_lo;
                let p = 1.0 + (r + r * r * polynomial::<{ EXP.len() }>(|k| EXP[k], r));
                // In two factors, since 2ⁿ alone leaves the normal range before exp(t) does.
                let half = 0.5 * n + ROUND;
                let rest = (n - (half - ROUND)) + ROUND;
                p * power_of_two(half) * power_of_two(rest)
            }

            /// P(e)/Q(e) or P(x)/Q(x) per region, assembled: (KL, dKL/d log α). `near` selects coefficient by coefficient.
            #[inline(always)]
            fn assemble(near: bool, e: $t, l: $t, p: $t, r: $t, q: $t) -> ($t, $t) {
                let scale = e / q;
                let (kl, grad) = if near { (0.0, 0.0) } else { (EXCESS_AT_ZERO - 0.5 * l, -0.5) };
                (kl + scale * p, grad + scale * r)
            }

            /// The region (α ≥ 1/`E0`), the variable e and the polynomials' variable at log α = `l`.
            #[inline(always)]
            fn region(l: $t) -> (bool, $t, $t) {
                let near = l >= LOG_ALPHA_0;
                let e = exp(if near { -l } else { l });
                (near, e, if near { e } else { (2.0 * E0) * e - 1.0 })
            }

            /// (KL, dKL/d log α), branch-free: for loops over slices.
            #[inline(always)]
            pub(crate) fn value_grad_select(l: $t) -> ($t, $t) {
                let (near, e, x) = region(l);
                let p = anchored::<{ NEAR_KL.len() }>(|k| if near { NEAR_KL[k] } else { FAR_KL[k] }, x);
                let r = anchored::<{ NEAR_KL.len() }>(|k| if near { NEAR_GRAD[k] } else { FAR_GRAD[k] }, x);
                let q = anchored::<{ NEAR_KL.len() }>(|k| if near { NEAR_Q[k] } else { FAR_Q[k] }, x);
                assemble(near, e, l, p, r, q)
            }

            /// (KL, dKL/d log α) with the tables chosen at once: the same arithmetic, for scalar code.
            #[inline(always)]
            pub(crate) fn value_grad(l: $t) -> ($t, $t) {
                let (near, e, x) = region(l);
                let (p, r, q) =
                    if near { (&NEAR_KL, &NEAR_GRAD, &NEAR_Q) } else { (&FAR_KL, &FAR_GRAD, &FAR_Q) };
                let p = anchored::<{ NEAR_KL.len() }>(|k| p[k], x);
                let r = anchored::<{ NEAR_KL.len() }>(|k| r[k], x);
                let q = anchored::<{ NEAR_KL.len() }>(|k| q[k], x);
                assemble(near, e, l, p, r, q)
            }

            /// M(u) = D(√u)/√u, u ≥ 0 (see `ard.rs`); relative error a few roundings.
            #[inline(always)]
            #[allow(dead_code)] // The f32 copy has no caller.
            pub(crate) fn dawson_ratio(u: $t) -> $t {
                if 2.0 * u <= E0 {
                    let x = 2.0 * u;
                    let r = anchored::<{ NEAR_KL.len() }>(|k| NEAR_GRAD[k], x);
                    -2.0 * r / anchored::<{ NEAR_KL.len() }>(|k| NEAR_Q[k], x)
                } else {
                    let e = 0.5 / u;
                    let x = (2.0 * E0) * e - 1.0;
                    let r = anchored::<{ NEAR_KL.len() }>(|k| FAR_GRAD[k], x);
                    let q = anchored::<{ NEAR_KL.len() }>(|k| FAR_Q[k], x);
                    (0.5 - e * (r / q)) / u
                }
            }

            /// ½ log(1 + 1/α) and its derivative −½/(1 + α), nothing cancelling at either end.
            #[inline(always)]
            pub(crate) fn half_log1p(l: $t) -> ($t, $t) {
                let v = exp(-l.abs());
                let p = anchored::<{ LOG1P_P.len() }>(|k| LOG1P_P[k], v);
                let q = anchored::<{ LOG1P_P.len() }>(|k| LOG1P_Q[k], v);
                let one = 1.0 + v;
                let inverse = 0.5 / (q * one);
                let linear = if l < 0.0 { -0.5 * l } else { 0.0 };
                let top = if l > 0.0 { v } else { 1.0 };
                (linear + v * (p * one) * inverse, -(top * q * inverse))
            }

            /// The sigmoid family: ½ log(1 + 1/α) + k₁ σ(−(k₂ + k₃ log α)) and its derivative.
            #[inline(always)]
            pub(crate) fn sigmoid(k: [$t; 3], l: $t) -> ($t, $t) {
                let (value, grad) = half_log1p(l);
                let s = k[1] + k[2] * l;
                let w = exp(-s.abs());
                let inverse = 1.0 / (1.0 + w);
                let tail = if s > 0.0 { w * inverse } else { inverse };
                (value + k[0] * tail, grad - k[0] * k[2] * (w * inverse * inverse))
            }
        }
    };
}

/// The double-precision constants under the names that the kernel uses.
mod double {
    pub(super) use super::c::{
        E0, EXCESS_AT_ZERO, EXP, FAR_GRAD, FAR_KL, FAR_Q, LOG_ALPHA_0, LOG1P_P, LOG1P_Q, NEAR_GRAD, NEAR_KL,
        NEAR_Q,
    };
}

/// The single-precision constants under the same names.
mod single {
    pub(super) use super::c::{
        E0_F32 as E0, EXP_F32 as EXP, FAR_GRAD_F32 as FAR_GRAD, FAR_KL_F32 as FAR_KL, FAR_Q_F32 as FAR_Q,
        LOG_ALPHA_0_F32 as LOG_ALPHA_0, LOG1P_P_F32 as LOG1P_P, LOG1P_Q_F32 as LOG1P_Q,
        NEAR_GRAD_F32 as NEAR_GRAD, NEAR_KL_F32 as NEAR_KL, NEAR_Q_F32 as NEAR_Q,
    };
    pub(super) const EXCESS_AT_ZERO: f32 = super::c::EXCESS_AT_ZERO as f32;
}

kernel!(f64_kernel, f64, u64, double, mantissa: 52, lowest: -746.0,
    ln2: (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10));
kernel!(f32_kernel, f32, u32, single, mantissa: 23, lowest: -104.0,
    ln2: (0.693_359_4, -2.121_944_4e-4));

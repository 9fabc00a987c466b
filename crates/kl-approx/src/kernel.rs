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

/// Σ c(k) xᵏ with 12 coefficients, unrolled: even and odd ones side by side, which scalar code does in pairs.
macro_rules! twelve {
    ($c:ident, $x:expr) => {{
        let x = $x;
        let (y, c) = (x * x, $c);
        let (mut even, mut odd) = (c.get::<10>(), c.get::<11>());
        (even, odd) = (even * y + c.get::<8>(), odd * y + c.get::<9>());
        (even, odd) = (even * y + c.get::<6>(), odd * y + c.get::<7>());
        (even, odd) = (even * y + c.get::<4>(), odd * y + c.get::<5>());
        (even, odd) = (even * y + c.get::<2>(), odd * y + c.get::<3>());
        (even, odd) = (even * y + c.get::<0>(), odd * y + c.get::<1>());
        even + x * odd
    }};
}

/// The same with 7 coefficients, the constant term added last, which rounds less where that term prevails.
macro_rules! seven {
    ($c:ident, $x:expr) => {{
        let x = $x;
        let (y, c) = (x * x, $c);
        let odd = (c.get::<5>() * y + c.get::<3>()) * y + c.get::<1>();
        let even = (c.get::<6>() * y + c.get::<4>()) * y + c.get::<2>();
        c.get::<0>() + x * (odd + x * even)
    }};
}

macro_rules! kernel {
    ($module:ident, $t:ident, $bits:ident, $coefficients:ident, $unrolled:ident, mantissa: $mantissa:literal, lowest: $lowest:literal,
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

            /// What else differs between the regions: the polynomials' variable x = a e + b, and the asymptotes
            /// c + d log α of KL and g of the gradient, and the middle m of KL/e. In the order [a, b, c, d, g, m].
            const NEAR_REST: [$t; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, MIDDLE];
            const FAR_REST: [$t; 6] = [2.0 * E0, -1.0, EXCESS_AT_ZERO, -0.5, -0.5, 0.0];

            /// Whether α ≥ 1/`E0`, and e: exp(−log α) there, exp(log α) elsewhere. The sign is turned in the bits, lest the
            /// compiler branch on it.
            #[inline(always)]
            fn region(l: $t) -> (bool, $t) {
                let near = l >= LOG_ALPHA_0;
                let sign = $bits::from(near) << ($bits::BITS - 1);
                (near, exp($t::from_bits(l.to_bits() ^ sign)))
            }

            /// (KL, dKL/d log α) from P, R, Q and the rest.
            #[inline(always)]
            fn assemble([c, d, g, m]: [$t; 4], e: $t, l: $t, p: $t, r: $t, q: $t) -> ($t, $t) {
                let scale = e / q;
                // Finite where d = 0, even at log α = ∞.
                let l = if l < LOG_ALPHA_0 { l } else { LOG_ALPHA_0 };
                let excess = if MIDDLE == 0.0 { scale * p } else { m * e + scale * p };
                ((c + d * l) + excess, g + scale * r)
            }

            /// Coefficients by number known at compile time.
            trait Table {
                fn get<const K: usize>(&self) -> $t;
            }

            impl Table for [$t; NEAR_Q.len()] {
                #[inline(always)]
                fn get<const K: usize>(&self) -> $t {
                    self[K]
                }
            }

            /// One of two tables, coefficient by coefficient. The coefficients must be constants here, not loads: the
            /// compiler would make a gather of a load from one of two places.
            macro_rules! either {
                ($name:ident, $near:ident, $far:ident) => {
                    struct $name(bool);
                    impl Table for $name {
                        #[inline(always)]
                        fn get<const K: usize>(&self) -> $t {
                            if self.0 { const { $near[K] } } else { const { $far[K] } }
                        }
                    }
                };
            }
            either!(EitherKl, NEAR_KL, FAR_KL);
            either!(EitherGrad, NEAR_GRAD, FAR_GRAD);
            either!(EitherQ, NEAR_Q, FAR_Q);
            either!(EitherRest, NEAR_REST, FAR_REST);

            /// (KL, dKL/d log α), branch-free: for loops over slices.
            #[inline(always)]
            pub(crate) fn value_grad_select(l: $t) -> ($t, $t) {
                let (near, e) = region(l);
                let (p, r, q, rest) = (&EitherKl(near), &EitherGrad(near), &EitherQ(near), EitherRest(near));
                let x = rest.get::<0>() * e + rest.get::<1>();
                let rest = [rest.get::<2>(), rest.get::<3>(), rest.get::<4>(), rest.get::<5>()];
                assemble(rest, e, l, $unrolled!(p, x), $unrolled!(r, x), $unrolled!(q, x))
            }

            /// (P, R, Q, rest) of one region.
            struct Region([$t; NEAR_Q.len()], [$t; NEAR_Q.len()], [$t; NEAR_Q.len()], [$t; 6]);

            /// Far and near. Indexed rather than branched upon: a branch on α mispredicts.
            static REGIONS: [Region; 2] =
                [Region(FAR_KL, FAR_GRAD, FAR_Q, FAR_REST), Region(NEAR_KL, NEAR_GRAD, NEAR_Q, NEAR_REST)];

            /// (KL, dKL/d log α) with the tables chosen at once: the same arithmetic, for scalar code.
            #[inline(always)]
            #[allow(dead_code)] // The f64 copy has no caller: `scalar.rs` is faster.
            pub(crate) fn value_grad(l: $t) -> ($t, $t) {
                let (near, e) = region(l);
                let Region(p, r, q, [a, b, c, d, g, m]) = &REGIONS[usize::from(near)];
                let x = *a * e + *b;
                assemble([*c, *d, *g, *m], e, l, $unrolled!(p, x), $unrolled!(r, x), $unrolled!(q, x))
            }

            /// M(u) = D(√u)/√u, u ≥ 0 (see `ard.rs`); relative error a few roundings.
            #[inline(always)]
            #[allow(dead_code)] // The f32 copy has no caller.
            pub(crate) fn dawson_ratio(u: $t) -> $t {
                if 2.0 * u <= E0 {
                    let (r, q) = (&NEAR_GRAD, &NEAR_Q);
                    -2.0 * $unrolled!(r, 2.0 * u) / $unrolled!(q, 2.0 * u)
                } else {
                    let e = 0.5 / u;
                    let (r, q, x) = (&FAR_GRAD, &FAR_Q, (2.0 * E0) * e - 1.0);
                    (0.5 - e * ($unrolled!(r, x) / $unrolled!(q, x))) / u
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
        E0, EXCESS_AT_ZERO, EXP, FAR_GRAD, FAR_KL, FAR_Q, LOG_ALPHA_0, LOG1P_P, LOG1P_Q, MIDDLE, NEAR_GRAD,
        NEAR_KL, NEAR_Q,
    };
}

/// The single-precision constants under the same names.
mod single {
    pub(super) use super::c::{
        E0_F32 as E0, EXP_F32 as EXP, FAR_GRAD_F32 as FAR_GRAD, FAR_KL_F32 as FAR_KL, FAR_Q_F32 as FAR_Q,
        LOG_ALPHA_0_F32 as LOG_ALPHA_0, LOG1P_P_F32 as LOG1P_P, LOG1P_Q_F32 as LOG1P_Q, MIDDLE_F32 as MIDDLE,
        NEAR_GRAD_F32 as NEAR_GRAD, NEAR_KL_F32 as NEAR_KL, NEAR_Q_F32 as NEAR_Q,
    };
    pub(super) const EXCESS_AT_ZERO: f32 = super::c::EXCESS_AT_ZERO as f32;
}

kernel!(f64_kernel, f64, u64, double, twelve, mantissa: 52, lowest: -746.0,
    ln2: (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10));
kernel!(f32_kernel, f32, u32, single, seven, mantissa: 23, lowest: -104.0,
    ln2: (0.693_359_4, -2.121_944_4e-4));

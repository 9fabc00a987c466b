//! The single-precision form of the exact divergence as plain coefficients, for devices that this crate's code does not
//! reach: a GPU kernel, a tensor library, another language.
//!
//! With e = 1/α = θ²/σ², `E0` = 8, and polynomials in powers of their argument, lowest first:
//!
//! | where | KL | dKL/d log α |
//! |---|---|---|
//! | e ≤ `E0` | e (`MIDDLE` + `NEAR_KL`(e)/`NEAR_Q`(e)) | e `NEAR_GRAD`(e)/`NEAR_Q`(e) |
//! | e > `E0`, x = 2 `E0` α − 1 | (γ + ln 2)/2 − ½ log α + α `FAR_KL`(x)/`FAR_Q`(x) | −½ + α `FAR_GRAD`(x)/`FAR_Q`(x) |
//!
//! The fits' own errors, relative: 2.8e-12 near, 3.3e-8 far; rounding in `f32` adds a few units in the last place.
//!
//! ```
//! use kl_approx::{exact, rational::*};
//! let polynomial = |c: &[f32], x: f32| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
//! let e = 0.7_f32; // 1/α
//! let kl = e * (MIDDLE + polynomial(&NEAR_KL, e) / polynomial(&NEAR_Q, e));
//! assert!((f64::from(kl) - exact::kl(-f64::from(e).ln())).abs() < 1e-7);
//! ```

use crate::coefficients as c;

/// Where the near region, e ≤ `E0`, meets the far one.
pub const E0: f32 = c::E0_F32;
/// The constant from which `NEAR_KL`/`NEAR_Q` is counted.
pub const MIDDLE: f32 = c::MIDDLE_F32;
/// (γ + ln 2)/2, the far region's constant term.
pub const EXCESS_AT_ZERO: f32 = c::EXCESS_AT_ZERO as f32;
/// Numerator of KL, near.
pub const NEAR_KL: [f32; 7] = c::NEAR_KL_F32;
/// Numerator of dKL/d log α, near.
pub const NEAR_GRAD: [f32; 7] = c::NEAR_GRAD_F32;
/// Denominator of both, near.
pub const NEAR_Q: [f32; 7] = c::NEAR_Q_F32;
/// Numerator of KL, far.
pub const FAR_KL: [f32; 7] = c::FAR_KL_F32;
/// Numerator of dKL/d log α, far.
pub const FAR_GRAD: [f32; 7] = c::FAR_GRAD_F32;
/// Denominator of both, far.
pub const FAR_Q: [f32; 7] = c::FAR_Q_F32;

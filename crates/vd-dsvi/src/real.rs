//! The two floating-point types a model can be trained in.

use core::fmt::{Debug, Display};
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::numeric::normals::{self, NoiseKey};

/// `f32` (training at speed) or `f64` (checks, small problems). Sealed: the kernels know exactly these two.
pub trait Real:
    sealed::Sealed
    + nalgebra::Scalar
    + Copy
    + Default
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The largest |log σ²| a weight may have: e to this power, and its inverse, are normal numbers of the type.
    const LOG_BOUND: f64;
    /// The largest magnitude of an input: its square does not overflow.
    const LARGEST_INPUT: f64;

    /// The nearest value of the type.
    fn of(x: f64) -> Self;
    /// The value in double precision.
    fn f64(self) -> f64;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Natural exponential.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
}

mod sealed {
    /// What only this crate may ask of a type.
    pub trait Sealed: Sized {
        /// N(0, 1) draws, a pure function of the key and the position in `out`.
        fn normals(key: super::NoiseKey, out: &mut [Self]);
    }

    impl Sealed for f32 {
        fn normals(key: super::NoiseKey, out: &mut [Self]) {
            super::normals::normals(key, out);
        }
    }

    impl Sealed for f64 {
        fn normals(key: super::NoiseKey, out: &mut [Self]) {
            super::normals::normals_f64(key, out);
        }
    }
}

/// (log σ(z), σ(z)), stable at both ends.
pub(crate) fn log_logistic(z: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    let log = z.min(0.0) - e.ln_1p();
    (log, if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) })
}

macro_rules! real {
    ($t:ty, $bound:expr, $largest:expr) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const LOG_BOUND: f64 = $bound;
            const LARGEST_INPUT: f64 = $largest;
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn exp(self) -> Self {
                self.exp()
            }
            #[inline(always)]
            fn ln(self) -> Self {
                self.ln()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }
        }
    };
}

real!(f32, 80.0, 1.8e19);
real!(f64, 700.0, 1.3e154);

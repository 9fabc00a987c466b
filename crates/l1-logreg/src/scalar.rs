//! The two element types of the data: `f32` and `f64`.

use core::ops::{Add, AddAssign, Mul, Neg, Sub};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// The element type of a feature matrix: `f32` or `f64`. Products with the data are taken in this type and summed up in `f64`.
pub trait Scalar:
    sealed::Sealed
    + faer::traits::RealField
    + Copy
    + Default
    + Send
    + Sync
    + PartialOrd
    + core::fmt::Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + 'static
{
    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// The same value in double precision.
    fn to_f64(self) -> f64;
    /// The relative rounding error of one operation.
    const EPSILON: f64;
    /// Magnitudes outside `[1 / LIMIT, LIMIT]` are computed with in `f64` instead.
    const LIMIT: f64;
}

impl Scalar for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    const EPSILON: f64 = f32::EPSILON as f64;
    const LIMIT: f64 = 1e9;
}

impl Scalar for f64 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    const EPSILON: f64 = f64::EPSILON;
    const LIMIT: f64 = f64::INFINITY;
}

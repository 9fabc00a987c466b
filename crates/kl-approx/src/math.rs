//! The logarithm, from the standard library or from `libm`.

#[cfg(feature = "std")]
pub(crate) fn ln(x: f64) -> f64 {
    x.ln()
}

#[cfg(feature = "std")]
pub(crate) fn exp_m1(x: f64) -> f64 {
    x.exp_m1()
}

#[cfg(all(feature = "libm", not(feature = "std")))]
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

#[cfg(all(feature = "libm", not(feature = "std")))]
pub(crate) fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

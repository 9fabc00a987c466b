//! Elementary functions, from the standard library or from `libm`.

#[cfg(feature = "std")]
mod source {
    pub(crate) fn exp(x: f64) -> f64 {
        x.exp()
    }

    pub(crate) fn exp_m1(x: f64) -> f64 {
        x.exp_m1()
    }

    pub(crate) fn ln(x: f64) -> f64 {
        x.ln()
    }

    pub(crate) fn sqrt(x: f64) -> f64 {
        x.sqrt()
    }
}

#[cfg(all(feature = "libm", not(feature = "std")))]
mod source {
    pub(crate) use libm::{exp, expm1 as exp_m1, log as ln, sqrt};
}

pub(crate) use source::{exp, exp_m1, ln, sqrt};

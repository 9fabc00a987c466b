//! The KL divergence of variational dropout to the log-uniform prior: exact values, gradients, approximations.
//!
//! Posterior `q(w) = N(θ, αθ²)`, prior `p(log|w|) ∝ const`. The prior is improper, so the divergence is defined up to a
//! constant; it is fixed here so that `KL(α → ∞) = 0`. Everything is a function of `log α` (natural logarithm); values
//! are in nats.
#![cfg_attr(not(feature = "std"), no_std)]

mod approximation;
pub mod ard;
mod coefficients;
mod divergence;
mod error;
pub mod exact;
#[cfg(feature = "fit")]
pub mod fit;
#[cfg(any(feature = "std", feature = "libm"))]
pub mod inverse;
mod kernel;
#[cfg(any(feature = "std", feature = "libm"))]
mod math;
#[cfg(feature = "monte-carlo")]
pub mod monte_carlo;
#[cfg(any(feature = "std", feature = "libm"))]
mod root;
mod slice;
#[cfg(feature = "proptest")]
pub mod testing;
#[cfg(any(feature = "std", feature = "libm"))]
pub mod weight;

pub use approximation::{EmpiricalBayes, KingmaBound, KingmaCubic, Sigmoid};
pub use divergence::{Divergence, Domain, OutOfDomain};
pub use error::Error;
pub use exact::Exact;

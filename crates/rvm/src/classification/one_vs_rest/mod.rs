//! One-vs-rest classification: one Bernoulli machine per class.

mod bernoulli;
mod fit;
pub(crate) mod model;
pub(crate) mod params;
pub(crate) mod report;
#[cfg(feature = "serde")]
mod stored;

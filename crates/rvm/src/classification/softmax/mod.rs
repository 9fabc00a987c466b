//! The joint softmax model: K·D weights, each with its own precision, under one likelihood.

mod fit;
mod likelihood;
pub(crate) mod model;
pub(crate) mod params;
#[cfg(feature = "serde")]
mod stored;

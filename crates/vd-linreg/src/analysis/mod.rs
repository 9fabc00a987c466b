//! The analysis of relevance: which z-score keeps a feature, by how much its weight shrinks, and what log α says about it.
//!
//! A feature enters everything through its z-score, z² = β q²/S with q = x_dᵀ(t − X_{−d}θ_{−d}): the estimate of its weight given
//! the rest over that estimate's standard error. [`curves`] has the response of each method to z, [`z_scores()`] the z of every
//! feature of a fitted model.

pub mod curves;
mod z_scores;

pub use z_scores::{ZScore, z_scores};

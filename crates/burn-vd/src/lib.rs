#![doc = include_str!("../README.md")]

mod error;
#[cfg(feature = "predictor")]
pub mod export;
mod kl;
mod layer;
mod loss;
mod prune;
mod report;
mod shrink;
mod sparsify;
#[cfg(feature = "train")]
pub mod train;
mod walk;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use kl::{Kl, kl};
pub use layer::{
    SparseConv1d, SparseConv1dConfig, SparseConv2d, SparseConv2dConfig, SparseLinear, SparseLinearConfig,
    UnitGate, UnitGateConfig,
};
pub use loss::{Loss, VdLoss, WarmUp};
pub use prune::{LOG_ALPHA_THRESHOLD, Masks, Pruning, prune, weight_log_alpha, without_noise};
pub use report::{LayerReport, Report, latency};
pub use shrink::{Activation, Plan, Shrunk, Width};
pub use sparsify::{WeightNoise, copy_weights, sparsify, sparsify_where};
pub use walk::{SparseWeights, sparse_weights};

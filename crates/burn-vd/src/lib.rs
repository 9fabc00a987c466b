#![doc = include_str!("../README.md")]

mod error;
mod kl;
mod layer;
mod loss;
mod prune;
mod report;
mod shrink;
mod sparsify;
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
pub use prune::{Masks, Pruning, prune, weight_log_alpha, without_noise};
pub use report::{LayerReport, Report, latency};
pub use shrink::{Activation, Plan, Shrunk, Width};
pub use sparsify::{WeightNoise, copy_weights, sparsify, sparsify_where};
pub use walk::{SparseWeights, sparse_weights};

/// The threshold on log α above which a weight counts as removed: α > 20, a binary dropout rate of 95 %
/// (Molchanov, Ashuha & Vetrov 2017).
pub const LOG_ALPHA_THRESHOLD: f64 = 3.0;

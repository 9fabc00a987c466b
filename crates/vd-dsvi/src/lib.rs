#![doc = include_str!("../README.md")]

#[cfg(feature = "checkpoints")]
mod checkpoint;
mod convergence;
mod data;
mod error;
mod kernel;
mod kl;
mod likelihood;
mod model;
mod params;
mod progress;
mod prune;
mod real;
mod schedule;
mod sparse;
mod state;
mod step;
mod train;
mod variance;

#[cfg(test)]
mod tests;

pub use data::{Inputs, Rows, Targets};
pub use error::Error;
pub use estimator::{Fit, Status};
pub use kl::Kl;
pub use likelihood::{Likelihood, Precision};
pub use model::{Layer, Model};
pub use params::{
    Batch, Convergence, Dropout, Noise, Optimiser, Parametrisation, Params, Removal, ThetaInit,
};
pub use progress::{Progress, TrainingReport};
pub use prune::{Pruned, Pruning};
pub use real::Real;
pub use schedule::Schedule;
pub use sparse::{SparseLayer, SparseModel};
pub use train::{Streaming, Training};
pub use variance::{ESTIMATORS, GradientVariance};

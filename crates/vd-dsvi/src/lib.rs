#![doc = include_str!("../README.md")]

mod data;
mod engine;
mod error;
mod mask;
mod model;
mod numeric;
mod params;
mod real;
mod train;
mod variance;

#[cfg(test)]
mod tests;

pub use data::inputs::Inputs;
pub use data::rows::Rows;
pub use data::targets::Targets;
pub use error::Error;
#[cfg(feature = "faer")]
pub use estimator::from_faer;
#[cfg(feature = "ndarray")]
pub use estimator::from_ndarray;
pub use estimator::nalgebra;
pub use estimator::{Fit, InputError, NoiseModel, NotConverged, Relevance, Status};
pub use model::Model;
pub use model::layer::Layer;
pub use model::prune::{Pruned, Pruning};
pub use model::{compact::CompactModel, compact_layer::CompactLayer};
pub use params::Params;
pub use params::choices::{
    Batch, Convergence, Dropout, GradientNoise, Optimiser, Parametrisation, Removal, ThetaInit,
};
pub use params::kl::Kl;
pub use params::likelihood::Likelihood;
pub use params::schedule::Schedule;
pub use real::Real;
pub use sparse_inference;
pub use train::progress::Progress;
pub use train::report::TrainingReport;
pub use train::stream::Streaming;
pub use train::training::Training;
pub use variance::{ESTIMATORS, GradientVariance};

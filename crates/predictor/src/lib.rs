//! What a saved sparse model is, and how it predicts.
#![doc = include_str!("../README.md")]

mod c99;
mod check;
mod contrast;
mod error;
mod function;
mod kernel;
mod layers;
mod link;
mod moments;
pub mod notation;
mod older;
mod parts;
mod prediction;
mod predictor;
mod preprocessing;
mod provenance;
mod relevance;
mod saved;
mod score;
mod summary;
mod table;
mod uncertainty;

pub use c99::c99;
pub use contrast::{Against, Contrast};
pub use error::Error;
pub use estimator::{Kernel, nalgebra};
pub use function::Function;
pub use kernel::KernelExpansion;
pub use layers::{Layer, Layers};
pub use link::Link;
pub use moments::Moments;
pub use parts::{Parts, Target, Task};
pub use prediction::Prediction;
pub use predictor::Predictor;
pub use preprocessing::{ColumnKind, ColumnSummary, Feature, InputColumn, Preprocessing};
pub use provenance::Provenance;
pub use relevance::{FeatureRelevance, StandIn};
pub use saved::SavedModel;
pub use score::{Metric, Score};
pub use sparse_inference;
pub use summary::FitSummary;
pub use table::{Column, MISSING_LEVEL, Table, Values};
pub use uncertainty::Uncertainty;

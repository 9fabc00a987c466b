//! Variational-dropout linear regression.
#![doc = include_str!("../README.md")]

pub mod analysis;
mod average;
mod check;
mod conclude;
mod design;
mod error;
mod fit;
mod group;
mod job;
mod model;
mod params;
mod prepare;
mod problem;
mod progress;
mod select;
mod solve;
mod statistics;
pub mod synthetic;

pub use average::averaged::{Averaged, StandIn};
pub use average::progress::AveragingProgress;
pub use average::settings::{Averaging, Sparsity};
pub use check::objective::{Gradient, Objective};
pub use check::optimality::{Optimality, optimality};
pub use design::{Design, RowMajor};
pub use error::Error;
#[cfg(feature = "faer")]
pub use estimator::from_faer;
#[cfg(feature = "ndarray")]
pub use estimator::from_ndarray;
pub use estimator::{Fit, InputError, NoiseModel, Relevance, Report, Rule, Status, nalgebra};
pub use group::fit::{Group, Grouped};
pub use model::Model;
pub use nalgebra_sparse;
pub use params::{Algorithm, Params, Refit};
pub use progress::Progress;
pub use select::bagging::{Bagged, Bagging};
pub use select::cross_validation::search::CvProgress;
pub use select::cross_validation::selection::Selection;
pub use select::cross_validation::settings::{CrossValidation, CvPoint};
pub use select::path::{Path, default_lambdas};
pub use select::stability::Stability;
pub use solve::operator::Thresholding;
pub use statistics::folds::FoldStatistics;
pub use statistics::pass::Statistics;
pub use statistics::z_scores::z_scores_statistics;

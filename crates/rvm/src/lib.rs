//! Relevance vector machines: sparse Bayesian regression and classification with one precision per basis function.
#![doc = include_str!("../README.md")]

mod basis;
mod classification;
mod design;
mod engine;
mod error;
mod kernel;
mod linalg;
mod posterior;
mod progress;
mod regression;
mod watch;

pub use basis::Basis;
pub use classification::Moderation;
pub use classification::one_vs_rest::model::OneVsRestModel;
pub use classification::one_vs_rest::params::OneVsRestParams;
pub use classification::one_vs_rest::report::OneVsRestReport;
pub use classification::softmax::model::SoftmaxModel;
pub use classification::softmax::params::SoftmaxParams;
pub use design::from_row_major;
pub use engine::algorithm::Algorithm;
pub use engine::quality::Quality;
pub use error::Error;
#[cfg(feature = "faer")]
pub use estimator::from_faer;
#[cfg(feature = "ndarray")]
pub use estimator::from_ndarray;
pub use estimator::nalgebra;
pub use estimator::{Fit, InputError, NoiseModel, Report, Status};
pub use kernel::{CustomKernel, Kernel};
pub use posterior::{KeptWeight, Posterior, RawPosterior};
pub use progress::Progress;
pub use regression::evidence::{Evidence, log_evidence};
pub use regression::model::RegressionModel;
pub use regression::params::RegressionParams;

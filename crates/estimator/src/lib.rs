//! The vocabulary that every estimator of this workspace shares.
#![doc = include_str!("../README.md")]

mod convert;
mod cv_point;
mod input;
mod kernel;
mod lambda_search;
mod link;
mod noise;
mod params;
mod progress;
mod relevance;
mod report;
mod rule;
mod split;
mod status;
mod targets;
#[cfg(feature = "testing")]
pub mod testing;
mod traits;

#[cfg(feature = "faer")]
pub use convert::from_faer;
#[cfg(feature = "ndarray")]
pub use convert::from_ndarray;
pub use convert::from_row_major;
pub use cv_point::{CvPoint, mean_and_error};
pub use input::{AsInputError, Extent, InputError};
pub use kernel::Kernel;
pub use lambda_search::{LambdaSearch, Refits};
pub use link::{log_sum_exp, sigmoid, softmax_in_place, softplus};
pub use nalgebra;
pub use noise::NoiseModel;
pub use params::Check;
pub use progress::{Progress, Unwatched, unwatched};
pub use relevance::{Relevance, SparseModel};
pub use report::{Fit, NotConverged, Report, Summary};
pub use rule::Rule;
pub use split::{folds, stratified_folds};
pub use status::Status;
pub use targets::{Labels, Values};
pub use traits::{Estimator, Predict, PredictProba, PredictStd};

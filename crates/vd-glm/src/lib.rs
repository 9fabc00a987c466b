//! Variational dropout for generalised linear models, without sampling.
#![doc = include_str!("../README.md")]

mod certificate;
mod design;
mod error;
mod family;
mod fit;
mod model;
mod params;
pub mod pass;
mod progress;
mod quadrature;
mod select;
mod solve;

pub use certificate::Certificate;
pub use design::block::Block;
pub use design::far::FarRows;
pub use design::matrix::{Design, matrix_from_rows};
pub use error::Error;
#[cfg(feature = "faer")]
pub use estimator::from_faer;
#[cfg(feature = "ndarray")]
pub use estimator::from_ndarray;
pub use estimator::{self, Fit, InputError, Labels, Report, Rule, Status, Values, nalgebra};
pub use family::count::Family;
pub use model::classifier::Classifier;
pub use model::regressor::Regressor;
pub use params::classification::{ClassificationParams, Coding, Link};
pub use params::regression::RegressionParams;
pub use params::settings::{Refit, Slab};
pub use pass::point::{Predictor, Weight};
pub use progress::Progress;
pub use select::selection::{CvProgress, Selection};
pub use select::settings::{CrossValidation, CvPoint};

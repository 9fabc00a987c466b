//! Sparse logistic regression whose every answer comes with a proof of how good it is.
#![doc = include_str!("../README.md")]

mod canonical;
mod certificate;
mod cross_validation;
mod design;
mod error;
mod fit;
mod loss;
mod matrix;
mod model;
mod params;
mod path;
mod penalty;
mod prepare;
mod registers;
mod relevance;
mod scalar;
mod solver;

pub use canonical::SharedShift;
pub use certificate::{Certificate, certify};
pub use cross_validation::choice::CvFit;
pub use cross_validation::params::{CrossValidation, Rule, Score};
pub use cross_validation::search::CvProgress;
pub use error::Error;
pub use loss::Loss;
pub use matrix::{FeatureMatrix, from_row_major};
pub use model::{Contrast, Model};
pub use params::Params;
pub use path::grid::Grid;
pub use path::point::PathPoint;
pub use penalty::{Intercept, Penalty};
pub use scalar::Scalar;
pub use solver::algorithm::{Progress, Solver};

#[cfg(feature = "faer")]
pub use estimator::from_faer;
#[cfg(feature = "ndarray")]
pub use estimator::from_ndarray;
pub use estimator::nalgebra;
pub use estimator::{Fit, InputError, Labels, NotConverged, Relevance, Report, Status};

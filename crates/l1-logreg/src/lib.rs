//! Sparse logistic regression whose every answer comes with a proof of how good it is.
#![doc = include_str!("../README.md")]

mod certificate;
mod cv;
mod design;
mod empty;
mod error;
mod features;
mod fit;
mod loss;
mod model;
mod params;
mod penalty;
mod prepared;
mod problem;
mod scalar;
mod solver;

pub use certificate::{Certificate, certify};
pub use cv::{CrossValidation, CvFit, Rule, Score, stratified_folds};
pub use error::Error;
pub use features::Features;
pub use fit::{Grid, PathPoint};
pub use loss::Loss;
pub use model::Model;
pub use params::{LogisticRegression, Params};
pub use penalty::{Intercept, Penalty};
pub use scalar::Scalar;
pub use solver::{Progress, Solver};

pub use estimator::{Fit, Report, Status};

//! Variational-dropout linear regression.
#![doc = include_str!("../README.md")]

pub mod analysis;
mod ascent;
mod bagging;
mod block;
mod columns;
mod cv;
mod descent;
mod design;
mod error;
pub mod figures;
mod fit;
mod kernel;
mod least_squares;
mod model;
mod objective;
mod operator;
mod optimality;
mod params;
mod path;
mod prepare;
mod state;
#[cfg(feature = "serde")]
mod stored;
mod swap;
pub mod synthetic;

pub use bagging::{Bagged, Bagging};
pub use cv::{CrossValidation, CvPoint, Rule, Selection};
pub use design::Design;
pub use error::LinregError;
pub use fit::Progress;
pub use model::{Model, Predictions};
pub use objective::{Gradient, Objective};
pub use operator::Thresholding;
pub use optimality::{Optimality, optimality};
pub use params::{Algorithm, Noise, Params, Refit};
pub use path::{Path, default_lambdas};

#![doc = include_str!("../README.md")]

mod convergence;
mod data;
mod error;
mod kernel;
mod kl;
mod likelihood;
mod model;
mod params;
mod progress;
mod real;
mod schedule;
mod state;
mod step;
mod train;

pub use data::{Inputs, Rows, Targets};
pub use error::Error;
pub use fit_report::{Fit, Status};
pub use kl::Kl;
pub use likelihood::{Likelihood, Precision};
pub use model::{Layer, Model};
pub use params::{Batch, Convergence, Dropout, Noise, Optimiser, Parametrisation, Params, ThetaInit};
pub use progress::{Progress, TrainingReport};
pub use real::Real;
pub use schedule::Schedule;
pub use train::Training;

//! Relevance vector machines: sparse Bayesian regression and classification with one precision per basis function.
#![doc = include_str!("../README.md")]

mod basis;
mod bernoulli;
mod classify;
mod design;
mod error;
mod gram;
mod linalg;
mod one_vs_rest;
mod params;
mod posterior;
mod quality;
mod regress;
mod regression;
mod regression_params;
mod sequential;

pub use basis::Basis;
pub use error::Error;
pub use fit_report::{Fit, Report, Status};
pub use one_vs_rest::{Moderation, OneVsRest, OneVsRestReport};
pub use params::{Classification, ClassificationParams, Progress};
pub use posterior::{Posterior, Relevance};
pub use quality::Quality;
pub use regression::RegressionModel;
pub use regression_params::{Noise, Regression, RegressionParams};

/// One-vs-rest on raw features with a bias and every default: weights D x K with exact zeros, accuracy, sparsity.
///
/// # Errors
/// See [`Classification::fit`].
pub fn one_vs_rest(
    x: &nalgebra::DMatrix<f64>,
    labels: &[usize],
    classes: usize,
) -> Result<Fit<OneVsRest, OneVsRestReport>, Error> {
    ClassificationParams::default().validate()?.fit(x, labels, classes)
}

//! Relevance vector machines: sparse Bayesian regression and classification with one precision per basis function.
#![doc = include_str!("../README.md")]

mod basis;
mod bernoulli;
mod classify;
mod design;
mod error;
mod evidence;
mod exp;
mod fixed_point;
mod gram;
mod kernel;
mod kernel_design;
mod labels;
mod laplace;
mod linalg;
mod low_rank;
mod one_vs_rest;
mod params;
mod posterior;
mod quality;
mod regress;
mod regression;
mod regression_params;
mod sequential;
mod softmax;
mod softmax_mode;

pub use basis::Basis;
pub use error::Error;
pub use estimator::{Fit, Report, Status};
pub use evidence::{Evidence, log_evidence};
pub use fixed_point::Algorithm;
pub use kernel::{CustomKernel, Kernel};
pub use labels::Moderation;
pub use one_vs_rest::{OneVsRest, OneVsRestReport};
pub use params::{Classification, ClassificationParams, Progress};
pub use posterior::{Posterior, Relevance};
pub use quality::Quality;
pub use regression::RegressionModel;
pub use regression_params::{Noise, Regression, RegressionParams};
pub use softmax::SoftmaxModel;

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

/// The joint softmax machine on raw features with a bias and every default: weights D x K with exact zeros.
///
/// # Errors
/// See [`Classification::fit_softmax`].
pub fn softmax(
    x: &nalgebra::DMatrix<f64>,
    labels: &[usize],
    classes: usize,
) -> Result<Fit<SoftmaxModel>, Error> {
    ClassificationParams::default().validate()?.fit_softmax(x, labels, classes)
}

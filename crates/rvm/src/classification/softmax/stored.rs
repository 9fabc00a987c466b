//! Parameters and models of the softmax machine as they are stored, checked when they are read.

use nalgebra::DVector;

use crate::engine::algorithm::Algorithm;
use crate::posterior::Posterior;

/// The fields of `SoftmaxParams` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    pub(super) algorithm: Algorithm,
    pub(super) intercept: bool,
    pub(super) centre: bool,
    pub(super) classes: Option<usize>,
    pub(super) entry_gain: f64,
    pub(super) tolerance: f64,
    pub(super) max_linearisations: usize,
    pub(super) max_steps: usize,
    pub(super) precision_floor: f64,
}

/// The fields of a `SoftmaxModel` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    pub(super) classes: usize,
    pub(super) dimension: usize,
    pub(super) intercept: bool,
    pub(super) centre: Option<DVector<f64>>,
    pub(super) posterior: Posterior,
}

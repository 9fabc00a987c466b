//! Parameters and models of a regression as they are stored, checked when they are read.

use estimator::NoiseModel;

use crate::basis::Basis;
use crate::design::kept::Kept;
use crate::engine::algorithm::Algorithm;
use crate::posterior::Posterior;

/// The fields of `RegressionParams` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    pub(super) basis: Basis,
    pub(super) algorithm: Algorithm,
    pub(super) intercept: bool,
    pub(super) centre: bool,
    pub(super) noise: NoiseModel,
    pub(super) noise_floor: f64,
    pub(super) entry_gain: f64,
    pub(super) tolerance: f64,
    pub(super) max_steps: usize,
    pub(super) cache_bytes: usize,
}

/// The fields of a `RegressionModel` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    pub(super) kept: Kept,
    pub(super) posterior: Posterior,
    pub(super) noise_variance: f64,
    pub(super) noise_at_floor: bool,
}

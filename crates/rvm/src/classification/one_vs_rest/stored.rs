//! Parameters and models of one-vs-rest as they are stored, checked when they are read.

use crate::basis::Basis;
use crate::design::kept::Kept;
use crate::engine::algorithm::Algorithm;
use crate::posterior::Posterior;

/// The fields of `OneVsRestParams` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    pub(super) basis: Basis,
    pub(super) algorithm: Algorithm,
    pub(super) intercept: bool,
    pub(super) centre: bool,
    pub(super) classes: Option<usize>,
    pub(super) entry_gain: f64,
    pub(super) tolerance: f64,
    pub(super) max_linearisations: usize,
    pub(super) max_steps: usize,
    pub(super) precision_floor: f64,
    pub(super) cache_bytes: usize,
}

/// The fields of a `OneVsRestModel` before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    pub(super) kept: Vec<Kept>,
    pub(super) posteriors: Vec<Posterior>,
}

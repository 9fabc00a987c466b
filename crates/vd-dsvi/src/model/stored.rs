//! Models as they are stored: what is read back is checked before it becomes a model.

use serde::Deserialize;

use crate::model::compact_layer::CompactLayer;
use crate::model::layer::Layer;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// A model.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Real + Deserialize<'de>"))]
pub(crate) struct StoredModel<R: nalgebra::Scalar> {
    pub(crate) layers: Vec<Layer<R>>,
    pub(crate) likelihood: Likelihood,
    pub(crate) beta: f64,
    pub(crate) threshold: f64,
}

/// A compact model.
#[derive(Deserialize)]
pub(crate) struct StoredCompactModel<R> {
    pub(crate) features: usize,
    pub(crate) layers: Vec<CompactLayer<R>>,
    pub(crate) likelihood: Likelihood,
    pub(crate) beta: f64,
    pub(crate) dense_weights: usize,
}

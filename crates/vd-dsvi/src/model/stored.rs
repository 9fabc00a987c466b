//! Models as they are stored: what is read back is checked before it becomes a model.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::Model;
use crate::model::compact::{CompactLayer, CompactModel};
use crate::model::layer::Layer;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// A [`Layer`], column by column. log σ² = −∞, which JSON cannot write, is stored as nothing.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredLayer<R> {
    inputs: usize,
    outputs: usize,
    theta: Vec<R>,
    log_sigma2: Vec<Option<R>>,
    intercept: Option<Vec<R>>,
}

impl<R: Real> From<Layer<R>> for StoredLayer<R> {
    fn from(layer: Layer<R>) -> Self {
        let finite = |v: &R| v.is_finite().then_some(*v);
        Self {
            inputs: layer.inputs(),
            outputs: layer.outputs(),
            theta: layer.theta.as_slice().to_vec(),
            log_sigma2: layer.log_sigma2.iter().map(finite).collect(),
            intercept: layer.intercept.map(|b| b.as_slice().to_vec()),
        }
    }
}

impl<R: Real> TryFrom<StoredLayer<R>> for Layer<R> {
    type Error = Error;

    fn try_from(stored: StoredLayer<R>) -> Result<Self, Error> {
        let StoredLayer { inputs, outputs, theta, log_sigma2, intercept } = stored;
        let size = inputs.checked_mul(outputs);
        if size != Some(theta.len()) || size != Some(log_sigma2.len()) {
            let (means, variances) = (theta.len(), log_sigma2.len());
            let what = format!(
                "a layer of {inputs} inputs and {outputs} outputs has {means} means and {variances} variances"
            );
            return Err(Error::Model { what });
        }
        let removed = R::of(f64::NEG_INFINITY);
        let log_sigma2 = log_sigma2.into_iter().map(|v| v.unwrap_or(removed));
        Self::new(
            DMatrix::from_vec(inputs, outputs, theta),
            DMatrix::from_iterator(inputs, outputs, log_sigma2),
            intercept.map(DVector::from_vec),
        )
    }
}

/// A [`Model`].
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Real + Deserialize<'de>"))]
pub(crate) struct StoredModel<R: nalgebra::Scalar> {
    layers: Vec<Layer<R>>,
    likelihood: Likelihood,
    beta: f64,
    threshold: f64,
}

impl<R: Real> TryFrom<StoredModel<R>> for Model<R> {
    type Error = Error;

    fn try_from(stored: StoredModel<R>) -> Result<Self, Error> {
        Self::new(stored.layers, stored.likelihood, stored.beta, stored.threshold)
    }
}

/// A [`CompactModel`].
#[derive(Deserialize)]
pub(crate) struct StoredCompactModel<R> {
    features: usize,
    layers: Vec<CompactLayer<R>>,
    likelihood: Likelihood,
    beta: f64,
    dense_weights: usize,
}

impl<R: Real> TryFrom<StoredCompactModel<R>> for CompactModel<R> {
    type Error = Error;

    fn try_from(stored: StoredCompactModel<R>) -> Result<Self, Error> {
        let StoredCompactModel { features, layers, likelihood, beta, dense_weights } = stored;
        let model = Self { features, layers, likelihood, beta, dense_weights };
        model.check()?;
        Ok(model)
    }
}

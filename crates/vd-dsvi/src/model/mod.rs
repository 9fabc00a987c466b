//! The trained model: layers, predictions, which weights are kept.

pub(crate) mod compact;
pub(crate) mod compact_layer;
pub(crate) mod layer;
mod predict;
pub(crate) mod prune;
mod relevance;
pub(crate) mod response;
mod shrink;
#[cfg(feature = "serde")]
mod stored;
#[cfg(feature = "serde")]
mod stored_layer;

use nalgebra::DVector;

use crate::error::Error;
use crate::model::layer::Layer;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// A model of layers with ReLU between them; a single layer is (generalised) linear regression.
///
/// Predictions use the mean of every weight. A weight counts as *kept* when its log α is at most [`Model::threshold`];
/// [`Model::pruned`] sets the others to zero, and [`Model::compact`] leaves them out.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        bound(serialize = "R: Real + serde::Serialize", deserialize = "R: Real + serde::Deserialize<'de>"),
        try_from = "stored::StoredModel<R>"
    )
)]
pub struct Model<R: nalgebra::Scalar> {
    layers: Vec<Layer<R>>,
    likelihood: Likelihood,
    beta: f64,
    threshold: f64,
}

impl<R: Real> Model<R> {
    /// A model of these layers, from the inputs to the outputs, with the noise precision β (1 unless the likelihood is Gaussian)
    /// and the log α above which a weight counts as pruned.
    ///
    /// # Errors
    /// [`Error::Model`] for no layers, layers that do not join, numbers that are out of range.
    pub fn new(
        layers: Vec<Layer<R>>,
        likelihood: Likelihood,
        beta: f64,
        threshold: f64,
    ) -> Result<Self, Error> {
        let fail = |what: String| Err(Error::Model { what });
        if layers.is_empty() {
            return fail("it has no layers".into());
        }
        for (l, pair) in layers.windows(2).enumerate() {
            let (outputs, inputs) = (pair[0].outputs(), pair[1].inputs());
            if outputs != inputs {
                return fail(format!("layer {l} has {outputs} outputs, layer {} has {inputs} inputs", l + 1));
            }
        }
        if !(beta > 0.0 && beta.is_finite()) {
            return fail(format!("its noise precision is {beta}: a finite number above 0 is needed"));
        }
        if !threshold.is_finite() {
            return fail(format!("its threshold is {threshold}: a finite number is needed"));
        }
        if likelihood == Likelihood::Softmax && layers.last().is_some_and(|l| l.outputs() < 2) {
            return fail("a softmax needs at least 2 outputs".into());
        }
        Ok(Self { layers, likelihood, beta, threshold })
    }

    /// The model of layers that a fit made.
    pub(crate) fn of(layers: Vec<Layer<R>>, likelihood: Likelihood, beta: f64, threshold: f64) -> Self {
        Self { layers, likelihood, beta, threshold }
    }

    /// The layers, from the inputs to the outputs.
    #[must_use]
    pub fn layers(&self) -> &[Layer<R>] {
        &self.layers
    }

    /// What the outputs mean.
    #[must_use]
    pub fn likelihood(&self) -> Likelihood {
        self.likelihood
    }

    /// The noise precision β (Gaussian likelihood; 1 elsewhere).
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The standard deviation of the noise, β^(−½), in units of the target (Gaussian likelihood; 1 elsewhere).
    #[must_use]
    pub fn noise_std(&self) -> f64 {
        self.beta.sqrt().recip()
    }

    /// log α above which a weight counts as pruned.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The number of features D.
    #[must_use]
    pub fn features(&self) -> usize {
        self.layers.first().map_or(0, Layer::inputs)
    }

    /// The number of outputs K.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// The intercepts of the outputs, K entries; zeros for a fit without intercept.
    #[must_use]
    pub fn intercept(&self) -> DVector<f64> {
        match self.layers.last() {
            Some(last) => {
                last.intercept.as_ref().map_or_else(|| DVector::zeros(last.outputs()), |b| b.map(|v| v.f64()))
            }
            None => DVector::zeros(0),
        }
    }

    /// The model with every weight of log α > `threshold` set to exactly zero (θ = 0, and no noise).
    ///
    /// The poster pruned at 5; later work and this crate's default use 3 (α > 20, a binary dropout rate of 95 %).
    #[must_use]
    pub fn pruned(&self, threshold: f64) -> Self {
        let mut model = self.clone();
        model.layers.iter_mut().for_each(|layer| layer.prune(threshold));
        model
    }
}

#[cfg(feature = "checkpoints")]
impl<R: Real + serde::Serialize + serde::de::DeserializeOwned> model_file::Stored for Model<R> {
    const KIND: model_file::Kind = model_file::Kind::new("vd-dsvi.model", 1);

    /// Nothing is left to check: what is deserialised has been checked.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl<R: Real> TryFrom<stored::StoredModel<R>> for Model<R> {
    type Error = Error;

    fn try_from(stored: stored::StoredModel<R>) -> Result<Self, Error> {
        Self::new(stored.layers, stored.likelihood, stored.beta, stored.threshold)
    }
}

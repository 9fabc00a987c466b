//! One dense layer of a trained model.

use nalgebra::{DMatrix, DVector, Scalar};

use crate::error::Error;
use crate::real::Real;

/// One dense layer: z = xθ + b, each weight N(θ, σ²).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        bound(serialize = "R: Real + serde::Serialize", deserialize = "R: Real + serde::Deserialize<'de>"),
        into = "crate::model::stored_layer::StoredLayer<R>",
        try_from = "crate::model::stored_layer::StoredLayer<R>"
    )
)]
pub struct Layer<R: Scalar> {
    pub(crate) theta: DMatrix<R>,
    pub(crate) log_sigma2: DMatrix<R>,
    pub(crate) intercept: Option<DVector<R>>,
}

impl<R: Real> Layer<R> {
    /// A layer of these means θ and log σ² (both inputs x outputs) and intercepts b (one per output, or none).
    ///
    /// # Errors
    /// [`Error::Model`] for shapes that do not agree, a mean or an intercept that is not finite, a log σ² that is neither finite
    /// nor −∞.
    pub fn new(
        theta: DMatrix<R>,
        log_sigma2: DMatrix<R>,
        intercept: Option<DVector<R>>,
    ) -> Result<Self, Error> {
        let fail = |what: String| Err(Error::Model { what });
        let ((inputs, outputs), variances) = (theta.shape(), log_sigma2.shape());
        if inputs == 0 || outputs == 0 {
            return fail(format!("a layer has {inputs} inputs and {outputs} outputs"));
        }
        if variances != (inputs, outputs) {
            return fail(format!("a layer has {inputs} x {outputs} means, but {variances:?} variances"));
        }
        if let Some(b) = intercept.as_ref().filter(|b| b.len() != outputs) {
            return fail(format!("a layer has {outputs} outputs, but {} intercepts", b.len()));
        }
        if !theta.iter().chain(intercept.iter().flatten()).all(|v| v.is_finite()) {
            return fail("a mean or an intercept is not finite".into());
        }
        if !log_sigma2.iter().all(|v| v.is_finite() || v.f64() == f64::NEG_INFINITY) {
            return fail("a log σ² is neither finite nor −∞".into());
        }
        Ok(Self { theta, log_sigma2, intercept })
    }

    /// Number of inputs.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.theta.nrows()
    }

    /// Number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.theta.ncols()
    }

    /// θ, the means, inputs x outputs.
    #[must_use]
    pub fn theta(&self) -> &DMatrix<R> {
        &self.theta
    }

    /// log σ², inputs x outputs; −∞ for a weight that is exactly known, as a removed one is.
    #[must_use]
    pub fn log_sigma2(&self) -> &DMatrix<R> {
        &self.log_sigma2
    }

    /// b, one intercept per output, if the layer has them.
    #[must_use]
    pub fn intercept(&self) -> Option<&DVector<R>> {
        self.intercept.as_ref()
    }

    /// log α = log σ² − 2 log|θ|, inputs x outputs; +∞ where θ = 0.
    #[must_use]
    pub fn log_alpha(&self) -> DMatrix<R> {
        self.theta.zip_map(&self.log_sigma2, |theta, log_sigma2| R::of(log_alpha(theta, log_sigma2)))
    }

    /// The number of weights with log α > `threshold`.
    #[must_use]
    pub fn pruned_count(&self, threshold: f64) -> usize {
        self.log_alphas().filter(|&a| a > threshold).count()
    }

    /// The share of weights with log α > `threshold`.
    #[must_use]
    pub fn sparsity_at(&self, threshold: f64) -> f64 {
        self.pruned_count(threshold) as f64 / self.theta.len() as f64
    }

    /// log α of every weight, column by column.
    pub(crate) fn log_alphas(&self) -> impl Iterator<Item = f64> {
        self.theta.iter().zip(&self.log_sigma2).map(|(&t, &s)| log_alpha(t, s))
    }

    /// Sets the weights of log α > `threshold` to exactly zero.
    pub(crate) fn prune(&mut self, threshold: f64) {
        for (theta, log_sigma2) in self.theta.iter_mut().zip(self.log_sigma2.iter_mut()) {
            if log_alpha(*theta, *log_sigma2) > threshold {
                *theta = R::ZERO;
                *log_sigma2 = R::of(f64::NEG_INFINITY);
            }
        }
    }
}

/// log σ² − 2 log|θ|; +∞ at θ = 0 whatever σ².
pub(crate) fn log_alpha<R: Real>(theta: R, log_sigma2: R) -> f64 {
    if theta == R::ZERO { f64::INFINITY } else { log_sigma2.f64() - 2.0 * theta.abs().f64().ln() }
}

#[cfg(feature = "serde")]
impl<R: Real> From<Layer<R>> for crate::model::stored_layer::StoredLayer<R> {
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

#[cfg(feature = "serde")]
impl<R: Real> TryFrom<crate::model::stored_layer::StoredLayer<R>> for Layer<R> {
    type Error = Error;

    fn try_from(stored: crate::model::stored_layer::StoredLayer<R>) -> Result<Self, Error> {
        let crate::model::stored_layer::StoredLayer { inputs, outputs, theta, log_sigma2, intercept } =
            stored;
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

//! The compact model: kept weights as compressed rows, without inputs and units that have no effect.

use estimator::InputError;
use nalgebra::{DMatrix, DVector, Scalar};
use sparse_inference::Network;

use crate::data::inputs::Inputs;
use crate::error::Error;
use crate::model::Model;
use crate::model::compact_layer::CompactLayer;
use crate::model::response::{labels, means, probabilities, respond, share_equal};
use crate::model::shrink::{DenseLayer, places, shrink};
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// A physically small model for prediction by mean weights.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        bound(serialize = "R: Real + serde::Serialize", deserialize = "R: Real + serde::Deserialize<'de>"),
        try_from = "crate::model::stored::StoredCompactModel<R>"
    )
)]
pub struct CompactModel<R: Scalar> {
    pub(crate) features: usize,
    pub(crate) layers: Vec<CompactLayer<R>>,
    pub(crate) likelihood: Likelihood,
    /// The noise precision β.
    pub(crate) beta: f64,
    /// Weights of the dense model, for the compression's denominator.
    pub(crate) dense_weights: usize,
}

impl<R: Real> CompactModel<R> {
    /// Keeps the weights of log α ≤ `threshold`, then removes what is dead: a hidden unit without outgoing weights, and one without
    /// incoming weights, whose constant output ReLU(b) goes into the next layer's biases. Predictions are those of
    /// [`Model::pruned`], up to the order of additions.
    #[must_use]
    pub(crate) fn new(model: &Model<R>, threshold: f64) -> Self {
        let dense: Vec<DenseLayer<R>> =
            model.layers().iter().map(|l| DenseLayer::new(l, threshold)).collect();
        Self {
            features: model.features(),
            layers: shrink(dense),
            likelihood: model.likelihood(),
            beta: model.beta(),
            dense_weights: model.weight_count(),
        }
    }

    /// The number of features D of the inputs.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// The number of outputs K.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |l| l.outputs.len())
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[CompactLayer<R>] {
        &self.layers
    }

    /// Dense weights over surviving ones (infinite if none survives).
    #[must_use]
    pub fn compression(&self) -> f64 {
        self.dense_weights as f64 / self.kept() as f64
    }

    /// The model laid out for speed: a sample's outputs in single precision, before the likelihood's response.
    ///
    /// Make it once; a sample then costs what its weights cost.
    ///
    /// ```
    /// use vd_dsvi::nalgebra::DMatrix;
    /// use vd_dsvi::sparse_inference::Memory;
    /// use vd_dsvi::{Batch, Params};
    /// let x = DMatrix::from_fn(300, 6, |n, d| 2.0 * (1e4 * ((n * 6 + d + 1) as f64).sin()).fract());
    /// let t: Vec<usize> = (0..300).map(|n| usize::from(x[(n, 0)] > x[(n, 1)])).collect();
    /// let fit = Params::new().batch(Batch::Full).epochs(200).seed(1).fit(&x, &t)?;
    /// let network = fit.model.compact(3.0).network()?;
    /// let mut z = vec![0.0; network.outputs()];
    /// network.forward(&[0.9, -0.9, 0.0, 0.1, 0.2, 0.3], &mut z, &mut Memory::default())?;
    /// assert!(z[1] > z[0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] for a weight that single precision can't hold.
    pub fn network(&self) -> Result<Network, Error> {
        let refused = |e: sparse_inference::Error| Error::Model { what: e.to_string() };
        let layers = self.layers.iter().enumerate().map(|(l, layer)| {
            let features = (l == 0).then_some(self.features);
            layer.by_output(features).map_err(refused)
        });
        Network::new(&layers.collect::<Result<Vec<_>, _>>()?).map_err(refused)
    }

    /// Predictive values, N x K, as [`Model::predict_response`].
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features.
    pub fn predict_response(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<R>, Error> {
        let rows = x.rows()?;
        if rows.features() != self.features {
            return Err(InputError::columns("x", self.features, rows.features()).into());
        }
        let place = places(&self.layers[0].inputs, self.features);
        let mut out = DMatrix::from_element(rows.samples(), self.outputs(), R::ZERO);
        let (mut input, mut z): (Vec<(usize, R)>, Vec<R>) = (Vec::new(), Vec::new());
        for sample in 0..rows.samples() {
            let (index, value) = rows.row(sample);
            input.clear();
            let alive =
                index.iter().zip(value).map(|(&d, &x)| (place[d as usize], x)).filter(|p| p.0 != u32::MAX);
            input.extend(alive.map(|(i, x)| (i as usize, x)));
            for layer in &self.layers {
                z.clone_from(&layer.intercept);
                for &(i, x) in &input {
                    let span = layer.offsets[i] as usize..layer.offsets[i + 1] as usize;
                    for (&k, &w) in layer.index[span.clone()].iter().zip(&layer.theta[span]) {
                        z[k as usize] += x * w;
                    }
                }
                input.clear();
                input.extend(z.iter().copied().enumerate().filter(|&(_, z)| z > R::ZERO));
            }
            out.row_mut(sample).iter_mut().zip(&z).for_each(|(o, &z)| *o = z);
        }
        respond(self.likelihood, &mut out);
        Ok(out)
    }

    /// The most probable class of each sample, as [`Model::predict`].
    ///
    /// # Errors
    /// As for [`Model::predict`].
    pub fn predict(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<Vec<usize>, Error> {
        labels(self.likelihood, &self.predict_response(x)?)
    }

    /// The mean of the target of each sample, as [`Model::predict_mean`].
    ///
    /// # Errors
    /// As for [`Model::predict_mean`].
    pub fn predict_mean(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DVector<f64>, Error> {
        means(self.likelihood, &self.predict_response(x)?)
    }

    /// Class probabilities, N x K, as [`Model::predict_proba`].
    ///
    /// # Errors
    /// As for [`Model::predict_proba`].
    pub fn predict_proba(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<f64>, Error> {
        probabilities(self.likelihood, &self.predict_response(x)?)
    }

    /// The share of samples whose predicted class is their label.
    ///
    /// # Errors
    /// As for [`CompactModel::predict`]; also when there are not as many labels as samples.
    pub fn accuracy(&self, x: &(impl Inputs<R> + ?Sized), labels: &[usize]) -> Result<f64, Error> {
        share_equal(&self.predict(x)?, labels)
    }

    /// Checks that indices lie inside, that layers join, and that numbers are finite.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        let fail = |what: String| Err(Error::Model { what });
        let mut below = None;
        for (l, layer) in self.layers.iter().enumerate() {
            if !layer.holds_together() {
                return fail(format!("layer {l} does not hold together"));
            }
            let joined = match below {
                None => layer.inputs.iter().all(|&d| (d as usize) < self.features),
                Some(outputs) => outputs == layer.inputs.len(),
            };
            if !joined {
                return fail(format!("layer {l} reads inputs that do not exist"));
            }
            below = Some(layer.outputs.len());
        }
        let outputs = below.unwrap_or(0);
        if outputs < if self.likelihood == Likelihood::Softmax { 2 } else { 1 } {
            return fail(format!("it has {outputs} outputs"));
        }
        if self.features > u32::MAX as usize || self.dense_weights < self.kept() {
            return fail("its sizes are out of range".into());
        }
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return fail(format!("its noise precision is {}", self.beta));
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl<R: Real> TryFrom<crate::model::stored::StoredCompactModel<R>> for CompactModel<R> {
    type Error = Error;

    fn try_from(stored: crate::model::stored::StoredCompactModel<R>) -> Result<Self, Error> {
        let crate::model::stored::StoredCompactModel { features, layers, likelihood, beta, dense_weights } =
            stored;
        let model = Self { features, layers, likelihood, beta, dense_weights };
        model.check()?;
        Ok(model)
    }
}

#[cfg(feature = "checkpoints")]
impl<R: Real + serde::Serialize + serde::de::DeserializeOwned> model_file::Stored for CompactModel<R> {
    const KIND: model_file::Kind = model_file::Kind::new("vd-dsvi.compact-model", 1);

    /// Nothing is left to check: what is deserialised has been checked.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

//! The sparse result: surviving weights as compressed rows, dead inputs and units gone.

use nalgebra::{DMatrix, Scalar};

use crate::data::Inputs;
use crate::likelihood::Likelihood;
use crate::model::{Layer, Model, log_alpha, most_probable, respond, share_equal};
use crate::{Error, Real};

/// One layer between surviving inputs and surviving outputs; rows are inputs, so that a zero input costs nothing.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SparseLayer<R> {
    /// The surviving inputs' positions in the dense layer, ascending.
    pub(crate) inputs: Vec<u32>,
    /// The surviving outputs' positions in the dense layer, ascending.
    pub(crate) outputs: Vec<u32>,
    /// Input i owns the weights `offsets[i]..offsets[i + 1]`.
    pub(crate) offsets: Vec<u32>,
    /// Positions among the surviving outputs.
    pub(crate) index: Vec<u32>,
    /// θ.
    pub(crate) theta: Vec<R>,
    /// One per surviving output.
    pub(crate) bias: Vec<R>,
}

impl<R> SparseLayer<R> {
    /// The surviving inputs' positions in the dense layer, ascending.
    #[must_use]
    pub fn inputs(&self) -> &[u32] {
        &self.inputs
    }

    /// The surviving outputs' positions in the dense layer, ascending.
    #[must_use]
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// The number of surviving weights.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.theta.len()
    }
}

/// A physically small model for prediction by mean weights.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SparseModel<R: Scalar> {
    pub(crate) features: usize,
    pub(crate) layers: Vec<SparseLayer<R>>,
    pub(crate) likelihood: Likelihood,
    /// Weights of the dense model, for the compression's denominator.
    pub(crate) dense_weights: usize,
}

impl<R: Real> SparseModel<R> {
    /// Keeps the weights of log α ≤ `threshold`, then removes what is dead: a hidden unit without outgoing weights, and one without
    /// incoming weights, whose constant output ReLU(b) goes into the next layer's biases. Predictions are those of
    /// [`Model::pruned`], up to the order of additions.
    #[must_use]
    pub(crate) fn new(model: &Model<R>, threshold: f64) -> Self {
        let dense: Vec<DenseLayer<R>> = model.layers.iter().map(|l| DenseLayer::new(l, threshold)).collect();
        let features = model.features();
        Self { features, layers: shrink(dense), likelihood: model.likelihood, dense_weights: model.weights() }
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
    pub fn layers(&self) -> &[SparseLayer<R>] {
        &self.layers
    }

    /// The number of surviving weights.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|l| l.theta.len()).sum()
    }

    /// Dense weights over surviving ones (infinite if none survives).
    #[must_use]
    pub fn compression(&self) -> f64 {
        self.dense_weights as f64 / self.weights() as f64
    }

    /// The share of the dense model's weights that is gone.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.weights() as f64 / self.dense_weights as f64
    }

    /// The features that still matter (for images: which pixels survive), ascending.
    #[must_use]
    pub fn surviving_features(&self) -> Vec<usize> {
        self.layers.first().map_or_else(Vec::new, |l| l.inputs.iter().map(|&d| d as usize).collect())
    }

    /// Predictive values, N × K, as [`Model::predict`].
    ///
    /// # Errors
    /// Inputs that are refused, or not of D features.
    pub fn predict(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<DMatrix<R>, Error> {
        let rows = x.rows()?;
        if rows.features() != self.features {
            let (expected, got) = ((rows.objects(), self.features), (rows.objects(), rows.features()));
            return Err(Error::Shape { what: "inputs", expected, got });
        }
        let place = places(&self.layers[0].inputs, self.features);
        let mut out = DMatrix::from_element(rows.objects(), self.outputs(), R::ZERO);
        let (mut input, mut z): (Vec<(usize, R)>, Vec<R>) = (Vec::new(), Vec::new());
        for object in 0..rows.objects() {
            let (index, value) = rows.row(object);
            input.clear();
            let alive =
                index.iter().zip(value).map(|(&d, &x)| (place[d as usize], x)).filter(|p| p.0 != u32::MAX);
            input.extend(alive.map(|(i, x)| (i as usize, x)));
            for layer in &self.layers {
                z.clone_from(&layer.bias);
                for &(i, x) in &input {
                    let span = layer.offsets[i] as usize..layer.offsets[i + 1] as usize;
                    for (&k, &w) in layer.index[span.clone()].iter().zip(&layer.theta[span]) {
                        z[k as usize] += x * w;
                    }
                }
                input.clear();
                input.extend(z.iter().copied().enumerate().filter(|&(_, z)| z > R::ZERO));
            }
            out.row_mut(object).iter_mut().zip(&z).for_each(|(o, &z)| *o = z);
        }
        respond(&self.likelihood, &mut out);
        Ok(out)
    }

    /// The most probable class of each object, as [`Model::classify`].
    ///
    /// # Errors
    /// As for [`SparseModel::predict`].
    pub fn classify(&self, x: &(impl Inputs<R> + ?Sized)) -> Result<Vec<usize>, Error> {
        Ok(most_probable(&self.predict(x)?))
    }

    /// The share of objects whose most probable class is their label.
    ///
    /// # Errors
    /// As for [`SparseModel::predict`]; also when there are not as many labels as objects.
    pub fn accuracy(&self, x: &(impl Inputs<R> + ?Sized), labels: &[usize]) -> Result<f64, Error> {
        share_equal(&self.classify(x)?, labels)
    }
}

/// Position of each dense index among the survivors, `u32::MAX` for the dead.
fn places(alive: &[u32], size: usize) -> Vec<u32> {
    let mut place = vec![u32::MAX; size];
    for (i, &d) in alive.iter().enumerate() {
        place[d as usize] = i as u32;
    }
    place
}

/// A layer on its way to being small: which weights, inputs and outputs live.
struct DenseLayer<R> {
    theta: DMatrix<R>,
    kept: DMatrix<bool>,
    bias: Vec<R>,
}

impl<R: Real> DenseLayer<R> {
    fn new(layer: &Layer<R>, threshold: f64) -> Self {
        Self {
            theta: layer.theta.clone(),
            // A weight that is exactly zero is gone whatever the threshold.
            kept: layer.theta.zip_map(&layer.log_sigma2, |t, s| t != R::ZERO && log_alpha(t, s) <= threshold),
            bias: layer
                .bias
                .as_ref()
                .map_or_else(|| vec![R::ZERO; layer.theta.ncols()], |b| b.as_slice().to_vec()),
        }
    }
}

/// Removes dead units until none is left, then compresses.
fn shrink<R: Real>(mut layers: Vec<DenseLayer<R>>) -> Vec<SparseLayer<R>> {
    loop {
        let mut changed = false;
        for l in 1..layers.len() {
            let (below, here) = layers.split_at_mut(l);
            let (below, here) = (&mut below[l - 1], &mut here[0]);
            for unit in 0..here.kept.nrows() {
                let reads = below.kept.column(unit).iter().any(|&k| k);
                let writes = here.kept.row(unit).iter().any(|&k| k);
                if writes && !reads {
                    let constant = below.bias[unit];
                    for k in 0..here.kept.ncols() {
                        if here.kept[(unit, k)] && constant > R::ZERO {
                            here.bias[k] += constant * here.theta[(unit, k)];
                        }
                    }
                    here.kept.row_mut(unit).fill(false);
                    changed = true;
                }
                if reads && !writes {
                    below.kept.column_mut(unit).fill(false);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let last = layers.len() - 1;
    let mut inputs: Option<Vec<u32>> = None;
    let mut small = Vec::with_capacity(layers.len());
    for (l, layer) in layers.iter().enumerate() {
        let columns = 0..layer.kept.ncols() as u32;
        let lives = |k: &u32| l == last || layer.kept.column(*k as usize).iter().any(|&k| k);
        let outputs: Vec<u32> = columns.filter(lives).collect();
        let rows = 0..layer.kept.nrows() as u32;
        let inputs_here = inputs
            .take()
            .unwrap_or_else(|| rows.filter(|&d| layer.kept.row(d as usize).iter().any(|&k| k)).collect());
        small.push(compress(layer, inputs_here, outputs.clone()));
        inputs = Some(outputs);
    }
    small
}

fn compress<R: Real>(layer: &DenseLayer<R>, inputs: Vec<u32>, outputs: Vec<u32>) -> SparseLayer<R> {
    let place = places(&outputs, layer.kept.ncols());
    let (mut offsets, mut index, mut theta) = (vec![0], Vec::new(), Vec::new());
    for &d in &inputs {
        for k in (0..layer.kept.ncols()).filter(|&k| layer.kept[(d as usize, k)]) {
            index.push(place[k]);
            theta.push(layer.theta[(d as usize, k)]);
        }
        offsets.push(index.len() as u32);
    }
    let bias = outputs.iter().map(|&k| layer.bias[k as usize]).collect();
    SparseLayer { inputs, outputs, offsets, index, theta, bias }
}

#[cfg(feature = "checkpoints")]
impl<R: Real + serde::Serialize + serde::de::DeserializeOwned> model_file::Stored for SparseModel<R> {
    const KIND: model_file::Kind = model_file::Kind::new("vd-dsvi.sparse-model", 1);

    fn check(&self) -> Result<(), String> {
        let mut below = None;
        for (l, layer) in self.layers.iter().enumerate() {
            let ascending = |v: &[u32]| v.windows(2).all(|w| w[0] < w[1]);
            let n = layer.index.len();
            let offsets = &layer.offsets;
            let spans = offsets.len() == layer.inputs.len() + 1
                && offsets[0] == 0
                && offsets.windows(2).all(|w| w[0] <= w[1])
                && offsets[offsets.len() - 1] as usize == n;
            let sizes = layer.theta.len() == n && layer.bias.len() == layer.outputs.len();
            let inside = layer.index.iter().all(|&k| (k as usize) < layer.outputs.len())
                && (l > 0 || layer.inputs.iter().all(|&d| (d as usize) < self.features));
            let joined = below.is_none_or(|b: usize| b == layer.inputs.len());
            let finite = layer.theta.iter().chain(&layer.bias).all(|v| v.is_finite());
            if !(spans
                && sizes
                && inside
                && joined
                && finite
                && ascending(&layer.inputs)
                && ascending(&layer.outputs))
            {
                return Err(format!("layer {l} does not hold together"));
            }
            below = Some(layer.outputs.len());
        }
        if below.is_none() || self.dense_weights < self.weights() {
            return Err("no layers, or more weights than the dense model had".into());
        }
        Ok(())
    }
}

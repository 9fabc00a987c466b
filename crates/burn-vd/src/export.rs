//! Fully connected layers as the workspace's sparse predictor: compressed rows, a model file that `vd` reads, C source.
//!
//! ```
//! use burn::tensor::Device;
//! use burn_vd::export::{Card, classifier, predictor, sparse_layers};
//! use burn_vd::{Pruning, SparseLinearConfig, prune};
//!
//! let device = Device::flex();
//! let (fc1, fc2) = (SparseLinearConfig::new(4, 8).init(&device), SparseLinearConfig::new(8, 2).init(&device));
//! // The network is fc2(relu(fc1(x))); keep its 20 strongest weights.
//! let [fc1, fc2] = prune([fc1, fc2], Pruning::Keep(20))?;
//! let layers = sparse_layers(&[&fc1, &fc2])?;
//! let names = |of: &[&str]| of.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
//! let card = Card { inputs: names(&["a", "b", "c", "d"]), classes: names(&["no", "yes"]), ..Card::default() };
//! let model = classifier(layers, &card)?;
//! let source = predictor::c99(&model, "net").map_err(|e| e.to_string())?;
//! assert!(source.contains("net_predict"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use burn::nn::Linear;
use burn::tensor::Tensor;

pub use model_file;
pub use predictor;

use estimator::Status;
use predictor::{
    ColumnKind, Feature, FeatureRelevance, FitSummary, InputColumn, Layer, Layers, Link, Parts, Predictor,
    Preprocessing, Provenance, SavedModel, Target,
};

use crate::error::Error;
use crate::layer::SparseLinear;
use crate::walk::read;

/// A layer y = W x + b with its weights as `[inputs, outputs]`.
pub trait Affine {
    /// W.
    fn weights(&self) -> Tensor<2>;
    /// b.
    fn bias(&self) -> Option<Tensor<1>>;
}

impl Affine for SparseLinear {
    fn weights(&self) -> Tensor<2> {
        self.weight.val()
    }

    fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(|b| b.val())
    }
}

impl Affine for Linear {
    fn weights(&self) -> Tensor<2> {
        self.weight.val()
    }

    fn bias(&self) -> Option<Tensor<1>> {
        self.bias.as_ref().map(|b| b.val())
    }
}

/// A network of these layers with ReLU between them, without its zero weights and dead units. [`prune`](crate::prune) first: what is not
/// exactly 0 is kept.
///
/// # Errors
/// [`Error::Export`] for no layers, layers that do not join, or a number that is not finite; [`Error::Device`].
pub fn sparse_layers(layers: &[&dyn Affine]) -> Result<Layers, Error> {
    let mut made = Vec::with_capacity(layers.len());
    for (i, layer) in layers.iter().enumerate() {
        let [inputs, outputs] = layer.weights().dims();
        let path = format!("layer {i}");
        let w = read(&path, layer.weights())?;
        let bias = match layer.bias() {
            Some(b) => read(&path, b)?.into_iter().map(f64::from).collect(),
            None => vec![0.0; outputs],
        };
        made.push(Layer::dense(inputs, bias, |j, k| f64::from(w[j * outputs + k])).map_err(refused)?);
    }
    Ok(Layers::new(made).map_err(refused)?.shrunk())
}

/// What a model file says about a network beside its weights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Card {
    /// The inputs' names, in the order of the first layer.
    pub inputs: Vec<String>,
    /// The classes' names, in the order of the logits.
    pub classes: Vec<String>,
    /// The target's name.
    pub target: String,
    /// The training data's name.
    pub data: String,
    /// The number of training samples.
    pub rows: u64,
    /// Optimiser steps.
    pub steps: u64,
    /// The seed.
    pub seed: u64,
    /// The bound at the end, in nats.
    pub bound: f64,
    /// Weights before pruning; those that are left if 0.
    pub weights_before: u64,
}

/// A classifier that `vd predict`, `vd inspect` and `vd export` read; save it with [`model_file::save`].
///
/// Inputs are as the network reads them: scaling that was done outside has to be done outside again.
///
/// # Errors
/// [`Error::Export`] where names and layers do not fit each other.
pub fn classifier(layers: Layers, card: &Card) -> Result<SavedModel, Error> {
    let found = [card.inputs.len(), card.classes.len()];
    let expected = [layers.inputs(), layers.outputs()];
    if found != expected {
        let [i, c] = found;
        let [inputs, outputs] = expected;
        return Err(Error::Export(format!(
            "{i} names of inputs and {c} of classes were given, the network has {inputs} and {outputs}"
        )));
    }
    let relevance = relevance(&layers);
    let weights = layers.weights() as u64;
    let parts = Parts {
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: "burn-vd".to_owned(),
            options: Vec::new(),
            data: card.data.clone(),
            data_sha256: String::new(),
            rows: card.rows,
            seed: card.seed,
        },
        target: Target { name: card.target.clone(), levels: card.classes.clone() },
        preprocessing: as_they_are(&card.inputs)?,
        predictor: Predictor::new(layers.into(), Link::Softmax, Vec::new()).map_err(refused)?,
        relevance,
        weights_before: card.weights_before.max(weights),
        threshold: None,
        summary: FitSummary {
            status: Status::MaxIterations,
            objective: card.bound,
            residual: None,
            iterations: card.steps,
            found: Vec::new(),
            false_keeps: None,
        },
        score: None,
    };
    SavedModel::new(parts).map_err(refused)
}

/// Inputs that are features as they stand.
fn as_they_are(names: &[String]) -> Result<Preprocessing, Error> {
    let column = |name: &String| InputColumn {
        name: name.clone(),
        kind: ColumnKind::Number { fill: None },
        notation: predictor::notation::Notation::default(),
    };
    let feature = |(i, name): (usize, &String)| Feature {
        name: name.clone(),
        column: i as u32,
        level: None,
        mean: 0.0,
        scale: 1.0,
        deviation: 1.0,
    };
    let features = names.iter().enumerate().map(feature).collect();
    Preprocessing::from_features(names.iter().map(column).collect(), features).map_err(refused)
}

/// What the first layer's weights say about each input.
fn relevance(layers: &Layers) -> Vec<FeatureRelevance> {
    let mut all = vec![FeatureRelevance::default(); layers.inputs()];
    let Some(first) = layers.layers().first() else { return all };
    for k in 0..first.outputs() {
        for (j, w) in first.row(k) {
            let one = &mut all[j];
            one.kept += 1;
            if w.abs() > one.weight.abs() {
                (one.weight, one.output) = (w, k as u32);
            }
        }
    }
    all
}

fn refused(error: predictor::Error) -> Error {
    Error::Export(error.to_string())
}

//! What a step leaves for the metrics.

use burn::module::Module;
use burn::tensor::{ExecutionError, Int, Tensor};
use burn::train::metric::{
    AccuracyInput, Adaptor, ConfusionStatsInput, LossInput, PerplexityInput, TopKAccuracyInput,
};
use burn::train::{ClassificationOutput, ItemLazy};

use crate::error::Error;
use crate::loss::Loss;
use crate::walk::{SparseWeights, sparse_weights};

/// A step's loss, logits and labels, its divergence, and the sparse weights as they were.
///
/// It feeds burn's metrics for classes and [`KlMetric`](crate::train::KlMetric), [`SparsityMetric`](crate::train::SparsityMetric),
/// [`LayerSparsityMetric`](crate::train::LayerSparsityMetric) and [`CompressionMetric`](crate::train::CompressionMetric).
#[derive(Debug)]
pub struct SparseOutput {
    nll: Tensor<1>,
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    divergence: Divergence,
    state: SparseState,
}

/// Σ KL of a step.
#[derive(Debug, Clone)]
pub struct Divergence {
    /// Σ KL in nats, not scaled.
    pub kl: Tensor<1>,
}

/// The sparse weights of a step; their tensors are shared, not copied.
#[derive(Debug, Clone)]
pub struct SparseState {
    /// Every sparse layer.
    pub layers: Vec<SparseWeights>,
}

impl SparseOutput {
    /// What a step of one's own hands to the metrics.
    ///
    /// # Errors
    /// As for [`sparse_weights`](crate::sparse_weights).
    pub fn new<M: Module>(
        network: &M,
        loss: &Loss,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
    ) -> Result<Self, Error> {
        let layers = sparse_weights(network)?;
        let (nll, kl) = (loss.nll.clone(), loss.kl.clone());
        Ok(Self { nll, logits, labels, divergence: Divergence { kl }, state: SparseState { layers } })
    }

    fn classification(&self) -> ClassificationOutput {
        ClassificationOutput::new(self.nll.clone(), self.logits.clone(), self.labels.clone())
    }
}

impl ItemLazy for SparseOutput {
    fn sync(mut self) -> Result<Self, ExecutionError> {
        self.nll.device().flush()?;
        self.nll = self.nll.without_autodiff();
        self.logits = self.logits.without_autodiff();
        self.labels = self.labels.without_autodiff();
        self.divergence.kl = self.divergence.kl.without_autodiff();
        for layer in &mut self.state.layers {
            layer.theta = layer.theta.clone().without_autodiff();
            layer.log_sigma2 = layer.log_sigma2.clone().without_autodiff();
        }
        Ok(self)
    }
}

impl Adaptor<Divergence> for SparseOutput {
    fn adapt(&self) -> Divergence {
        self.divergence.clone()
    }
}

impl Adaptor<SparseState> for SparseOutput {
    fn adapt(&self) -> SparseState {
        self.state.clone()
    }
}

/// The mean negative log-likelihood: what the loss is beside the divergence, and comparable over a warm-up.
impl Adaptor<LossInput> for SparseOutput {
    fn adapt(&self) -> LossInput {
        self.classification().adapt()
    }
}

macro_rules! as_classification {
    ($($input:ty),*) => {
        $(impl Adaptor<$input> for SparseOutput {
            fn adapt(&self) -> $input {
                self.classification().adapt()
            }
        })*
    };
}

as_classification!(AccuracyInput, TopKAccuracyInput, PerplexityInput, ConfusionStatsInput);

//! Which weights a model keeps, in the words of every estimator.

use estimator::{Relevance, SparseModel};

use crate::model::Model;
use crate::model::compact::CompactModel;
use crate::model::layer::{Layer, log_alpha};
use crate::real::Real;

impl<R: Real> Model<R> {
    /// Number of weights in all layers, intercepts left out.
    #[must_use]
    pub fn weight_count(&self) -> usize {
        self.layers.iter().map(|l| l.theta.len()).sum()
    }

    /// Number of weights in all layers with log α up to [`Model::threshold`].
    #[must_use]
    pub fn kept(&self) -> usize {
        self.weight_count() - self.pruned_count(self.threshold)
    }

    /// Number of weights in all layers with log α > `threshold`.
    #[must_use]
    pub fn pruned_count(&self, threshold: f64) -> usize {
        self.layers.iter().map(|l| l.pruned_count(threshold)).sum()
    }

    /// Share of the weights in all layers with log α above [`Model::threshold`].
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        self.sparsity_at(self.threshold)
    }

    /// Share of the weights in all layers with log α > `threshold`.
    #[must_use]
    pub fn sparsity_at(&self, threshold: f64) -> f64 {
        self.pruned_count(threshold) as f64 / self.weight_count().max(1) as f64
    }

    /// Every kept weight of the first layer, strongest first. The strength is −log α: twice the logarithm of |θ|/σ. In a network
    /// the output is the hidden unit.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        let Some(first) = self.layers.first() else { return Vec::new() };
        let mut kept = Vec::new();
        for output in 0..first.outputs() {
            for feature in 0..first.inputs() {
                let theta = first.theta[(feature, output)];
                let log_alpha = log_alpha(theta, first.log_sigma2[(feature, output)]);
                if log_alpha <= self.threshold {
                    kept.push(Relevance { feature, output, weight: theta.f64(), strength: -log_alpha });
                }
            }
        }
        Relevance::sort(&mut kept);
        kept
    }

    /// Features that at least one output (in a network: hidden unit) keeps, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        let keeps = |layer: &Layer<R>, d: usize| {
            (0..layer.outputs())
                .any(|k| log_alpha(layer.theta[(d, k)], layer.log_sigma2[(d, k)]) <= self.threshold)
        };
        self.layers.first().map_or_else(Vec::new, |l| (0..l.inputs()).filter(|&d| keeps(l, d)).collect())
    }
}

impl<R: Real> SparseModel for Model<R> {
    fn weight_count(&self) -> usize {
        self.weight_count()
    }

    fn relevance(&self) -> Vec<Relevance> {
        self.relevance()
    }

    fn kept(&self) -> usize {
        self.kept()
    }
}

impl<R: Real> CompactModel<R> {
    /// Number of weights of the dense model, intercepts left out.
    #[must_use]
    pub fn weight_count(&self) -> usize {
        self.dense_weights
    }

    /// Number of weights that are left, in all layers.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.layers.iter().map(|l| l.theta.len()).sum()
    }

    /// Share of the dense model's weights that is gone.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.kept() as f64 / self.dense_weights.max(1) as f64
    }

    /// Features that are left (for images: which pixels matter), ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        self.layers.first().map_or_else(Vec::new, |l| l.inputs.iter().map(|&d| d as usize).collect())
    }

    /// Every weight of the first layer that is left, strongest first. The strength is |θ|. In a network the output is the
    /// hidden unit.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        let Some(first) = self.layers.first() else { return Vec::new() };
        let mut kept = Vec::new();
        for (i, &feature) in first.inputs.iter().enumerate() {
            for at in first.offsets[i] as usize..first.offsets[i + 1] as usize {
                let (output, weight) =
                    (first.outputs[first.index[at] as usize] as usize, first.theta[at].f64());
                kept.push(Relevance { feature: feature as usize, output, weight, strength: weight.abs() });
            }
        }
        Relevance::sort(&mut kept);
        kept
    }
}

impl<R: Real> SparseModel for CompactModel<R> {
    fn weight_count(&self) -> usize {
        self.weight_count()
    }

    fn relevance(&self) -> Vec<Relevance> {
        self.relevance()
    }

    fn kept(&self) -> usize {
        self.kept()
    }
}

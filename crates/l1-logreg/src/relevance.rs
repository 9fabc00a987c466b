//! Which features a model keeps, for which class, and how strongly.

use estimator::{Relevance, SparseModel};

use crate::model::Model;

impl Model {
    /// Every weight that is not zero, strongest first.
    ///
    /// `output` is the class that the weight speaks for: class 1 (against class 0) where there are two, else class k against what
    /// [`contrast`](Self::contrast) says. `strength` is |w_jk| times the standard deviation of feature j among the training samples: by how
    /// much the log odds move when the feature moves by one standard deviation.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        let features = self.weights.nrows();
        let mut kept: Vec<Relevance> = self
            .weights
            .iter()
            .enumerate()
            .filter(|w| *w.1 != 0.0)
            .map(|(at, &weight)| {
                let feature = at % features;
                let strength = weight.abs() * self.feature_std[feature];
                Relevance { feature, output: self.class_of(at / features), weight, strength }
            })
            .collect();
        Relevance::sort(&mut kept);
        kept
    }
    /// Features that at least one class keeps, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        SparseModel::support(self)
    }
    /// Number of weights that are not exactly zero.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.weights.iter().filter(|&&w| w != 0.0).count()
    }
    /// The share of the weights that are exactly zero (intercepts not counted).
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        1.0 - self.kept() as f64 / self.weights.len() as f64
    }
}

impl SparseModel for Model {
    fn weight_count(&self) -> usize {
        self.weights.len()
    }
    fn relevance(&self) -> Vec<Relevance> {
        self.relevance()
    }
    fn kept(&self) -> usize {
        self.kept()
    }
}

//! Which weights a fitted model keeps, and how strongly.

/// One kept weight of a fitted model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Relevance {
    /// Index of the feature (of the basis function, for a kernel expansion).
    pub feature: usize,
    /// Index of the output that the weight belongs to: 0 for a regression, the class for a classification.
    pub output: usize,
    /// The weight, in the units of the data.
    pub weight: f64,
    /// A strength without unit, by which features may be ranked: the larger, the more relevant. The estimator documents which
    /// (a squared z-score, −log α, the weight times the feature's standard deviation).
    pub strength: f64,
}

/// A linear model some of whose weights are exactly zero.
pub trait SparseModel {
    /// Number of weights, zero or not, intercepts left out.
    fn weight_count(&self) -> usize;

    /// Every kept weight, strongest first; ties in ascending order of feature, then output.
    fn relevance(&self) -> Vec<Relevance>;

    /// Number of weights that are not exactly zero.
    fn kept(&self) -> usize {
        self.relevance().len()
    }

    /// Share of the weights that are exactly zero; 0 for a model without weights.
    fn sparsity(&self) -> f64 {
        match self.weight_count() {
            0 => 0.0,
            count => 1.0 - self.kept() as f64 / count as f64,
        }
    }

    /// Features that at least one output keeps, ascending.
    fn support(&self) -> Vec<usize> {
        let mut features: Vec<usize> = self.relevance().iter().map(|r| r.feature).collect();
        features.sort_unstable();
        features.dedup();
        features
    }
}

impl Relevance {
    /// Sorts by falling strength; ties in ascending order of feature, then output.
    pub fn sort(relevance: &mut [Self]) {
        relevance.sort_by(|a, b| {
            b.strength.total_cmp(&a.strength).then(a.feature.cmp(&b.feature)).then(a.output.cmp(&b.output))
        });
    }
}

//! Which features a model keeps, and how strongly.

use estimator::{Relevance, SparseModel};

use crate::model::Model;
use crate::params::Refit;

impl Model {
    /// The kept features, strongest first; `strength` is z², the feature's squared z-score given the rest of the model.
    ///
    /// z = θ_d (1 + α_d)/s_d with s_d = 1/√(βS_d), the standard error of the weight given the rest: its least-squares value given the
    /// rest, θ_d (1 + α_d), in standard errors. After [`Refit::LeastSquares`] θ_d is that value itself. A kept feature of an
    /// unrefitted model has z² > λ. [`crate::analysis::z_scores`] has the z of pruned features too; they need the data.
    #[must_use]
    pub fn relevance(&self) -> Vec<Relevance> {
        let mut kept: Vec<Relevance> = (0..self.coefficients.len())
            .filter(|&d| self.coefficients[d] != 0.0)
            .map(|feature| Relevance {
                feature,
                output: 0,
                weight: self.coefficients[feature],
                strength: self.z_of_kept(feature).powi(2),
            })
            .collect();
        Relevance::sort(&mut kept);
        kept
    }

    /// The features that are kept, ascending.
    #[must_use]
    pub fn support(&self) -> Vec<usize> {
        (0..self.coefficients.len()).filter(|&d| self.coefficients[d] != 0.0).collect()
    }

    /// Number of features that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.coefficients.iter().filter(|c| **c != 0.0).count()
    }

    /// Share of the features that are pruned.
    #[must_use]
    pub fn sparsity(&self) -> f64 {
        SparseModel::sparsity(self)
    }

    fn z_of_kept(&self, d: usize) -> f64 {
        let in_standard_errors = self.coefficients[d] * (self.norms[d] / self.noise_std);
        match self.refit {
            Refit::None => in_standard_errors * (1.0 + self.log_alpha[d].exp()),
            Refit::LeastSquares => in_standard_errors,
        }
    }
}

impl SparseModel for Model {
    fn weight_count(&self) -> usize {
        self.coefficients.len()
    }
    fn relevance(&self) -> Vec<Relevance> {
        Self::relevance(self)
    }
    fn kept(&self) -> usize {
        Self::kept(self)
    }
    fn support(&self) -> Vec<usize> {
        Self::support(self)
    }
}

//! What a running fit tells, and what a finished one reports.

use estimator::Status;

/// The state of a fit after an epoch. The caller has a clock; the library has none.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Progress {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done.
    pub step: u64,
    /// Data term less λ KL, nats: the epoch's estimate of the bound L.
    pub elbo: f64,
    /// Σ log p(t | z) over the epoch's draws, nats.
    pub data_term: f64,
    /// Σ KL(α), nats, without λ.
    pub kl: f64,
    /// λ at the epoch's end.
    pub kl_weight: f64,
    /// The step rate at the epoch's end.
    pub learning_rate: f64,
    /// The share of weights with log α above the threshold, by layer.
    pub sparsity: Vec<f64>,
    /// Training accuracy of the mean weights, if asked for.
    pub accuracy: Option<f64>,
    /// The noise precision β (Gaussian likelihood; 1 elsewhere).
    pub beta: f64,
    /// √(mean of m̂²/v̂) over Adam's moments of every θ and ρ: 1 while all gradients keep their sign, and about √((1 − β₁)/(1 + β₁)), 0.23
    /// with the usual β₁, where only noise is left. An optimality residual apart from the stopping rule; NaN under SGD.
    pub gradient_ratio: f64,
}

/// The account of a finished fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrainingReport {
    /// How the fit ended.
    pub status: Status,
    /// The last report: its figures belong to the returned model.
    pub last: Progress,
    /// Every report, in order.
    pub trace: Vec<Progress>,
}

impl TrainingReport {
    /// The fit in the terms that all estimators of this workspace share: objective L, one iteration an epoch, residual
    /// [`Progress::gradient_ratio`].
    #[must_use]
    pub fn summary(&self) -> estimator::Report {
        let trace: Vec<f64> = self.trace.iter().map(|p| p.elbo).collect();
        estimator::Report {
            status: self.status,
            objective: self.last.elbo,
            residual: self.last.gradient_ratio,
            iterations: self.last.epoch,
            trace,
        }
    }
}

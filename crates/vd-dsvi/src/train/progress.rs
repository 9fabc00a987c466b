//! What a running fit shows to its caller.

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
    pub lambda: f64,
    /// The learning rate at the epoch's end.
    pub learning_rate: f64,
    /// Number of weights in all layers with log α up to the threshold.
    pub kept: usize,
    /// The share of weights with log α above the threshold, by layer.
    pub sparsity: Vec<f64>,
    /// Training accuracy of the mean weights, if asked for.
    pub accuracy: Option<f64>,
    /// The noise precision β (Gaussian likelihood; 1 elsewhere).
    pub beta: f64,
    /// √(mean of m̂²/v̂) over Adam's moments of every θ and ρ: 1 while all gradients keep their sign, and about √((1 − β₁)/(1 + β₁)), 0.23
    /// with the usual β₁, where only noise is left. An optimality residual apart from the stopping rule; none under SGD.
    pub gradient_ratio: Option<f64>,
}

impl estimator::Progress for Progress {
    fn iteration(&self) -> usize {
        self.epoch
    }

    fn objective(&self) -> f64 {
        self.elbo
    }

    fn kept(&self) -> usize {
        self.kept
    }
}

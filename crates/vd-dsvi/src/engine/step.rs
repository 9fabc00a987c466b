//! What the driver asks of an engine: consecutive steps, and the one place where a learning rate is handed over.

/// One gradient step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Its number, counted from the start of training.
    pub number: u64,
    /// λ at this step.
    pub kl_weight: f64,
    /// The learning rate at this step.
    pub learning_rate: f64,
}

/// Consecutive steps.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'a> {
    /// Samples in the order of use, whole minibatches from the first step's on; the last one may be short.
    pub order: &'a [u32],
    /// M, the samples of a minibatch.
    pub batch: usize,
    /// The i-th of these steps.
    pub schedule: &'a (dyn Fn(usize) -> Step + Sync),
    /// Σ log p so far, to be added to step by step (sums of sums would have other bits).
    pub total: f64,
}

/// A log-likelihood that is not a finite number, at this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NonFinite {
    /// The step, counted from the start of training.
    pub step: u64,
}

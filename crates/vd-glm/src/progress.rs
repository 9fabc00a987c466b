//! What a running fit shows to its caller.

/// Where a running fit stands after a round.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Rounds done.
    pub iteration: usize,
    /// The objective, in nats.
    pub objective: f64,
    /// Number of kept weights.
    pub kept: usize,
    /// The class that is being fitted, for one-vs-rest.
    pub class: Option<usize>,
}

impl estimator::Progress for Progress {
    fn iteration(&self) -> usize {
        self.iteration
    }
    fn objective(&self) -> f64 {
        self.objective
    }
    fn kept(&self) -> usize {
        self.kept
    }
    fn class(&self) -> Option<usize> {
        self.class
    }
}

//! What a running fit shows to its caller.

/// Where a running fit stands.
///
/// The callback is asked after every update of a precision, and within long passes over a kernel matrix, where several calls
/// in turn may show the same figures: a fit can be stopped at any time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The class being fitted, for one-vs-rest.
    pub class: Option<usize>,
    /// The update (regression) or the linearisation (classification) under way, counted from 1.
    pub iteration: usize,
    /// Log evidence in nats, when it was last computed.
    pub objective: f64,
    /// Basis functions in the model, the intercept included.
    pub kept: usize,
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

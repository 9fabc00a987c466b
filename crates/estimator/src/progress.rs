//! What a running fit shows to its caller.

use core::ops::ControlFlow;

/// Where a running fit stands. Every estimator's own progress type implements this trait.
pub trait Progress {
    /// Number of iterations done; the estimator states what one iteration is.
    fn iteration(&self) -> usize;
    /// The objective, in the unit and sign of the report's objective.
    fn objective(&self) -> f64;
    /// Number of weights that are kept at the moment.
    fn kept(&self) -> usize;
    /// The class that is being fitted, where classes are fitted one after the other.
    fn class(&self) -> Option<usize> {
        None
    }
}

/// The type of [`unwatched`]: a callback that looks at nothing and never stops a fit.
pub type Unwatched = fn(&dyn Progress) -> ControlFlow<()>;

/// A callback that looks at nothing and never stops a fit.
pub fn unwatched(_: &dyn Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

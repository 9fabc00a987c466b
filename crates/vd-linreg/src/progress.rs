//! What a running fit shows to its caller.

use core::ops::ControlFlow;

use crate::solve::operator::log_alpha;
use crate::solve::state::State;

/// Where a fit stands after an iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'s> {
    /// Number of iterations done: sweeps over the working set, block updates, or values of λ on a path.
    pub iteration: usize,
    /// The objective, in nats.
    pub objective: f64,
    /// Number of features that are kept at the moment.
    pub kept: usize,
    /// The noise's standard deviation at the moment, in units of the target.
    pub noise_std: f64,
    pub(crate) state: &'s State,
    pub(crate) frame: Frame<'s>,
}

impl Progress<'_> {
    /// θ at the moment, D entries, in the units of the data.
    #[must_use]
    pub fn coefficients(&self) -> Vec<f64> {
        self.frame.coefficients(self.state)
    }
    /// log α at the moment, D entries; +∞ where the feature is pruned.
    #[must_use]
    pub fn log_alpha(&self) -> Vec<f64> {
        raw_log_alpha(self.state)
    }
}

impl estimator::Progress for Progress<'_> {
    fn iteration(&self) -> usize {
        self.iteration
    }
    fn objective(&self) -> f64 {
        self.objective
    }
    fn kept(&self) -> usize {
        self.kept
    }
}

/// What a running fit calls after every iteration.
pub(crate) type Callback<'c> = &'c mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>;

/// A callback that looks at nothing and never stops a fit.
pub(crate) fn unwatched(_: &Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// How normalised weights become weights in the units of the data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'s> {
    /// Norms of the columns before normalising.
    pub scales: &'s [f64],
    /// Norm of the target before normalising.
    pub unit: f64,
}

impl Frame<'_> {
    /// θ in the units of the data.
    pub fn coefficients(&self, state: &State) -> Vec<f64> {
        let raw =
            |(theta, scale): (&f64, &f64)| if *theta == 0.0 { 0.0 } else { theta * (self.unit / scale) };
        state.theta.iter().zip(self.scales).map(raw).collect()
    }
}

/// log α, +∞ for a pruned feature.
pub(crate) fn raw_log_alpha(state: &State) -> Vec<f64> {
    let raw = |(t, u): (&f64, &f64)| if *t == 0.0 { f64::INFINITY } else { log_alpha(*u) };
    state.theta.iter().zip(&state.u).map(raw).collect()
}

//! Coordinate ascent: joint closed-form updates of (θ_d, α_d), one column at a time, on a growing working set.
//!
//! One update maximises the objective over (θ_d, α_d) with everything else held, so the objective never decreases:
//!
//! ```text
//! q = x_dᵀ r + θ_d,   u = h⁻¹(β q²/λ),   θ_d ← q·2u/(1 + 2u),   r ← r − Δθ_d x_d
//! ```
//!
//! in normalised units (S_d = 1). A pass over all columns finds the pruned features whose z² exceeds λ; the largest join the
//! working set (as many as are in it, so it doubles at most), which is then swept to convergence. It ends when no pruned
//! feature violates z² ≤ λ. Features join in the order of their z², so the result does not depend on the columns' order,
//! ties aside.

use core::ops::ControlFlow;

use estimator::Status;

use crate::prepare::columns::Columns;
use crate::solve::operator::{Thresholding, shrinkage};
use crate::solve::state::{Beta, State};

/// How exactly, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopping {
    /// Largest change of a coordinate in one sweep, in units of its standard error.
    pub tolerance: f64,
    /// Sweeps over the working set, all together.
    pub max_sweeps: usize,
    /// Stop once more features than this are active.
    pub max_active: usize,
}

/// Told after every sweep (and asked whether to go on).
pub(crate) type Watch<'w> = &'w mut dyn FnMut(&State, usize) -> ControlFlow<()>;

/// The smallest batch of features that join the working set.
const BATCH: usize = 8;

/// A pruned feature joins if z²/λ exceeds 1 by this.
const SLACK: f64 = 1e-9;

pub(crate) struct Ascent<'a, C, P: ?Sized> {
    pub columns: &'a C,
    pub penalty: &'a P,
    pub lambda: f64,
    pub beta: Beta,
}

impl<C: Columns, P: Thresholding + ?Sized> Ascent<'_, C, P> {
    /// Updates every coordinate of `set` once; the largest |Δθ|.
    pub fn sweep(&self, state: &mut State, set: &[usize]) -> f64 {
        let scale = state.beta / self.lambda;
        let mut largest: f64 = 0.0;
        for &j in set {
            let q = self.columns.dot(j, &state.residual) + state.theta[j];
            let u = self.penalty.inverse(scale * q * q);
            let theta = q * shrinkage(u);
            let change = theta - state.theta[j];
            state.u[j] = u;
            if change != 0.0 {
                state.theta[j] = theta;
                self.columns.add(j, -change, &mut state.residual);
                largest = largest.max(change.abs());
            }
        }
        largest
    }

    /// Ascends from `state` until the stopping rule holds; the status and the sweeps done.
    pub fn run(&self, state: &mut State, stop: Stopping, watch: Watch<'_>) -> (Status, usize) {
        let mut sweeps = 0;
        if let Beta::Fixed(beta) = self.beta {
            state.beta = beta;
        }
        let mut set =
            if self.penalty.prunes() { state.active.clone() } else { (0..self.columns.len()).collect() };
        self.join(state, &mut set);
        loop {
            if let Some(status) = self.settle(state, &set, stop, &mut sweeps, watch) {
                return (status, sweeps);
            }
            if self.penalty.prunes() {
                set.clone_from(&state.active);
            }
            self.columns.gradient(&state.residual, &mut state.gradient);
            if self.join(state, &mut set) == 0 {
                return (Status::Converged, sweeps);
            }
            // Where the residual is rounding and nothing else, features may come and go for ever.
            if sweeps > stop.max_sweeps {
                return (Status::MaxIterations, sweeps);
            }
        }
    }

    /// Sweeps `set` until it no longer moves; a status if something else comes first.
    fn settle(
        &self,
        state: &mut State,
        set: &[usize],
        stop: Stopping,
        sweeps: &mut usize,
        watch: Watch<'_>,
    ) -> Option<Status> {
        while !set.is_empty() {
            let change = self.sweep(state, set);
            *sweeps += 1;
            state.active.clear();
            state.active.extend(set.iter().copied().filter(|&j| state.theta[j] != 0.0));
            let before = state.beta;
            state.beta = state.best_beta(self.columns, self.beta);
            if watch(state, *sweeps).is_break() {
                return Some(Status::StoppedByCallback);
            }
            let still = change * state.beta.sqrt() <= stop.tolerance
                && (state.beta - before).abs() <= stop.tolerance * before;
            if still {
                break;
            }
            if *sweeps >= stop.max_sweeps || state.active.len() > stop.max_active {
                self.columns.gradient(&state.residual, &mut state.gradient);
                return Some(Status::MaxIterations);
            }
        }
        None
    }

    /// Adds the pruned features with the largest z² > λ to the working set.
    fn join(&self, state: &State, set: &mut Vec<usize>) -> usize {
        let scale = state.beta / self.lambda;
        let mut waiting: Vec<(f64, usize)> = state
            .gradient
            .iter()
            .enumerate()
            .filter(|&(j, g)| state.theta[j] == 0.0 && scale * g * g > 1.0 + SLACK)
            .map(|(j, g)| (g.abs(), j))
            .collect();
        if !self.penalty.prunes() {
            return 0;
        }
        let room = set.len().max(BATCH);
        waiting.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        waiting.truncate(room);
        set.extend(waiting.iter().map(|&(_, j)| j));
        waiting.len()
    }
}

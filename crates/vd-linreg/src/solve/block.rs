//! The poster's algorithm: θ* from one linear system, then every α_d, then β.
//!
//! ```text
//! θ ← (XᵀX + diag κ)⁻¹Xᵀt                        D ≤ N: one D x D Cholesky
//! θ ← K⁻¹Xᵀ(I + X K⁻¹ Xᵀ)⁻¹t,  K = diag κ        D > N: one N x N Cholesky (the same θ, by the matrix inversion lemma)
//! α_d: 4u² dKL/du = βS_d θ_d²/λ,  u = 1/(2α)
//! ```
//!
//! Given θ, α_d tends to ∞ only like the number of iterations for a feature that is to die, as in expectation
//! maximisation. Two measures make it end, both ascent steps too: features beyond α = [`DYING`] are finished by the closed
//! form of the coordinate ascent, and after every two block steps log u is extrapolated (SQUAREM, Varadhan and Roland 2008),
//! the extrapolation being kept only if it does not lower the objective.

use estimator::Status;
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

use crate::error::Error;
use crate::prepare::columns::Columns;
use crate::solve::ascent::{Ascent, Watch};
use crate::solve::operator::{Thresholding, shrinkage};
use crate::solve::state::{Beta, State};

/// The α beyond which a feature is finished by its closed form.
const DYING: f64 = 20.0;

pub(crate) struct Block<'a, C, P: ?Sized> {
    pub columns: &'a C,
    pub penalty: &'a P,
    pub lambda: f64,
    pub beta: Beta,
    pub target: &'a [f64],
}

impl<C: Columns, P: Thresholding + ?Sized> Block<'_, C, P> {
    /// Climbs from α = 1 for every feature that varies; `state` supplies β and the memory.
    pub fn run(
        &self,
        state: &mut State,
        tolerance: f64,
        max_iterations: usize,
        watch: Watch<'_>,
    ) -> Result<(Status, usize), Error> {
        let mut norm = vec![0.0; self.columns.len()];
        let x = self.written_out(&mut norm);
        state.active = (0..norm.len()).filter(|&j| norm[j] > 0.0).collect();
        state.active.iter().for_each(|&j| state.u[j] = 0.5);
        self.solve_theta(state, &x)?;
        for iteration in 1..=max_iterations {
            self.accelerated(state, &x)?;
            let change = self.finish_dying(state);
            if watch(state, iteration).is_break() {
                return Ok((Status::StoppedByCallback, iteration));
            }
            if change.max(self.distance(state)) * state.beta.sqrt() <= tolerance {
                return Ok((Status::Converged, iteration));
            }
        }
        Ok((Status::MaxIterations, max_iterations))
    }

    fn written_out(&self, norm: &mut [f64]) -> Mat<f64> {
        let mut x = Mat::zeros(self.target.len(), norm.len());
        for j in 0..norm.len() {
            for (i, v) in self.columns.expand(j).into_iter().enumerate() {
                x[(i, j)] = v;
                norm[j] += v * v;
            }
        }
        x
    }

    /// θ* at the state's u for the active features, with the residual.
    fn solve_theta(&self, state: &mut State, x: &Mat<f64>) -> Result<(), Error> {
        let (n, k) = (x.nrows(), state.active.len());
        let alpha = |c: usize| 0.5 / state.u[state.active[c]];
        let kept = Mat::from_fn(n, k, |i, c| x[(i, state.active[c])]);
        let t = Mat::from_fn(n, 1, |i, _| self.target[i]);
        let theta: Vec<f64> = if k <= n {
            let mut system = kept.transpose() * &kept;
            (0..k).for_each(|c| system[(c, c)] += alpha(c));
            let factor = system.llt(Side::Lower).map_err(|_| Error::NotPositiveDefinite { size: k })?;
            let theta = factor.solve(kept.transpose() * &t);
            (0..k).map(|c| theta[(c, 0)]).collect()
        } else {
            let scaled = Mat::from_fn(n, k, |i, c| kept[(i, c)] / alpha(c));
            let mut system = &scaled * kept.transpose();
            (0..n).for_each(|i| system[(i, i)] += 1.0);
            let factor = system.llt(Side::Lower).map_err(|_| Error::NotPositiveDefinite { size: n })?;
            let theta = scaled.transpose() * factor.solve(&t);
            (0..k).map(|c| theta[(c, 0)]).collect()
        };
        for (c, &j) in state.active.iter().enumerate() {
            state.theta[j] = theta[c];
        }
        state.refresh(self.columns, self.target);
        state.beta = state.best_beta(self.columns, self.beta);
        Ok(())
    }

    /// One step of the poster's algorithm: α (and β) given θ, then θ given α.
    fn step(&self, state: &mut State, x: &Mat<f64>) -> Result<(), Error> {
        let scale = state.beta / self.lambda;
        for &j in &state.active {
            state.u[j] = self.penalty.inverse_at(scale * state.theta[j] * state.theta[j]);
        }
        state.beta = state.best_beta(self.columns, self.beta);
        self.solve_theta(state, x)
    }

    /// Two steps and an extrapolation of log u.
    fn accelerated(&self, state: &mut State, x: &Mat<f64>) -> Result<(), Error> {
        let log_u = |state: &State| -> Vec<f64> { state.active.iter().map(|&j| state.u[j].ln()).collect() };
        let start = log_u(state);
        self.step(state, x)?;
        let first = log_u(state);
        self.step(state, x)?;
        let second = log_u(state);
        let mut squares = (0.0, 0.0);
        for k in 0..start.len() {
            let r = first[k] - start[k];
            squares.0 += r * r;
            squares.1 += (second[k] - first[k] - r).powi(2);
        }
        let length = (squares.0 / squares.1).sqrt();
        if !(length > 1.0 && length.is_finite()) {
            return Ok(());
        }
        let reached = state.objective(self.columns, self.penalty, self.lambda, self.beta);
        let mut trial = state.clone();
        for (k, &j) in state.active.iter().enumerate() {
            let r = first[k] - start[k];
            let v = second[k] - first[k] - r;
            let l = start[k] + 2.0 * length * r + length * length * v;
            trial.u[j] = l.clamp(second[k] - 5.0, second[k] + 5.0).exp();
        }
        if self.penalty.prunes() && self.solve_theta(&mut trial, x).is_ok() {
            let better = trial.objective(self.columns, self.penalty, self.lambda, self.beta) >= reached;
            if better {
                *state = trial;
            }
        }
        Ok(())
    }

    /// Closed-form updates of the features that are dying, and of the pruned ones that should not be; the largest change.
    fn finish_dying(&self, state: &mut State) -> f64 {
        if !self.penalty.prunes() {
            return 0.0;
        }
        self.columns.gradient(&state.residual, &mut state.gradient);
        let scale = state.beta / self.lambda;
        let dying: Vec<usize> = (0..state.theta.len())
            .filter(|&j| {
                let pruned = state.u[j] == 0.0;
                (!pruned && state.u[j] < 0.5 / DYING)
                    || (pruned && scale * state.gradient[j].powi(2) > 1.0 + 1e-9)
            })
            .collect();
        let beta = Beta::Fixed(state.beta);
        let ascent = Ascent { columns: self.columns, penalty: self.penalty, lambda: self.lambda, beta };
        let change = ascent.sweep(state, &dying);
        state.active = (0..state.theta.len()).filter(|&j| state.theta[j] != 0.0).collect();
        state.beta = state.best_beta(self.columns, self.beta);
        change
    }

    /// How far the closed-form update would move any kept coordinate: zero at a stationary point.
    fn distance(&self, state: &State) -> f64 {
        let scale = state.beta / self.lambda;
        let moved = |&j: &usize| {
            let q = self.columns.dot(j, &state.residual) + state.theta[j];
            (q * shrinkage(self.penalty.inverse(scale * q * q)) - state.theta[j]).abs()
        };
        state.active.iter().map(moved).fold(0.0, f64::max)
    }
}

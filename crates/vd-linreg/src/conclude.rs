//! The end of a fit: ascend to tolerance, move pairs, refit, and say how it went.

use estimator::{Fit, InputError, NoiseModel, Report, Status};
use nalgebra::DVector;

use crate::check::optimality::measure;
use crate::error::Error;
use crate::job::Job;
use crate::model::Model;
use crate::params::{Algorithm, Params, Refit};
use crate::prepare::columns::Columns;
use crate::prepare::prepared::Prepared;
use crate::problem::Problem;
use crate::progress::{Callback, Frame, Progress, raw_log_alpha};
use crate::solve::ascent::{Ascent, Stopping, Watch};
use crate::solve::block::Block;
use crate::solve::descent::most_active;
use crate::solve::least_squares;
use crate::solve::operator::{LARGEST_U, Thresholding};
use crate::solve::pair_moves::PairMoves;
use crate::solve::state::{Beta, NOISE_FLOOR, State};

/// The solution in normalised units.
struct Solution {
    state: State,
    status: Status,
    iterations: usize,
    trace: Vec<f64>,
}

impl<P: Thresholding + Clone> Job<'_, P> {
    /// The final ascent from `state`, the refit, and the report; also the state before the refit.
    pub fn conclude<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: State,
        beta: Beta,
        progress: Callback<'_>,
    ) -> Result<(Fit<Model, Report>, State), Error> {
        let mut solution = self.climb(prepared, state, beta, progress)?;
        if solution.status != Status::StoppedByCallback && self.interpolates(prepared, &solution.state, beta)
        {
            solution.status = Status::Interpolated;
        }
        let selected = solution.state.clone();
        if self.problem.params.refit == Refit::LeastSquares {
            self.refit(&prepared.columns, &mut solution.state);
        }
        Ok((self.finish(prepared, solution)?, selected))
    }

    /// Whether a learned noise level means nothing: the columns that vary can interpolate the targets (as many as there are samples beside
    /// the intercept), and more than half as many features as samples are kept. There, what is left of the targets is small because
    /// the kept columns were chosen from many to make it small, not because there is little noise.
    fn interpolates<C>(&self, prepared: &Prepared<C>, state: &State, beta: Beta) -> bool {
        let rows = self.problem.rows;
        matches!(beta, Beta::Learned { .. })
            && prepared.varying() as f64 >= rows.n - rows.spent()
            && state.active.len() > most_active(rows.n)
    }

    /// The final ascent.
    fn climb<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        mut state: State,
        beta: Beta,
        progress: Callback<'_>,
    ) -> Result<Solution, Error> {
        let columns = &prepared.columns;
        let Params { lambda, divergence, tolerance, max_iterations, algorithm, pair_moves, .. } =
            self.problem.params;
        let target = &self.target.values;
        state.refresh(columns, target);
        state.beta = state.best_beta(columns, beta);
        let norm = self.target_norm();
        let offset = self.problem.rows.n * norm.max(f64::MIN_POSITIVE).ln();
        let frame = Frame { scales: &prepared.scales, unit: self.target.scale };
        // The block algorithm starts afresh, at α = 1.
        let mut trace = match algorithm {
            Algorithm::CoordinateAscent => vec![state.objective(columns, divergence, *lambda, beta) - offset],
            Algorithm::ExactBlock => Vec::new(),
        };
        let mut watch = |state: &State, iteration: usize| {
            let objective = state.objective(columns, divergence, *lambda, beta) - offset;
            trace.push(objective);
            let (kept, noise_std) = (state.active.len(), norm / state.beta.sqrt());
            progress(&Progress { iteration, objective, kept, noise_std, state, frame })
        };
        let (status, iterations) = match algorithm {
            Algorithm::CoordinateAscent => {
                let stop =
                    Stopping { tolerance: *tolerance, max_sweeps: *max_iterations, max_active: usize::MAX };
                let ascent = Ascent { columns, penalty: divergence, lambda: *lambda, beta };
                let (status, sweeps) = ascent.run(&mut state, stop, &mut watch);
                if *pair_moves && status == Status::Converged {
                    move_pairs(&ascent, &mut state, stop, sweeps, &mut watch)
                } else {
                    (status, sweeps)
                }
            }
            Algorithm::ExactBlock => {
                let block = Block { columns, penalty: divergence, lambda: *lambda, beta, target };
                block.run(&mut state, *tolerance, *max_iterations, &mut watch)?
            }
        };
        Ok(Solution { state, status, iterations, trace })
    }

    /// θ by least squares on the kept features, with the posterior variances 1/(βS_d) that the objective has as λ → 0 at λ/z² fixed
    /// to first order (and at λ = 1 for large z); β from the residual if it was estimated before the fit.
    fn refit<C: Columns>(&self, columns: &C, state: &mut State) {
        let active = state.active.clone();
        state.residual = least_squares::refit(columns, &self.target.values, &active, &mut state.theta, 1e-13);
        let free = state.n - self.problem.rows.spent() - active.len() as f64;
        if self.problem.params.noise == NoiseModel::PreEstimated && free > 0.0 {
            state.beta = free / columns.norm_sq(&state.residual).max(NOISE_FLOOR);
        }
        for &j in &active {
            // α = 1/(βS θ²), u = 1/(2α).
            state.u[j] =
                (0.5 * state.beta * state.theta[j] * state.theta[j]).clamp(1.0 / LARGEST_U, LARGEST_U);
        }
    }

    /// Back to the user's units, with the optimality residual of the returned model.
    fn finish<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        solution: Solution,
    ) -> Result<Fit<Model, Report>, Error> {
        let Solution { state, status, iterations, trace } = solution;
        let Problem { params, x, t, .. } = self.problem;
        let model = self.model(prepared, &state)?;
        let objective = trace.last().copied().unwrap_or(f64::NAN);
        let residual = measure(x, t, params.weights.as_deref(), &model, &params.divergence).largest();
        Ok(Fit { model, report: Report { status, objective, residual, iterations, trace } })
    }

    /// A state in the user's units.
    pub fn model<C: Columns>(&self, prepared: &Prepared<C>, state: &State) -> Result<Model, Error> {
        let Problem { params, rows, .. } = self.problem;
        let (unit, root) = (self.target_unit(), rows.largest.sqrt());
        let norms = DVector::from_fn(state.theta.len(), |j, _| prepared.scales[j] * root);
        let target_scale = if self.target_norm() == 0.0 { 1.0 } else { self.target.scale };
        let frame = Frame { scales: &prepared.scales, unit: target_scale };
        let coefficients = DVector::from_vec(frame.coefficients(state));
        let means = DVector::from_vec(prepared.means.clone());
        let shift: f64 = state.active.iter().map(|&j| coefficients[j] * means[j]).sum();
        let model = Model {
            intercept: self.target.mean - shift,
            coefficients,
            log_alpha: DVector::from_vec(raw_log_alpha(state)),
            means,
            norms,
            noise_std: unit / state.beta.sqrt(),
            lambda: params.lambda,
            samples: rows.n,
            has_intercept: params.intercept,
            refit: params.refit,
            noise: params.noise,
        };
        // A coefficient too small for a double would look like a dropped column.
        let lost = state.active.iter().any(|&j| model.coefficients[j] == 0.0);
        let finite = model.coefficients.iter().all(|c| c.is_finite()) && model.intercept.is_finite();
        if lost || !finite {
            return Err(InputError::Range { what: "a coefficient" }.into());
        }
        if !(model.noise_std > 0.0 && model.noise_std.is_finite()) {
            return Err(InputError::Range { what: "the noise's standard deviation" }.into());
        }
        Ok(model)
    }
}

/// Pair moves from a settled state, each followed by the ascent, until none pays; the status and all sweeps, `done` included.
fn move_pairs<C: Columns, P: Thresholding + ?Sized>(
    ascent: &Ascent<'_, C, P>,
    state: &mut State,
    stop: Stopping,
    done: usize,
    watch: Watch<'_>,
) -> (Status, usize) {
    let mut moves = PairMoves::new();
    let mut sweeps = done;
    let height = |state: &State| state.objective(ascent.columns, ascent.penalty, ascent.lambda, ascent.beta);
    let mut reached = height(state);
    while sweeps < stop.max_sweeps
        && moves.best_move(ascent.columns, ascent.penalty, state, state.beta / ascent.lambda).is_some()
    {
        ascent.columns.gradient(&state.residual, &mut state.gradient);
        let before = sweeps;
        let left = Stopping { max_sweeps: stop.max_sweeps - before, ..stop };
        let (status, more) = ascent.run(state, left, &mut |state, sweep| watch(state, before + sweep));
        sweeps += more;
        if status != Status::Converged {
            return (status, sweeps);
        }
        // Where a model interpolates, a move's computed gain can be rounding: the objective itself has to have risen.
        let now = height(state);
        if !(now - reached > 1e-9 * (ascent.lambda + reached.abs())) {
            break;
        }
        reached = now;
    }
    (Status::Converged, sweeps)
}

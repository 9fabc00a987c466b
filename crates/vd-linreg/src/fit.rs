//! One fit: prepare, find the noise level, descend to λ, ascend to tolerance, and say how it went.

use core::ops::ControlFlow;

use estimator::{Fit, Report, Status};
use nalgebra::DVector;

use crate::ascent::{Ascent, Stopping};
use crate::block::Block;
use crate::columns::Columns;
use crate::descent::{descend, pilot, rho_max};
use crate::operator::{Thresholding, log_alpha};
use crate::optimality::measure;
use crate::prepare::{self, Prepared, Rows, Target};
use crate::state::{Beta, NOISE_FLOOR, State};
use crate::swap::Exchanges;
use crate::{Algorithm, Design, LinregError, Model, Noise, Params, Refit};

/// Where a fit stands after an iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'s> {
    /// Iterations done.
    pub iterations: usize,
    /// The objective, in nats.
    pub objective: f64,
    /// Features kept at the moment.
    pub kept: usize,
    /// The noise's standard deviation at the moment.
    pub noise_std: f64,
    state: &'s State,
    scales: &'s [f64],
    unit: f64,
}

impl Progress<'_> {
    /// θ at the moment, D entries, in the units of the data.
    #[must_use]
    pub fn coefficients(&self) -> Vec<f64> {
        raw_coefficients(self.state, self.scales, self.unit)
    }
    /// log α at the moment, D entries.
    #[must_use]
    pub fn log_alpha(&self) -> Vec<f64> {
        raw_log_alpha(self.state)
    }
}

/// θ in units of the data; `unit` is the target's scale.
fn raw_coefficients(state: &State, scales: &[f64], unit: f64) -> Vec<f64> {
    let raw = |(theta, scale): (&f64, &f64)| if *theta == 0.0 { 0.0 } else { theta * (unit / scale) };
    state.theta.iter().zip(scales).map(raw).collect()
}

fn raw_log_alpha(state: &State) -> Vec<f64> {
    state
        .theta
        .iter()
        .zip(&state.u)
        .map(|(t, u)| if *t == 0.0 { f64::INFINITY } else { log_alpha(*u) })
        .collect()
}

pub(crate) type Callback<'c> = &'c mut dyn FnMut(&Progress) -> ControlFlow<()>;

pub(crate) fn fit<P: Thresholding + Clone>(
    params: &Params<P>,
    x: Design<'_>,
    t: &[f64],
    progress: Callback<'_>,
) -> Result<Fit<Model, Report>, LinregError> {
    params.check()?;
    x.check_shape()?;
    let rows = Rows::new(x.nrows(), params.weights.as_deref(), params.intercept)?;
    let target = prepare::target(t, x.nrows(), &rows)?;
    match x {
        Design::Dense(matrix) => {
            Job { params, x, t, rows: &rows, target: &target }.run(&prepare::dense(matrix, &rows)?, progress)
        }
        Design::Sparse(_) => {
            Job { params, x, t, rows: &rows, target: &target }.run(&prepare::sparse(x, &rows)?, progress)
        }
    }
}

/// What one fit works on.
pub(crate) struct Job<'a, P> {
    pub params: &'a Params<P>,
    pub x: Design<'a>,
    pub t: &'a [f64],
    pub rows: &'a Rows,
    pub target: &'a Target,
}

/// The solution in normalised units.
pub(crate) struct Solution {
    pub state: State,
    pub status: Status,
    pub iterations: usize,
    pub trace: Vec<f64>,
}

impl<P: Thresholding + Clone> Job<'_, P> {
    /// T, the target's norm about its mean.
    pub fn target_norm(&self) -> f64 {
        self.target.scale * self.rows.largest.sqrt()
    }

    /// One whole fit.
    pub fn run<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        progress: Callback<'_>,
    ) -> Result<Fit<Model, Report>, LinregError> {
        let columns = &prepared.columns;
        let mut state = State::empty(columns, &self.target.values, self.rows.n);
        let mut exchanges = Exchanges::new();
        let beta = self.noise(prepared, &mut state, &mut exchanges)?;
        self.approach(prepared, &mut state, beta, &mut exchanges);
        Ok(self.conclude(prepared, state, beta, progress)?.0)
    }

    /// The final ascent from `state`, the refit, and the report; also the state before the refit.
    pub fn conclude<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: State,
        beta: Beta,
        progress: Callback<'_>,
    ) -> Result<(Fit<Model, Report>, State), LinregError> {
        let mut solution = self.climb(prepared, state, beta, progress)?;
        let selected = solution.state.clone();
        if self.params.refit == Refit::LeastSquares {
            let spent =
                (self.params.noise == Noise::Pilot).then_some(f64::from(u8::from(self.params.intercept)));
            refit_least_squares(&prepared.columns, &self.target.values, &mut solution.state, spent);
        }
        Ok((self.finish(prepared, solution)?, selected))
    }

    /// Turns the parameter into a rule in normalised units; a pilot leaves `state` at the universal threshold.
    pub fn noise<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: &mut State,
        exchanges: &mut Exchanges,
    ) -> Result<Beta, LinregError> {
        let columns = &prepared.columns;
        let norm = self.target_norm();
        if norm == 0.0 && !matches!(self.params.noise, Noise::Fixed { .. }) {
            return Err(LinregError::ConstantTarget { value: self.t[self.rows.index[0]] });
        }
        let spent = f64::from(u8::from(self.params.intercept));
        Ok(match self.params.noise {
            Noise::Pilot => {
                let variance = pilot(
                    columns,
                    &self.params.divergence,
                    &self.target.values,
                    state,
                    spent,
                    prepared.varying(),
                    exchanges,
                );
                exchanges.restrict(prepared.varying(), variance);
                Beta::Fixed(1.0 / variance)
            }
            Noise::Fixed { precision } => {
                // A constant target is left in its own units: there is nothing to fit.
                let unit = if norm == 0.0 { 1.0 } else { norm };
                let beta = precision * unit * unit;
                if !(beta.is_finite() && beta > 0.0) {
                    return Err(LinregError::Range {
                        what: "the noise precision times the target's sum of squares",
                    });
                }
                Beta::Fixed(beta)
            }
            Noise::Learned => Beta::Learned { shape: 0.0, rate: 0.0 },
            Noise::Gamma { shape, rate } => Beta::Learned { shape, rate: rate / norm / norm },
        })
    }

    /// Descends loosely to λ, so that the ascent starts on the sparse branch.
    pub fn approach<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: &mut State,
        beta: Beta,
        exchanges: &mut Exchanges,
    ) {
        let columns = &prepared.columns;
        let (penalty, lambda) = (&self.params.divergence, self.params.lambda);
        if !penalty.prunes() {
            return;
        }
        let top = rho_max(&State::empty(columns, &self.target.values, self.rows.n));
        match beta {
            Beta::Fixed(beta) => {
                exchanges.restrict(prepared.varying(), 1.0 / beta);
                let from = if state.active.is_empty() {
                    top
                } else {
                    top.min(crate::descent::universal_lambda(prepared.varying()) / beta)
                };
                descend(columns, penalty, state, from, lambda / beta, lambda, exchanges);
            }
            // The joint maxima are where ρ β(ρ) = λ: the first one from above.
            Beta::Learned { .. } => {
                let mut rho = top;
                for _ in 0..200 {
                    state.beta = state.best_beta(columns, beta);
                    if rho * state.beta <= lambda {
                        break;
                    }
                    rho = (rho * 0.6).max(lambda / state.beta);
                    exchanges.restrict(prepared.varying(), 1.0 / state.beta);
                    descend(columns, penalty, state, rho, rho, lambda, exchanges);
                }
            }
        }
    }

    /// The final ascent.
    fn climb<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        mut state: State,
        beta: Beta,
        progress: Callback<'_>,
    ) -> Result<Solution, LinregError> {
        let columns = &prepared.columns;
        let Params { lambda, divergence, tolerance, max_iterations, .. } = self.params;
        state.refresh(columns, &self.target.values);
        state.beta = state.best_beta(columns, beta);
        let offset = self.rows.n * self.target_norm().max(f64::MIN_POSITIVE).ln();
        let norm = self.target_norm();
        // The block algorithm starts afresh, at α = 1.
        let mut trace = match self.params.algorithm {
            Algorithm::CoordinateAscent => vec![state.objective(columns, divergence, *lambda, beta) - offset],
            Algorithm::ExactBlock => Vec::new(),
        };
        let mut watch = |state: &State, iterations: usize| {
            let objective = state.objective(columns, divergence, *lambda, beta) - offset;
            trace.push(objective);
            progress(&Progress {
                iterations,
                objective,
                kept: state.active.len(),
                noise_std: norm / state.beta.sqrt(),
                state,
                scales: &prepared.scales,
                unit: self.target.scale,
            })
        };
        let (status, iterations) = match self.params.algorithm {
            Algorithm::CoordinateAscent => {
                let stop =
                    Stopping { tolerance: *tolerance, max_sweeps: *max_iterations, max_active: usize::MAX };
                Ascent { columns, penalty: divergence, lambda: *lambda, beta }
                    .run(&mut state, stop, &mut watch)
            }
            Algorithm::ExactBlock => {
                let block = Block {
                    columns,
                    penalty: divergence,
                    lambda: *lambda,
                    beta,
                    target: &self.target.values,
                };
                block.run(&mut state, *tolerance, *max_iterations, &mut watch)?
            }
        };
        Ok(Solution { state, status, iterations, trace })
    }

    /// Back to the user's units, with the optimality residual of the returned model.
    fn finish<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        solution: Solution,
    ) -> Result<Fit<Model, Report>, LinregError> {
        let Solution { state, status, iterations, trace, .. } = solution;
        let (norm, root) = (self.target_norm(), self.rows.largest.sqrt());
        let unit = if norm == 0.0 { 1.0 } else { norm };
        let d = state.theta.len();
        let norms = DVector::from_fn(d, |j, _| prepared.scales[j] * root);
        let target_unit = if norm == 0.0 { 1.0 } else { self.target.scale };
        let coefficients = DVector::from_vec(raw_coefficients(&state, &prepared.scales, target_unit));
        let log_alpha = DVector::from_vec(raw_log_alpha(&state));
        let means = DVector::from_vec(prepared.means.clone());
        let shift: f64 = state.active.iter().map(|&j| coefficients[j] * means[j]).sum();
        let model = Model {
            intercept: self.target.mean - shift,
            coefficients,
            log_alpha,
            means,
            norms,
            noise_std: unit / state.beta.sqrt(),
            lambda: self.params.lambda,
            objects: self.rows.n,
            has_intercept: self.params.intercept,
            refit: self.params.refit,
            noise: self.params.noise,
        };
        let finite = model.coefficients.iter().all(|c| c.is_finite()) && model.intercept.is_finite();
        if !finite {
            return Err(LinregError::Range { what: "a coefficient" });
        }
        if !(model.noise_std > 0.0 && model.noise_std.is_finite()) {
            return Err(LinregError::Range { what: "the noise's standard deviation" });
        }
        let objective = trace.last().copied().unwrap_or(f64::NAN);
        let weights = self.params.weights.as_deref();
        let residual = measure(self.x, self.t, weights, &model, &self.params.divergence).largest();
        Ok(Fit { model, report: Report { status, objective, residual, iterations, trace } })
    }
}

/// θ by least squares on the kept features, with the posterior variances 1/(βS_d) that the objective has as λ → 0 at λ/z² fixed
/// to first order (and at λ = 1 for large z); β from the residual if `spent`, the intercept's degree of freedom, is given.
fn refit_least_squares<C: Columns>(columns: &C, target: &[f64], state: &mut State, spent: Option<f64>) {
    let active = state.active.clone();
    state.residual = crate::least_squares::refit(columns, target, &active, &mut state.theta, 1e-13);
    let free = state.n - spent.unwrap_or(0.0) - active.len() as f64;
    if spent.is_some() && free > 0.0 {
        state.beta = free / columns.norm_sq(&state.residual).max(NOISE_FLOOR);
    }
    for &j in &active {
        // α = 1/(βS θ²), u = 1/(2α).
        state.u[j] = 0.5 * state.beta * state.theta[j] * state.theta[j];
    }
}

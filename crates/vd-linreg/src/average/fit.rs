//! The fit: a first maximum, walks over supports, a background if one is called for, and the sparse model.

use core::ops::ControlFlow;

use estimator::{Fit, InputError, NoiseModel, Report, Status, Values};
use nalgebra::DVector;
use rayon::prelude::*;

use crate::average::averaged::{Averaged, StandIn};
use crate::average::background::{Turned, suspicion};
use crate::average::conditional::Conditional;
use crate::average::evidence::{Evidence, Noise};
use crate::average::gram::Gram;
use crate::average::project::{Projection, project};
use crate::average::settings::{Averaging, Sparsity};
use crate::average::tally::Tally;
use crate::average::walk::{Best, Walk};
use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::params::{Params, Refit};
use crate::prepare::columns::{Columns, Residual};
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::solve::operator::Thresholding;
use crate::solve::state::{Beta, State};
use crate::solve::swap_moves::SwapMoves;
use crate::solve::universal::universal_lambda;

/// Steps that a walk takes between two looks at whether the walks agree; the first round is not counted.
const ROUND: usize = 500;

/// Squared standard error of the average's fitted values, in noise variances, at which the walks agree.
const AGREED: f64 = 0.05;

/// Nats by which a background has to be more probable than none.
const DECISIVE: f64 = 10.0;

/// Standard deviations of the score test from which on a background is looked at.
const SUSPICIOUS: f64 = 3.0;

/// Rounds of finding h with a support, and a support with h.
const ALTERNATIONS: usize = 4;

/// Most columns of a support.
const MOST: usize = 256;

/// A column takes part in the sparse model from this probability on.
const CONSIDERED: f64 = 0.01;

/// Where an average stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AveragingProgress {
    /// Steps that each walk has taken.
    pub steps: usize,
    /// Columns of the most probable support so far.
    pub kept: usize,
    /// Its log posterior probability, relative to that of no column.
    pub objective: f64,
}

type Callback<'c> = &'c mut dyn FnMut(&AveragingProgress) -> ControlFlow<()>;

impl<P: Thresholding + Clone> Params<P> {
    /// Averages over supports, each weighed by its evidence, and returns few columns whose fitted values are the average's: the recommended fit.
    ///
    /// There is no λ to choose: the prior's odds and the scale of the kept weights, which is learned, make a column as likely in as out at a z² that
    /// grows with ln N and ln D. Of the parameters `noise` (fixed, or else integrated out), `intercept` and `weights` are used.
    ///
    /// ```
    /// use vd_linreg::{Averaging, Params, synthetic::Spec};
    /// let problem = Spec::new(200, 1000, 5, 0.5).problem(1);
    /// let average = Params::new().fit_averaged(&problem.x, &problem.t, &Averaging::new())?;
    /// assert_eq!(average.fit.model.support(), problem.relevant());
    /// assert!(average.looks_sparse() && average.expected_false_keeps() < 0.1);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Params::fit`], and a value of `averaging` out of range.
    pub fn fit_averaged<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        averaging: &Averaging,
    ) -> Result<Averaged, Error> {
        self.fit_averaged_with(x, t, averaging, |_| ControlFlow::Continue(()))
    }

    /// [`Params::fit_averaged`] with a callback after every 500 steps; a callback that breaks ends the walks with what they have seen.
    ///
    /// # Errors
    /// As [`Params::fit_averaged`].
    pub fn fit_averaged_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        averaging: &Averaging,
        mut progress: impl FnMut(&AveragingProgress) -> ControlFlow<()>,
    ) -> Result<Averaged, Error> {
        averaging.check()?;
        solve(self, x.into(), t.into(), Average { settings: *averaging, progress: &mut progress })
    }
}

struct Average<'c> {
    settings: Averaging,
    progress: Callback<'c>,
}

/// What the walks found.
struct Walked {
    tally: Tally,
    best: Best,
    steps: usize,
    error: f64,
    status: Status,
    trace: Vec<f64>,
}

/// What stays the same in every set of walks of one fit.
#[derive(Clone, Copy)]
struct Plan {
    samples: f64,
    most: usize,
    settings: Averaging,
}

impl<P: Thresholding + Clone> Task<P> for Average<'_> {
    type Output = Averaged;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Averaged, Error> {
        let target = target(problem.t, problem.rows)?;
        let prepared = prepare(problem.rows)?;
        let job = Job { problem, target: &target };
        let (first, beta) = first_maximum(&job, &prepared)?;
        let columns = &prepared.columns;
        let index = candidates(&prepared, &job.empty(&prepared), &first, self.settings.candidates);
        let start = Residual::new(target.values.clone());
        let energy = columns.norm_sq(&start);
        let gram = Gram::new(columns, index, &start, energy);
        let free = (problem.rows.n - problem.rows.spent()).max(1.0);
        let noise = match problem.params.noise {
            NoiseModel::Fixed { .. } => Noise::Known(1.0 / beta),
            _ => Noise::Unknown(free),
        };
        let evidence = Evidence { noise, columns: prepared.varying().max(1) as f64, constant: 0.0 };
        let most = ((0.5 * problem.rows.n) as usize).clamp(1, MOST).min(gram.len().max(1));
        let plan = Plan { samples: problem.rows.n, most, settings: self.settings };
        let place = |j: &usize| gram.index.binary_search(j).ok();
        let support: Vec<usize> = first.active.iter().filter_map(place).collect();
        let mut walked = plan.walk(&gram, evidence, &support, self.progress);
        let mut theta = walked.tally.theta.clone();
        let mut background = 0.0;
        if self.settings.background && walked.status != Status::StoppedByCallback {
            let found = plan.background((columns, &gram), &target.values, evidence, &walked, self.progress);
            if let Some((h, with, total)) = found {
                (background, walked, theta) = (h, with, total);
            }
        }
        finish(&job, &prepared, &gram, Found { walked, theta, background, evidence, settings: self.settings })
    }
}

/// The maximum at the universal threshold, and β.
fn first_maximum<C: Columns, P: Thresholding + Clone>(
    job: &Job<'_, P>,
    prepared: &Prepared<C>,
) -> Result<(State, f64), Error> {
    let noise = match job.problem.params.noise {
        fixed @ NoiseModel::Fixed { .. } => fixed,
        _ => NoiseModel::PreEstimated,
    };
    let lambda = universal_lambda(prepared.varying());
    let params = Params { noise, lambda, ..job.problem.params.clone() };
    let job = job.with(&params);
    let (mut state, mut swaps) = (job.empty(prepared), SwapMoves::new());
    let beta = job.held_beta(prepared, &mut state, &mut swaps)?;
    job.approach(prepared, &mut state, Beta::Fixed(beta), &mut swaps);
    Ok((state, beta))
}

/// The columns that are considered, ascending.
fn candidates<C: Columns>(prepared: &Prepared<C>, empty: &State, first: &State, most: usize) -> Vec<usize> {
    let mut index: Vec<usize> = (0..prepared.columns.len()).filter(|&j| prepared.scales[j] > 0.0).collect();
    if index.len() <= most {
        return index;
    }
    let mut now = vec![0.0; prepared.columns.len()];
    prepared.columns.gradient(&first.residual, &mut now);
    let spread = prepared.columns.norm_sq(&first.residual).max(f64::MIN_POSITIVE);
    let score = |j: usize| {
        let kept = if first.theta[j] == 0.0 { 0.0 } else { f64::INFINITY };
        (empty.gradient[j].powi(2)).max(now[j].powi(2) / spread).max(kept)
    };
    index.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
    index.truncate(most);
    index.sort_unstable();
    index
}

impl Plan {
    /// Walks until they agree.
    fn walk<C: Columns>(
        &self,
        gram: &Gram<'_, C>,
        evidence: Evidence,
        support: &[usize],
        progress: Callback<'_>,
    ) -> Walked {
        let Self { samples, most, settings } = *self;
        let start = |k: usize| {
            let from = if k == 0 { support } else { &[] };
            Walk::new(gram, evidence, samples, from, most, (settings.seed, k as u64))
        };
        let mut walks: Vec<Walk<'_, C>> = (0..settings.walks).into_par_iter().map(start).collect();
        let (mut steps, mut trace) = (0, Vec::new());
        loop {
            let round = ROUND.min(settings.steps - steps);
            walks.par_iter_mut().for_each(|walk| walk.run(round));
            let first = steps == 0;
            steps += round;
            let (tally, error) = mix(gram, &walks);
            let best = best(&walks);
            trace.push(best.log_joint);
            let status = AveragingProgress { steps, kept: best.support.len(), objective: best.log_joint };
            let stopped = progress(&status).is_break();
            let ended = steps >= settings.steps;
            if stopped || ended || (!first && error <= AGREED) {
                let status = match (stopped, error <= AGREED) {
                    (true, _) => Status::StoppedByCallback,
                    (false, true) => Status::Converged,
                    (false, false) => Status::MaxIterations,
                };
                return Walked { tally, best, steps, error, status, trace };
            }
            if first {
                walks.iter_mut().for_each(Walk::forget);
            }
        }
    }

    /// A background, if it is far more probable than none: h, the walks with it, and all weights.
    fn background<C: Columns>(
        &self,
        (columns, gram): (&C, &Gram<'_, C>),
        target: &[f64],
        evidence: Evidence,
        without: &Walked,
        progress: Callback<'_>,
    ) -> Option<(f64, Walked, Vec<f64>)> {
        let at = Conditional::new(gram, &without.best.support, 1.0 / without.best.scale);
        if suspicion(&at, &evidence, self.samples) < SUSPICIOUS {
            return None;
        }
        let turned = Turned::new(columns, gram, target)?;
        let mut best = without.best.clone();
        let mut h = 0.0;
        for round in 0..ALTERNATIONS {
            let next = turned.best(&evidence, &best.support, best.scale);
            if h > 0.0 && (next / h).ln().abs() < 0.3 {
                break;
            }
            h = next;
            let (weighted, residual, energy) = turned.weighted(h);
            let gram = Gram::new(&weighted, (0..gram.len()).collect(), &residual, energy);
            let evidence = Evidence { constant: turned.constant(h), ..evidence };
            let seed = (self.settings.seed, (self.settings.walks + round) as u64);
            let mut walk = Walk::new(&gram, evidence, self.samples, &best.support, self.most, seed);
            walk.run(ROUND);
            best = walk.best;
        }
        if best.log_joint < without.best.log_joint + DECISIVE {
            return None;
        }
        let (weighted, residual, energy) = turned.weighted(h);
        let gram = Gram::new(&weighted, (0..gram.len()).collect(), &residual, energy);
        let evidence = Evidence { constant: turned.constant(h), ..evidence };
        let walked = self.walk(&gram, evidence, &best.support, progress);
        let effects = turned.effects(h, &walked.tally.theta);
        let total = walked.tally.theta.iter().zip(&effects).map(|(a, b)| a + b).collect();
        Some((h, walked, total))
    }
}

/// The mean of all walks, and the squared standard error of its fitted values in noise variances.
fn mix<C: Columns>(gram: &Gram<'_, C>, walks: &[Walk<'_, C>]) -> (Tally, f64) {
    let parts: Vec<Tally> = walks.iter().map(|w| w.tally.averaged()).collect();
    let all = Tally::mixed(&parts, &vec![1.0; parts.len()]);
    let distance = |part: &Tally| {
        let difference: Vec<f64> = part.theta.iter().zip(&all.theta).map(|(a, b)| a - b).collect();
        gram.norm_sq_of(&difference)
    };
    let spread: f64 = parts.par_iter().map(distance).collect::<Vec<_>>().iter().sum();
    let count = parts.len() as f64;
    let error = if count > 1.0 { spread / (count * (count - 1.0)) } else { 0.0 };
    let error = error / all.variance.max(f64::MIN_POSITIVE);
    (all, error)
}

fn best<C: Columns>(walks: &[Walk<'_, C>]) -> Best {
    let mut best = walks[0].best.clone();
    for walk in &walks[1..] {
        if walk.best.log_joint > best.log_joint {
            best = walk.best.clone();
        }
    }
    best
}

/// All that the result is made of.
struct Found {
    walked: Walked,
    theta: Vec<f64>,
    background: f64,
    evidence: Evidence,
    settings: Averaging,
}

fn finish<C: Columns, P: Thresholding + Clone>(
    job: &Job<'_, P>,
    prepared: &Prepared<C>,
    gram: &Gram<'_, C>,
    found: Found,
) -> Result<Averaged, Error> {
    let Found { walked, theta, background, evidence, settings } = found;
    let Walked { tally, best, steps, error, status, trace } = walked;
    let all: Vec<usize> = (0..gram.len()).collect();
    let average = Projection { support: all, theta };
    let sparse = if background > 0.0 && matches!(settings.sparsity, Sparsity::Loss(_)) {
        // Nothing is sparse: every column stays, unless few were asked for.
        average.clone()
    } else {
        let considered =
            |&j: &usize| background > 0.0 || tally.inclusion[j] >= CONSIDERED || best.support.contains(&j);
        let allowed: Vec<usize> = (0..gram.len()).filter(considered).collect();
        let fitted = gram.combine(&average.theta);
        let (loss, most) = settings.sparsity.limits(job.problem.rows.n);
        project(gram, &prepared.columns, &fitted, &allowed, loss * tally.variance, most.min(allowed.len()))
    };
    // z² at which a column's odds are even, for a column that the others leave alone.
    let lambda = (-2.0 * evidence.prior_odds(best.support.len()) + best.scale.ln_1p()).max(1.0);
    let params = Params { lambda, refit: Refit::LeastSquares, ..job.problem.params.clone() };
    let job = job.with(&params);
    let state = |of: &Projection| {
        let mut state = job.empty(prepared);
        state.beta = 1.0 / tally.variance.max(f64::MIN_POSITIVE);
        for (&place, &theta) in of.support.iter().zip(&of.theta) {
            if theta != 0.0 {
                let j = gram.index[place];
                state.theta[j] = theta;
                state.u[j] = (0.5 * state.beta * theta * theta).max(f64::MIN_POSITIVE);
                state.active.push(j);
            }
        }
        state
    };
    let mean = job.model(prepared, &state(&average))?;
    let model = job.model(prepared, &state(&sparse))?;
    let mut inclusion = DVector::zeros(prepared.columns.len());
    for (&j, p) in gram.index.iter().zip(&tally.inclusion) {
        inclusion[j] = p.min(1.0);
    }
    let mut most_probable: Vec<usize> = best.support.iter().map(|&place| gram.index[place]).collect();
    most_probable.sort_unstable();
    let stand_ins = if background > 0.0 { Vec::new() } else { stand_ins(gram, &tally, &sparse.support) };
    let report = Report { status, objective: best.log_joint, residual: error, iterations: steps, trace };
    Ok(Averaged {
        fit: Fit { model, report },
        mean_coefficients: mean.coefficients,
        mean_intercept: mean.intercept,
        inclusion,
        most_probable,
        background,
        stand_ins,
    })
}

/// Columns correlated with a kept one by at least this may stand in for it …
const ALIKE: f64 = 0.7;
/// … if each is as likely as this to matter.
const LIKELY: f64 = 0.05;

fn stand_ins<C: Columns>(gram: &Gram<'_, C>, tally: &Tally, support: &[usize]) -> Vec<StandIn> {
    let mut kept = support.to_vec();
    kept.sort_unstable();
    let mut found = Vec::new();
    // A column that is certain needs none.
    for &i in kept.iter().filter(|&&i| tally.inclusion[i] < 1.0 - LIKELY) {
        for (j, &c) in gram.column(i).iter().enumerate() {
            if j != i && c.abs() >= ALIKE && tally.inclusion[j] >= LIKELY {
                found.push(StandIn { kept: gram.index[i], other: gram.index[j], correlation: c });
            }
        }
    }
    found
}

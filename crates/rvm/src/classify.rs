//! The fit of a classifier: Laplace approximation, precision updates on its quadratic model, re-linearise.
//!
//! What rises, and what does not by itself: on one quadratic model every step of the sequential algorithm raises that
//! model's evidence, exactly. Laplace's evidence, at the mode for the new precisions, is another function: its curvature
//! moves with the mode, and the quadratic model does not know by how much. So a climb is taken back when Laplace's
//! evidence fell by more than the tolerance, and tried again with a quarter of the steps; when a single step made it
//! fall, that step is not offered again from there. The traced evidence therefore never falls by more than the
//! tolerance in the sequential algorithm. MacKay's and EM's updates are traced without such a promise.

use estimator::{Report, Status};

use crate::error::Error;
use crate::fixed_point::{Algorithm, update};
use crate::laplace::{Likelihood, Mode};
use crate::posterior::Scaled;
use crate::sequential::{Climb, Sequential};

/// What the caller chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) algorithm: Algorithm,
    pub(crate) max_rounds: usize,
    pub(crate) max_steps: usize,
    pub(crate) tolerance: f64,
    pub(crate) floor: f64,
    pub(crate) entry_gain: f64,
}

/// First precision of every function in the fixed-point algorithms, for columns whose largest entry is in [1, 2).
const FIRST_PRECISION: f64 = 1.0;

/// A set of precisions with its mode.
struct State {
    active: Vec<usize>,
    alpha: Vec<f64>,
    w: Vec<f64>,
    mode: Mode,
    evidence: f64,
}

impl State {
    fn new<L: Likelihood>(
        likelihood: &L,
        active: Vec<usize>,
        alpha: Vec<f64>,
        mut w: Vec<f64>,
    ) -> Result<Self, Error> {
        let mode = likelihood.mode(&active, &alpha, &mut w)?;
        let evidence = mode.evidence(&alpha);
        Ok(Self { active, alpha, w, mode, evidence })
    }

    /// The account of the finished fit; `engine` is freshly made from this state.
    fn finish<G: crate::gram::Gram>(
        self,
        engine: &mut Sequential<'_, G>,
        status: Status,
        iterations: usize,
        trace: Vec<f64>,
    ) -> (Scaled, Report) {
        let residual = engine.best_gain().max(self.mode.gradient);
        let report = Report { status, objective: self.evidence, residual, iterations, trace };
        let (covariance, quality) = (self.mode.factor.inverse(), engine.qualities());
        (Scaled { active: self.active, alpha: self.alpha, mean: self.w, covariance, quality }, report)
    }
}

/// Steps that Laplace's evidence refused, and how many may be taken at once.
struct Restraint {
    frozen: Vec<bool>,
    together: bool,
    limit: usize,
    most: usize,
}

impl Restraint {
    fn accepted(&mut self) {
        self.limit = self.limit.saturating_mul(4).min(self.most);
    }

    fn refused(&mut self, climb: &Climb) {
        match climb.last {
            _ if climb.steps > 1 => self.limit = (climb.steps / 4).max(1),
            Some(index) => self.frozen[index] = true,
            None => self.together = false,
        }
    }
}

pub(crate) fn fit<L: Likelihood>(
    likelihood: &L,
    settings: Settings,
    progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, Report), Error> {
    match settings.algorithm {
        Algorithm::Sequential => sequential(likelihood, settings, progress),
        _ => fixed_point(likelihood, settings, progress),
    }
}

fn sequential<L: Likelihood>(
    likelihood: &L,
    settings: Settings,
    mut progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, Report), Error> {
    let m = likelihood.candidates();
    let floor = vec![settings.floor; m];
    let most = settings.max_steps;
    let mut restraint = Restraint { frozen: vec![false; m], together: true, limit: most, most };
    let mut state = State::new(likelihood, Vec::new(), Vec::new(), Vec::new())?;
    let mut quadratic = likelihood.quadratic(&state.mode)?;
    let mut trace = vec![state.evidence];
    let mut round = 0;
    loop {
        let mut engine =
            Sequential::new(&quadratic, 1.0, &floor, settings.entry_gain, &state.active, &state.alpha)?;
        engine.freeze(&restraint.frozen, restraint.together);
        if !progress(round, state.evidence, state.active.len()) {
            return Ok(state.finish(&mut engine, Status::StoppedByCallback, round, trace));
        }
        if round == settings.max_rounds {
            return Ok(state.finish(&mut engine, Status::MaxIterations, round, trace));
        }
        let climb = engine.climb(settings.tolerance, restraint.limit)?;
        round += 1;
        if climb.gained <= settings.tolerance {
            let mut engine =
                Sequential::new(&quadratic, 1.0, &floor, settings.entry_gain, &state.active, &state.alpha)?;
            engine.freeze(&restraint.frozen, restraint.together);
            return Ok(state.finish(&mut engine, Status::Converged, round, trace));
        }
        let (active, alpha, w) = (engine.active().to_vec(), engine.alpha().to_vec(), engine.mu().to_vec());
        // A climb whose mode can't be found in floating point is refused like one that lowers the evidence.
        let next = State::new(likelihood, active, alpha, w);
        let Some(next) = next.ok().filter(|n| n.evidence >= state.evidence - settings.tolerance) else {
            restraint.refused(&climb);
            continue;
        };
        restraint.accepted();
        state = next;
        trace.push(state.evidence);
        drop(engine);
        quadratic = likelihood.quadratic(&state.mode)?;
    }
}

fn fixed_point<L: Likelihood>(
    likelihood: &L,
    settings: Settings,
    mut progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, Report), Error> {
    let m = likelihood.candidates();
    let mut state = State::new(likelihood, (0..m).collect(), vec![FIRST_PRECISION; m], vec![0.0; m])?;
    let mut trace = vec![state.evidence];
    let mut status = Status::MaxIterations;
    let mut round = 0;
    while round < settings.max_rounds {
        if !progress(round, state.evidence, state.active.len()) {
            status = Status::StoppedByCallback;
            break;
        }
        let covariance = state.mode.factor.inverse();
        let variance: Vec<f64> = (0..state.active.len()).map(|j| covariance[(j, j)]).collect();
        // 1/Σ_jj − α_j: what the data, given the other functions, say about the weight.
        let curvature: Vec<f64> =
            variance.iter().zip(&state.alpha).map(|(v, a)| (1.0 / v - a).max(1e-12)).collect();
        let next = update(settings.algorithm, &state.alpha, &state.w, &variance, &curvature, settings.floor);
        round += 1;
        if next.change <= settings.tolerance {
            status = Status::Converged;
            break;
        }
        let pick = |v: &[f64]| -> Vec<f64> { next.stay.iter().map(|&j| v[j]).collect() };
        let active = next.stay.iter().map(|&j| state.active[j]).collect();
        let w = pick(&state.w);
        match State::new(likelihood, active, next.alpha, w) {
            Ok(next) => state = next,
            Err(_) => {
                status = Status::Stalled;
                break;
            }
        }
        trace.push(state.evidence);
    }
    let quadratic = likelihood.quadratic(&state.mode)?;
    let floor = vec![settings.floor; m];
    let mut engine =
        Sequential::new(&quadratic, 1.0, &floor, settings.entry_gain, &state.active, &state.alpha)?;
    Ok(state.finish(&mut engine, status, round, trace))
}

//! A classification under way: precisions with their mode.

use estimator::{Report, Status};
use nalgebra::DMatrix;

use crate::classification::laplace::{Likelihood, Mode};
use crate::design::gram::Gram;
use crate::engine::algorithm::Algorithm;
use crate::engine::quality::Quality;
use crate::engine::sequential::Sequential;
use crate::error::Error;
use crate::posterior::Scaled;
use crate::watch::{Halt, Watch};

/// What the caller chose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) algorithm: Algorithm,
    pub(super) max_rounds: usize,
    pub(super) max_steps: usize,
    pub(super) tolerance: f64,
    pub(super) floor: f64,
    pub(super) entry_gain: f64,
}

/// A set of precisions with its mode.
pub(super) struct State {
    pub(super) active: Vec<usize>,
    pub(super) alpha: Vec<f64>,
    pub(super) w: Vec<f64>,
    pub(super) mode: Mode,
    pub(super) evidence: f64,
}

impl State {
    pub(super) fn new<L: Likelihood>(
        likelihood: &L,
        active: Vec<usize>,
        alpha: Vec<f64>,
        mut w: Vec<f64>,
    ) -> Result<Self, Error> {
        let mode = likelihood.mode(&active, &alpha, &mut w)?;
        let evidence = mode.evidence(&alpha);
        Ok(Self { active, alpha, w, mode, evidence })
    }

    /// The model as it stands, with what is known of the candidates.
    fn scaled(self, survey: Survey) -> Scaled {
        let covariance = self.mode.factor.inverse();
        Scaled { active: self.active, alpha: self.alpha, mean: self.w, covariance, quality: survey.quality }
    }
}

/// What a pass over all candidates found.
pub(super) struct Survey {
    quality: Vec<Quality>,
    /// The largest gain in evidence that a single step offers, nats.
    gain: f64,
}

impl Survey {
    /// Before the first pass.
    fn nothing(candidates: usize) -> Self {
        Self { quality: vec![Quality { sparsity: 0.0, quality: 0.0 }; candidates], gain: f64::INFINITY }
    }

    pub(super) fn new<G: Gram>(engine: &mut Sequential<'_, G>) -> Self {
        Self { gain: engine.best_gain(), quality: engine.qualities() }
    }
}

/// A fit under way, for either algorithm.
pub(super) struct Course<'w> {
    pub(super) state: State,
    pub(super) survey: Survey,
    /// Linearisations so far.
    pub(super) round: usize,
    pub(super) trace: Vec<f64>,
    pub(super) watch: &'w Watch<'w>,
}

impl<'w> Course<'w> {
    pub(super) fn new(state: State, candidates: usize, watch: &'w Watch<'w>) -> Self {
        let trace = vec![state.evidence];
        Self { state, survey: Survey::nothing(candidates), round: 0, trace, watch }
    }

    /// Shows the caller the linearisation under way.
    pub(super) fn show(&self, kept: usize) -> Result<(), Halt> {
        self.watch.set(self.round + 1, self.state.evidence, kept);
        self.watch.go_on()
    }

    pub(super) fn finish(self, status: Status) -> (Scaled, Report) {
        let residual = self.survey.gain.max(self.state.mode.gradient);
        let (objective, iterations, trace) = (self.state.evidence, self.round, self.trace);
        let report = Report { status, objective, residual, iterations, trace };
        (self.state.scaled(self.survey), report)
    }
}

/// The quadratic model at the state, with an engine on it.
pub(super) fn engine<'g, G: Gram>(
    quadratic: &'g G,
    floor: &'g [f64],
    settings: &Settings,
    state: &State,
) -> Result<Sequential<'g, G>, Halt> {
    Sequential::new(quadratic, 1.0, floor, settings.entry_gain, &state.active, &state.alpha)
}

/// The entries of `v` at these positions.
pub(super) fn pick(v: &[f64], stay: &[usize]) -> Vec<f64> {
    stay.iter().map(|&j| v[j]).collect()
}

/// The diagonal of a square matrix.
pub(super) fn diagonal(m: &DMatrix<f64>) -> Vec<f64> {
    (0..m.nrows()).map(|j| m[(j, j)]).collect()
}

//! The fit of a classifier: Laplace approximation, precision updates on its quadratic model, re-linearise.

use fit_report::{Report, Status};

use crate::error::Error;
use crate::fixed_point::{Algorithm, update};
use crate::laplace::Likelihood;
use crate::posterior::Scaled;
use crate::quality::Quality;
use crate::sequential::Sequential;

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

pub(crate) fn fit<L: Likelihood>(
    likelihood: &L,
    settings: Settings,
    mut progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, Report), Error> {
    let m = likelihood.candidates();
    let floor = vec![settings.floor; m];
    let full = settings.algorithm != Algorithm::Sequential;
    let mut active: Vec<usize> = if full { (0..m).collect() } else { Vec::new() };
    let mut alpha = vec![FIRST_PRECISION; active.len()];
    let mut w = vec![0.0; active.len()];
    let mut trace = Vec::new();
    let mut status = Status::MaxIterations;
    let mut settled = false;
    let mut round = 0;
    loop {
        let mode = likelihood.mode(&active, &alpha, &mut w)?;
        let evidence = mode.evidence(&alpha);
        trace.push(evidence);
        let stop = !progress(round, evidence, active.len());
        let last = stop || settled || round == settings.max_rounds;
        if full && !last {
            let covariance = mode.factor.inverse();
            let variance: Vec<f64> = (0..active.len()).map(|j| covariance[(j, j)]).collect();
            // What the data say about a weight by itself: (H + A)_jj − α_j is not at hand; 1/Σ_jj bounds it from below.
            let curvature: Vec<f64> =
                variance.iter().zip(&alpha).map(|(v, a)| (1.0 / v - a).max(1e-12)).collect();
            let next = update(settings.algorithm, &alpha, &w, &variance, &curvature, settings.floor);
            settled = next.change <= settings.tolerance;
            if !settled {
                active = next.stay.iter().map(|&j| active[j]).collect();
                w = next.stay.iter().map(|&j| w[j]).collect();
                alpha = next.alpha;
            }
            round += 1;
            continue;
        }
        let quadratic = likelihood.quadratic(&mode)?;
        let mut engine = Sequential::new(&quadratic, 1.0, &floor, settings.entry_gain, &active, &alpha)?;
        if last {
            if stop {
                status = Status::StoppedByCallback;
            } else if settled {
                status = Status::Converged;
            }
            let covariance = mode.factor.inverse();
            let quality: Vec<Quality> = (0..m).map(|i| engine.quality(i)).collect();
            let residual = engine.best_step().map_or(0.0, |s| s.gain).max(mode.gradient);
            let report = Report { status, objective: evidence, residual, iterations: round, trace };
            return Ok((Scaled { active, alpha, mean: w, covariance, quality }, report));
        }
        let mut gained = 0.0;
        let mut steps = 0;
        while steps < settings.max_steps
            && let Some(step) = engine.best_step()
            && step.gain > settings.tolerance
        {
            engine.apply(step)?;
            gained += step.gain;
            steps += 1;
        }
        settled = gained <= settings.tolerance;
        if !settled {
            active = engine.active().to_vec();
            alpha = engine.alpha().to_vec();
            w = engine.mu().to_vec();
        }
        round += 1;
    }
}

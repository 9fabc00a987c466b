//! The fit of one Bernoulli classifier: Laplace approximation, precision updates on its quadratic model, re-linearise.

use fit_report::{Report, Status};

use crate::bernoulli::{Mode, mode};
use crate::design::Design;
use crate::error::Error;
use crate::linalg::Spd;
use crate::posterior::Scaled;
use crate::quality::Quality;
use crate::sequential::Sequential;

/// What the caller chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) max_rounds: usize,
    pub(crate) max_steps: usize,
    pub(crate) tolerance: f64,
    pub(crate) floor: f64,
    pub(crate) entry_gain: f64,
}

/// Laplace's log evidence `F(w) + ½ log |A| − ½ log |Φᵀ B Φ + A|`.
fn laplace_evidence(mode: &Mode, alpha: &[f64], factor: &Spd) -> f64 {
    mode.objective + 0.5 * (alpha.iter().map(|a| a.ln()).sum::<f64>() - factor.log_det())
}

pub(crate) fn fit<D: Design>(
    design: &D,
    t: &[f64],
    settings: Settings,
    mut progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, Report), Error> {
    let n = design.rows() as f64;
    let mut active: Vec<usize> = Vec::new();
    let mut alpha: Vec<f64> = Vec::new();
    let mut w: Vec<f64> = Vec::new();
    let mut trace = Vec::new();
    let mut status = Status::MaxIterations;
    let mut settled = false;
    let mut round = 0;
    loop {
        let phi = design.columns(&active);
        let mode = mode(&phi, t, &alpha, &mut w)?;
        let evidence = laplace_evidence(&mode, &alpha, &mode.factor);
        trace.push(evidence);
        let z: Vec<f64> = (0..t.len()).map(|i| mode.b[i] * mode.eta[i] + (t[i] - mode.p[i])).collect();
        let quadratic = design.quadratic(Some(&mode.b), &z);
        let floor = vec![settings.floor; design.len()];
        let mut engine = Sequential::new(&quadratic, 1.0, &floor, settings.entry_gain, &active, &alpha)?;
        let stop = !progress(round, evidence, active.len());
        if stop || settled || round == settings.max_rounds {
            if stop {
                status = Status::StoppedByCallback;
            } else if settled {
                status = Status::Converged;
            }
            let covariance = mode.factor.inverse();
            let quality: Vec<Quality> = (0..design.len()).map(|i| engine.quality(i)).collect();
            let residual = engine.best_step().map_or(0.0, |s| s.gain).max(mode.gradient * n);
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

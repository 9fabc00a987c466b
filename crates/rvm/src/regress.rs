//! The fit of a regression: sequential updates of the precisions, the noise in between.
//!
//! | paper | here | meaning |
//! |---|---|---|
//! | `t` | `t` | targets, N, scaled so that the largest is in [1, 2) |
//! | `β` | `beta` | noise precision |
//! | `L` | `evidence` | `−½ [N log 2π + log │C│ + tᵀ C⁻¹ t]`, `C = β⁻¹ I + Φ A⁻¹ Φᵀ`, nats |
//!
//! `L` is computed in the weights' space, from the residual `r = t − Φμ`, so that nothing large cancels:
//! `L = ½ [N log β − N log 2π + Σ log α + log │Σ│ − β ‖r‖² − Σ α μ²]` (Tipping 2001, eq. 36 with Woodbury's identity).

use estimator::{Report, Status};
use nalgebra::DMatrix;

use crate::design::Design;
use crate::error::Error;
use crate::fixed_point::{Algorithm, update};
use crate::gram::Gram;
use crate::linalg::{dot, matvec};
use crate::posterior::Scaled;
use crate::sequential::{PATIENCE, Sequential};

/// What the caller chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) algorithm: Algorithm,
    pub(crate) max_steps: usize,
    pub(crate) tolerance: f64,
    pub(crate) entry_gain: f64,
    /// The noise precision to start from, and the range that it may be learned in; `None` keeps it.
    pub(crate) beta: f64,
    pub(crate) learn: Option<(f64, f64)>,
}

/// The design's active columns, kept from one use to the next.
struct ActiveColumns<'d, D: Design> {
    design: &'d D,
    index: Vec<usize>,
    columns: DMatrix<f64>,
}

impl<'d, D: Design> ActiveColumns<'d, D> {
    fn new(design: &'d D) -> Self {
        Self { design, index: Vec::new(), columns: DMatrix::zeros(design.rows(), 0) }
    }

    fn select(&mut self, active: &[usize]) -> &DMatrix<f64> {
        if self.index != active {
            let fresh: Vec<usize> = active.iter().copied().filter(|i| !self.index.contains(i)).collect();
            let made = self.design.columns(&fresh);
            let mut next = DMatrix::zeros(self.design.rows(), active.len());
            for (k, i) in active.iter().enumerate() {
                let from = match self.index.iter().position(|j| j == i) {
                    Some(at) => self.columns.column(at),
                    None => made.column(fresh.iter().position(|j| j == i).unwrap_or(0)),
                };
                next.set_column(k, &from);
            }
            self.index = active.to_vec();
            self.columns = next;
        }
        &self.columns
    }

    /// `‖t − Φμ‖²`.
    fn squares(&mut self, t: &[f64], active: &[usize], mu: &[f64]) -> f64 {
        let fitted = matvec(self.select(active), mu);
        t.iter().zip(&fitted).map(|(t, f)| (t - f) * (t - f)).sum()
    }
}

/// Precisions to go back to.
struct Checkpoint {
    active: Vec<usize>,
    alpha: Vec<f64>,
    evidence: f64,
}

/// A fit under way.
struct State<'q, 'a, D: Design> {
    t: &'q [f64],
    columns: ActiveColumns<'a, D>,
    engine: Sequential<'q, D::Quadratic<'a>>,
    quadratic: &'q D::Quadratic<'a>,
    floor: &'q [f64],
    beta: f64,
    squares: f64,
    evidence: f64,
}

impl<D: Design> State<'_, '_, D> {
    /// One fixed-point update of every precision; the largest change of a log precision.
    fn update_all(&mut self, algorithm: Algorithm) -> Result<f64, Error> {
        let (active, alpha, mu) = (self.engine.active(), self.engine.alpha(), self.engine.mu());
        let (variances, curvatures) = (self.engine.variances(), self.engine.curvatures());
        let next = update(algorithm, alpha, mu, &variances, &curvatures, 0.0);
        let stay: Vec<usize> = next.stay.iter().map(|&j| active[j]).collect();
        self.engine = Sequential::new(self.quadratic, self.beta, self.floor, 0.0, &stay, &next.alpha)?;
        self.evaluate()?;
        Ok(next.change)
    }

    /// The evidence from the residual.
    fn evaluate(&mut self) -> Result<(), Error> {
        let n = self.t.len() as f64;
        let (active, alpha, mu) = (self.engine.active(), self.engine.alpha(), self.engine.mu());
        self.squares = self.columns.squares(self.t, active, mu);
        let prior: f64 = alpha.iter().zip(mu).map(|(a, m)| a * m * m).sum();
        self.evidence = 0.5
            * (n * (self.beta.ln() - (2.0 * core::f64::consts::PI).ln()) + self.engine.log_volume()
                - self.beta * self.squares
                - prior);
        if self.evidence.is_finite() { Ok(()) } else { Err(Error::Breakdown { what: "evidence" }) }
    }

    /// Steps on the active functions until none gains more than `threshold`; how many.
    fn settle(&mut self, threshold: f64, most: usize) -> (Result<(), Error>, usize) {
        for taken in 0..most {
            match self.engine.settle_once(threshold) {
                Ok(Some(_)) => {}
                Ok(None) => return (Ok(()), taken),
                Err(error) => return (Err(error), taken),
            }
        }
        (Ok(()), most)
    }

    fn checkpoint(&self) -> Checkpoint {
        let (active, alpha) = (self.engine.active().to_vec(), self.engine.alpha().to_vec());
        Checkpoint { active, alpha, evidence: self.evidence }
    }

    /// Whether the evidence, computed afresh, is what `done` promised: not below the checkpoint's.
    fn holds(&mut self, done: Result<(), Error>, from: &Checkpoint) -> bool {
        done.is_ok() && self.move_to(self.beta).is_ok() && self.evidence >= from.evidence
    }

    /// Back to the checkpoint, with the frozen candidates left alone from now on.
    fn restore(&mut self, to: &Checkpoint, entry_gain: f64, frozen: &[bool]) -> Result<(), Error> {
        let (active, alpha) = (&to.active, &to.alpha);
        self.engine = Sequential::new(self.quadratic, self.beta, self.floor, entry_gain, active, alpha)?;
        self.engine.freeze(frozen, true);
        self.evaluate()
    }

    fn move_to(&mut self, beta: f64) -> Result<(), Error> {
        self.beta = beta;
        self.engine.set_beta(beta)?;
        self.evaluate()
    }

    /// One update of the noise: MacKay's `β = (N − Σγ)/‖r‖²` if the evidence rises by it, else the EM update
    /// `1/β = (‖r‖² + Σγ/β)/N`, which can't lower it. Returns the gain.
    fn update_noise(&mut self, (low, high): (f64, f64)) -> Result<f64, Error> {
        self.move_to(self.beta)?;
        let (before, old, n) = (self.evidence, self.beta, self.t.len() as f64);
        let gamma = self.engine.well_determined();
        let squares = self.squares;
        let bounded = |beta: f64| if beta.is_nan() { high } else { beta.clamp(low, high) };
        for beta in [bounded((n - gamma).max(0.0) / squares), bounded(n / (squares + gamma / old))] {
            if self.move_to(beta).is_ok() && self.evidence >= before {
                return Ok(self.evidence - before);
            }
        }
        self.move_to(old)?;
        Ok(0.0)
    }

    /// Largest slope of the evidence in a log precision (the noise's too, unless it sits at a bound), or gain that an
    /// addition offers; from the state computed afresh.
    fn residual(&mut self, learn: Option<(f64, f64)>) -> f64 {
        let mut largest = self.engine.slope();
        largest = largest.max(self.engine.best_gain());
        if let Some((low, high)) = learn {
            let n = self.t.len() as f64;
            let slope = 0.5 * (n - self.beta * self.squares - self.engine.well_determined());
            let outward = (self.beta <= low && slope < 0.0) || (self.beta >= high && slope > 0.0);
            if !outward {
                largest = largest.max(slope.abs());
            }
        }
        largest
    }
}

/// The fit, its noise precision and its account.
pub(crate) fn fit<D: Design>(
    design: &D,
    t: &[f64],
    settings: Settings,
    mut progress: impl FnMut(usize, f64, usize) -> bool,
) -> Result<(Scaled, f64, Report), Error> {
    let quadratic = design.quadratic(None, t)?;
    if !quadratic.diagonal().iter().chain(quadratic.linear()).all(|v| v.is_finite()) {
        return Err(Error::Overflow { what: "products of basis functions" });
    }
    let floor = vec![0.0; quadratic.len()];
    let full = settings.algorithm != Algorithm::Sequential;
    let active: Vec<usize> = if full { (0..quadratic.len()).collect() } else { Vec::new() };
    // The fixed points start where prior and data weigh the same.
    let mean = quadratic.diagonal().iter().sum::<f64>() / quadratic.len() as f64;
    let alpha = vec![(settings.beta * mean).max(f64::MIN_POSITIVE); active.len()];
    let engine = Sequential::new(&quadratic, settings.beta, &floor, settings.entry_gain, &active, &alpha)?;
    let columns = ActiveColumns::new(design);
    let mut state = State {
        t,
        columns,
        engine,
        quadratic: &quadratic,
        floor: &floor,
        beta: settings.beta,
        squares: dot(t, t),
        evidence: 0.0,
    };
    state.evaluate()?;
    let mut trace = vec![state.evidence];
    let mut status = Status::MaxIterations;
    let mut steps = 0;
    while full && steps < settings.max_steps {
        let before = state.evidence;
        let from = state.checkpoint();
        let Ok(change) = state.update_all(settings.algorithm) else {
            // Singular in floating point (next to no noise, nearly collinear functions): the last model that was not.
            state.restore(&from, 0.0, &[])?;
            status = Status::Stalled;
            break;
        };
        if let Some(range) = settings.learn {
            state.update_noise(range)?;
        }
        trace.push(state.evidence);
        steps += 1;
        // Precisions that run off to infinity change for ever, in evidence less and less.
        if change <= settings.tolerance || (state.evidence - before).abs() <= 1e-3 * settings.tolerance {
            status = Status::Converged;
            break;
        }
        if !progress(steps, state.evidence, state.engine.active().len()) {
            status = Status::StoppedByCallback;
            break;
        }
    }
    // Every traced value is computed afresh. The gains that the steps promise are exact too, but for rounding, which with
    // next to no noise and nearly collinear functions can be all there is to them: what does not hold is taken back.
    let mut frozen = vec![false; quadratic.len()];
    let (mut patience, mut settles) = (0.0, true);
    while !full && steps < settings.max_steps {
        let from = state.checkpoint();
        let (done, taken) = if settles {
            state.settle(settings.tolerance.max(patience), settings.max_steps - steps)
        } else {
            (Ok(()), 0)
        };
        steps += taken;
        let mut quiet = taken == 0;
        if taken > 0 || done.is_err() {
            if state.holds(done, &from) {
                trace.push(state.evidence);
            } else {
                state.restore(&from, settings.entry_gain, &frozen)?;
                (settles, quiet) = (false, true);
            }
        }
        if let Some(range) = settings.learn {
            quiet &= state.update_noise(range)? <= settings.tolerance;
            trace.push(state.evidence);
        }
        match state.engine.best_addition().filter(|s| s.gain > settings.tolerance) {
            Some(step) => {
                let from = state.checkpoint();
                let done = state.engine.apply(step);
                steps += 1;
                if state.holds(done, &from) {
                    patience = PATIENCE * step.gain;
                    trace.push(state.evidence);
                } else {
                    frozen[step.index] = true;
                    state.restore(&from, settings.entry_gain, &frozen)?;
                }
            }
            None if quiet && patience <= settings.tolerance => {
                status = if settles { Status::Converged } else { Status::Stalled };
                break;
            }
            None => patience = 0.0,
        }
        if !progress(steps, state.evidence, state.engine.active().len()) {
            status = Status::StoppedByCallback;
            break;
        }
    }
    state.move_to(state.beta)?;
    let residual = state.residual(settings.learn);
    let quality = state.engine.qualities();
    let report = Report { status, objective: state.evidence, residual, iterations: steps, trace };
    let scaled = Scaled {
        active: state.engine.active().to_vec(),
        alpha: state.engine.alpha().to_vec(),
        mean: state.engine.mu().to_vec(),
        covariance: state.engine.sigma(),
        quality,
    };
    Ok((scaled, state.beta, report))
}

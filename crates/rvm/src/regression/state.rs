//! A regression under way: the precisions, the noise, the evidence.
//!
//! | paper | here | meaning |
//! |---|---|---|
//! | `t` | `t` | targets, N, scaled so that the largest is in [1, 2) |
//! | `β` | `beta` | noise precision |
//! | `L` | `evidence` | `−½ [N log 2π + log │C│ + tᵀ C⁻¹ t]`, `C = β⁻¹ I + Φ A⁻¹ Φᵀ`, nats |
//!
//! `L` is computed in the weights' space, from the residual `r = t − Φμ`, so that nothing large cancels:
//! `L = ½ [N log β − N log 2π + Σ log α + log │Σ│ − β ‖r‖² − Σ α μ²]` (Tipping 2001, eq. 36 with Woodbury's identity).

use crate::design::Design;
use crate::engine::algorithm::Algorithm;
use crate::engine::sequential::Sequential;
use crate::error::Error;
use crate::linalg::dot;
use crate::posterior::Scaled;
use crate::regression::columns::ActiveColumns;
use crate::watch::{Halt, Watch};

/// What the caller chose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) algorithm: Algorithm,
    pub(super) max_steps: usize,
    pub(super) tolerance: f64,
    pub(super) entry_gain: f64,
    /// The noise precision to start from, and the range that it may be learned in; `None` keeps it.
    pub(super) beta: f64,
    pub(super) learn: Option<(f64, f64)>,
}

/// Precisions to go back to.
pub(super) struct Checkpoint {
    active: Vec<usize>,
    alpha: Vec<f64>,
    evidence: f64,
}

/// A fit under way.
pub(super) struct State<'q, 'a, D: Design> {
    pub(super) t: &'q [f64],
    columns: ActiveColumns<'a, D>,
    pub(super) engine: Sequential<'q, D::Quadratic<'a>>,
    pub(super) quadratic: &'q D::Quadratic<'a>,
    pub(super) floor: &'q [f64],
    watch: &'a Watch<'a>,
    pub(super) beta: f64,
    squares: f64,
    pub(super) evidence: f64,
    /// Updates so far.
    pub(super) steps: usize,
    /// The evidence, each time computed afresh.
    pub(super) trace: Vec<f64>,
}

/// The evidence without any basis function: `½ [N log β − N log 2π − β ‖t‖²]`.
pub(super) fn empty_evidence(t: &[f64], beta: f64) -> f64 {
    0.5 * (t.len() as f64 * (beta.ln() - (2.0 * core::f64::consts::PI).ln()) - beta * dot(t, t))
}

impl<'q, 'a, D: Design> State<'q, 'a, D> {
    pub(super) fn new(
        design: &'a D,
        t: &'q [f64],
        engine: Sequential<'q, D::Quadratic<'a>>,
        (quadratic, floor): (&'q D::Quadratic<'a>, &'q [f64]),
        beta: f64,
        watch: &'a Watch<'a>,
    ) -> Result<Self, Error> {
        let columns = ActiveColumns::new(design);
        let (squares, evidence, steps, trace) = (dot(t, t), 0.0, 0, Vec::new());
        let mut this =
            Self { t, columns, engine, quadratic, floor, watch, beta, squares, evidence, steps, trace };
        this.evaluate()?;
        this.trace.push(this.evidence);
        Ok(this)
    }

    /// Shows the caller where the fit stands.
    pub(super) fn show(&self) -> Result<(), Halt> {
        self.watch.set(self.steps, self.evidence, self.engine.active().len());
        self.watch.go_on()
    }

    /// The evidence from the residual.
    pub(super) fn evaluate(&mut self) -> Result<(), Error> {
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

    pub(super) fn checkpoint(&self) -> Checkpoint {
        let (active, alpha) = (self.engine.active().to_vec(), self.engine.alpha().to_vec());
        Checkpoint { active, alpha, evidence: self.evidence }
    }

    /// Whether the evidence, computed afresh, is not below the checkpoint's.
    pub(super) fn holds(&mut self, from: &Checkpoint) -> bool {
        self.move_to(self.beta).is_ok() && self.evidence >= from.evidence
    }

    /// Back to the checkpoint, with the frozen candidates left alone from now on. The caller is not asked meanwhile: between
    /// two models there is none to stop with.
    pub(super) fn restore(&mut self, to: &Checkpoint, entry_gain: f64, frozen: &[bool]) -> Result<(), Halt> {
        let (active, alpha) = (&to.active, &to.alpha);
        let make = || Sequential::new(self.quadratic, self.beta, self.floor, entry_gain, active, alpha);
        self.engine = self.watch.silently(make)?;
        self.engine.freeze(frozen, true);
        Ok(self.evaluate()?)
    }

    pub(super) fn move_to(&mut self, beta: f64) -> Result<(), Error> {
        self.beta = beta;
        self.engine.set_beta(beta)?;
        self.evaluate()
    }

    /// One update of the noise: MacKay's `β = (N − Σγ)/‖r‖²` if the evidence rises by it, else the EM update
    /// `1/β = (‖r‖² + Σγ/β)/N`, which can't lower it. Returns the gain.
    pub(super) fn update_noise(&mut self, (low, high): (f64, f64)) -> Result<f64, Error> {
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
    pub(super) fn residual(&mut self, learn: Option<(f64, f64)>) -> f64 {
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

    /// The model as it stands.
    pub(super) fn scaled(&mut self) -> Scaled {
        let quality = self.engine.qualities();
        Scaled {
            active: self.engine.active().to_vec(),
            alpha: self.engine.alpha().to_vec(),
            mean: self.engine.mu().to_vec(),
            covariance: self.engine.sigma(),
            quality,
        }
    }
}

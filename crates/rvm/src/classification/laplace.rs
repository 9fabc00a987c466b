//! What the Laplace approximations have in common: the mode by damped Newton steps, and what a likelihood must offer.

use nalgebra::DMatrix;

use crate::design::gram::Gram;
use crate::error::Error;
use crate::linalg::{Spd, dot};
use crate::watch::{Halt, Watch};

/// A likelihood on a design: finds its posterior mode, and its quadratic model there over all candidates.
pub(crate) trait Likelihood {
    type Quadratic<'q>: Gram
    where
        Self: 'q;
    /// Candidates in all.
    fn candidates(&self) -> usize;
    /// The mode from the starting point `w`, which it overwrites.
    fn mode(&self, active: &[usize], alpha: &[f64], w: &mut [f64]) -> Result<Mode, Error>;
    /// `H` and `c` at the mode.
    fn quadratic<'q>(&'q self, mode: &Mode, watch: &'q Watch<'q>) -> Result<Self::Quadratic<'q>, Halt>;
}

/// The mode of `F = log p(t│w) − ½ wᵀ A w`, and what belongs to it.
pub(crate) struct Mode {
    /// Logits, N x outputs.
    pub(crate) eta: DMatrix<f64>,
    /// Probabilities, N x outputs.
    pub(crate) p: DMatrix<f64>,
    /// `F`, nats.
    pub(crate) objective: f64,
    /// Cholesky of the negative Hessian, `H + A`.
    pub(crate) factor: Spd,
    /// Largest `│∂F/∂w_j│ / √(H + A)_jj`: the distance to the mode in posterior standard deviations, weight by weight.
    pub(crate) gradient: f64,
}

impl Mode {
    /// Laplace's log evidence `F + ½ log │A│ − ½ log │H + A│`.
    pub(crate) fn evidence(&self, alpha: &[f64]) -> f64 {
        self.objective + 0.5 * (alpha.iter().map(|a| a.ln()).sum::<f64>() - self.factor.log_det())
    }
}

/// Newton steps at most; far more than a concave problem with backtracking needs.
const STEPS: usize = 200;

/// Damped Newton ascent. `likelihood` gives the log-likelihood with logits and probabilities; `size` is N.
pub(crate) fn newton(
    alpha: &[f64],
    w: &mut [f64],
    size: f64,
    likelihood: impl Fn(&[f64]) -> (f64, DMatrix<f64>, DMatrix<f64>),
    gradient: impl Fn(&DMatrix<f64>) -> Vec<f64>,
    hessian: impl Fn(&DMatrix<f64>, &DMatrix<f64>) -> DMatrix<f64>,
) -> Result<Mode, Error> {
    let breakdown = Error::Breakdown { what: "Newton step to the posterior mode" };
    let penalty = |w: &[f64]| 0.5 * alpha.iter().zip(w).map(|(a, w)| a * w * w).sum::<f64>();
    let (value, mut eta, mut p) = likelihood(w);
    let mut objective = value - penalty(w);
    let zero = vec![0.0; w.len()];
    let start = likelihood(&zero);
    if !(objective >= start.0) {
        // A warm start worse than w = 0 is no help.
        w.fill(0.0);
        (objective, eta, p) = start;
    }
    for round in 0.. {
        let mut slope = gradient(&p);
        for ((g, a), w) in slope.iter_mut().zip(alpha).zip(w.iter()) {
            *g -= a * w;
        }
        let mut h = hessian(&eta, &p);
        for (j, a) in alpha.iter().enumerate() {
            h[(j, j)] += a;
        }
        let factor = Spd::factor(&h).ok_or(breakdown.clone())?;
        let mut step = slope.clone();
        factor.solve(&mut step);
        let decrement = dot(&slope, &step);
        if !decrement.is_finite() {
            return Err(breakdown);
        }
        let mut accepted = false;
        // What is left to gain is decrement/2; below rounding of a sum of N terms this is the mode.
        if round < STEPS && decrement > 1e-18 * (size + objective.abs()) {
            let mut length = 1.0;
            while length > 1e-12 {
                let trial: Vec<f64> = w.iter().zip(&step).map(|(w, d)| w + length * d).collect();
                let (value, trial_eta, trial_p) = likelihood(&trial);
                let value = value - penalty(&trial);
                if value >= objective + 1e-4 * length * decrement {
                    w.copy_from_slice(&trial);
                    (objective, eta, p) = (value, trial_eta, trial_p);
                    accepted = true;
                    break;
                }
                if decrement < 1e-10 * (size + objective.abs()) {
                    break; // The gain asked for is below rounding.
                }
                length *= 0.5;
            }
        }
        if !accepted {
            let gradient = slope.iter().enumerate().map(|(j, g)| g.abs() / h[(j, j)].sqrt());
            let gradient = gradient.fold(0.0, f64::max);
            return Ok(Mode { eta, p, objective, factor, gradient });
        }
    }
    Err(breakdown)
}

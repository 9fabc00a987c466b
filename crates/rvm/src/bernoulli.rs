//! The Laplace approximation of Bernoulli classification: a damped Newton method to the posterior's mode.
//!
//! | paper | here | shape | meaning |
//! |---|---|---|---|
//! | `t` | `t` | N | targets, 0 or 1 |
//! | `η` | `eta` | N | `Φ w` |
//! | `p` | `p` | N | `σ(η)` |
//! | `B` | `b` | N | `p (1 − p)` |
//! | `F` | `objective` | | `log p(t│w) − ½ wᵀ A w`, nats |
//!
//! Everything is in the log domain: `log σ(η) = −log(1 + e^{−η})`, so nothing overflows, however separable the classes.

use nalgebra::DMatrix;

use crate::error::Error;
use crate::linalg::{Spd, dot, gram, matvec, tr_matvec};

/// Newton steps at most; far more than a concave problem with backtracking needs.
const STEPS: usize = 200;

/// The mode and what belongs to it.
pub(crate) struct Mode {
    pub(crate) eta: Vec<f64>,
    pub(crate) p: Vec<f64>,
    pub(crate) b: Vec<f64>,
    /// `F`.
    pub(crate) objective: f64,
    /// Cholesky of `Φᵀ B Φ + A`.
    pub(crate) factor: Spd,
    /// Largest `│∂F/∂w│ / (1 + Σ│φ│)`.
    pub(crate) gradient: f64,
}

/// `log(1 + e^x)`.
pub(crate) fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// `1 / (1 + e^{−x})`, accurate in both tails.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

fn log_likelihood(eta: &[f64], t: &[f64]) -> f64 {
    eta.iter().zip(t).map(|(&e, &t)| if t > 0.5 { -softplus(-e) } else { -softplus(e) }).sum()
}

fn penalty(alpha: &[f64], w: &[f64]) -> f64 {
    0.5 * alpha.iter().zip(w).map(|(a, w)| a * w * w).sum::<f64>()
}

/// The mode of `F` from the starting point `w`, which it overwrites.
pub(crate) fn mode(phi: &DMatrix<f64>, t: &[f64], alpha: &[f64], w: &mut [f64]) -> Result<Mode, Error> {
    let breakdown = Error::Breakdown { what: "Newton step to the posterior mode" };
    let mut eta = matvec(phi, w);
    let mut objective = log_likelihood(&eta, t) - penalty(alpha, w);
    let at_zero = -(t.len() as f64) * core::f64::consts::LN_2;
    if !(objective >= at_zero) {
        // A warm start worse than w = 0 is no help.
        w.fill(0.0);
        eta.fill(0.0);
        objective = at_zero;
    }
    for round in 0.. {
        let p: Vec<f64> = eta.iter().map(|&e| sigmoid(e)).collect();
        let b: Vec<f64> = eta.iter().map(|&e| sigmoid(e) * sigmoid(-e)).collect();
        let error: Vec<f64> = t.iter().zip(&p).map(|(t, p)| t - p).collect();
        let mut gradient = tr_matvec(phi, &error);
        for ((g, a), w) in gradient.iter_mut().zip(alpha).zip(w.iter()) {
            *g -= a * w;
        }
        let mut h = gram(phi, Some(&b));
        for (j, a) in alpha.iter().enumerate() {
            h[(j, j)] += a;
        }
        let factor = Spd::factor(&h).ok_or(breakdown.clone())?;
        let mut step = gradient.clone();
        factor.solve(&mut step);
        let decrement = dot(&gradient, &step);
        if !decrement.is_finite() {
            return Err(breakdown);
        }
        let mut accepted = false;
        if round < STEPS && decrement > 1e-20 * (1.0 + objective.abs()) {
            let direction = matvec(phi, &step);
            let mut size = 1.0;
            while size > 1e-12 {
                let trial: Vec<f64> = w.iter().zip(&step).map(|(w, d)| w + size * d).collect();
                let trial_eta: Vec<f64> = eta.iter().zip(&direction).map(|(e, d)| e + size * d).collect();
                let value = log_likelihood(&trial_eta, t) - penalty(alpha, &trial);
                if value >= objective + 1e-4 * size * decrement {
                    w.copy_from_slice(&trial);
                    (eta, objective) = (trial_eta, value);
                    accepted = true;
                    break;
                }
                size *= 0.5;
                if decrement < 1e-10 * (1.0 + objective.abs()) {
                    break; // The gain asked for is below rounding: this is the mode.
                }
            }
        }
        if !accepted {
            let scale = |j: usize| 1.0 + phi.column(j).iter().map(|v| v.abs()).sum::<f64>();
            let gradient = gradient.iter().enumerate().map(|(j, g)| g.abs() / scale(j)).fold(0.0, f64::max);
            return Ok(Mode { eta, p, b, objective, factor, gradient });
        }
    }
    Err(breakdown)
}

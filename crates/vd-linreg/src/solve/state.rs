//! Where a fit stands: θ, u = 1/(2α), the residual, and the objective they give (all in normalised units, S_d = 1, T = 1).

use crate::prepare::columns::{Columns, Residual};
use crate::solve::operator::{Thresholding, log_alpha};

/// The smallest noise variance relative to the target's, n/β ≥ this; keeps β finite on noise-free data.
pub(crate) const NOISE_FLOOR: f64 = 1e-14;

/// What an extreme prior may drive β to (in units where the target's norm is 1), so that 1/√β stays a number.
const LARGEST_BETA: f64 = 1e280;

/// How β follows the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Beta {
    /// Held.
    Fixed(f64),
    /// β = (n + 2a)/(RSS + Σ κθ² + 2b), the maximum of the objective plus a log β − bβ.
    Learned { shape: f64, rate: f64 },
}

/// A point (θ, α, β) with its residual.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub theta: Vec<f64>,
    pub u: Vec<f64>,
    pub residual: Residual,
    /// Features with θ ≠ 0, in the order in which they came in.
    pub active: Vec<usize>,
    pub beta: f64,
    /// n, the effective number of samples.
    pub n: f64,
    /// x_jᵀ r at the last full pass.
    pub gradient: Vec<f64>,
}

impl State {
    /// The empty model.
    pub fn empty<C: Columns>(columns: &C, target: &[f64], n: f64) -> Self {
        let residual = Residual::new(target.to_vec());
        let mut gradient = vec![0.0; columns.len()];
        columns.gradient(&residual, &mut gradient);
        Self {
            theta: vec![0.0; columns.len()],
            u: vec![0.0; columns.len()],
            residual,
            active: Vec::new(),
            beta: n,
            n,
            gradient,
        }
    }

    /// Σ κ_d θ_d² = Σ θ_d²/(2u_d).
    pub fn noise_energy(&self) -> f64 {
        self.active
            .iter()
            .filter(|&&j| self.u[j] > 0.0)
            .map(|&j| self.theta[j] / (2.0 * self.u[j]) * self.theta[j])
            .sum()
    }

    /// The best β at this θ and α.
    pub fn best_beta<C: Columns>(&self, columns: &C, rule: Beta) -> f64 {
        match rule {
            Beta::Fixed(beta) => beta,
            Beta::Learned { shape, rate } => {
                let energy = columns.norm_sq(&self.residual) + self.noise_energy();
                ((self.n + 2.0 * shape) / (energy + 2.0 * rate).max(NOISE_FLOOR)).min(LARGEST_BETA)
            }
        }
    }

    /// The objective, without its prior on β where `rule` has none.
    pub fn objective<C: Columns, P: Thresholding + ?Sized>(
        &self,
        columns: &C,
        penalty: &P,
        lambda: f64,
        rule: Beta,
    ) -> f64 {
        let energy = columns.norm_sq(&self.residual) + self.noise_energy();
        let kl: f64 = self.active.iter().map(|&j| penalty.value(log_alpha(self.u[j]))).sum();
        let log_beta = self.beta.ln();
        let prior = match rule {
            Beta::Fixed(_) => 0.0,
            Beta::Learned { shape, rate } => shape * log_beta - rate * self.beta,
        };
        0.5 * self.n * (log_beta - (2.0 * std::f64::consts::PI).ln()) - 0.5 * self.beta * energy - lambda * kl
            + prior
    }

    /// Recomputes the residual from θ, so that rounding does not build up over a long path.
    pub fn refresh<C: Columns>(&mut self, columns: &C, target: &[f64]) {
        self.residual = Residual::new(target.to_vec());
        for &j in &self.active {
            columns.add(j, -self.theta[j], &mut self.residual);
        }
    }
}

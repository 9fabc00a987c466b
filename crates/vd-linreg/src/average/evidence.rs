//! What a column's joining does to the posterior probability of a support.

use crate::average::conditional::{Block, Conditional};
use crate::prepare::columns::Columns;

/// How the noise variance enters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Noise {
    /// Integrated out under p(σ²) ∝ 1/σ², with this many degrees of freedom (n − 1 with an intercept).
    Unknown(f64),
    /// Known: σ² in normalised units.
    Known(f64),
}

/// The prior and the noise: all but the data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub noise: Noise,
    /// D, how many decisions there are: columns that vary, a block counted once.
    pub columns: f64,
    /// Terms that no support changes: −½ log|K|.
    pub constant: f64,
}

impl Evidence {
    /// log p(γ + j) − log p(γ) for a support of k columns.
    pub fn prior_odds(&self, k: usize) -> f64 {
        let k = k as f64;
        ((k + 1.0) / (2.0 * self.columns - k - 1.0).max(1.0)).ln()
    }

    /// The log-likelihood that a column adds which takes `share` of the rest R.
    fn gain(&self, share: f64, rest: f64) -> f64 {
        match self.noise {
            Noise::Unknown(free) => -0.5 * free * (-share.min(1.0 - 1e-9)).ln_1p(),
            Noise::Known(variance) => 0.5 * share * rest / variance,
        }
    }

    /// Shares below this belong to z² < 2: such a column would hardly change a prediction, and looking at each would cost most of the time.
    pub fn least_share(&self, rest: f64) -> f64 {
        match self.noise {
            Noise::Unknown(free) => 2.0 / free.max(1.0),
            Noise::Known(variance) => 2.0 * variance / rest,
        }
    }

    /// The log odds that column j, outside, is in.
    pub fn odds_outside<C: Columns>(&self, at: &Conditional<'_, C>, j: usize) -> f64 {
        let (s, q) = (at.precision[j], at.product[j]);
        let share = q * q / (s * at.rest);
        self.prior_odds(at.size) + 0.5 * (at.ridge / s).ln() + self.gain(share, at.rest)
    }

    /// The log odds that the support's column at place i is in.
    pub fn odds_inside<C: Columns>(&self, at: &Conditional<'_, C>, i: usize) -> f64 {
        let (d, theta) = (at.inverse_at(i), at.theta[i]);
        let lost = theta * theta / d;
        let rest = at.rest + lost;
        self.prior_odds(at.size - 1) + 0.5 * (at.ridge * d).ln() + self.gain(lost / rest, rest)
    }

    /// The log odds that a block is in, which is outside, or inside with `inside`.
    pub fn odds_of_block<C: Columns>(&self, at: &Conditional<'_, C>, block: &Block, inside: bool) -> f64 {
        let rest = if inside { at.rest + block.explained } else { at.rest };
        let shape = 0.5 * (block.theta.len() as f64 * at.ridge.ln() - block.log_determinant);
        self.prior_odds(at.size - usize::from(inside)) + shape + self.gain(block.explained / rest, rest)
    }

    /// log p(γ) + log p(t | γ, v, h) relative to the empty support without a background.
    pub fn log_joint<C: Columns>(&self, at: &Conditional<'_, C>) -> f64 {
        let k = at.active.len();
        let prior: f64 = (0..at.size).map(|k| self.prior_odds(k)).sum();
        let shape = 0.5 * (k as f64 * at.ridge.ln() - at.log_determinant());
        self.constant + prior + shape + self.fit(at.rest)
    }

    /// The part that the rest R decides; 0 at R = 1, which is tᵀt.
    pub fn fit(&self, rest: f64) -> f64 {
        match self.noise {
            Noise::Unknown(free) => -0.5 * free * rest.ln(),
            Noise::Known(variance) => 0.5 * (1.0 - rest) / variance,
        }
    }

    /// E[σ²] given the support.
    pub fn variance(&self, rest: f64) -> f64 {
        match self.noise {
            Noise::Unknown(free) => rest / (free - 2.0).max(1.0),
            Noise::Known(variance) => variance,
        }
    }
}

/// 1/(1 + e^−l).
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

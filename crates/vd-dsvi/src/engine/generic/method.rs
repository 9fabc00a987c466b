//! What the generic engine does the same way in each step of a fit.

use crate::params::Params;
use crate::params::choices::{Dropout, GradientNoise, Optimiser, Parametrisation};
use crate::params::kl::Kl;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// What stays the same from step to step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Method {
    pub seed: u64,
    pub noise: GradientNoise,
    pub parametrisation: Parametrisation,
    pub likelihood: Likelihood,
    pub kl: Kl,
    pub optimiser: Optimiser,
    /// Whether ρ moves, and the interval it is held to.
    pub learn_rho: bool,
    pub rho_bounds: (f64, f64),
    /// Whether log β moves.
    pub learn_beta: bool,
}

impl Method {
    /// The method of a fit with these parameters in the precision R.
    pub fn of<R: Real>(params: &Params) -> Self {
        let upper = if let Dropout::Bounded(b) = params.dropout { b } else { R::LOG_BOUND };
        Self {
            seed: params.seed,
            noise: params.gradient_noise,
            parametrisation: params.parametrisation,
            likelihood: params.likelihood,
            kl: params.kl,
            optimiser: params.optimiser,
            learn_rho: !matches!(params.dropout, Dropout::Fixed(_)),
            rho_bounds: (-R::LOG_BOUND, upper),
            learn_beta: params.learns_beta(),
        }
    }
}

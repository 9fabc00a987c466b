//! Which fits the fast path serves: parameters parsed into what it needs, once.

use core::any::Any;

use estimator::NoiseModel;
use kl_approx::Sigmoid;

use crate::data::rows::Rows;
use crate::data::targets::TargetTable;
use crate::engine::fast::net::{Constants, FastKl};
use crate::engine::state::State;
use crate::params::Params;
use crate::params::choices::{Dropout, GradientNoise, Optimiser, Parametrisation};
use crate::params::kl::Kl;
use crate::params::likelihood::Likelihood;
use crate::real::Real;

/// What the targets are to the fast path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FastLikelihood {
    Softmax,
    Bernoulli,
    /// With this fixed precision β.
    Gaussian {
        beta: f32,
    },
}

/// The proof that the fast path serves a fit, with everything that it needs to know of the parameters.
///
/// It serves `f32`, local reparametrisation, (θ, log σ²), learned dropout rates, Adam, a KL term that is defined for every α,
/// and no learned precision.
#[derive(Clone, Copy)]
pub(crate) struct Plan<R: Real> {
    pub likelihood: FastLikelihood,
    pub constants: Constants,
    pub single: Single<R>,
}

impl<R: Real> Plan<R> {
    /// The plan of a fit with these parameters; none if the generic engine has to do it.
    pub fn parse(params: &Params) -> Option<Self> {
        let single = Single::prove()?;
        let likelihood = match (params.likelihood, params.noise) {
            (Likelihood::Softmax, _) => FastLikelihood::Softmax,
            (Likelihood::Bernoulli, _) => FastLikelihood::Bernoulli,
            (Likelihood::Gaussian, NoiseModel::Fixed { std }) => {
                FastLikelihood::Gaussian { beta: (std * std).recip() as f32 }
            }
            (Likelihood::Gaussian, _) => return None,
        };
        let kl = match params.kl {
            Kl::Exact => FastKl::Exact,
            Kl::EmpiricalBayes => FastKl::EmpiricalBayes,
            Kl::Sigmoid { k1, k2, k3 } => FastKl::Sigmoid(Sigmoid { k1, k2, k3 }),
            Kl::KingmaCubic | Kl::KingmaBound => return None,
        };
        let Optimiser::Adam { beta1, beta2, epsilon } = params.optimiser else { return None };
        let (GradientNoise::Local, Parametrisation::LogSigma2, Dropout::Learned) =
            (params.gradient_noise, params.parametrisation, params.dropout)
        else {
            return None;
        };
        let (rho_bound, seed) = (R::LOG_BOUND, params.seed);
        let threads =
            params.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let constants = Constants { kl, beta1, beta2, epsilon, rho_bound, seed, threads };
        Some(Self { likelihood, constants, single })
    }
}

/// The proof that R is `f32`: the identity, with the types that it has then.
#[derive(Clone, Copy)]
pub(crate) struct Single<R: Real> {
    pub state: fn(&mut State<R>) -> &mut State<f32>,
    pub rows: fn(&Rows<R>) -> &Rows<f32>,
    pub targets: fn(&TargetTable<R>) -> &TargetTable<f32>,
}

impl<R: Real> Single<R> {
    fn prove() -> Option<Self> {
        let identity: Single<f32> = Single { state: |s| s, rows: |r| r, targets: |t| t };
        (&identity as &dyn Any).downcast_ref::<Self>().copied()
    }
}

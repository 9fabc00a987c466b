//! Where the trainer meets the fast path: whether a fit can take it, and a run of steps on the trainer's own state.

use core::any::Any;

use kl_approx::Sigmoid;

use super::likelihood::Targets;
use super::net::{FastKl, Net, NonFinite, Rule, Run};
use super::rows::Rows;
use crate::likelihood::Prepared;
use crate::state::{self, State};
use crate::{Dropout, Kl, Likelihood, Noise, Optimiser, Parametrisation, Params, Precision, Real};

/// The data as the fast path reads them; made once for a fit.
pub(crate) struct Fast {
    data: Rows,
    likelihood: Likelihood,
    threads: usize,
}

/// Consecutive steps to be done.
pub(crate) struct Steps<'a> {
    /// Objects in the order of use, whole minibatches from the first step's on.
    pub order: &'a [u32],
    /// Objects of a minibatch.
    pub batch: usize,
    /// How each step moves the parameters.
    pub rule: &'a (dyn Fn(u64) -> state::Rule + Sync),
}

impl Fast {
    /// The fast path for this fit: `f32`, local reparametrisation, (θ, log σ²), Adam, a divergence defined for every α, no
    /// learned precision. `None`: the generic engine it is.
    pub fn new<R: Real>(params: &Params, rows: &crate::Rows<R>, state: &State<R>) -> Option<Self> {
        let rows = (rows as &dyn Any).downcast_ref::<crate::Rows<f32>>()?;
        let state = (state as &dyn Any).downcast_ref::<State<f32>>()?;
        let suits = !matches!(params.likelihood, Likelihood::Gaussian(Precision::Learned { .. }))
            && params.noise == Noise::Local
            && params.parametrisation == Parametrisation::LogSigma2
            && params.dropout == Dropout::Learned
            && matches!(params.optimiser, Optimiser::Adam { .. })
            && fast_kl(&params.kl).is_some();
        if !suits {
            return None;
        }
        let mut data = Net::import(state).rows();
        for object in 0..rows.objects() {
            let (index, value) = rows.row(object);
            data.push(index.iter().map(|d| *d as usize).zip(value.iter().copied()));
        }
        let threads =
            params.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        Some(Self { data, likelihood: params.likelihood, threads })
    }

    /// Does the steps; gives Σ log p over `order`, or the step whose log-likelihood is not finite. The state's step counter
    /// is the caller's to move.
    pub fn run<R: Real>(
        &self,
        state: &mut State<R>,
        targets: &Prepared<R>,
        steps: &Steps<'_>,
    ) -> Result<f64, NonFinite> {
        let first_step = state.step;
        let both =
            ((state as &mut dyn Any).downcast_mut::<State<f32>>(), (targets as &dyn Any).downcast_ref());
        let (Some(state), Some(targets)) = both else { return Err(NonFinite { step: first_step }) };
        let targets = match (targets, self.likelihood) {
            (Prepared::<f32>::Classes { labels, .. }, _) => Targets::Classes(labels),
            (Prepared::Values { row_major, .. }, Likelihood::Gaussian(Precision::Fixed(beta))) => {
                Targets::Real { values: row_major, beta: beta as f32 }
            }
            (Prepared::Values { row_major, .. }, _) => Targets::Binary(row_major),
        };
        let mut net = Net::import(state);
        let rule = |step| fast_rule(&(steps.rule)(step));
        let total = net.steps(Run {
            data: &self.data,
            targets,
            order: steps.order,
            batch: steps.batch,
            first_step,
            seed: (steps.rule)(first_step).seed,
            rule: &rule,
            threads: self.threads,
        })?;
        net.export(state);
        Ok(total)
    }
}

fn fast_kl(kl: &Kl) -> Option<FastKl> {
    match *kl {
        Kl::Exact => Some(FastKl::Exact),
        Kl::EmpiricalBayes => Some(FastKl::Proper),
        Kl::Sigmoid { k1, k2, k3 } => Some(FastKl::Sigmoid(Sigmoid { k1, k2, k3 })),
        Kl::KingmaCubic | Kl::KingmaBound => None,
    }
}

pub(super) fn fast_rule(rule: &state::Rule) -> Rule {
    let (beta1, beta2, epsilon) = match rule.optimiser {
        Optimiser::Adam { beta1, beta2, epsilon } => (beta1, beta2, epsilon),
        Optimiser::Sgd => (0.0, 0.0, 1.0),
    };
    Rule {
        data_weight: rule.objects as f64,
        kl_weight: rule.kl_weight,
        kl: fast_kl(&rule.kl).unwrap_or(FastKl::Exact),
        rate: rule.learning_rate,
        beta1,
        beta2,
        epsilon,
        rho: rule.rho_bounds,
    }
}

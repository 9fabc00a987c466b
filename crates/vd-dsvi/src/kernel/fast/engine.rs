//! Where the trainer meets the fast path: whether a fit can take it, and a run of steps on the trainer's own state.

use core::any::{Any, TypeId};

use kl_approx::Sigmoid;

use super::exchange::Kept;
use super::likelihood::Targets;
use super::net::{FastKl, Net, NonFinite, Rule, Run};
use super::rows::Rows;
use crate::likelihood::Prepared;
use crate::state::{self, State};
use crate::{Dropout, Kl, Likelihood, Noise, Optimiser, Parametrisation, Params, Precision, Real};

/// The fast path of one fit, with the data as it reads them.
pub(crate) struct Fast {
    likelihood: Likelihood,
    threads: usize,
    /// The units that still take part, and the data cut down to them.
    data: Option<(Kept, Rows)>,
}

/// Consecutive steps to be done.
pub(crate) struct Steps<'a> {
    /// Objects in the order of use, whole minibatches from the first step's on.
    pub order: &'a [u32],
    /// Objects of a minibatch.
    pub batch: usize,
    /// How each step moves the parameters.
    pub rule: &'a (dyn Fn(u64) -> state::Rule + Sync),
    /// Σ log p so far, to be gone on with step by step (sums of sums would have other bits).
    pub total: f64,
}

impl Fast {
    /// The fast path for this fit: `f32`, local reparametrisation, (θ, log σ²), Adam, a divergence defined for every α, no
    /// learned precision. `None`: the generic engine it is.
    pub fn new<R: Real>(params: &Params) -> Option<Self> {
        let suits = TypeId::of::<R>() == TypeId::of::<f32>()
            && !matches!(params.likelihood, Likelihood::Gaussian(Precision::Learned { .. }))
            && params.noise == Noise::Local
            && params.parametrisation == Parametrisation::LogSigma2
            && params.dropout == Dropout::Learned
            && matches!(params.optimiser, Optimiser::Adam { .. })
            && fast_kl(&params.kl).is_some();
        let threads =
            params.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        suits.then_some(Self { likelihood: params.likelihood, threads, data: None })
    }

    /// Does the steps; gives Σ log p so far, `order`'s included, or the step whose log-likelihood is not finite. The state's step counter
    /// is the caller's to move.
    pub fn run<R: Real>(
        &mut self,
        state: &mut State<R>,
        rows: &crate::Rows<R>,
        targets: &Prepared<R>,
        steps: &Steps<'_>,
    ) -> Result<f64, NonFinite> {
        let failed = NonFinite { step: state.step };
        let Some(state) = (state as &mut dyn Any).downcast_mut::<State<f32>>() else { return Err(failed) };
        let Some(rows) = (rows as &dyn Any).downcast_ref::<crate::Rows<f32>>() else { return Err(failed) };
        let Some(targets) = (targets as &dyn Any).downcast_ref::<Prepared<f32>>() else { return Err(failed) };
        let kept = Kept::of(state);
        let mut net = Net::import(state, &kept);
        // Another cut of the data only when more has been removed since the last one.
        let data = match self.data.take() {
            Some((known, data)) if known == kept => data,
            _ => cut(rows, net.rows(), kept.inputs()),
        };
        let rule = |step| fast_rule(&(steps.rule)(step));
        let total = net.steps(Run {
            data: &data,
            targets: self.targets(targets),
            order: steps.order,
            batch: steps.batch,
            first_step: state.step,
            seed: (steps.rule)(state.step).seed,
            rule: &rule,
            threads: self.threads,
            total: steps.total,
        })?;
        net.export(state, &kept);
        self.data = Some((kept, data));
        Ok(total)
    }

    fn targets<'a>(&self, targets: &'a Prepared<f32>) -> Targets<'a> {
        match (targets, self.likelihood) {
            (Prepared::Classes { labels, .. }, _) => Targets::Classes(labels),
            (Prepared::Values { row_major, .. }, Likelihood::Gaussian(Precision::Fixed(beta))) => {
                Targets::Real { values: row_major, beta: beta as f32 }
            }
            (Prepared::Values { row_major, .. }, _) => Targets::Binary(row_major),
        }
    }
}

/// `rows` without the inputs that are not `kept`, in the shape of `empty`.
pub(super) fn cut(rows: &crate::Rows<f32>, mut empty: Rows, kept: &[u32]) -> Rows {
    let mut place = vec![u32::MAX; rows.features()];
    for (i, d) in kept.iter().enumerate() {
        place[*d as usize] = i as u32;
    }
    for object in 0..rows.objects() {
        let (index, value) = rows.row(object);
        let entries = index.iter().zip(value).map(|(d, x)| (place[*d as usize], *x));
        empty.push(entries.filter(|e| e.0 != u32::MAX).map(|(i, x)| (i as usize, x)));
    }
    empty
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

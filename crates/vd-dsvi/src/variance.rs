//! The variance of the gradient estimators against α: the poster's 'new parametrization' claim, measured.

use std::borrow::Cow;

use estimator::Check;

use crate::data::inputs::Inputs;
use crate::data::samples::Samples;
use crate::data::targets::{Extent, TargetTable, Targets};
use crate::engine::generic::Engine;
use crate::engine::generic::method::Method;
use crate::engine::state::State;
use crate::engine::step::Step;
use crate::error::Error;
use crate::params::Params;
use crate::params::choices::{GradientNoise, Optimiser, Parametrisation};
use crate::real::Real;
use crate::train::driver::check_batch;

/// One point of the curve: an estimator at a dropout rate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradientVariance {
    /// The estimator.
    pub noise: GradientNoise,
    /// The pair that is held: ∂L/∂θ is taken at fixed σ² under (θ, log σ²), at fixed α under (θ, log α).
    pub parametrisation: Parametrisation,
    /// log α, the same for every weight.
    pub log_alpha: f64,
    /// Mean over the weights of Var[∂L/∂θ] over draws, L summed over all samples (nats² per unit of θ²).
    pub variance: f64,
    /// Its standard error over draws, from ten batches of them.
    pub standard_error: f64,
    /// Mean over the weights of (E ∂L/∂θ)², for scale.
    pub squared_mean: f64,
}

/// The estimators compared: the original's multiplicative noise, the poster's additive noise, and local reparametrisation.
pub const ESTIMATORS: [(GradientNoise, Parametrisation); 3] = [
    (GradientNoise::Multiplicative, Parametrisation::LogAlpha),
    (GradientNoise::Additive, Parametrisation::LogSigma2),
    (GradientNoise::Local, Parametrisation::LogSigma2),
];

impl Params {
    /// Var[∂L/∂θ] of each of [`ESTIMATORS`] at each log α, at the initial means of these parameters, over `draws` minibatches of
    /// [`Params::batch`] samples; the KL is left out, as it has no variance.
    ///
    /// With every α equal, the three estimate gradients of the same data term; only where the noise enters differs.
    ///
    /// # Errors
    /// As [`Params::fit`]; fewer than 20 draws; a log α outside ±60.
    pub fn gradient_variance<'t, R: Real>(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
        log_alphas: &[f64],
        draws: usize,
    ) -> Result<Vec<GradientVariance>, Error> {
        self.check()?;
        Check::at_least("draws", draws, 20, "from 20")?;
        for &a in log_alphas {
            Check::range("log_alphas", a, a.abs() <= 60.0, "from -60 to 60")?;
        }
        let rows = x.rows()?;
        check_batch(self, rows.samples())?;
        let batch = self.batch_size(rows.samples());
        let targets =
            TargetTable::new(self.likelihood, self.classes, t.into(), rows.samples(), Extent::Whole)?;
        let samples = Samples { id: 0, rows: Cow::Borrowed(rows.as_ref()), targets };
        let mut curve = Vec::with_capacity(log_alphas.len() * ESTIMATORS.len());
        for (noise, parametrisation) in ESTIMATORS {
            for &log_alpha in log_alphas {
                let probe = Probe { params: self, noise, parametrisation, log_alpha, batch, draws };
                curve.push(probe.measure(&samples)?);
            }
        }
        Ok(curve)
    }
}

/// One estimator at one dropout rate.
struct Probe<'a> {
    params: &'a Params,
    noise: GradientNoise,
    parametrisation: Parametrisation,
    log_alpha: f64,
    batch: usize,
    draws: usize,
}

/// Groups of draws, for the standard error.
const GROUPS: usize = 10;

impl Probe<'_> {
    fn measure<R: Real>(&self, samples: &Samples<'_, R>) -> Result<GradientVariance, Error> {
        let log_beta = self.params.initial_log_beta(samples.targets.variance());
        let (features, outputs) = (samples.rows.features(), samples.targets.outputs());
        let mut state: State<R> = State::new(self.params, features, outputs, log_beta);
        for layer in &mut state.layers {
            for i in layer.positions() {
                layer.rho[i] = R::of(match self.parametrisation {
                    Parametrisation::LogAlpha => self.log_alpha,
                    Parametrisation::LogSigma2 => {
                        (self.log_alpha + 2.0 * layer.theta[i].abs().f64().ln()).max(-R::LOG_BOUND)
                    }
                });
            }
        }
        let each = self.draws / GROUPS;
        let groups = (0..GROUPS).map(|g| self.moments(&state, samples, g * each..(g + 1) * each));
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        let mean = |f: fn(&(f64, f64)) -> f64| groups.iter().map(f).sum::<f64>() / GROUPS as f64;
        let variance = mean(|g| g.0);
        let spread = groups.iter().map(|g| (g.0 - variance).powi(2)).sum::<f64>() / (GROUPS - 1) as f64;
        Ok(GradientVariance {
            noise: self.noise,
            parametrisation: self.parametrisation,
            log_alpha: self.log_alpha,
            variance,
            standard_error: (spread / GROUPS as f64).sqrt(),
            squared_mean: mean(|g| g.1),
        })
    }

    /// Means over the weights of the variance and of the squared mean of ∂L/∂θ over a range of draws.
    fn moments<R: Real>(
        &self,
        state: &State<R>,
        samples: &Samples<'_, R>,
        draws: core::ops::Range<usize>,
    ) -> Result<(f64, f64), Error> {
        let all = samples.count();
        let method = Method {
            noise: self.noise,
            parametrisation: self.parametrisation,
            // Plain ascent on L/N at rate N moves θ by ∂L/∂θ.
            optimiser: Optimiser::Sgd,
            ..Method::of::<R>(self.params)
        };
        let size: usize = state.layers.iter().map(|l| l.positions().count()).sum();
        let (mut sums, mut squares) = (vec![0.0; size], vec![0.0; size]);
        let mut engine = Engine::new(method, None);
        let count = draws.len() as f64;
        for draw in draws {
            let chosen: Vec<u32> = (0..self.batch).map(|i| ((draw * self.batch + i) % all) as u32).collect();
            let step = Step { number: draw as u64, kl_weight: 0.0, learning_rate: all as f64 };
            let mut moved = state.clone();
            let log_p = engine.step(&mut moved, samples, &chosen, &step);
            if !log_p.is_finite() {
                return Err(Error::Diverged { step: draw as u64, epoch: 0, quantity: "log p(t | z)" });
            }
            let pairs = moved.layers.iter().zip(&state.layers);
            let gradients =
                pairs.flat_map(|(m, s)| s.positions().map(|i| m.theta[i].f64() - s.theta[i].f64()));
            for ((sum, square), g) in sums.iter_mut().zip(&mut squares).zip(gradients) {
                *sum += g;
                *square += g * g;
            }
        }
        let variance = |(s, q): (&f64, &f64)| (q - s * s / count) / (count - 1.0);
        let total: f64 = sums.iter().zip(&squares).map(variance).sum();
        let squared_mean: f64 = sums.iter().map(|s| (s / count).powi(2)).sum();
        Ok((total / size as f64, squared_mean / size as f64))
    }
}

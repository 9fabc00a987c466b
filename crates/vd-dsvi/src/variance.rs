//! The variance of the gradient estimators against α: the poster's 'new parametrization' claim, measured.

use crate::data::{Inputs, Rows};
use crate::likelihood::Prepared;
use crate::state::{Rule, State};
use crate::step::{Data, Engine};
use crate::{Batch, Error, Noise, Optimiser, Parametrisation, Params, Real, Targets};

/// One point of the curve: an estimator at a dropout rate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GradientVariance {
    /// The estimator.
    pub noise: Noise,
    /// The pair that is held: ∂L/∂θ is taken at fixed σ² under (θ, log σ²), at fixed α under (θ, log α).
    pub parametrisation: Parametrisation,
    /// log α, the same for every weight.
    pub log_alpha: f64,
    /// Mean over the weights of Var[∂L/∂θ] over draws, L summed over all objects (nats² per unit of θ²).
    pub variance: f64,
    /// Its standard error over draws, from ten batches of them.
    pub standard_error: f64,
    /// Mean over the weights of (E ∂L/∂θ)², for scale.
    pub squared_mean: f64,
}

/// The estimators compared: the original's multiplicative noise, the poster's additive noise, and local reparametrisation.
pub const ESTIMATORS: [(Noise, Parametrisation); 3] = [
    (Noise::Multiplicative, Parametrisation::LogAlpha),
    (Noise::Additive, Parametrisation::LogSigma2),
    (Noise::Local, Parametrisation::LogSigma2),
];

impl Params {
    /// Var[∂L/∂θ] of each of [`ESTIMATORS`] at each log α, at the initial means of these parameters, over `draws` minibatches of
    /// [`Params::batch`] objects; the KL is left out, as it has no variance.
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
        let field_ok = |field, value: f64, ok, allowed| {
            if ok { Ok(()) } else { Err(Error::Parameter { field, value, allowed }) }
        };
        field_ok("draws", draws as f64, draws >= 20, "at least 20")?;
        for &a in log_alphas {
            field_ok("log_alphas", a, a.abs() <= 60.0, "-60 to 60")?;
        }
        let rows = x.rows()?;
        let batch = if let Batch::Size(m) = self.batch { m } else { rows.objects() };
        field_ok("batch", batch as f64, batch <= rows.objects(), "1 to the number of objects")?;
        let targets = Prepared::new(&self.likelihood, self.classes, t.into(), rows.objects())?;
        let mut curve = Vec::with_capacity(log_alphas.len() * ESTIMATORS.len());
        for (noise, parametrisation) in ESTIMATORS {
            for &log_alpha in log_alphas {
                let probe = Probe { params: self, noise, parametrisation, log_alpha, batch, draws };
                curve.push(probe.measure(&rows, &targets)?);
            }
        }
        Ok(curve)
    }
}

/// One estimator at one dropout rate.
struct Probe<'a> {
    params: &'a Params,
    noise: Noise,
    parametrisation: Parametrisation,
    log_alpha: f64,
    batch: usize,
    draws: usize,
}

/// Groups of draws, for the standard error.
const GROUPS: usize = 10;

impl Probe<'_> {
    fn measure<R: Real>(&self, rows: &Rows<R>, targets: &Prepared<R>) -> Result<GradientVariance, Error> {
        let mut state: State<R> = State::new(self.params, rows.features(), targets.outputs());
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
        let groups = (0..GROUPS).map(|g| self.moments(&state, rows, targets, g * each..(g + 1) * each));
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
        rows: &Rows<R>,
        targets: &Prepared<R>,
        draws: core::ops::Range<usize>,
    ) -> Result<(f64, f64), Error> {
        let objects = rows.objects();
        let data = Data { rows, targets, likelihood: self.params.likelihood };
        let params = Params {
            noise: self.noise,
            parametrisation: self.parametrisation,
            kl_weight: 0.0.into(),
            // Plain ascent on L/N at rate N moves θ by ∂L/∂θ.
            optimiser: Optimiser::Sgd,
            learning_rate: (objects as f64).into(),
            ..self.params.clone()
        };
        let size: usize = state.layers.iter().map(|l| l.positions().count()).sum();
        let (mut sums, mut squares) = (vec![0.0; size], vec![0.0; size]);
        let mut engine = Engine::new(None);
        let count = draws.len() as f64;
        for draw in draws {
            let chosen: Vec<u32> =
                (0..self.batch).map(|i| ((draw * self.batch + i) % objects) as u32).collect();
            let rule = Rule::new::<R>(&params, draw as u64, 0.0, objects);
            let mut moved = state.clone();
            let log_p = engine.step(&mut moved, &data, &chosen, &rule);
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

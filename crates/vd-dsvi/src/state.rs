//! The numbers a fit moves: parameters and moments, and one step's rule for moving them.
//!
//! | symbol | here | shape | meaning |
//! |---|---|---|---|
//! | θ | `theta` | inputs × stride | means, row-major by input, each row padded with zeros to `stride` |
//! | ρ | `rho` | inputs × stride | log σ² or log α, by the parametrisation |
//! | m, v | `*_moments` | like the parameter | Adam's moments |

use core::ops::Range;

use crate::kernel::NoiseKey;
use crate::{Dropout, Kl, Noise, Optimiser, Parametrisation, Params, Real, ThetaInit};

/// Rows of a weight matrix are padded to a multiple of this.
pub(crate) const LANES: usize = 8;

/// Tags in the high bits of a noise key's layer: streams that must not meet.
pub(crate) mod stream {
    /// Draws for local reparametrisation.
    pub(crate) const LOCAL: u32 = 0;
    /// Draws of weights.
    pub(crate) const WEIGHTS: u32 = 1 << 24;
    /// Initial means.
    pub(crate) const INIT: u32 = 2 << 24;
    /// Monte-Carlo prediction.
    pub(crate) const PREDICT: u32 = 3 << 24;
}

/// A bias vector and its moments; biases carry no noise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BiasState<R> {
    pub value: Vec<R>,
    pub moments: [Vec<R>; 2],
}

/// One layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerState<R> {
    pub inputs: usize,
    pub outputs: usize,
    pub stride: usize,
    pub theta: Vec<R>,
    pub rho: Vec<R>,
    pub theta_moments: [Vec<R>; 2],
    pub rho_moments: [Vec<R>; 2],
    pub bias: Option<BiasState<R>>,
}

impl<R: Real> LayerState<R> {
    fn new(params: &Params, layer: u32, inputs: usize, outputs: usize, hidden: bool) -> Self {
        let stride = outputs.next_multiple_of(LANES);
        let size = inputs * stride;
        let sd = match params.theta_init {
            ThetaInit::Zero => 0.0,
            ThetaInit::Normal { sd } => sd,
            ThetaInit::He => (if hidden { 2.0 } else { 1.0 } / inputs as f64).sqrt(),
        };
        let mut theta = vec![R::ZERO; size];
        for (row, out) in theta.chunks_mut(stride).enumerate() {
            let key = NoiseKey { seed: params.seed, step: 0, layer: stream::INIT | layer, row: row as u32 };
            R::normals(key, &mut out[..outputs]);
            for v in &mut out[..outputs] {
                *v = R::of(sd) * *v;
            }
        }
        let bound = R::LOG_BOUND;
        let rho = theta.iter().map(|&t| {
            R::of(match (params.parametrisation, params.dropout) {
                (_, Dropout::Fixed(log_alpha)) => log_alpha,
                (Parametrisation::LogSigma2, _) => params.log_sigma2_init,
                (Parametrisation::LogAlpha, dropout) => {
                    let upper = if let Dropout::Bounded(b) = dropout { b } else { bound };
                    (params.log_sigma2_init - 2.0 * t.abs().f64().ln()).clamp(-bound, upper)
                }
            })
        });
        let zeros = || [vec![R::ZERO; size], vec![R::ZERO; size]];
        let bias = params.bias.then(|| BiasState {
            value: vec![R::ZERO; stride],
            moments: [vec![R::ZERO; stride], vec![R::ZERO; stride]],
        });
        Self {
            rho: rho.collect(),
            inputs,
            outputs,
            stride,
            theta,
            theta_moments: zeros(),
            rho_moments: zeros(),
            bias,
        }
    }

    /// log σ² of entry `i`.
    #[inline(always)]
    pub(crate) fn log_sigma2(&self, i: usize, parametrisation: Parametrisation) -> f64 {
        match parametrisation {
            Parametrisation::LogSigma2 => self.rho[i].f64(),
            Parametrisation::LogAlpha => self.rho[i].f64() + 2.0 * self.theta[i].abs().f64().ln(),
        }
    }

    /// log α of entry `i`: +∞ at θ = 0.
    #[inline(always)]
    pub(crate) fn log_alpha(&self, i: usize, parametrisation: Parametrisation) -> f64 {
        match parametrisation {
            Parametrisation::LogSigma2 if self.theta[i] == R::ZERO => f64::INFINITY,
            Parametrisation::LogSigma2 => self.rho[i].f64() - 2.0 * self.theta[i].abs().f64().ln(),
            Parametrisation::LogAlpha => self.rho[i].f64(),
        }
    }

    /// Whether entry `i` was removed for good ([`State::prune`]): θ = 0, log σ² = −∞.
    #[inline(always)]
    pub(crate) fn removed(&self, i: usize) -> bool {
        self.rho[i].f64() == f64::NEG_INFINITY
    }

    /// The entries of input `d`.
    pub(crate) fn row(&self, d: usize) -> Range<usize> {
        d * self.stride..d * self.stride + self.outputs
    }

    fn remove(&mut self, i: usize) {
        self.theta[i] = R::ZERO;
        self.rho[i] = R::of(f64::NEG_INFINITY);
        for moments in self.theta_moments.iter_mut().chain(&mut self.rho_moments) {
            moments[i] = R::ZERO;
        }
    }

    /// The positions that are weights, not padding.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + use<R> {
        let (stride, outputs) = (self.stride, self.outputs);
        (0..self.inputs).flat_map(move |d| d * stride..d * stride + outputs)
    }

    fn is_finite(&self) -> bool {
        let bias = self.bias.iter().flat_map(|b| &b.value);
        let rho = self.rho.iter().filter(|r| r.f64() != f64::NEG_INFINITY);
        // A second moment that overflows would stop its weight without a word.
        let moments = self.theta_moments.iter().chain(&self.rho_moments).flatten();
        self.theta.iter().chain(rho).chain(bias).chain(moments).all(|v| v.is_finite())
    }
}

/// Everything a fit moves, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State<R> {
    pub layers: Vec<LayerState<R>>,
    /// log β of the Gaussian likelihood, and its moments.
    pub log_beta: f64,
    pub log_beta_moments: [f64; 2],
    /// Steps done.
    pub step: u64,
    /// Epochs done.
    pub epoch: usize,
    /// Steps done in the current epoch.
    pub position: usize,
}

impl<R: Real> State<R> {
    pub(crate) fn new(params: &Params, features: usize, outputs: usize) -> Self {
        let mut layers = Vec::with_capacity(params.hidden.len() + 1);
        let mut inputs = features;
        for (l, &width) in params.hidden.iter().chain([&outputs]).enumerate() {
            layers.push(LayerState::new(params, l as u32, inputs, width, l < params.hidden.len()));
            inputs = width;
        }
        let log_beta = params.likelihood.start_log_beta();
        Self { layers, log_beta, log_beta_moments: [0.0; 2], step: 0, epoch: 0, position: 0 }
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.log_beta.is_finite() && self.layers.iter().all(LayerState::is_finite)
    }

    /// Removes for good, under (θ, log σ²), every weight with log α > `threshold`: θ = 0 and log σ² = −∞ from now on. A
    /// hidden unit that nothing leads on from loses what leads to it, so that it can be left out of the arithmetic.
    pub(crate) fn prune(&mut self, threshold: f64) {
        let mut used: Option<Vec<bool>> = None;
        for layer in self.layers.iter_mut().rev() {
            for d in 0..layer.inputs {
                for (unit, i) in layer.row(d).enumerate() {
                    let used = used.as_ref().is_none_or(|used| used[unit]);
                    if !used || layer.log_alpha(i, Parametrisation::LogSigma2) > threshold {
                        layer.remove(i);
                    }
                }
            }
            used = Some((0..layer.inputs).map(|d| layer.row(d).any(|i| !layer.removed(i))).collect());
        }
    }

    /// Σ KL(α) in nats over every weight.
    pub(crate) fn kl(&self, kl: &Kl, parametrisation: Parametrisation) -> f64 {
        let of_layer = |layer: &LayerState<R>| -> f64 {
            layer.positions().map(|i| kl.value(layer.log_alpha(i, parametrisation))).sum()
        };
        self.layers.iter().map(of_layer).sum()
    }

    /// √(mean m̂²/v̂) over the moments of every θ and ρ that has moved; NaN without moments.
    pub(crate) fn gradient_ratio(&self, optimiser: &Optimiser) -> f64 {
        let Optimiser::Adam { beta1, beta2, .. } = *optimiser else { return f64::NAN };
        let steps = self.step as f64;
        let unbias = (1.0 - beta2.powf(steps)) / (1.0 - beta1.powf(steps)).powi(2);
        let (mut total, mut count) = (0.0, 0usize);
        for layer in &self.layers {
            for [m, v] in [&layer.theta_moments, &layer.rho_moments] {
                for i in layer.positions().filter(|&i| v[i] > R::ZERO && v[i].is_finite()) {
                    total += m[i].f64() * m[i].f64() / v[i].f64();
                    count += 1;
                }
            }
        }
        (unbias * total / count as f64).sqrt()
    }

    /// The share of weights with log α above `threshold`, by layer.
    pub(crate) fn sparsity(&self, threshold: f64, parametrisation: Parametrisation) -> Vec<f64> {
        let of_layer = |layer: &LayerState<R>| {
            let pruned =
                layer.positions().filter(|&i| layer.log_alpha(i, parametrisation) > threshold).count();
            pruned as f64 / (layer.inputs * layer.outputs) as f64
        };
        self.layers.iter().map(of_layer).collect()
    }
}

/// How one step moves the parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rule {
    pub seed: u64,
    pub step: u64,
    pub noise: Noise,
    pub parametrisation: Parametrisation,
    pub kl: Kl,
    /// λ at this step.
    pub kl_weight: f64,
    /// The step rate at this step.
    pub learning_rate: f64,
    pub optimiser: Optimiser,
    /// N, for SGD's scale.
    pub objects: usize,
    /// Whether ρ moves, and the interval it is held to.
    pub learn_rho: bool,
    pub rho_bounds: (f64, f64),
}

impl Rule {
    pub(crate) fn new<R: Real>(params: &Params, step: u64, epoch: f64, objects: usize) -> Self {
        let upper = if let Dropout::Bounded(b) = params.dropout { b } else { R::LOG_BOUND };
        Self {
            seed: params.seed,
            step,
            noise: params.noise,
            parametrisation: params.parametrisation,
            kl: params.kl,
            kl_weight: params.kl_weight.at(epoch),
            learning_rate: params.learning_rate.at(epoch),
            optimiser: params.optimiser,
            objects,
            learn_rho: !matches!(params.dropout, Dropout::Fixed(_)),
            rho_bounds: (-R::LOG_BOUND, upper),
        }
    }

    /// The update of one parameter from its gradient (of L, to be ascended).
    pub(crate) fn mover<R: Real>(&self) -> Mover<R> {
        match self.optimiser {
            Optimiser::Adam { beta1, beta2, epsilon } => {
                let t = self.step as f64 + 1.0;
                Mover::Adam {
                    beta1: R::of(beta1),
                    beta2: R::of(beta2),
                    rate: R::of(self.learning_rate / (1.0 - beta1.powf(t))),
                    unbias: R::of((1.0 - beta2.powf(t)).sqrt().recip()),
                    epsilon: R::of(epsilon),
                }
            }
            Optimiser::Sgd => Mover::Sgd { rate: R::of(self.learning_rate / self.objects as f64) },
        }
    }
}

/// A step's optimiser with its constants worked out.
#[derive(Clone, Copy)]
pub(crate) enum Mover<R> {
    Adam { beta1: R, beta2: R, rate: R, unbias: R, epsilon: R },
    Sgd { rate: R },
}

impl<R: Real> Mover<R> {
    /// The increment for gradient `g`; moments are updated.
    #[inline(always)]
    pub(crate) fn step(&self, g: R, m: &mut R, v: &mut R) -> R {
        match *self {
            Self::Adam { beta1, beta2, rate, unbias, epsilon } => {
                *m = beta1 * *m + (R::ONE - beta1) * g;
                *v = beta2 * *v + (R::ONE - beta2) * g * g;
                rate * *m / (v.sqrt() * unbias + epsilon)
            }
            Self::Sgd { rate } => rate * g,
        }
    }
}

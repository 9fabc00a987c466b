//! The numbers that a fit moves: parameters and moments.
//!
//! | symbol | here | shape | meaning |
//! |---|---|---|---|
//! | θ | `theta` | inputs × stride | means, row-major by input, each row padded with zeros to `stride` |
//! | ρ | `rho` | inputs × stride | log σ² or log α, by the parametrisation |
//! | m, v | `*_moments` | like the parameter | Adam's moments |

use core::ops::Range;

use crate::mask::{Mask, drop_unread};
use crate::numeric::normals::NoiseKey;
use crate::params::Params;
use crate::params::choices::{Dropout, Optimiser, Parametrisation, ThetaInit};
use crate::params::kl::Kl;
use crate::real::Real;

/// Rows of a weight matrix are padded to a multiple of this.
const ROW_MULTIPLE: usize = 8;

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

/// An intercept per output with its moments; intercepts carry no noise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InterceptState<R> {
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
    pub intercept: Option<InterceptState<R>>,
}

impl<R: Real> LayerState<R> {
    fn new(params: &Params, layer: u32, inputs: usize, outputs: usize, hidden: bool) -> Self {
        let stride = outputs.next_multiple_of(ROW_MULTIPLE);
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
        let intercept = params.intercept.then(|| InterceptState {
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
            intercept,
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
        let intercept = self.intercept.iter().flat_map(|b| &b.value);
        let rho = self.rho.iter().filter(|r| r.f64() != f64::NEG_INFINITY);
        // A second moment that overflows would stop its weight without a word.
        let moments = self.theta_moments.iter().chain(&self.rho_moments).flatten();
        self.theta.iter().chain(rho).chain(intercept).chain(moments).all(|v| v.is_finite())
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
    pub(crate) fn new(params: &Params, features: usize, outputs: usize, log_beta: f64) -> Self {
        let mut layers = Vec::with_capacity(params.hidden.len() + 1);
        let mut inputs = features;
        for (l, &width) in params.hidden.iter().chain([&outputs]).enumerate() {
            layers.push(LayerState::new(params, l as u32, inputs, width, l < params.hidden.len()));
            inputs = width;
        }
        Self { layers, log_beta, log_beta_moments: [0.0; 2], step: 0, epoch: 0, position: 0 }
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.log_beta.is_finite() && self.layers.iter().all(LayerState::is_finite)
    }

    /// Removes for good, under (θ, log σ²), every weight with log α > `threshold`: θ = 0 and log σ² = −∞ from now on. A
    /// hidden unit that no weight reads any more loses the weights that lead to it, so that it can be left out of the arithmetic.
    pub(crate) fn prune(&mut self, threshold: f64) {
        let kept = |layer: &LayerState<R>| {
            Mask::from_fn(layer.inputs, layer.outputs, |d, k| {
                // Written so that a NaN is kept, and found.
                !(layer.log_alpha(d * layer.stride + k, Parametrisation::LogSigma2) > threshold)
            })
        };
        let mut masks: Vec<Mask> = self.layers.iter().map(kept).collect();
        drop_unread(&mut masks);
        for (layer, mask) in self.layers.iter_mut().zip(&masks) {
            for d in 0..layer.inputs {
                for (k, i) in layer.row(d).enumerate() {
                    if !mask.keeps(d, k) {
                        layer.remove(i);
                    }
                }
            }
        }
    }

    /// Σ KL(α) in nats over every weight.
    pub(crate) fn kl(&self, kl: &Kl, parametrisation: Parametrisation) -> f64 {
        let of_layer = |layer: &LayerState<R>| -> f64 {
            layer.positions().map(|i| kl.value(layer.log_alpha(i, parametrisation))).sum()
        };
        self.layers.iter().map(of_layer).sum()
    }

    /// √(mean m̂²/v̂) over the moments of every θ and ρ that has moved; none without moments.
    pub(crate) fn gradient_ratio(&self, optimiser: &Optimiser) -> Option<f64> {
        let Optimiser::Adam { beta1, beta2, .. } = *optimiser else { return None };
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
        (count > 0).then(|| (unbias * total / count as f64).sqrt())
    }

    /// The number of weights with log α above `threshold`, by layer.
    pub(crate) fn pruned(&self, threshold: f64, parametrisation: Parametrisation) -> Vec<usize> {
        let of_layer = |layer: &LayerState<R>| {
            layer.positions().filter(|&i| layer.log_alpha(i, parametrisation) > threshold).count()
        };
        self.layers.iter().map(of_layer).collect()
    }
}

//! The weights of one layer as one step uses them: means or a draw, and variances.

use crate::engine::generic::method::Method;
use crate::engine::state::{LayerState, State, stream};
use crate::numeric::normals::NoiseKey;
use crate::params::choices::GradientNoise;
use crate::real::Real;

/// The weights of one layer as a step uses them.
#[derive(Default)]
pub(crate) struct StepWeights<R> {
    /// θ, or one draw of the weights.
    pub weight: Vec<R>,
    /// σ².
    pub sigma2: Vec<R>,
    /// The draws behind `weight`, if it is one.
    pub draws: Vec<R>,
}

impl<R: Real> StepWeights<R> {
    /// Fills `all` with σ² of every weight, and a draw of the weights where the gradient noise wants one.
    pub fn draw(all: &mut Vec<Self>, state: &State<R>, method: &Method, step: u64) {
        all.resize_with(state.layers.len(), Self::default);
        for (l, (layer, w)) in state.layers.iter().zip(all).enumerate() {
            w.fill(layer, l as u32, method, step);
        }
    }

    fn fill(&mut self, layer: &LayerState<R>, l: u32, method: &Method, step: u64) {
        self.weight.clone_from(&layer.theta);
        self.sigma2.resize(layer.theta.len(), R::ZERO);
        for i in layer.positions() {
            self.sigma2[i] = R::of(layer.log_sigma2(i, method.parametrisation)).exp();
        }
        if method.noise == GradientNoise::Local {
            return;
        }
        self.draws.resize(layer.theta.len(), R::ZERO);
        for (d, row) in self.draws.chunks_mut(layer.stride).enumerate() {
            let key = NoiseKey { seed: method.seed, step, layer: stream::WEIGHTS | l, row: d as u32 };
            R::normals(key, &mut row[..layer.outputs]);
        }
        for i in layer.positions() {
            // √α ε θ and σ ε differ by the sign of θ alone.
            if method.noise == GradientNoise::Multiplicative && layer.theta[i] < R::ZERO {
                self.draws[i] = -self.draws[i];
            }
            self.weight[i] += self.sigma2[i].sqrt() * self.draws[i];
        }
    }
}

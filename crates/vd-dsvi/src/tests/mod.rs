//! Tests that need the engine's inside: gradients, estimators, their noise.

mod gradients;
mod unbiased;

use nalgebra::DMatrix;

use std::borrow::Cow;

use crate::data::rows::Rows;
use crate::data::samples::Samples;
use crate::data::targets::{Extent, TargetTable, Targets};
use crate::engine::generic::Engine;
use crate::engine::generic::method::Method;
use crate::engine::state::State;
use crate::engine::step::Step;
use crate::params::Params;
use crate::params::choices::Optimiser;

/// A problem, a state and the parameters behind them.
struct Bench {
    params: Params,
    samples: Samples<'static, f64>,
    state: State<f64>,
}

impl Bench {
    fn new<'t>(params: Params, x: &DMatrix<f64>, t: impl Into<Targets<'t, f64>>) -> Self {
        params.check().unwrap();
        let rows = Rows::from_dense(x).unwrap();
        let (likelihood, classes) = (params.likelihood, params.classes);
        let targets = TargetTable::new(likelihood, classes, t.into(), rows.samples(), Extent::Whole).unwrap();
        let log_beta = params.initial_log_beta(targets.variance());
        let state = State::new(&params, rows.features(), targets.outputs(), log_beta);
        Self { params, samples: Samples { id: 0, rows: Cow::Owned(rows), targets }, state }
    }

    /// Σ log p at a state under the noise of `step`, and the state after a step of plain ascent with this rate.
    fn step(&self, state: &State<f64>, chosen: &[u32], step: u64, rate: f64) -> (f64, State<f64>) {
        let method = Method { optimiser: Optimiser::Sgd, ..Method::of::<f64>(&self.params) };
        let step = Step { number: step, kl_weight: self.params.lambda.at(0.0), learning_rate: rate };
        let mut moved = state.clone();
        let log_p = Engine::new(method, None).step(&mut moved, &self.samples, chosen, &step);
        (log_p, moved)
    }

    fn everyone(&self) -> Vec<u32> {
        (0..self.samples.count() as u32).collect()
    }

    /// The sampled bound under the noise of `step`, all samples in the batch.
    fn objective(&self, state: &State<f64>, step: u64) -> f64 {
        let kl = state.kl(&self.params.kl, self.params.parametrisation);
        let weight = self.params.lambda.at(0.0);
        self.step(state, &self.everyone(), step, 0.0).0 - if weight == 0.0 { 0.0 } else { weight * kl }
    }

    /// The engine's gradient of the sampled bound, read off a step of plain ascent: (layer by layer) θ, ρ, b; then log β.
    fn gradient(&self, chosen: &[u32], step: u64) -> Vec<f64> {
        // A power of two, so that reading the difference back loses as little as can be.
        let rate = (0.5f64).powi(20);
        let (_, moved) = self.step(&self.state, chosen, step, rate);
        let scale = self.samples.count() as f64 / rate;
        flat(&moved).iter().zip(flat(&self.state)).map(|(a, b)| (a - b) * scale).collect()
    }
}

/// All moved numbers of a state in one order.
fn flat(state: &State<f64>) -> Vec<f64> {
    let mut all = Vec::new();
    for layer in &state.layers {
        all.extend(layer.positions().map(|i| layer.theta[i]));
        all.extend(layer.positions().map(|i| layer.rho[i]));
        all.extend(layer.intercept.iter().flat_map(|b| &b.value[..layer.outputs]));
    }
    all.push(state.log_beta);
    all
}

/// The state with the `index`-th number of [`flat`] changed by `h`.
fn nudged(state: &State<f64>, index: usize, h: f64) -> State<f64> {
    let mut state = state.clone();
    *number(&mut state, index) += h;
    state
}

fn number(state: &mut State<f64>, index: usize) -> &mut f64 {
    let mut left = index;
    for layer in &mut state.layers {
        let positions: Vec<usize> = layer.positions().collect();
        let weights = positions.len();
        if left < weights {
            return &mut layer.theta[positions[left]];
        }
        if left < 2 * weights {
            return &mut layer.rho[positions[left - weights]];
        }
        left -= 2 * weights;
        if let Some(intercept) = &mut layer.intercept {
            if left < layer.outputs {
                return &mut intercept.value[left];
            }
            left -= layer.outputs;
        }
    }
    &mut state.log_beta
}

//! Tests that need the engine's inside: gradients, estimators, their noise.

mod gradients;
mod unbiased;

use nalgebra::DMatrix;

use crate::data::Rows;
use crate::likelihood::Prepared;
use crate::state::{Rule, State};
use crate::step::{Data, Engine};
use crate::{Optimiser, Params, Targets};

/// A problem, a state and the parameters behind them.
struct Bench {
    params: Params,
    rows: Rows<f64>,
    targets: Prepared<f64>,
    state: State<f64>,
}

impl Bench {
    fn new<'t>(params: Params, x: &DMatrix<f64>, t: impl Into<Targets<'t, f64>>) -> Self {
        params.check().unwrap();
        let rows = Rows::from_dense(x).unwrap();
        let targets = Prepared::new(&params.likelihood, params.classes, t.into(), rows.objects()).unwrap();
        let state = State::new(&params, rows.features(), targets.outputs());
        Self { params, rows, targets, state }
    }

    /// Σ log p at a state under the noise of `step`, and the state after a step of plain ascent with rate `rate`.
    fn step(&self, state: &State<f64>, objects: &[u32], step: u64, rate: f64) -> (f64, State<f64>) {
        let data = Data { rows: &self.rows, targets: &self.targets, likelihood: self.params.likelihood };
        let mut params = self.params.clone();
        params.optimiser = Optimiser::Sgd;
        let mut rule = Rule::new::<f64>(&params, step, 0.0, self.rows.objects());
        rule.learning_rate = rate;
        let mut moved = state.clone();
        let log_p = Engine::new(None).step(&mut moved, &data, objects, &rule);
        (log_p, moved)
    }

    fn everyone(&self) -> Vec<u32> {
        (0..self.rows.objects() as u32).collect()
    }

    /// The sampled bound under the noise of `step`, all objects in the batch.
    fn objective(&self, state: &State<f64>, step: u64) -> f64 {
        let kl = state.kl(&self.params.kl, self.params.parametrisation);
        let weight = self.params.kl_weight.at(0.0);
        self.step(state, &self.everyone(), step, 0.0).0 - if weight == 0.0 { 0.0 } else { weight * kl }
    }

    /// The engine's gradient of the sampled bound, read off a step of plain ascent: (layer by layer) θ, ρ, b; then log β.
    fn gradient(&self, objects: &[u32], step: u64) -> Vec<f64> {
        // A power of two, so that reading the difference back loses as little as can be.
        let rate = (0.5f64).powi(20);
        let (_, moved) = self.step(&self.state, objects, step, rate);
        let scale = self.rows.objects() as f64 / rate;
        flat(&moved).iter().zip(flat(&self.state)).map(|(a, b)| (a - b) * scale).collect()
    }
}

/// All moved numbers of a state in one order.
fn flat(state: &State<f64>) -> Vec<f64> {
    let mut all = Vec::new();
    for layer in &state.layers {
        all.extend(layer.positions().map(|i| layer.theta[i]));
        all.extend(layer.positions().map(|i| layer.rho[i]));
        all.extend(layer.bias.iter().flat_map(|b| &b.value[..layer.outputs]));
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
        if let Some(bias) = &mut layer.bias {
            if left < layer.outputs {
                return &mut bias.value[left];
            }
            left -= layer.outputs;
        }
    }
    &mut state.log_beta
}

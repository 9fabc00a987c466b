//! Parameters and moments between the canonical state (row-major by input, what checkpoints hold) and the chunks.
//!
//! Inputs and hidden units whose weights have all been removed ([`State::prune`]) are left out of the net.

use crate::engine::fast::net::Net;
use crate::engine::fast::weights::{Chunk, Layer};
use crate::engine::state::{LayerState, State};
use crate::numeric::lanes::{LANES, V};
use crate::numeric::math;

/// Which inputs and outputs of each layer take part, by their numbers in the whole layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Per layer, its inputs; at the end, the outputs of the last one.
    units: Vec<Vec<u32>>,
}

impl Kept {
    /// The inputs from which a weight that is not removed leads on, and all outputs.
    pub fn of(state: &State<f32>) -> Self {
        let inputs = |layer: &LayerState<f32>| {
            let alive = |d: &u32| layer.row(*d as usize).any(|i| !layer.removed(i));
            (0..layer.inputs as u32).filter(alive).collect()
        };
        let outputs = state.layers.last().map_or(0, |l| l.outputs as u32);
        Self { units: state.layers.iter().map(inputs).chain([(0..outputs).collect()]).collect() }
    }

    /// The data's inputs that take part.
    pub fn inputs(&self) -> &[u32] {
        self.units.first().map_or(&[], Vec::as_slice)
    }
}

impl Net {
    /// A net of the `kept` units, with `state`'s numbers.
    pub fn import(state: &State<f32>, kept: &Kept) -> Self {
        let layers = state.layers.iter().zip(kept.units.windows(2)).map(|(from, units)| {
            let mut layer = Layer::new(units[0].len(), &units[1], from.intercept.is_some());
            let width = layer.width();
            layer.chunks_mut().for_each(|chunk| import(chunk, from, &Place::new(chunk, units, width)));
            layer
        });
        Self::of(layers.collect())
    }

    /// Writes the net's numbers into the `state` that it was imported from.
    pub fn export(&mut self, state: &mut State<f32>, kept: &Kept) {
        for ((layer, to), units) in
            self.layers_mut().iter_mut().zip(&mut state.layers).zip(kept.units.windows(2))
        {
            let width = layer.width();
            layer.chunks_mut().for_each(|chunk| export(chunk, to, &Place::new(chunk, units, width)));
        }
    }
}

/// Where a chunk's inputs and lanes are in the whole layer.
struct Place<'a> {
    inputs: &'a [u32],
    outputs: &'a [u32],
}

impl<'a> Place<'a> {
    fn new(chunk: &Chunk, units: &'a [Vec<u32>], width: usize) -> Self {
        let inputs = &units[0][(chunk.part * width).min(units[0].len())..][..chunk.rho.len()];
        let outputs = &units[1][chunk.panel * LANES..];
        Self { inputs, outputs: &outputs[..outputs.len().min(LANES)] }
    }

    fn load(&self, values: &[f32], start: usize) -> V {
        let mut v = V::ZERO;
        for (lane, k) in self.outputs.iter().enumerate() {
            v.0[lane] = values[start + *k as usize];
        }
        v
    }

    fn store(&self, values: &mut [f32], start: usize, v: &V) {
        for (lane, k) in self.outputs.iter().enumerate() {
            values[start + *k as usize] = v.0[lane];
        }
    }
}

fn import(chunk: &mut Chunk, from: &LayerState<f32>, place: &Place<'_>) {
    for (i, d) in place.inputs.iter().enumerate() {
        let at = *d as usize * from.stride;
        let mut rho = place.load(&from.rho, at);
        let mut sigma2 = V::ZERO;
        for lane in 0..place.outputs.len() {
            // A removed weight has σ² = 0, and any finite ρ here.
            let alive = rho.0[lane] > f32::NEG_INFINITY;
            sigma2.0[lane] = if alive { math::exp(rho.0[lane]) } else { 0.0 };
            rho.0[lane] = if alive { rho.0[lane] } else { 0.0 };
        }
        let [tm, tv] = &from.theta_moments;
        let [rm, rv] = &from.rho_moments;
        chunk.weights[i] = [place.load(&from.theta, at), sigma2];
        chunk.rho[i] = rho;
        chunk.moments[i] = [tm, tv, rm, rv].map(|moment| place.load(moment, at));
    }
    if let Some(bias) = &from.intercept {
        chunk.bias = [&bias.value, &bias.moments[0], &bias.moments[1]].map(|values| place.load(values, 0));
    }
}

fn export(chunk: &Chunk, to: &mut LayerState<f32>, place: &Place<'_>) {
    for (i, d) in place.inputs.iter().enumerate() {
        let at = *d as usize * to.stride;
        let mut rho = chunk.rho[i];
        for lane in 0..LANES {
            let alive = chunk.weights[i][1].0[lane] > 0.0;
            rho.0[lane] = if alive { rho.0[lane] } else { f32::NEG_INFINITY };
        }
        let [tm, tv, rm, rv] = &chunk.moments[i];
        place.store(&mut to.theta, at, &chunk.weights[i][0]);
        place.store(&mut to.rho, at, &rho);
        place.store(&mut to.theta_moments[0], at, tm);
        place.store(&mut to.theta_moments[1], at, tv);
        place.store(&mut to.rho_moments[0], at, rm);
        place.store(&mut to.rho_moments[1], at, rv);
    }
    if let (Some(bias), 0) = (&mut to.intercept, chunk.part) {
        place.store(&mut bias.value, 0, &chunk.bias[0]);
        place.store(&mut bias.moments[0], 0, &chunk.bias[1]);
        place.store(&mut bias.moments[1], 0, &chunk.bias[2]);
    }
}

//! Parameters and moments between the canonical state (row-major by input, what checkpoints hold) and the chunks.

use super::lanes::{LANES, V};
use super::math;
use super::net::Net;
use super::weights::{Chunk, Layer};
use crate::state::{LayerState, State};

impl Net {
    /// A net shaped like `state`, with its numbers.
    pub fn import(state: &State<f32>) -> Self {
        let layers = state.layers.iter().map(|from| {
            let mut layer = Layer::new(from.inputs, from.outputs, from.bias.is_some());
            let width = layer.width();
            layer.chunks_mut().for_each(|chunk| import(chunk, from, width));
            layer
        });
        Self::of(layers.collect())
    }

    /// Writes the net's numbers into the `state` that it was imported from.
    pub fn export(&mut self, state: &mut State<f32>) {
        for (layer, to) in self.layers_mut().iter_mut().zip(&mut state.layers) {
            let width = layer.width();
            layer.chunks_mut().for_each(|chunk| export(chunk, to, width));
        }
    }
}

/// Inputs and outputs of a chunk: (index in the chunk, start of its lanes in the state, number of lanes).
fn spans(
    chunk: &Chunk,
    layer: &LayerState<f32>,
    width: usize,
) -> impl Iterator<Item = (usize, usize)> + use<> {
    let (first, stride, panel) = (chunk.part * width, layer.stride, chunk.panel);
    (0..chunk.rho.len()).map(move |i| (i, (first + i) * stride + panel * LANES))
}

fn lanes_of(chunk: &Chunk, layer: &LayerState<f32>) -> usize {
    (layer.outputs - chunk.panel * LANES).min(LANES)
}

fn import(chunk: &mut Chunk, from: &LayerState<f32>, width: usize) {
    let lanes = lanes_of(chunk, from);
    let load = |values: &[f32], at: usize| {
        let mut v = V::ZERO;
        v.0[..lanes].copy_from_slice(&values[at..at + lanes]);
        v
    };
    for (i, at) in spans(chunk, from, width) {
        let rho = load(&from.rho, at);
        let mut sigma2 = V::ZERO;
        for lane in 0..lanes {
            sigma2.0[lane] = math::exp(rho.0[lane]);
        }
        let [tm, tv] = &from.theta_moments;
        let [rm, rv] = &from.rho_moments;
        chunk.weights[i] = [load(&from.theta, at), sigma2];
        chunk.rho[i] = rho;
        chunk.moments[i] = [load(tm, at), load(tv, at), load(rm, at), load(rv, at)];
    }
    if let Some(bias) = &from.bias {
        let at = chunk.panel * LANES;
        chunk.bias = [&bias.value, &bias.moments[0], &bias.moments[1]].map(|values| load(values, at));
    }
}

fn export(chunk: &Chunk, to: &mut LayerState<f32>, width: usize) {
    let lanes = lanes_of(chunk, to);
    let store = |values: &mut [f32], at: usize, v: &V| values[at..at + lanes].copy_from_slice(&v.0[..lanes]);
    for (i, at) in spans(chunk, to, width) {
        let [tm, tv, rm, rv] = &chunk.moments[i];
        store(&mut to.theta, at, &chunk.weights[i][0]);
        store(&mut to.rho, at, &chunk.rho[i]);
        store(&mut to.theta_moments[0], at, tm);
        store(&mut to.theta_moments[1], at, tv);
        store(&mut to.rho_moments[0], at, rm);
        store(&mut to.rho_moments[1], at, rv);
    }
    if let (Some(bias), 0) = (&mut to.bias, chunk.part) {
        let at = chunk.panel * LANES;
        store(&mut bias.value, at, &chunk.bias[0]);
        store(&mut bias.moments[0], at, &chunk.bias[1]);
        store(&mut bias.moments[1], at, &chunk.bias[2]);
    }
}

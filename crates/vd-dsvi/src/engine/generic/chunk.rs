//! One chunk of a minibatch: each of its samples forward to z and V, and back to G and H.

use crate::data::rows::Rows;
use crate::engine::generic::CHUNK;
use crate::engine::generic::inputs::{Inputs, axpy, dot};
use crate::engine::generic::method::Method;
use crate::engine::generic::weights::StepWeights;
use crate::engine::state::{State, stream};
use crate::numeric::normals::NoiseKey;
use crate::params::choices::GradientNoise;
use crate::real::Real;

/// Buffers of one layer for the samples of one chunk.
#[derive(Default)]
pub(crate) struct ChunkLayer<R> {
    /// Pre-activations, then G.
    pub z: Vec<R>,
    /// Their variances, then H.
    pub h: Vec<R>,
    /// ReLU(z), for hidden layers; padded like z.
    pub activation: Vec<R>,
}

/// Buffers of one chunk of the batch.
#[derive(Default)]
pub(crate) struct Chunk<R> {
    pub layers: Vec<ChunkLayer<R>>,
    draws: Vec<R>,
    pub log_p: Vec<f64>,
}

impl<R: Real> Chunk<R> {
    pub fn resize(&mut self, state: &State<R>, rows: usize) {
        self.layers.resize_with(state.layers.len(), ChunkLayer::default);
        self.log_p.resize(rows, 0.0);
        for (l, (layer, buffers)) in state.layers.iter().zip(&mut self.layers).enumerate() {
            buffers.z.resize(rows * layer.stride, R::ZERO);
            buffers.h.resize(rows * layer.stride, R::ZERO);
            if l + 1 < state.layers.len() {
                buffers.activation.resize(rows * layer.stride, R::ZERO);
            }
        }
        self.draws.resize(state.layers.iter().map(|l| l.stride).max().unwrap_or(0), R::ZERO);
    }

    /// Fills z with pre-activations and h with E/(2√V) for row `r` of the chunk, row `m` of the batch.
    pub fn forward(
        &mut self,
        state: &State<R>,
        weights: &[StepWeights<R>],
        rows: &Rows<R>,
        sample: u32,
        r: usize,
        m: usize,
        method: &Method,
        step: u64,
    ) {
        for (l, layer) in state.layers.iter().enumerate() {
            let (before, here) = self.layers.split_at_mut(l);
            let x = match before.last() {
                None => sparse(rows, sample),
                Some(previous) => Inputs::Dense(row_of(&previous.activation, r, state.layers[l - 1].stride)),
            };
            let buffers = &mut here[0];
            let stride = layer.stride;
            let (z, h) = (row_of_mut(&mut buffers.z, r, stride), row_of_mut(&mut buffers.h, r, stride));
            match &layer.intercept {
                Some(intercept) => z.copy_from_slice(&intercept.value),
                None => z.fill(R::ZERO),
            }
            h.fill(R::ZERO);
            let w = &weights[l];
            if method.noise == GradientNoise::Local {
                x.each(0, layer.inputs, |d, x| {
                    axpy(z, x, &w.weight[d * stride..][..stride]);
                    axpy(h, x * x, &w.sigma2[d * stride..][..stride]);
                });
                let key =
                    NoiseKey { seed: method.seed, step, layer: stream::LOCAL | l as u32, row: m as u32 };
                let draws = &mut self.draws[..layer.outputs];
                R::normals(key, draws);
                reparametrise(z, h, draws);
            } else {
                x.each(0, layer.inputs, |d, x| axpy(z, x, &w.weight[d * stride..][..stride]));
            }
            if l + 1 < state.layers.len() {
                let activation = row_of_mut(&mut buffers.activation, r, stride);
                for (a, &z) in activation.iter_mut().zip(z.iter()) {
                    *a = if z > R::ZERO { z } else { R::ZERO };
                }
                // A NaN must not hide behind the ReLU.
                if z.iter().any(|z| !z.is_finite()) {
                    activation.fill(R::of(f64::NAN));
                }
            }
        }
    }

    /// Turns the last layer's G into every layer's G and H for row `r`.
    pub fn back(&mut self, state: &State<R>, weights: &[StepWeights<R>], r: usize, method: &Method) {
        for l in (0..state.layers.len()).rev() {
            let layer = &state.layers[l];
            let stride = layer.stride;
            let (before, here) = self.layers.split_at_mut(l);
            let g = row_of(&here[0].z, r, stride);
            let h = row_of_mut(&mut here[0].h, r, stride);
            h.iter_mut().zip(g).for_each(|(h, g)| *h *= *g);
            let Some(previous) = before.last_mut() else { break };
            let below = state.layers[l - 1].stride;
            let activation = row_of(&previous.activation, r, below);
            let z = row_of_mut(&mut previous.z, r, below);
            for d in 0..layer.inputs {
                let a = activation[d];
                z[d] = if a > R::ZERO {
                    let span = d * stride..(d + 1) * stride;
                    let mut slope = dot(g, &weights[l].weight[span.clone()]);
                    if method.noise == GradientNoise::Local {
                        slope += R::of(2.0) * a * dot(h, &weights[l].sigma2[span]);
                    }
                    slope
                } else {
                    R::ZERO
                };
            }
        }
    }
}

/// z += √V E; V becomes E/(2√V), 0 where V = 0 (there ∂z/∂log σ² = E x²σ²/(2√V) tends to 0).
pub(crate) fn reparametrise<R: Real>(z: &mut [R], v: &mut [R], draws: &[R]) {
    for ((z, v), &e) in z.iter_mut().zip(v).zip(draws) {
        let sd = v.sqrt();
        *z += sd * e;
        *v = if sd > R::ZERO { e / (sd + sd) } else { sd };
    }
}

fn sparse<R: Real>(rows: &Rows<R>, sample: u32) -> Inputs<'_, R> {
    let (index, value) = rows.row(sample as usize);
    Inputs::Sparse(index, value)
}

pub(crate) fn input_row<'a, R: Real>(
    rows: &'a Rows<R>,
    chunks: &'a [Chunk<R>],
    samples: &[u32],
    layer: usize,
    m: usize,
) -> Inputs<'a, R> {
    if layer == 0 {
        return sparse(rows, samples[m]);
    }
    let chunk = &chunks[m / CHUNK];
    let activation = &chunk.layers[layer - 1].activation;
    Inputs::Dense(row_of(activation, m % CHUNK, activation.len() / chunk.log_p.len()))
}

#[inline(always)]
pub(crate) fn row_of<R>(values: &[R], row: usize, stride: usize) -> &[R] {
    &values[row * stride..][..stride]
}

#[inline(always)]
pub(crate) fn row_of_mut<R>(values: &mut [R], row: usize, stride: usize) -> &mut [R] {
    &mut values[row * stride..][..stride]
}

//! The three pieces of a step: the first layer's sums by chunk, everything else about an sample by row, and the gradients
//! and updates by chunk.

use crate::engine::fast::dispatch::Job;
use crate::engine::fast::forward;
use crate::engine::fast::kl::KlGradient;
use crate::engine::fast::likelihood::Targets;
use crate::engine::fast::rows::{Entry, Rows};
use crate::engine::fast::update::{self, Adam};
use crate::engine::fast::weights::{Chunk, Layer};
use crate::numeric::lanes::{LANES, V};
use crate::numeric::normals::{NoiseKey, normals4};

/// What one thread computes in the first phase: some rows of the minibatch, whole groups of four.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// First row of the minibatch.
    pub start: usize,
    /// Its samples.
    pub samples: Vec<u32>,
    /// Per layer.
    pub layers: Vec<BlockLayer>,
    /// log p of each row.
    pub log_p: Vec<f32>,
}

/// A layer's share of a [`Block`].
#[derive(Debug, Default)]
pub(crate) struct BlockLayer {
    /// (μ, V), then (z, slope), then (g, h), of panel p of row i at i·panels + p.
    pub pairs: Vec<[V; 2]>,
    /// The layer's inputs, except in the first layer, which reads the data.
    pub inputs: Rows,
}

impl Block {
    /// Empty, shaped for `layers`.
    pub fn new(layers: &[Layer]) -> Self {
        let shaped = |l: &Layer| BlockLayer { pairs: Vec::new(), inputs: Rows::new(l.inputs, l.parts) };
        Self { layers: layers.iter().map(shaped).collect(), ..Self::default() }
    }

    /// The entries of row i that layer `l`'s chunks of `part` read.
    #[inline(always)]
    pub fn segment<'a>(&'a self, data: &'a Rows, l: usize, i: usize, part: usize) -> &'a [Entry] {
        if l == 0 {
            data.segment(self.samples[i] as usize, part)
        } else {
            self.layers[l].inputs.segment(i, part)
        }
    }
}

/// The first layer's Σ x θ and Σ x² σ² of one chunk for every sample of the minibatch. By chunk, since a thread keeps the
/// chunks that it updates in its own cache, and the data's part that they read.
pub(crate) struct SumPhase<'a> {
    pub data: &'a Rows,
    pub samples: &'a [u32],
    pub chunk: &'a mut Chunk,
}

impl Job for SumPhase<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Chunk { part, weights, forward, .. } = self.chunk;
        forward.clear();
        let ahead = if self.samples.len() > FEW { AHEAD } else { FEW };
        for samples in self.samples.chunks(ahead) {
            read_ahead(self.data, samples, *part);
            for sample in samples {
                forward.push(forward::sums(self.data.segment(*sample as usize, *part), weights));
            }
        }
    }
}

/// Rows that are read ahead together: enough that many cache lines are under way at once, few enough that they stay near.
const AHEAD: usize = 64;
/// Up to so many rows are read ahead at once and still near in the backward pass.
const FEW: usize = 256;

#[inline(always)]
fn read_ahead(data: &Rows, samples: &[u32], part: usize) {
    core::hint::black_box(samples.iter().fold(0, |sum, sample| sum ^ data.touch(*sample as usize, part)));
}

/// Pre-activations, draws, log-likelihood and the gradient with respect to every layer's (μ, V), for a block of rows.
pub(crate) struct RowPhase<'a, C> {
    pub layers: &'a [Layer],
    /// Each layer's chunks.
    pub weights: &'a [Vec<C>],
    pub targets: Targets<'a>,
    /// Seed and step; layer and row are filled in.
    pub key: NoiseKey,
    /// w/M.
    pub scale: f32,
    pub block: &'a mut Block,
    /// Room for one row's products.
    pub products: Vec<V>,
}

impl<C: core::ops::Deref<Target = Chunk>> Job for RowPhase<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        for l in 0..self.layers.len() {
            self.forward(l);
            if l + 1 < self.layers.len() {
                let Layer { panels, outputs, .. } = self.layers[l];
                let (below, above) = self.block.layers.split_at_mut(l + 1);
                above[0].inputs.clear();
                for i in 0..self.block.samples.len() {
                    let pairs = &below[l].pairs[i * panels..][..panels];
                    forward::push_positive(&mut above[0].inputs, pairs, outputs);
                }
            }
        }
        self.likelihood();
        for l in (1..self.layers.len()).rev() {
            self.backward(l);
        }
    }
}

impl<C: core::ops::Deref<Target = Chunk>> RowPhase<'_, C> {
    #[inline(always)]
    fn forward(&mut self, l: usize) {
        let Layer { panels, parts, .. } = self.layers[l];
        let rows = self.block.samples.len();
        let mut pairs = core::mem::take(&mut self.block.layers[l].pairs);
        pairs.clear();
        pairs.resize(rows * panels, [V::ZERO; 2]);
        // Panel by panel: its weights stay near while the rows pass.
        for panel in 0..panels {
            let chunks = &self.weights[l][panel * parts..][..parts];
            let mut noise = [V::ZERO; 4];
            for i in 0..rows {
                let row = (self.block.start + i) as u32;
                if i % 4 == 0 {
                    let key = NoiseKey { layer: l as u32, row, ..self.key };
                    noise = normals4(key, &self.layers[l].ids[panel]);
                }
                let (mut mean, mut variance) = (chunks[0].bias[0], V::ZERO);
                for (part, chunk) in chunks.iter().enumerate() {
                    let [m, v] = if l == 0 {
                        chunk.forward[row as usize]
                    } else {
                        forward::sums(self.block.layers[l].inputs.segment(i, part), &chunk.weights)
                    };
                    mean.add(&m);
                    variance.add(&v);
                }
                let pair = &mut pairs[i * panels + panel];
                *pair = [mean, variance];
                forward::reparametrise(pair, &noise[i % 4]);
            }
        }
        self.block.layers[l].pairs = pairs;
    }

    #[inline(always)]
    fn likelihood(&mut self) {
        let Block { samples, layers, log_p, .. } = &mut *self.block;
        let (Some(last), Some(shape)) = (layers.last_mut(), self.layers.last()) else { return };
        log_p.clear();
        for (sample, pairs) in samples.iter().zip(last.pairs.chunks_mut(shape.panels)) {
            log_p.push(self.targets.gradient(*sample as usize, shape.outputs, self.scale, pairs));
        }
    }

    /// From layer `l`'s (g, h) to those of the layer below, through the inputs that were positive.
    #[inline(always)]
    fn backward(&mut self, l: usize) {
        let Layer { panels, parts, .. } = self.layers[l];
        let below_panels = self.layers[l - 1].panels;
        let width = self.layers[l].width();
        let (below, above) = self.block.layers.split_at_mut(l);
        let (below, above) = (&mut below[l - 1], &above[0]);
        if below_panels == 0 {
            return; // No unit of that layer is left.
        }
        for (i, pairs) in below.pairs.chunks_mut(below_panels).enumerate() {
            for pair in pairs.iter_mut() {
                pair[0] = V::ZERO;
            }
            let upstream = &above.pairs[i * panels..][..panels];
            for part in 0..parts {
                let entries = above.inputs.segment(i, part);
                self.products.clear();
                for entry in entries {
                    let chunks = self.weights[l][part..].iter().step_by(parts).map(|c| &**c);
                    self.products.push(forward::input_products(chunks, upstream, entry));
                }
                for (entry, products) in entries.iter().zip(&self.products) {
                    let unit = part * width + entry.index as usize;
                    pairs[unit / LANES][0].0[unit % LANES] = products.sum();
                }
            }
            pairs.iter_mut().for_each(forward::chain);
        }
    }
}

/// One chunk's sums over the whole minibatch, in the order of its rows, and its step.
pub(crate) struct ChunkPhase<'a, B, K> {
    pub blocks: &'a [B],
    pub data: &'a Rows,
    pub layer: usize,
    pub panels: usize,
    pub bias: bool,
    pub adam: Adam,
    pub kl: K,
    pub chunk: &'a mut Chunk,
}

impl<B: core::ops::Deref<Target = Block>, K: KlGradient> Job for ChunkPhase<'_, B, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Chunk { panel, part, .. } = *self.chunk;
        let rows: usize = self.blocks.iter().map(|b| b.samples.len()).sum();
        let far = self.layer == 0 && rows > FEW;
        let mut total = V::ZERO;
        for block in self.blocks {
            let pairs = &block.layers[self.layer].pairs;
            for i in 0..block.samples.len() {
                if far && i.is_multiple_of(AHEAD) {
                    read_ahead(self.data, &block.samples[i..block.samples.len().min(i + AHEAD)], part);
                }
                let [g, h] = &pairs[i * self.panels + panel];
                let entries = block.segment(self.data, self.layer, i, part);
                update::accumulate(&mut self.chunk.gradient, entries, g, h);
                total.add(g);
            }
        }
        if self.bias && part == 0 {
            update::step_bias(&mut self.chunk.bias, self.adam, &total);
        }
        update::step(self.chunk, self.adam, self.kl);
    }
}

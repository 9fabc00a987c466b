//! Many samples side by side: a weight is read once for [`SIDE`] samples, and no index is looked up in a register.

use crate::layer::Layer;

/// Samples side by side.
pub(crate) const SIDE: usize = 32;

/// Samples that are laid side by side at a time: what eight rows of inputs give is one store.
const STRIP: usize = 8;

type Samples = [f32; SIDE];

/// A layer by output, for samples side by side.
#[derive(Debug, Clone)]
pub(crate) struct ByOutput {
    offsets: Vec<usize>,
    index: Vec<u32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl ByOutput {
    pub fn new(layer: &Layer) -> Self {
        let entries: Vec<(usize, f32)> = (0..layer.outputs()).flat_map(|k| layer.row(k)).collect();
        let mut offsets = vec![0];
        (0..layer.outputs()).for_each(|k| offsets.push(offsets[k] + layer.row(k).count()));
        Self {
            offsets,
            index: entries.iter().map(|&(j, _)| j as u32).collect(),
            weight: entries.iter().map(|&(_, w)| w).collect(),
            bias: layer.bias().to_vec(),
        }
    }

    /// z = b + W x for each of the samples, and max(0, ·) of it under `relu`.
    #[inline(always)]
    fn apply(&self, x: &[Samples], z: &mut [Samples], relu: bool) {
        let rows = self.offsets.windows(2).zip(&self.bias);
        for ((span, &bias), z) in rows.zip(z) {
            let span = span[0]..span[1];
            let mut sum = [bias; SIDE];
            for (&j, &w) in self.index[span.clone()].iter().zip(&self.weight[span]) {
                let x = &x[j as usize];
                for s in 0..SIDE {
                    sum[s] += w * x[s];
                }
            }
            if relu {
                sum.iter_mut().for_each(|s| *s = s.max(0.0));
            }
            *z = sum;
        }
    }
}

/// Lays the inputs that are read of up to [`SIDE`] samples side by side; places without a sample are 0. Whether all are finite.
#[inline(always)]
fn lay(x: &[f32], features: usize, live: &[u32], to: &mut [Samples]) -> bool {
    let mut top = [0; STRIP];
    let mut rows = x.chunks_exact(features);
    for strip in (0..SIDE).step_by(STRIP) {
        let own: [&[f32]; STRIP] = core::array::from_fn(|_| rows.next().unwrap_or(&[]));
        let full = own.iter().all(|row| row.len() == features);
        for (to, &d) in to.iter_mut().zip(live) {
            let d = d as usize;
            let values: [f32; STRIP] = if full {
                core::array::from_fn(|s| own[s][d])
            } else {
                core::array::from_fn(|s| own[s].get(d).copied().unwrap_or(0.0))
            };
            for s in 0..STRIP {
                top[s] = top[s].max(values[s].to_bits() & !(1 << 31));
            }
            to[strip..strip + STRIP].copy_from_slice(&values);
        }
    }
    top.iter().all(|top| *top < f32::INFINITY.to_bits())
}

/// Room for a block of samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    from: Vec<Samples>,
    to: Vec<Samples>,
}

impl Block {
    /// The outputs of up to [`SIDE`] samples; false where an input is not finite.
    #[inline(always)]
    pub fn run(
        &mut self,
        layers: &[ByOutput],
        live: &[u32],
        x: &[f32],
        features: usize,
        y: &mut [f32],
    ) -> bool {
        self.from.resize(live.len(), [0.0; SIDE]);
        let finite = lay(x, features, live, &mut self.from);
        for (l, layer) in layers.iter().enumerate() {
            self.to.resize(layer.bias.len(), [0.0; SIDE]);
            layer.apply(&self.from, &mut self.to, l + 1 < layers.len());
            core::mem::swap(&mut self.from, &mut self.to);
        }
        let outputs = self.from.len();
        for (s, y) in y.chunks_exact_mut(outputs).enumerate() {
            y.iter_mut().zip(&self.from).for_each(|(y, z)| *y = z[s]);
        }
        finite
    }
}

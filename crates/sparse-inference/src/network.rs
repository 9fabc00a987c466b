//! A network in the form that it is evaluated in.

use crate::batch::{Block, ByOutput, SIDE};
use crate::error::Error;
use crate::inputs::DEAD;
use crate::layer::Layer;
use crate::memory::Memory;
use crate::plan::{Format, Kernel};
use crate::shrink::shrink;

/// Layers with ReLU between them, laid out for speed.
///
/// ```
/// use sparse_inference::{Layer, Memory, Network};
///
/// // y = 1 + 2 max(0, x₀ − x₂)
/// let hidden = Layer::from_dense(3, vec![0.0], |input, _| [1.0, 0.0, -1.0][input])?;
/// let output = Layer::from_dense(1, vec![1.0], |_, _| 2.0)?;
/// let network = Network::new(&[hidden, output])?;
///
/// let mut y = [0.0];
/// network.forward(&[5.0, 99.0, 2.0], &mut y, &mut Memory::default())?;
/// assert_eq!(y, [7.0]);
/// # Ok::<(), sparse_inference::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    arch: pulp::Arch,
    features: usize,
    outputs: usize,
    /// The inputs that the first layer reads, ascending.
    live: Vec<u32>,
    /// Of every input its place among those, or [`DEAD`].
    place: Vec<u32>,
    one: Vec<Kernel>,
    many: Vec<ByOutput>,
}

impl Network {
    /// A network of these layers, from the inputs to the outputs, without the units that have no effect. Each layer gets the form that costs
    /// least.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for no layer, or one whose inputs are not the outputs of the one before.
    pub fn new(layers: &[Layer]) -> Result<Self, Error> {
        let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
            return Err(Error::Inconsistent("a network without layers".to_owned()));
        };
        if let Some(pair) = layers.windows(2).find(|pair| pair[0].outputs() != pair[1].inputs()) {
            let (gets, wants) = (pair[0].outputs(), pair[1].inputs());
            return Err(Error::Inconsistent(format!("a layer of {wants} inputs gets {gets}")));
        }
        let mut own = shrink(layers.to_vec());
        let live = own[0].live();
        own[0] = own[0].over(&live);
        let mut place = vec![DEAD; first.inputs()];
        live.iter().zip(0..).for_each(|(&d, at)| place[d as usize] = at);
        Ok(Self {
            arch: pulp::Arch::new(),
            features: first.inputs(),
            outputs: last.outputs(),
            live,
            place,
            one: own.iter().map(Kernel::new).collect(),
            many: own.iter().map(ByOutput::new).collect(),
        })
    }

    /// D, the number of inputs, read or not.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.features
    }

    /// K, the number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The inputs that some weight reads, ascending.
    #[must_use]
    pub fn live(&self) -> &[u32] {
        &self.live
    }

    /// The form of each layer for one sample.
    #[must_use]
    pub fn formats(&self) -> Vec<Format> {
        self.one.iter().map(Kernel::format).collect()
    }

    /// Bytes of the forms that one sample reads.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.one.iter().map(Kernel::bytes).sum()
    }

    /// The outputs `y` (K numbers) for one sample `x` (D numbers), before any softmax.
    ///
    /// The same bits on every processor and for any sample beside it.
    ///
    /// # Errors
    /// [`Error::Length`] for slices of another length; [`Error::NotFinite`] where an input that is read is NaN or infinite.
    pub fn forward(&self, x: &[f32], y: &mut [f32], memory: &mut Memory) -> Result<(), Error> {
        Error::length("the inputs", self.features, x.len())?;
        Error::length("the outputs", self.outputs, y.len())?;
        let finite = self.arch.dispatch(One { network: self, x, y, memory });
        if finite { Ok(()) } else { Err(Error::NotFinite { sample: 0 }) }
    }

    #[inline(always)]
    fn one_sample(&self, x: &[f32], y: &mut [f32], memory: &mut Memory) -> bool {
        let Memory { z, active, .. } = memory;
        let finite = active.list(x, &self.place);
        for (l, layer) in self.one.iter().enumerate() {
            if l > 0 {
                active.list_positive(z);
            }
            match layer {
                Kernel::Rows(rows) => rows.apply(active, z),
                Kernel::Panels(panels) => panels.apply(active, z),
            }
        }
        y.copy_from_slice(z);
        finite
    }

    /// The outputs `y` (N × K, a sample after the other) for N samples `x` (N × D).
    ///
    /// Samples are taken 32 at a time, side by side: a fraction of the time that as many calls of [`Network::forward`] take. Additions are in another
    /// order than there, so the last bits can differ; they do not depend on what other samples there are. For several threads, give each a part
    /// of the rows.
    ///
    /// # Errors
    /// As for [`Network::forward`]; nothing is said about `y` then.
    pub fn forward_batch(&self, x: &[f32], y: &mut [f32], memory: &mut Memory) -> Result<(), Error> {
        let samples = y.len() / self.outputs;
        Error::length("the outputs", samples * self.outputs, y.len())?;
        let expected = samples.saturating_mul(self.features);
        Error::length("the inputs", expected, x.len())?;
        let width = SIDE * self.features.max(1);
        for (i, y) in y.chunks_mut(SIDE * self.outputs).enumerate() {
            let x = &x[(i * width).min(x.len())..((i + 1) * width).min(x.len())];
            let finite = self.arch.dispatch(Many { network: self, x, y, block: &mut memory.block });
            if !finite {
                return Err(Error::NotFinite {
                    sample: self.first_not_finite(x).map_or(0, |s| i * SIDE + s),
                });
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn many_samples(&self, x: &[f32], y: &mut [f32], block: &mut Block) -> bool {
        block.run(&self.many, &self.live, x, self.features.max(1), y)
    }

    fn first_not_finite(&self, x: &[f32]) -> Option<usize> {
        let bad = |row: &[f32]| self.live.iter().any(|&d| !row[d as usize].is_finite());
        x.chunks_exact(self.features.max(1)).position(bad)
    }
}

// Types and not closures: a closure that borrows is called through a shim that is not inlined, and its loops are then compiled for the
// narrowest instructions.

/// One sample, to be compiled for each instruction set.
struct One<'a> {
    network: &'a Network,
    x: &'a [f32],
    y: &'a mut [f32],
    memory: &'a mut Memory,
}

impl pulp::WithSimd for One<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> bool {
        self.network.one_sample(self.x, self.y, self.memory)
    }
}

/// A block of samples side by side, to be compiled for each instruction set.
struct Many<'a> {
    network: &'a Network,
    x: &'a [f32],
    y: &'a mut [f32],
    block: &'a mut Block,
}

impl pulp::WithSimd for Many<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> bool {
        self.network.many_samples(self.x, self.y, self.block)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure here is the test's.
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let weight =
            |j: usize, k: usize| if (j * 7 + k * 3).is_multiple_of(5) { (j as f32 + 0.3).sin() } else { 0.0 };
        let layer = |i, o| Layer::from_dense(i, (0..o).map(|k| 0.1 * k as f32).collect(), weight);
        let layers = [layer(60, 40).unwrap(), layer(40, 11).unwrap()];
        let wide = Network::new(&layers).unwrap();
        let narrow = Network { arch: pulp::Arch::Scalar, ..wide.clone() };
        let x: Vec<f32> = (0..60 * 40).map(|i| (i as f32 * 1.3).cos().max(0.0)).collect();
        let all = |net: &Network| {
            let (mut one, mut many) = (vec![0.0; 11], vec![0.0; 11 * 40]);
            let mut memory = Memory::default();
            assert_eq!(net.forward(&x[..60], &mut one, &mut memory), Ok(()));
            assert_eq!(net.forward_batch(&x, &mut many, &mut memory), Ok(()));
            one.into_iter().chain(many).map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(all(&wide), all(&narrow));
    }
}

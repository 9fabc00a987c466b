//! Compressed rows, one per input: what is not zero among the inputs adds its weights to the outputs.

use crate::inputs::Active;
use crate::layer::Layer;

/// A layer's weights by input.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Input i owns the entries `offsets[i]..offsets[i + 1]`.
    offsets: Vec<u32>,
    index: Index,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Which output an entry adds to: two bytes where that is enough.
#[derive(Debug, Clone)]
enum Index {
    Short(Vec<u16>),
    Long(Vec<u32>),
}

impl Rows {
    /// None where there are 2³² weights or more.
    pub fn new(layer: &Layer) -> Option<Self> {
        let mut offsets = vec![0_u32; layer.inputs() + 1];
        u32::try_from(layer.weights()).ok()?;
        let entries = || (0..layer.outputs()).flat_map(|k| layer.row(k).map(move |(j, w)| (j, k, w)));
        entries().for_each(|(j, ..)| offsets[j + 1] += 1);
        for j in 0..layer.inputs() {
            offsets[j + 1] += offsets[j];
        }
        let mut next = offsets.clone();
        let (mut index, mut weight) = (vec![0_u32; layer.weights()], vec![0.0; layer.weights()]);
        for (j, k, w) in entries() {
            let at = next[j] as usize;
            (index[at], weight[at]) = (k as u32, w);
            next[j] += 1;
        }
        let short: Result<Vec<u16>, _> = index.iter().map(|&k| u16::try_from(k)).collect();
        let index = short.map_or(Index::Long(index), Index::Short);
        Some(Self { offsets, index, weight, bias: layer.bias().to_vec() })
    }

    /// Bytes that are read if no input is zero.
    pub fn bytes(&self) -> usize {
        let index = match &self.index {
            Index::Short(index) => 2 * index.len(),
            Index::Long(index) => 4 * index.len(),
        };
        index + 4 * (self.weight.len() + self.offsets.len() + self.bias.len())
    }

    /// z = b + W x.
    #[inline(always)]
    pub fn apply(&self, active: &Active, z: &mut Vec<f32>) {
        z.clear();
        z.extend_from_slice(&self.bias);
        match &self.index {
            Index::Short(index) => self.scatter(active, index, z),
            Index::Long(index) => self.scatter(active, index, z),
        }
    }

    #[inline(always)]
    fn scatter<I: Copy + Into<u32>>(&self, active: &Active, index: &[I], z: &mut [f32]) {
        let (position, value) = active.entries();
        for (&i, &x) in position.iter().zip(value) {
            let span = self.offsets[i as usize] as usize..self.offsets[i as usize + 1] as usize;
            for (&k, &w) in index[span.clone()].iter().zip(&self.weight[span]) {
                let k: u32 = k.into();
                z[k as usize] += x * w;
            }
        }
    }
}

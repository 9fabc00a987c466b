//! One layer of the compact model: its kept weights as compressed rows.

use sparse_inference::{Error, Layer};

use crate::real::Real;

/// One layer between surviving inputs and surviving outputs; rows are inputs, so that a zero input costs nothing.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CompactLayer<R> {
    /// The surviving inputs' positions in the dense layer, ascending.
    pub(crate) inputs: Vec<u32>,
    /// The surviving outputs' positions in the dense layer, ascending.
    pub(crate) outputs: Vec<u32>,
    /// Input i owns the weights `offsets[i]..offsets[i + 1]`.
    pub(crate) offsets: Vec<u32>,
    /// Positions among the surviving outputs.
    pub(crate) index: Vec<u32>,
    /// θ.
    pub(crate) theta: Vec<R>,
    /// One per surviving output.
    pub(crate) intercept: Vec<R>,
}

impl<R> CompactLayer<R> {
    /// The surviving inputs' positions in the dense layer, ascending.
    #[must_use]
    pub fn inputs(&self) -> &[u32] {
        &self.inputs
    }

    /// The surviving outputs' positions in the dense layer, ascending.
    #[must_use]
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// The number of surviving weights.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.theta.len()
    }
}

impl<R: Real> CompactLayer<R> {
    /// The layer by output, over the surviving inputs; over all of so many features where their number is given.
    pub(crate) fn by_output(&self, features: Option<usize>) -> Result<Layer, Error> {
        let mut rows = vec![Vec::new(); self.outputs.len()];
        for (i, span) in self.offsets.windows(2).enumerate() {
            let input = if features.is_some() { self.inputs[i] } else { i as u32 };
            let span = span[0] as usize..span[1] as usize;
            for (&k, theta) in self.index[span.clone()].iter().zip(&self.theta[span]) {
                rows[k as usize].push((input, theta.f64() as f32));
            }
        }
        let ends = rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        });
        let offsets = core::iter::once(0).chain(ends).collect();
        let (index, weight) = rows.iter().flatten().copied().unzip();
        let bias = self.intercept.iter().map(|b| b.f64() as f32).collect();
        Layer::new(features.unwrap_or(self.inputs.len()), offsets, index, weight, bias)
    }
}

#[cfg(feature = "serde")]
impl<R: Real> CompactLayer<R> {
    pub(crate) fn holds_together(&self) -> bool {
        let ascending = |v: &[u32]| v.windows(2).all(|w| w[0] < w[1]);
        let (n, offsets) = (self.index.len(), &self.offsets);
        let spans = offsets.len() == self.inputs.len() + 1
            && offsets[0] == 0
            && offsets.windows(2).all(|w| w[0] <= w[1])
            && offsets[offsets.len() - 1] as usize == n;
        spans
            && self.theta.len() == n
            && self.intercept.len() == self.outputs.len()
            && self.index.iter().all(|&k| (k as usize) < self.outputs.len())
            && self.theta.iter().chain(&self.intercept).all(|v| v.is_finite())
            && ascending(&self.inputs)
            && ascending(&self.outputs)
    }
}

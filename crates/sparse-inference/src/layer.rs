//! A sparse layer as its owner hands it over.

use crate::error::Error;

/// y_k = b_k + Σ_j w_kj x_j over the weights that are kept: compressed rows, one per output.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    inputs: usize,
    offsets: Vec<usize>,
    index: Vec<u32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    /// From compressed rows: output k has the constant `bias[k]` and the entries `offsets[k]..offsets[k + 1]` of `index` (the inputs,
    /// ascending) and `weight`.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for no output, lengths or indices that do not fit, or a number that is not finite.
    pub fn new(
        inputs: usize,
        offsets: Vec<usize>,
        index: Vec<u32>,
        weight: Vec<f32>,
        bias: Vec<f32>,
    ) -> Result<Self, Error> {
        let layer = Self { inputs, offsets, index, weight, bias };
        layer.check().map_err(|what| Error::Inconsistent(what.to_owned()))?;
        Ok(layer)
    }

    /// From a weight for every (input, output), of which zeros are left out, and a constant for every output.
    ///
    /// # Errors
    /// As for [`Layer::new`].
    ///
    /// ```
    /// let layer = sparse_inference::Layer::from_dense(3, vec![1.0], |input, _output| [2.0, 0.0, -1.0][input])?;
    /// assert_eq!(layer.weights(), 2);
    /// # Ok::<(), sparse_inference::Error>(())
    /// ```
    pub fn from_dense(
        inputs: usize,
        bias: Vec<f32>,
        weight: impl Fn(usize, usize) -> f32,
    ) -> Result<Self, Error> {
        let mut layer = Self { inputs, offsets: vec![0], ..Self::empty() };
        for k in 0..bias.len() {
            for j in 0..inputs {
                let w = weight(j, k);
                if w != 0.0 {
                    layer.index.push(u32::try_from(j).unwrap_or(u32::MAX));
                    layer.weight.push(w);
                }
            }
            layer.offsets.push(layer.index.len());
        }
        Self::new(inputs, layer.offsets, layer.index, layer.weight, bias)
    }

    fn check(&self) -> Result<(), &'static str> {
        let entries = self.index.len();
        if self.bias.is_empty() {
            return Err("a layer without outputs");
        }
        if self.inputs > u32::MAX as usize || self.bias.len() > u32::MAX as usize {
            return Err("a layer of more than 2^32 - 1 inputs or outputs");
        }
        let ends = self.offsets.first() == Some(&0) && self.offsets.last() == Some(&entries);
        if self.offsets.len() != self.bias.len() + 1 || !ends || !self.offsets.is_sorted() {
            return Err("a layer whose rows do not fit its entries");
        }
        if self.weight.len() != entries {
            return Err("a layer with not as many weights as indices");
        }
        for rows in self.offsets.windows(2) {
            let row = &self.index[rows[0]..rows[1]];
            let below = row.last().is_none_or(|&j| (j as usize) < self.inputs);
            if !below || row.windows(2).any(|w| w[0] >= w[1]) {
                return Err("a layer whose inputs are not ascending below their number");
            }
        }
        if !self.weight.iter().chain(&self.bias).all(|w| w.is_finite()) {
            return Err("a weight or constant that is not finite");
        }
        Ok(())
    }

    /// How many inputs there are, read or not.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many outputs there are.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// How many weights are kept.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.weight.len()
    }

    /// b, one constant per output.
    #[must_use]
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// The inputs and weights of an output; nothing for an output that there is not.
    pub fn row(&self, output: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let at = |k: usize| self.offsets.get(k).copied().unwrap_or(self.index.len());
        let span = at(output)..at(output + 1).max(at(output));
        self.index[span.clone()].iter().map(|&j| j as usize).zip(self.weight[span].iter().copied())
    }

    /// The inputs that some weight reads, ascending.
    pub(crate) fn live(&self) -> Vec<u32> {
        let mut live = self.index.clone();
        live.sort_unstable();
        live.dedup();
        live
    }

    /// The layer over the inputs `live` alone.
    pub(crate) fn over(&self, live: &[u32]) -> Self {
        let place = |j: &u32| live.binary_search(j).map_or(0, |at| at as u32);
        Self { inputs: live.len(), index: self.index.iter().map(place).collect(), ..self.clone() }
    }

    /// The layer with the outputs `keep` alone, ascending.
    pub(crate) fn with_outputs(&self, keep: &[u32]) -> Self {
        let mut layer = Self { inputs: self.inputs, offsets: vec![0], ..Self::empty() };
        for &k in keep {
            layer.push(self.row(k as usize), self.bias[k as usize]);
        }
        layer
    }

    /// The layer over the inputs `keep` alone; the others are constants, and go into the constants of the outputs that read them.
    pub(crate) fn with_constants(&self, keep: &[u32], constant: impl Fn(usize) -> f32) -> Self {
        let mut layer = Self { inputs: keep.len(), offsets: vec![0], ..Self::empty() };
        for k in 0..self.outputs() {
            let place = |j: usize| keep.binary_search(&(j as u32));
            let folded = self.row(k).filter(|&(j, _)| place(j).is_err());
            let bias = folded.fold(self.bias[k], |sum, (j, w)| sum + w * constant(j));
            layer.push(self.row(k).filter_map(|(j, w)| Some((place(j).ok()?, w))), bias);
        }
        layer
    }

    fn empty() -> Self {
        Self { inputs: 0, offsets: Vec::new(), index: Vec::new(), weight: Vec::new(), bias: Vec::new() }
    }

    fn push(&mut self, row: impl Iterator<Item = (usize, f32)>, bias: f32) {
        for (j, w) in row {
            self.index.push(j as u32);
            self.weight.push(w);
        }
        self.offsets.push(self.index.len());
        self.bias.push(bias);
    }
}

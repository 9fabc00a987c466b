//! Pruned linear models and networks: compressed rows, one per output, with ReLU between layers.

use serde::{Deserialize, Serialize};

/// y_k = b_k + Σ_j w_kj x_j over the weights that are not zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Layer {
    /// How many inputs there are.
    pub inputs: u32,
    /// Output k owns the entries `offsets[k]..offsets[k + 1]`.
    pub offsets: Vec<u32>,
    /// Which input each entry weighs, ascending within an output.
    pub index: Vec<u32>,
    /// The weights.
    pub weight: Vec<f64>,
    /// b, one per output.
    pub bias: Vec<f64>,
}

impl Layer {
    /// From a weight for every (input, output); zeros are left out.
    pub fn dense(inputs: usize, bias: Vec<f64>, weight: impl Fn(usize, usize) -> f64) -> Self {
        let mut layer = Self { inputs: inputs as u32, offsets: vec![0], bias, ..Self::default() };
        for k in 0..layer.bias.len() {
            for j in 0..inputs {
                let w = weight(j, k);
                if w != 0.0 {
                    layer.index.push(j as u32);
                    layer.weight.push(w);
                }
            }
            layer.offsets.push(layer.index.len() as u32);
        }
        layer
    }

    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The inputs and weights of an output.
    pub fn row(&self, output: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let at = |k: usize| self.offsets.get(k).map_or(0, |&o| o as usize);
        let span = at(output)..at(output + 1);
        let (index, weight) = (self.index.get(span.clone()), self.weight.get(span));
        index.unwrap_or_default().iter().map(|&j| j as usize).zip(weight.unwrap_or_default().iter().copied())
    }

    /// The outputs for these inputs; the sum runs from the bias on, in the order of the inputs, as in the exported C.
    pub fn apply(&self, x: &[f64], y: &mut Vec<f64>) {
        y.clear();
        y.extend((0..self.outputs()).map(|k| self.row(k).fold(self.bias[k], |sum, (j, w)| sum + w * x[j])));
    }

    /// The layer without the outputs that `keep` refuses.
    fn without_outputs(&self, keep: &[bool]) -> Self {
        let mut layer = Self { inputs: self.inputs, offsets: vec![0], ..Self::default() };
        for k in (0..self.outputs()).filter(|&k| keep[k]) {
            for (j, w) in self.row(k) {
                layer.index.push(j as u32);
                layer.weight.push(w);
            }
            layer.offsets.push(layer.index.len() as u32);
            layer.bias.push(self.bias[k]);
        }
        layer
    }

    /// The layer after its inputs were thinned: those not kept are constants, and go into the biases.
    fn without_inputs(&self, keep: &[bool], constant: &[f64]) -> Self {
        let renumbered: Vec<u32> = keep
            .iter()
            .scan(0, |next, &k| {
                let at = *next;
                *next += u32::from(k);
                Some(at)
            })
            .collect();
        let kept = keep.iter().filter(|&&k| k).count();
        let mut layer =
            Self { inputs: kept as u32, offsets: vec![0], bias: self.bias.clone(), ..Self::default() };
        for k in 0..self.outputs() {
            for (j, w) in self.row(k) {
                if keep[j] {
                    layer.index.push(renumbered[j]);
                    layer.weight.push(w);
                } else {
                    layer.bias[k] += w * constant[j];
                }
            }
            layer.offsets.push(layer.index.len() as u32);
        }
        layer
    }
}

/// One layer: a linear model. Several: a network with ReLU between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layers {
    /// From the features to the outputs.
    pub layers: Vec<Layer>,
}

impl Layers {
    /// The outputs for these features.
    pub fn apply(&self, x: &[f64], y: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        for (l, layer) in self.layers.iter().enumerate() {
            if l == 0 {
                layer.apply(x, y);
            } else {
                std::mem::swap(y, scratch);
                scratch.iter_mut().for_each(|v| *v = v.max(0.0));
                layer.apply(scratch, y);
            }
        }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// Weights kept.
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|l| l.weight.len()).sum()
    }

    /// The features that some weight looks at, ascending.
    pub fn features(&self) -> Vec<u32> {
        let mut used = self.layers.first().map(|l| l.index.clone()).unwrap_or_default();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Removes the hidden units that nothing reads, and those that read nothing (they are constants).
    #[must_use]
    pub fn shrunk(mut self) -> Self {
        loop {
            let before: usize = self.layers.iter().map(Layer::outputs).sum();
            for l in 1..self.layers.len() {
                let (unit, reader) = (&self.layers[l - 1], &self.layers[l]);
                let mut keep = vec![false; unit.outputs()];
                reader.index.iter().for_each(|&j| keep[j as usize] = true);
                let reads = |k: usize| unit.row(k).next().is_some();
                let constant: Vec<f64> = unit.bias.iter().map(|b| b.max(0.0)).collect();
                let keep: Vec<bool> = keep.iter().enumerate().map(|(k, &read)| read && reads(k)).collect();
                let (unit, reader) = (unit.without_outputs(&keep), reader.without_inputs(&keep, &constant));
                (self.layers[l - 1], self.layers[l]) = (unit, reader);
            }
            if self.layers.iter().map(Layer::outputs).sum::<usize>() == before {
                return self;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weights(n: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![2 => Just(0.0), 1 => -2.0..2.0], n)
    }

    proptest! {
        /// Removing dead units changes no prediction.
        #[test]
        fn shrinking_keeps_the_function(
            w1 in weights(4 * 6), w2 in weights(6 * 5), w3 in weights(5 * 2),
            b in prop::collection::vec(-1.0_f64..1.0, 13), x in prop::collection::vec(-3.0_f64..3.0, 4),
        ) {
            let layers = Layers { layers: vec![
                Layer::dense(4, b[..6].to_vec(), |j, k| w1[j * 6 + k]),
                Layer::dense(6, b[6..11].to_vec(), |j, k| w2[j * 5 + k]),
                Layer::dense(5, b[11..].to_vec(), |j, k| w3[j * 2 + k]),
            ] };
            let run = |layers: &Layers| {
                let (mut y, mut scratch) = (vec![], vec![]);
                layers.apply(&x, &mut y, &mut scratch);
                y
            };
            let small = layers.clone().shrunk();
            let (full, less) = (run(&layers), run(&small));
            prop_assert!(full.iter().zip(&less).all(|(a, b)| (a - b).abs() <= 1e-12), "{:?} {:?}", full, less);
            prop_assert!(small.weights() <= layers.weights());
            for l in 1..3 {
                prop_assert!((0..small.layers[l - 1].outputs()).all(|k| small.layers[l - 1].row(k).next().is_some()));
            }
        }
    }
}

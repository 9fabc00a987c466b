//! Sparse linear models and networks: compressed rows, one per output, with ReLU between layers.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, Error, ensure, finite};

/// One sparse layer: y_k = b_k + Σ_j w_kj x_j over the weights that are not zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "UncheckedLayer")]
pub struct Layer {
    inputs: u32,
    /// Output k owns the entries `offsets[k]..offsets[k + 1]`.
    offsets: Vec<u32>,
    /// Which input each entry weighs, ascending within an output.
    index: Vec<u32>,
    weight: Vec<f64>,
    bias: Vec<f64>,
}

#[derive(Deserialize)]
struct UncheckedLayer {
    inputs: u32,
    offsets: Vec<u32>,
    index: Vec<u32>,
    weight: Vec<f64>,
    bias: Vec<f64>,
}

impl TryFrom<UncheckedLayer> for Layer {
    type Error = Error;

    fn try_from(raw: UncheckedLayer) -> Result<Self, Error> {
        Self::sparse(raw.inputs, raw.offsets, raw.index, raw.weight, raw.bias)
    }
}

impl Layer {
    /// From compressed rows: output k has the constant `bias[k]` and the entries `offsets[k]..offsets[k + 1]` of `index` (the
    /// inputs, ascending) and `weight`.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for lengths or indices that do not fit, or a number that is not finite.
    pub fn sparse(
        inputs: u32,
        offsets: Vec<u32>,
        index: Vec<u32>,
        weight: Vec<f64>,
        bias: Vec<f64>,
    ) -> Result<Self, Error> {
        let layer = Self { inputs, offsets, index, weight, bias };
        layer.check().map_err(Error::Inconsistent)?;
        Ok(layer)
    }

    /// From a weight for every (input, output), of which zeros are left out, and a constant for every output.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a number that is not finite, or more than 2³² − 1 inputs or weights.
    ///
    /// ```
    /// let layer = predictor::Layer::dense(3, vec![1.0], |input, _output| [2.0, 0.0, -1.0][input])?;
    /// let mut y = Vec::new();
    /// layer.apply(&[10.0, 99.0, 4.0], &mut y);
    /// assert_eq!((y[0], layer.weights().len()), (1.0 + 20.0 - 4.0, 2));
    /// # Ok::<(), predictor::Error>(())
    /// ```
    pub fn dense(inputs: usize, bias: Vec<f64>, weight: impl Fn(usize, usize) -> f64) -> Result<Self, Error> {
        let many = || Error::Inconsistent(format!("{inputs} inputs of {} outputs are too many", bias.len()));
        let width = u32::try_from(inputs).map_err(|_| many())?;
        inputs.checked_mul(bias.len()).and_then(|n| u32::try_from(n).ok()).ok_or_else(many)?;
        let mut layer = Self { inputs: width, offsets: vec![0], bias, ..Self::default() };
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
        layer.check().map_err(Error::Inconsistent)?;
        Ok(layer)
    }

    fn check(&self) -> Checked {
        let (outputs, entries) = (self.outputs(), self.index.len());
        let shaped = self.offsets.len() == outputs + 1
            && self.weight.len() == entries
            && self.offsets.first() == Some(&0)
            && self.offsets.last().map(|&o| o as usize) == Some(entries)
            && self.offsets.is_sorted();
        ensure(shaped, || "a layer whose rows do not fit its entries".to_owned())?;
        for k in 0..outputs {
            let row = &self.index[self.offsets[k] as usize..self.offsets[k + 1] as usize];
            let ascending =
                row.windows(2).all(|w| w[0] < w[1]) && row.last().is_none_or(|&j| j < self.inputs);
            ensure(ascending, || format!("output {k}'s inputs are not ascending below {}", self.inputs))?;
        }
        finite("a weight", self.weight.iter().chain(&self.bias))
    }

    /// How many inputs there are.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs as usize
    }

    /// The weights that are not zero, output by output.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weight
    }

    /// Which input each of [`Layer::weights`] belongs to.
    #[must_use]
    pub fn index(&self) -> &[u32] {
        &self.index
    }

    /// Where each output's weights begin and end: output k has `offsets[k]..offsets[k + 1]`.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// b, one constant per output.
    #[must_use]
    pub fn bias(&self) -> &[f64] {
        &self.bias
    }

    /// How many outputs there are.
    #[must_use]
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

    /// Puts the outputs for these inputs into `y`; the sum runs from the constant on, in the order of the inputs, as in the
    /// exported C.
    ///
    /// # Panics
    /// Where `x` is shorter than the largest input that is used.
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
#[serde(try_from = "UncheckedLayers")]
pub struct Layers {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct UncheckedLayers {
    layers: Vec<Layer>,
}

impl TryFrom<UncheckedLayers> for Layers {
    type Error = Error;

    fn try_from(raw: UncheckedLayers) -> Result<Self, Error> {
        Self::new(raw.layers)
    }
}

impl From<Layer> for Layers {
    fn from(layer: Layer) -> Self {
        Self { layers: vec![layer] }
    }
}

impl Layers {
    /// A network of these layers, from the features to the outputs, with ReLU between them.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for no layer, or one whose inputs are not the outputs of the one before.
    pub fn new(layers: Vec<Layer>) -> Result<Self, Error> {
        if layers.is_empty() {
            return Err(Error::Inconsistent("a model without layers".to_owned()));
        }
        for pair in layers.windows(2) {
            let (outputs, inputs) = (pair[0].outputs(), pair[1].inputs());
            if outputs != inputs {
                let what = format!("a layer of {inputs} inputs gets {outputs}");
                return Err(Error::Inconsistent(what));
            }
        }
        Ok(Self { layers })
    }

    /// The layers, from the features to the outputs.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// D, how many features a row has, used or not.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Layer::inputs)
    }

    /// Puts the outputs for these features into `y`.
    ///
    /// # Panics
    /// Where `x` is shorter than the largest feature that is used.
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

    /// The layers laid out for speed, in single precision: [`sparse_inference::Network::forward`] gives what [`Layers::apply`] gives, to rounding.
    ///
    /// ```
    /// let layers = predictor::Layers::from(predictor::Layer::dense(2, vec![1.0], |j, _| j as f64)?);
    /// let network = layers.network()?;
    /// let mut y = [0.0_f32];
    /// network.forward(&[9.0, 2.5], &mut y, &mut sparse_inference::Memory::default()).map_err(|e| e.to_string())?;
    /// assert_eq!(y, [3.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a weight that single precision can't hold.
    pub fn network(&self) -> Result<sparse_inference::Network, Error> {
        let refused = |e: sparse_inference::Error| Error::Inconsistent(e.to_string());
        let single = |l: &Layer| {
            sparse_inference::Layer::new(
                l.inputs(),
                l.offsets.iter().map(|&o| o as usize).collect(),
                l.index.clone(),
                l.weight.iter().map(|&w| w as f32).collect(),
                l.bias.iter().map(|&b| b as f32).collect(),
            )
        };
        let layers: Result<Vec<_>, _> = self.layers.iter().map(single).collect();
        sparse_inference::Network::new(&layers.map_err(refused)?).map_err(refused)
    }

    /// K, the number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// Number of weights that are not zero.
    #[must_use]
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|l| l.weight.len()).sum()
    }

    /// The features that some weight looks at, ascending.
    #[must_use]
    pub fn features(&self) -> Vec<u32> {
        let mut used = self.layers.first().map(|l| l.index.clone()).unwrap_or_default();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// The same function without the hidden units that nothing reads, and without those that read nothing: their constant output
    /// goes into the next layer's constants.
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

    #[test]
    fn what_does_not_fit_is_refused() {
        let sparse = |offsets: &[u32], index: &[u32], weight: f64| {
            Layer::sparse(3, offsets.to_vec(), index.to_vec(), vec![weight; index.len()], vec![0.0])
        };
        assert!(sparse(&[0, 2], &[0, 2], 1.0).is_ok());
        assert!(sparse(&[0, 2], &[2, 0], 1.0).is_err(), "not ascending");
        assert!(sparse(&[0, 2], &[0, 3], 1.0).is_err(), "beyond the inputs");
        assert!(sparse(&[0, 1], &[0, 2], 1.0).is_err(), "entries that no output owns");
        assert!(sparse(&[0, 2], &[0, 2], f64::NAN).is_err());
        let one = sparse(&[0, 2], &[0, 2], 1.0).unwrap();
        assert!(Layers::new(vec![one.clone(), one]).is_err() && Layers::new(vec![]).is_err());
        // Read from a file, too.
        let text = r#"{"inputs":3,"offsets":[0,1],"index":[7],"weight":[1.0],"bias":[0.0]}"#;
        assert!(serde_json::from_str::<Layer>(text).is_err());
        assert!(serde_json::from_str::<Layer>(&text.replace('7', "2")).is_ok());
    }

    proptest! {
        /// Removing dead units changes no prediction.
        #[test]
        fn shrinking_keeps_the_function(
            w1 in weights(4 * 6), w2 in weights(6 * 5), w3 in weights(5 * 2),
            b in prop::collection::vec(-1.0_f64..1.0, 13), x in prop::collection::vec(-3.0_f64..3.0, 4),
        ) {
            let layers = Layers::new(vec![
                Layer::dense(4, b[..6].to_vec(), |j, k| w1[j * 6 + k]).unwrap(),
                Layer::dense(6, b[6..11].to_vec(), |j, k| w2[j * 5 + k]).unwrap(),
                Layer::dense(5, b[11..].to_vec(), |j, k| w3[j * 2 + k]).unwrap(),
            ]).unwrap();
            let run = |layers: &Layers| {
                let (mut y, mut scratch) = (vec![], vec![]);
                layers.apply(&x, &mut y, &mut scratch);
                y
            };
            let single: Vec<f32> = x.iter().map(|&v| v as f32).collect();
            let mut fast = vec![0.0; 2];
            let network = layers.network().unwrap();
            network.forward(&single, &mut fast, &mut sparse_inference::Memory::default()).unwrap();
            let exact = run(&layers);
            prop_assert!(fast.iter().zip(&exact).all(|(a, b)| (f64::from(*a) - b).abs() <= 1e-3), "{:?} {:?}", fast, exact);
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

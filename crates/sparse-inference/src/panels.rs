//! Dense panels of eight outputs side by side, over the inputs that are read at all.

use crate::inputs::Active;
use crate::layer::Layer;

/// Outputs of a panel.
pub(crate) const LANES: usize = 8;

type Lanes = [f32; LANES];

/// A layer's weights, zeros included: by panel, then by input, then by output.
#[derive(Debug, Clone)]
pub(crate) struct Panels {
    inputs: usize,
    outputs: usize,
    /// Panel p has `weight[p * inputs..(p + 1) * inputs]`.
    weight: Vec<Lanes>,
    bias: Vec<Lanes>,
}

impl Panels {
    pub fn new(layer: &Layer) -> Self {
        let (inputs, outputs) = (layer.inputs(), layer.outputs());
        let panels = outputs.div_ceil(LANES);
        let mut weight = vec![[0.0; LANES]; panels * inputs];
        let mut bias = vec![[0.0; LANES]; panels];
        for k in 0..outputs {
            let (panel, lane) = (k / LANES, k % LANES);
            bias[panel][lane] = layer.bias()[k];
            for (j, w) in layer.row(k) {
                weight[panel * inputs + j][lane] = w;
            }
        }
        Self { inputs, outputs, weight, bias }
    }

    /// Bytes that are read.
    pub fn bytes(&self) -> usize {
        4 * LANES * (self.weight.len() + self.bias.len())
    }

    /// z = b + W x. Each output is four sums, of every fourth input that counts, so that additions need not wait for each other.
    #[inline(always)]
    pub fn apply(&self, active: &Active, z: &mut Vec<f32>) {
        z.clear();
        z.resize(self.bias.len() * LANES, 0.0);
        let (position, value) = active.entries();
        for (panel, (bias, z)) in self.bias.iter().zip(z.chunks_exact_mut(LANES)).enumerate() {
            let weight = &self.weight[panel * self.inputs..(panel + 1) * self.inputs];
            let mut sums = [*bias, [0.0; LANES], [0.0; LANES], [0.0; LANES]];
            let mut fours = position.chunks_exact(4).zip(value.chunks_exact(4));
            for (i, x) in &mut fours {
                for s in 0..4 {
                    add(&mut sums[s], x[s], &weight[i[s] as usize]);
                }
            }
            let done = position.len() / 4 * 4;
            for (s, (&i, &x)) in position[done..].iter().zip(&value[done..]).enumerate() {
                add(&mut sums[s], x, &weight[i as usize]);
            }
            for lane in 0..LANES {
                z[lane] = (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]);
            }
        }
        z.truncate(self.outputs);
    }
}

/// sum += x w, lane by lane; not fused, so that every processor gives the same bits.
#[inline(always)]
fn add(sum: &mut Lanes, x: f32, w: &Lanes) {
    for lane in 0..LANES {
        sum[lane] += x * w[lane];
    }
}

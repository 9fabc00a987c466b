//! Log-likelihoods of one sample's outputs and their gradients, over panels of sixteen outputs.

use crate::engine::fast::forward;
use crate::numeric::lanes::{LANES, V};
use crate::numeric::math;

const TINY_PROBABILITY: f32 = 1.0 / (1_u64 << 60) as f32;

/// What the network is to predict, for all N samples.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Targets<'a> {
    /// Class labels below K: log p = z_t − log Σ_k exp z_k.
    Classes(&'a [u32]),
    /// N x K of {0, 1}: log p = Σ_k t z − log(1 + exp z).
    Binary(&'a [f32]),
    /// N x K of real numbers with precision β: log p = Σ_k ½ log(β/2π) − ½ β (t − z)².
    Real {
        /// The targets, row by row.
        values: &'a [f32],
        /// The noise precision.
        beta: f32,
    },
}

impl Targets<'_> {
    /// log p(t_object | z); turns every pair (z, slope) into (g, g·slope) with g = scale · ∂log p/∂z, 0 in lanes ≥ K.
    #[inline(always)]
    pub fn gradient(&self, sample: usize, outputs: usize, scale: f32, panels: &mut [[V; 2]]) -> f32 {
        let log_p = match *self {
            Targets::Classes(labels) => softmax(labels[sample] as usize, outputs, scale, panels),
            Targets::Binary(values) => {
                elementwise(&values[sample * outputs..][..outputs], scale, panels, bernoulli)
            }
            Targets::Real { values, beta } => {
                let constant = 0.5 * (beta / core::f32::consts::TAU).ln();
                elementwise(&values[sample * outputs..][..outputs], scale, panels, |z, t| {
                    (constant - 0.5 * beta * (t - z) * (t - z), beta * (t - z))
                })
            }
        };
        panels.iter_mut().for_each(forward::chain);
        log_p
    }
}

#[inline(always)]
fn softmax(label: usize, outputs: usize, scale: f32, panels: &mut [[V; 2]]) -> f32 {
    let mut largest = f32::NEG_INFINITY;
    for (panel, pair) in panels.iter_mut().enumerate() {
        for lane in 0..LANES {
            if panel * LANES + lane >= outputs {
                pair[0].0[lane] = f32::NEG_INFINITY;
            }
        }
        // A NaN is never the larger one; it comes through in the sum below.
        let here = pair[0].max();
        largest = if here > largest { here } else { largest };
    }
    let own = panels[label / LANES][0].0[label % LANES] - largest;
    let mut total = 0.0;
    for (panel, pair) in panels.iter_mut().enumerate() {
        for lane in 0..LANES {
            // A probability below 2⁻⁶⁰ counts as zero: beside 1 − p of the likely class it is lost anyway, and as a gradient it
            // would bring subnormal products.
            let e = math::flush(math::exp(pair[0].0[lane] - largest), TINY_PROBABILITY);
            pair[0].0[lane] = if panel * LANES + lane < outputs { e } else { 0.0 };
        }
        total += pair[0].sum();
    }
    let factor = -scale / total;
    for pair in panels.iter_mut() {
        for lane in 0..LANES {
            pair[0].0[lane] *= factor;
        }
    }
    panels[label / LANES][0].0[label % LANES] += scale;
    own - math::ln(total)
}

/// (log p, ∂log p/∂z): t z − max(z, 0) − log(1 + exp(−|z|)) and t − 1/(1 + exp(−z)).
#[inline(always)]
fn bernoulli(z: f32, t: f32) -> (f32, f32) {
    let e = math::exp(-z.abs());
    let positive = if z > 0.0 { z } else { 0.0 };
    let p = if z > 0.0 { 1.0 / (1.0 + e) } else { math::flush(e, TINY_PROBABILITY) / (1.0 + e) };
    (t * z - positive - math::ln(1.0 + e), t - p)
}

#[inline(always)]
fn elementwise(
    targets: &[f32],
    scale: f32,
    panels: &mut [[V; 2]],
    f: impl Fn(f32, f32) -> (f32, f32),
) -> f32 {
    let mut log_p = 0.0;
    for (targets, pair) in targets.chunks(LANES).zip(panels.iter_mut()) {
        let g = &mut pair[0];
        for lane in targets.len()..LANES {
            g.0[lane] = 0.0;
        }
        for (z, t) in g.0.iter_mut().zip(targets) {
            let (value, slope) = f(*z, *t);
            log_p += value;
            *z = scale * slope;
        }
    }
    log_p
}

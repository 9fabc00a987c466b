//! Pre-activations of sparse rows: means, variances, the reparametrised draw, and the gradient's way back to the inputs.
//!
//! For sample m and output k (Kingma, Salimans, Welling 2015): μ = Σ_d x_d θ_dk + b_k, V = Σ_d x_d² σ²_dk,
//! z = μ + √V ε. With g = ∂ℓ/∂z:  ∂ℓ/∂μ = g, ∂ℓ/∂V = g·ε/(2√V); the factor ε/(2√V) is kept as the `slope`.

use crate::engine::fast::rows::{Entry, Rows};
use crate::engine::fast::weights::Chunk;
use crate::numeric::lanes::{LANES, V};
use crate::numeric::math;

/// A row's Σ x θ and Σ x² σ² over one chunk. Four sums run side by side, so that the fused multiply-adds do not wait for
/// each other; they are joined as (0 + 1) + (2 + 3).
#[inline(always)]
pub(crate) fn sums(entries: &[Entry], weights: &[[V; 2]]) -> [V; 2] {
    let mut sums = [[V::ZERO; 2]; 4];
    let mut quads = entries.chunks_exact(4);
    for quad in &mut quads {
        for (entry, sum) in quad.iter().zip(&mut sums) {
            let weight = &weights[entry.index as usize];
            sum[0].add_scaled(entry.value, &weight[0]);
            sum[1].add_scaled(entry.value * entry.value, &weight[1]);
        }
    }
    for (entry, sum) in quads.remainder().iter().zip(&mut sums) {
        let weight = &weights[entry.index as usize];
        sum[0].add_scaled(entry.value, &weight[0]);
        sum[1].add_scaled(entry.value * entry.value, &weight[1]);
    }
    let [mut a, b, mut c, d] = sums;
    for which in 0..2 {
        a[which].add(&b[which]);
        c[which].add(&d[which]);
        a[which].add(&c[which]);
    }
    a
}

/// (μ, V) → (z, slope). Where V = 0 the draw is the mean and the slope 0 (nothing flows to variances that vanish).
#[inline(always)]
pub(crate) fn reparametrise(pair: &mut [V; 2], noise: &V) {
    let [z, slope] = pair;
    for lane in 0..LANES {
        let deviation = slope.0[lane].sqrt();
        z.0[lane] = deviation.mul_add(noise.0[lane], z.0[lane]);
        let half = 0.5 * noise.0[lane] / deviation;
        slope.0[lane] = if deviation > 0.0 { half } else { 0.0 };
    }
}

/// (g, slope) → (g, h = g·slope). Values below 2⁻¹⁰⁰ become zero, lest every product with them be subnormal.
#[inline(always)]
pub(crate) fn chain(pair: &mut [V; 2]) {
    const TINY: f32 = 1.0 / (1_u128 << 100) as f32;
    let [g, h] = pair;
    for lane in 0..LANES {
        g.0[lane] = math::flush(g.0[lane], TINY);
        h.0[lane] = math::flush(h.0[lane] * g.0[lane], TINY);
    }
}

/// ReLU's output as a sparse row: the positive pre-activations of the layer's units. A NaN is passed on, to be found in the
/// log-likelihood.
#[inline(always)]
pub(crate) fn push_positive(rows: &mut Rows, panels: &[[V; 2]], units: usize) {
    let all = panels.iter().flat_map(|pair| pair[0].0).take(units).enumerate();
    rows.push(all.filter(|unit| !(unit.1 <= 0.0)));
}

/// ∂ℓ/∂x_d = Σ_k g_k θ_dk + 2 x_d h_k σ²_dk for one input: the terms, still to be summed over the lanes. `chunks` are the
/// panels' chunks of its part, `upstream` their (g, h).
#[inline(always)]
pub(crate) fn input_products<'a>(
    chunks: impl Iterator<Item = &'a Chunk>,
    upstream: &[[V; 2]],
    entry: &Entry,
) -> V {
    let (mut by_mean, mut by_variance) = (V::ZERO, V::ZERO);
    for (chunk, [g, h]) in chunks.zip(upstream) {
        let [theta, sigma2] = &chunk.weights[entry.index as usize];
        by_mean.add_product(g, theta);
        by_variance.add_product(h, sigma2);
    }
    by_mean.add_scaled(2.0 * entry.value, &by_variance);
    by_mean
}

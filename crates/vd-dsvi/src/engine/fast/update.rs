//! The backward sums of a chunk, the divergence's gradient and Adam, in one pass over the parameters.
//!
//! A step climbs L = (w/M) Σ_{m in batch} log p_m − λ Σ KL. With h = g·slope (`forward.rs`):
//! ∂L/∂θ = Σ_m x g − λ ∂KL/∂θ,  ∂L/∂ρ = σ² Σ_m x² h − λ ∂KL/∂ρ.
//! Adam (Kingma, Ba 2015, Algorithm 1), its bias corrections moved into the step size and ε once a step:
//! m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p + η_t m/(√v + ε_t), η_t = η √(1 − β₂ᵗ)/(1 − β₁ᵗ), ε_t = ε √(1 − β₂ᵗ).
//! Weights with σ² = 0 are dead (pruned, or padding): they keep their zeros.

use crate::engine::fast::kl::KlGradient;
use crate::engine::fast::rows::Entry;
use crate::engine::fast::weights::Chunk;
use crate::numeric::lanes::{LANES, V};
use crate::numeric::math;

/// The numbers that a step's update needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adam {
    /// λ.
    pub kl_weight: f32,
    /// β₁.
    pub beta1: f32,
    /// β₂.
    pub beta2: f32,
    /// η_t, bias corrections included.
    pub step_size: f32,
    /// ε_t, bias correction included.
    pub epsilon: f32,
    /// Smallest ρ.
    pub rho_min: f32,
    /// Largest ρ.
    pub rho_max: f32,
}

impl Adam {
    /// One parameter's step; gives the moments and the increment.
    ///
    /// Gradients below 2⁻⁵⁰ and moments below 2⁻¹⁰⁰ (m) and 2⁻¹¹⁰ (v) count as zero, lest weights at rest work with
    /// subnormal numbers: with Adam's usual ε = 1e-8 these move a parameter by less than 1e-7 η.
    #[inline(always)]
    fn step(&self, gradient: f32, m: f32, v: f32) -> (f32, f32, f32) {
        const TINY_GRADIENT: f32 = 1.0 / (1_u64 << 50) as f32;
        const TINY_FIRST: f32 = TINY_GRADIENT * TINY_GRADIENT;
        const TINY_SECOND: f32 = TINY_FIRST / 1024.0;
        let gradient = math::flush(gradient, TINY_GRADIENT);
        let m = math::flush(self.beta1.mul_add(m, (1.0 - self.beta1) * gradient), TINY_FIRST);
        let v = math::flush(self.beta2.mul_add(v, (1.0 - self.beta2) * gradient * gradient), TINY_SECOND);
        (m, v, self.step_size * m / (v.sqrt() + self.epsilon))
    }
}

/// Σ x g and Σ x² h of one row into the chunk's gradient.
#[inline(always)]
pub(crate) fn accumulate(gradient: &mut [[V; 2]], entries: &[Entry], g: &V, h: &V) {
    for entry in entries {
        let [by_mean, by_variance] = &mut gradient[entry.index as usize];
        by_mean.add_scaled(entry.value, g);
        by_variance.add_scaled(entry.value * entry.value, h);
    }
}

/// Adds the divergence's gradient, steps θ and ρ, refreshes σ² and clears the sums for the next step.
#[inline(always)]
pub(crate) fn step(chunk: &mut Chunk, adam: Adam, kl: impl KlGradient) {
    let Chunk { weights, rho, moments, gradient, .. } = chunk;
    let rows = weights.iter_mut().zip(rho).zip(moments).zip(gradient);
    for (((weight, rho), [m1, v1, m2, v2]), sums) in rows {
        let [theta, sigma2] = weight;
        let [by_mean, by_variance] = sums;
        for l in 0..LANES {
            let alive = sigma2.0[l] > 0.0;
            let (kl_theta, kl_rho) = kl.gradient(theta.0[l], sigma2.0[l]);
            let by_theta = (-adam.kl_weight).mul_add(kl_theta, by_mean.0[l]);
            let by_rho = sigma2.0[l].mul_add(by_variance.0[l], -adam.kl_weight * kl_rho);
            let (m, v, increment) = adam.step(by_theta, m1.0[l], v1.0[l]);
            let new_theta = theta.0[l] + increment;
            (m1.0[l], v1.0[l]) = if alive { (m, v) } else { (0.0, 0.0) };
            theta.0[l] = if alive { new_theta } else { 0.0 };
            let (m, v, increment) = adam.step(by_rho, m2.0[l], v2.0[l]);
            let new_rho = rho.0[l] + increment;
            let new_rho = if new_rho < adam.rho_min { adam.rho_min } else { new_rho };
            let new_rho = if new_rho > adam.rho_max { adam.rho_max } else { new_rho };
            (m2.0[l], v2.0[l]) = if alive { (m, v) } else { (0.0, 0.0) };
            rho.0[l] = if alive { new_rho } else { rho.0[l] };
            sigma2.0[l] = if alive { math::exp(new_rho) } else { 0.0 };
        }
        *by_mean = V::ZERO;
        *by_variance = V::ZERO;
    }
}

/// Steps the bias by the sum of g over the minibatch.
#[inline(always)]
pub(crate) fn step_bias(bias: &mut [V; 3], adam: Adam, sum: &V) {
    let [value, m, v] = bias;
    for l in 0..LANES {
        let increment;
        (m.0[l], v.0[l], increment) = adam.step(sum.0[l], m.0[l], v.0[l]);
        value.0[l] += increment;
    }
}

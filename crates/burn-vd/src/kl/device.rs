//! The divergence by tensor arithmetic, for GPUs: every sparse layer's weights in one vector, so that a network costs as
//! many kernel launches as a layer.
//!
//! All of it runs outside the autodiff graph and has no branch: both regions are evaluated within their own domain, and a
//! mask takes one.

use burn::tensor::Tensor;
use kl_approx::rational as r;

use crate::kl::{Kl, LOWEST_LOG_SIGMA2, Terms};
use crate::walk::SparseWeights;

/// Beyond this |θ|/σ the square would overflow f32.
const LARGEST_S: f64 = 1e18;

/// Σ KL and slopes layer by layer.
pub(crate) fn terms(kl: &Kl, weights: &[SparseWeights]) -> Vec<Terms> {
    let plain = |t: &Tensor<1>| if t.is_autodiff() { t.clone().inner() } else { t.clone() };
    let device = plain(&weights[0].theta).device();
    let cat = |pick: fn(&SparseWeights) -> &Tensor<1>| {
        Tensor::cat(weights.iter().map(|w| plain(pick(w)).to_device(&device)).collect(), 0)
    };
    let (value, d_theta, d_log_sigma2) = value_grad(kl, cat(|w| &w.theta), cat(|w| &w.log_sigma2));
    let mut from = 0;
    let mut out = Vec::with_capacity(weights.len());
    for w in weights {
        let n = w.theta.shape().num_elements();
        let home = plain(&w.theta).device();
        let part = |t: &Tensor<1>| t.clone().narrow(0, from, n).to_device(&home);
        out.push(Terms {
            value: part(&value).sum(),
            d_theta: part(&d_theta),
            d_log_sigma2: part(&d_log_sigma2),
        });
        from += n;
    }
    out
}

/// (KL, ∂KL/∂θ, ∂KL/∂ log σ²) of every element.
pub(crate) fn value_grad(
    kl: &Kl,
    theta: Tensor<1>,
    log_sigma2: Tensor<1>,
) -> (Tensor<1>, Tensor<1>, Tensor<1>) {
    let kept = log_sigma2.clone().clamp_min(LOWEST_LOG_SIGMA2);
    let inverse_sigma = (kept.clone() * -0.5).exp();
    let s = (theta.clone() * inverse_sigma.clone()).clamp(-LARGEST_S, LARGEST_S);
    // ½ (kept − log σ²) is what the asymptote −½ log α gains below the lowest log σ²; 0 for a removed weight (θ = 0).
    let below = ((kept - log_sigma2) * 0.5).mask_fill(theta.equal_elem(0.0), 0.0);
    let Parts { value, g, h } = match *kl {
        Kl::Exact => exact(s),
        Kl::Sigmoid { k1, k2, k3 } => sigmoid(s, [k1, k2, k3]),
        Kl::EmpiricalBayes => half_log(s),
        Kl::KingmaCubic => kingma(s, kl, [1.161_451_24, -1.502_041_18, 0.586_299_21]),
        Kl::KingmaBound => kingma(s, kl, [0.0; 3]),
    };
    (value + below, h * inverse_sigma, g)
}

/// KL, g = dKL/d log α and h = −2g/s as functions of s = θ/σ.
struct Parts {
    value: Tensor<1>,
    g: Tensor<1>,
    h: Tensor<1>,
}

/// Σ c(k) xᵏ by Horner's rule.
fn polynomial<const N: usize>(c: &[f32; N], x: &Tensor<1>) -> Tensor<1> {
    let mut sum = x.clone() * c[N - 1] + c[N - 2];
    for k in (0..N - 2).rev() {
        sum = sum * x.clone() + c[k];
    }
    sum
}

/// kl-approx's single-precision rational form (`kl_approx::rational`).
fn exact(s: Tensor<1>) -> Parts {
    let e = s.clone() * s.clone();
    let far = e.clone().greater_elem(r::E0);
    // Near: e ≤ E0.
    let near_e = e.clone().clamp_max(r::E0);
    let scale = polynomial(&r::NEAR_Q, &near_e).recip();
    let near_kl = near_e.clone() * (polynomial(&r::NEAR_KL, &near_e) * scale.clone() + r::MIDDLE);
    let near_ratio = polynomial(&r::NEAR_GRAD, &near_e) * scale;
    // Far: α < 1/E0.
    let alpha = e.clamp_min(r::E0).recip();
    let x = alpha.clone() * (2.0 * r::E0) - 1.0;
    let scale = alpha * polynomial(&r::FAR_Q, &x).recip();
    let size = s.clone().abs().clamp_min(1.0);
    let far_kl = size.log() + r::EXCESS_AT_ZERO + polynomial(&r::FAR_KL, &x) * scale.clone();
    let far_g = polynomial(&r::FAR_GRAD, &x) * scale - 0.5;
    let far_h = far_g.clone() * -2.0 / s.clone().mask_fill(far.clone().bool_not(), 1.0);
    Parts {
        value: near_kl.mask_where(far.clone(), far_kl),
        g: (near_e * near_ratio.clone()).mask_where(far.clone(), far_g),
        h: (s * near_ratio * -2.0).mask_where(far, far_h),
    }
}

/// ½ log(1 + s²).
fn half_log(s: Tensor<1>) -> Parts {
    let e = s.clone() * s.clone();
    let inverse = (e.clone() + 1.0).recip();
    // 1 − 1/(1 + e) would cancel at small e, e/(1 + e) doesn't.
    Parts { value: e.clone().log1p() * 0.5, g: e * inverse.clone() * -0.5, h: s * inverse }
}

/// ½ log(1 + s²) + k₁ w, w = σ(−(k₂ + k₃ log α)).
fn sigmoid(s: Tensor<1>, [k1, k2, k3]: [f64; 3]) -> Parts {
    let base = half_log(s.clone());
    let zero = s.clone().equal_elem(0.0);
    // −log α = 2 log|s|; at s = 0 anything finite will do, for it is masked.
    let minus_log_alpha = s.clone().abs().mask_fill(zero.clone(), 1.0).log() * 2.0;
    let t = minus_log_alpha * k3 - k2;
    let w = burn::tensor::activation::sigmoid(t.clone()).mask_fill(zero.clone(), 0.0);
    let rest = burn::tensor::activation::sigmoid(-t);
    let g = w.clone() * rest * (-k1 * k3);
    let h = (g.clone() * -2.0 / s.mask_fill(zero.clone(), 1.0)).mask_fill(zero, 0.0);
    Parts { value: base.value + w * k1, g: base.g + g, h: base.h + h }
}

/// const − ½ log α − c₁α − c₂α² − c₃α³ for α ≤ 1; constant above.
fn kingma(s: Tensor<1>, kl: &Kl, [c1, c2, c3]: [f64; 3]) -> Parts {
    let constant = kl.value_grad(0.0).0 + c1 + c2 + c3;
    let beyond = s.clone().abs().lower_equal_elem(1.0);
    let size = s.clone().abs().clamp_min(1.0);
    let a = (size.clone() * size.clone()).recip();
    let value = size.log() + constant - a.clone() * (a.clone() * (a.clone() * c3 + c2) + c1);
    let g = -(a.clone() * (a.clone() * (a * (3.0 * c3) + 2.0 * c2) + c1)) - 0.5;
    let g = g.mask_fill(beyond.clone(), 0.0);
    let h = g.clone() * -2.0 / s.mask_fill(beyond, 1.0);
    Parts { value, g, h }
}

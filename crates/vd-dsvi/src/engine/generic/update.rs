//! From G and H to gradients, and from gradients to moved weights, a range of a layer's inputs at a time.

use core::ops::Range;

use crate::engine::generic::inputs::{Inputs, axpy};
use crate::engine::generic::method::Method;
use crate::engine::generic::optimiser::OptimiserStep;
use crate::engine::generic::weights::StepWeights;
use crate::engine::state::LayerState;
use crate::params::choices::{GradientNoise, Parametrisation};
use crate::real::Real;

/// A range of a layer's inputs with its parameters and moments.
pub(crate) struct Task<'a, R> {
    inputs: Range<usize>,
    stride: usize,
    outputs: usize,
    theta: &'a mut [R],
    rho: &'a mut [R],
    theta_moments: [&'a mut [R]; 2],
    rho_moments: [&'a mut [R]; 2],
}

/// Cuts a layer into `parts` ranges of inputs.
pub(crate) fn split<R: Real>(layer: &mut LayerState<R>, parts: usize) -> Vec<Task<'_, R>> {
    let each = layer.inputs.div_ceil(parts);
    let size = each * layer.stride;
    let [tm, tv] = &mut layer.theta_moments;
    let [rm, rv] = &mut layer.rho_moments;
    let parameters = layer.theta.chunks_mut(size).zip(layer.rho.chunks_mut(size));
    let moments =
        tm.chunks_mut(size).zip(tv.chunks_mut(size)).zip(rm.chunks_mut(size).zip(rv.chunks_mut(size)));
    let (stride, outputs, inputs) = (layer.stride, layer.outputs, layer.inputs);
    let task = |(part, ((theta, rho), ((tm, tv), (rm, rv))))| Task {
        inputs: part * each..inputs.min((part + 1) * each),
        stride,
        outputs,
        theta,
        rho,
        theta_moments: [tm, tv],
        rho_moments: [rm, rv],
    };
    parameters.zip(moments).enumerate().map(task).collect()
}

/// XᵀG, and (X∘X)ᵀH under local noise, for a task's inputs; sums over samples in batch order.
pub(crate) fn gradients<'a, R: Real>(
    task: &Task<'_, R>,
    batch: usize,
    method: &Method,
    input: impl Fn(usize) -> Inputs<'a, R>,
    g: impl Fn(usize) -> &'a [R],
    h: impl Fn(usize) -> &'a [R],
) -> (Vec<R>, Vec<R>) {
    let (from, stride) = (task.inputs.start, task.stride);
    let mut d_theta = vec![R::ZERO; task.theta.len()];
    let mut d_sigma = vec![R::ZERO; task.theta.len()];
    for m in 0..batch {
        let (g, h) = (g(m), h(m));
        input(m).each(from, task.inputs.end, |d, x| {
            let at = (d - from) * stride;
            axpy(&mut d_theta[at..at + stride], x, g);
            if method.noise == GradientNoise::Local {
                axpy(&mut d_sigma[at..at + stride], x * x, h);
            }
        });
    }
    (d_theta, d_sigma)
}

/// Adds −λ ∂KL to the data's gradients and moves a task's weights.
pub(crate) fn move_rows<R: Real>(
    task: &mut Task<'_, R>,
    w: &StepWeights<R>,
    d_theta: Vec<R>,
    d_sigma: Vec<R>,
    method: &Method,
    kl_weight: f64,
    optimiser: &OptimiserStep<R>,
) {
    let offset = task.inputs.start * task.stride;
    let (low, high) = (R::of(method.rho_bounds.0), R::of(method.rho_bounds.1));
    for row in 0..task.inputs.len() {
        for i in row * task.stride..row * task.stride + task.outputs {
            let (theta, rho) = (task.theta[i], task.rho[i]);
            if rho.f64() == f64::NEG_INFINITY {
                continue; // Removed for good.
            }
            let sigma2 = w.sigma2[offset + i];
            // ∂L/∂log σ² = σ² ∂L/∂σ²; with drawn weights it is ½ σ ε ∂L/∂w.
            let d_log_sigma2 = match method.noise {
                GradientNoise::Local => d_sigma[i] * sigma2,
                _ => d_theta[i] * w.draws[offset + i] * sigma2.sqrt() * R::of(0.5),
            };
            let (g_theta, g_rho) = with_kl(theta, rho, d_theta[i], d_log_sigma2, method, kl_weight);
            let [m, v] = &mut task.theta_moments;
            task.theta[i] = theta + optimiser.increment(g_theta, &mut m[i], &mut v[i]);
            if method.learn_rho {
                let [m, v] = &mut task.rho_moments;
                let moved = rho + optimiser.increment(g_rho, &mut m[i], &mut v[i]);
                // Written so that a NaN passes through and is found.
                task.rho[i] = if moved < low {
                    low
                } else if moved > high {
                    high
                } else {
                    moved
                };
            }
        }
    }
}

/// The gradient of L with respect to (θ, ρ) from the data's with respect to (θ at fixed σ², log σ²).
///
/// log α = log σ² − 2 log|θ|, so under (θ, log σ²) the KL gives −λKL'·(−2/θ, 1); under (θ, log α) it gives (0, −λKL') and the
/// data's θ-gradient gains ∂log σ²/∂θ = 2/θ times its log σ² part. As α → ∞, −2KL'/θ → θ/σ²: finite, and 0 at θ = 0.
#[inline(always)]
pub(crate) fn with_kl<R: Real>(
    theta: R,
    rho: R,
    d_theta: R,
    d_log_sigma2: R,
    method: &Method,
    kl_weight: f64,
) -> (R, R) {
    let over_theta = |x: f64| if theta == R::ZERO { 0.0 } else { 2.0 * x / theta.f64() };
    match method.parametrisation {
        Parametrisation::LogSigma2 => {
            let log_alpha = rho.f64() - 2.0 * theta.abs().f64().ln();
            let slope = if kl_weight == 0.0 { 0.0 } else { kl_weight * method.kl.grad(log_alpha) };
            (d_theta + R::of(over_theta(slope)), d_log_sigma2 - R::of(slope))
        }
        Parametrisation::LogAlpha => {
            let slope = if kl_weight == 0.0 || !method.learn_rho {
                0.0
            } else {
                kl_weight * method.kl.grad(rho.f64())
            };
            (d_theta + R::of(over_theta(d_log_sigma2.f64())), d_log_sigma2 - R::of(slope))
        }
    }
}

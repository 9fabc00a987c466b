//! The divergence on the CPU, by kl-approx's vectorised loops.

use burn::tensor::{Tensor, TensorData};

use crate::error::Error;
use crate::kl::{Kl, LOWEST_LOG_SIGMA2, Terms};
use crate::walk::SparseWeights;

/// Above this log α the slope in θ is computed in double precision: −2g/θ there is a quotient of two small numbers.
const CAREFUL_FROM: f32 = 60.0;

/// Σ KL and slopes of one layer.
pub(crate) fn terms(kl: &Kl, weights: &SparseWeights) -> Result<Terms, Error> {
    let theta = weights.values(&weights.theta)?;
    let log_sigma2 = weights.values(&weights.log_sigma2)?;
    let (value, d_theta, d_log_sigma2) = value_grad(kl, &theta, &log_sigma2);
    let device = weights.theta.device().without_autodiff();
    let tensor = |v: Vec<f32>| {
        let n = v.len();
        Tensor::<1>::from_data(TensorData::new(v, [n]), &device)
    };
    Ok(Terms {
        value: tensor(vec![value as f32]),
        d_theta: tensor(d_theta),
        d_log_sigma2: tensor(d_log_sigma2),
    })
}

/// (Σ KL, ∂KL/∂θ, ∂KL/∂ log σ²); the sum in double precision.
pub(crate) fn value_grad(kl: &Kl, theta: &[f32], log_sigma2: &[f32]) -> (f64, Vec<f32>, Vec<f32>) {
    let n = theta.len();
    let (mut value, mut slope) = (vec![0.0f32; n], vec![0.0f32; n]);
    let upper = kl.with(|d| d.domain().upper) as f32;
    let mut log_alpha: Vec<f32> = theta
        .iter()
        .zip(log_sigma2)
        // θ = 0 is log α = +∞ whatever σ², a removed weight included.
        .map(|(&t, &l)| if t == 0.0 { f32::INFINITY } else { l - 2.0 * t.abs().ln() })
        .collect();
    for l in &mut log_alpha {
        // NaN stays NaN.
        *l = if *l > upper { upper } else { *l };
    }
    // The slices are equally long by construction: the only error there is can't occur.
    let _ = kl.with(|d| d.value_grad_slice_f32(&log_alpha, &mut value, &mut slope));
    let mut d_theta = vec![0.0f32; n];
    for i in 0..n {
        let (t, rho) = (theta[i], log_sigma2[i]);
        let beyond = t == 0.0 || log_alpha[i] >= upper;
        if beyond {
            slope[i] = if t.is_nan() || rho.is_nan() { f32::NAN } else { 0.0 };
            d_theta[i] = slope[i];
        } else if log_alpha[i] < CAREFUL_FROM || log_alpha[i].is_nan() {
            d_theta[i] = -2.0 * slope[i] / t;
        } else {
            d_theta[i] = kl.with(|d| kl_approx::weight::kl(d, f64::from(t), f64::from(rho)).d_theta as f32);
        }
        if rho < LOWEST_LOG_SIGMA2 as f32 && t == 0.0 {
            value[i] = 0.0;
        }
    }
    (value.iter().map(|&v| f64::from(v)).sum(), d_theta, slope)
}

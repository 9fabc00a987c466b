//! The log evidence of a regression at given precisions, with its gradient: the objective of every algorithm here.

use estimator::{Check, InputError, Values};
use nalgebra::{DMatrix, DVector};

use crate::design::check_features;
use crate::error::Error;
use crate::linalg::{Spd, gram, matvec, tr_matvec};

/// `L(α, β)` and its slopes.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// `log p(t│α, β)`, nats.
    pub value: f64,
    /// `∂L/∂ log α_j = ½ [1 − α_j (Σ_jj + μ_j²)]`.
    pub log_precision_slope: DVector<f64>,
    /// `∂L/∂ log β = ½ [N − β ‖t − Φμ‖² − Σ_j (1 − α_j Σ_jj)]`.
    pub log_noise_slope: f64,
}

/// `L = −½ [N log 2π + log │C│ + tᵀ C⁻¹ t]`, `C = β⁻¹ I + Φ A⁻¹ Φᵀ` (Tipping 2001, eq. 36), from an M x M system.
///
/// `phi` is N x M; `log_precision` holds the M values `log α`; `noise_precision` is β.
///
/// # Errors
/// Shapes that do not agree, values that are not finite, β ≤ 0, or a system that is singular in floating point.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// // One sample, one function: t ~ N(0, 1/β + φ²/α).
/// let e = rvm::log_evidence(&DMatrix::from_element(1, 1, 2.0), &DVector::from_element(1, 1.0), &[0.0], 1.0)?;
/// let direct = -0.5 * ((2.0 * std::f64::consts::PI * 5.0).ln() + 1.0 / 5.0);
/// assert!((e.value - direct).abs() < 1e-14);
/// # Ok::<(), rvm::Error>(())
/// ```
pub fn log_evidence(
    phi: &DMatrix<f64>,
    t: &DVector<f64>,
    log_precision: &[f64],
    noise_precision: f64,
) -> Result<Evidence, Error> {
    let (n, m) = phi.shape();
    check_features(phi)?;
    Values::from(t).check(n)?;
    if log_precision.len() != m {
        return Err(InputError::entries("log_precision", m, log_precision.len()).into());
    }
    if let Some((row, &value)) = log_precision.iter().enumerate().find(|(_, l)| !l.is_finite()) {
        return Err(InputError::NotFinite { what: "log_precision", row, col: 0, value }.into());
    }
    Check::positive("noise_precision", noise_precision)?;
    let beta = noise_precision;
    let mut h = gram(phi, None) * beta;
    let alpha: Vec<f64> = log_precision.iter().map(|l| l.exp()).collect();
    for (j, a) in alpha.iter().enumerate() {
        h[(j, j)] += a;
    }
    let breakdown = Error::Breakdown { what: "posterior precision" };
    let factor = Spd::factor(&h).ok_or(breakdown.clone())?;
    let mut mu: Vec<f64> = tr_matvec(phi, t.as_slice()).iter().map(|c| beta * c).collect();
    factor.solve(&mut mu);
    let squares: f64 = t.iter().zip(matvec(phi, &mu)).map(|(t, f)| (t - f) * (t - f)).sum();
    let prior: f64 = alpha.iter().zip(&mu).map(|(a, m)| a * m * m).sum();
    let size = n as f64;
    let constant = size * (beta.ln() - (2.0 * core::f64::consts::PI).ln());
    let volume = log_precision.iter().sum::<f64>() - factor.log_det();
    let value = 0.5 * (constant + volume - beta * squares - prior);
    if !value.is_finite() {
        return Err(breakdown);
    }
    let sigma = factor.inverse();
    let shares = DVector::from_fn(m, |j, _| alpha[j] * sigma[(j, j)]);
    let log_precision_slope = DVector::from_fn(m, |j, _| 0.5 * (1.0 - shares[j] - alpha[j] * mu[j] * mu[j]));
    let log_noise_slope = 0.5 * (size - beta * squares - (m as f64 - shares.sum()));
    Ok(Evidence { value, log_precision_slope, log_noise_slope })
}

//! Threshold, shrinkage and log α as functions of the z-score, for variational dropout and for what it is compared with.
//!
//! | method | kept when | weight over least squares | log α |
//! |---|---|---|---|
//! | variational dropout, any divergence | z² > λ | 2u/(1 + 2u), (1 + 2u)² dKL/du = z²/λ | −log 2u |
//! | relevance vector machine (Tipping 2001; Faul and Tipping 2002) | z² > 1 | 1 − 1/z² | its prior precision over βS: −log(z² − 1) |
//! | L1, threshold √λ | z² > λ | 1 − √λ/abs z | |
//! | ridge, penalty ρS | always | 1/(1 + ρ) | |
//!
//! for an orthogonal design, where each feature can be looked at alone; in general the first row holds with z given the rest.

use estimator::InputError;

use crate::error::Error;
use crate::solve::operator::{Thresholding, log_alpha, shrinkage};
use crate::solve::universal;

/// What becomes of a feature with a given z-score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Response {
    /// The weight over its least-squares value; 0 if pruned.
    pub shrinkage: f64,
    /// log α; +∞ if pruned.
    pub log_alpha: f64,
}

/// Variational dropout's response to a z-score at weight λ of the divergence.
///
/// ```
/// use vd_linreg::analysis::curves::variational_dropout;
/// let response = variational_dropout(&kl_approx::Exact, 2.0, 1.0);
/// assert!((response.shrinkage - 0.6088).abs() < 1e-4 && (response.log_alpha + 0.44).abs() < 0.01);
/// assert_eq!(variational_dropout(&kl_approx::Exact, 2.0, 4.0).shrinkage, 0.0);
/// ```
#[must_use]
pub fn variational_dropout<P: Thresholding>(divergence: &P, z: f64, lambda: f64) -> Response {
    let u = divergence.inverse(z * z / lambda);
    Response { shrinkage: shrinkage(u), log_alpha: log_alpha(u) }
}

/// The relevance vector machine's response: the maximum of the evidence in one precision.
#[must_use]
pub fn relevance_vector_machine(z: f64) -> Response {
    let excess = z * z - 1.0;
    if excess > 0.0 {
        Response { shrinkage: excess / (z * z), log_alpha: -excess.ln() }
    } else {
        Response { shrinkage: 0.0, log_alpha: f64::INFINITY }
    }
}

/// Soft thresholding at √λ standard errors.
#[must_use]
pub fn lasso(z: f64, lambda: f64) -> f64 {
    (1.0 - lambda.sqrt() / z.abs()).max(0.0)
}

/// Ridge regression with penalty ρ S_d: the same for every z.
#[must_use]
pub fn ridge(rho: f64) -> f64 {
    1.0 / (1.0 + rho)
}

/// The |z| at which variational dropout gives this log α: √(λ (1 + 2u)² dKL/du) with u = exp(−log α)/2.
///
/// ```
/// use vd_linreg::analysis::curves::z_of_log_alpha;
/// // 'log α > 3' and 'log α > 5' are z-scores below 1.04 and 1.006 in disguise.
/// assert!((z_of_log_alpha(&kl_approx::Exact, 3.0, 1.0) - 1.041).abs() < 1e-3);
/// assert!((z_of_log_alpha(&kl_approx::Exact, 5.0, 1.0) - 1.0056).abs() < 1e-4);
/// ```
#[must_use]
pub fn z_of_log_alpha<P: Thresholding>(divergence: &P, log_alpha: f64, lambda: f64) -> f64 {
    // dKL/du = −(dKL/d log α)/u; 1/u is taken first, so that α → 0 and α → ∞ both have their limits.
    let twice_u = (-log_alpha).exp();
    let slope = -2.0 * divergence.grad(log_alpha) / twice_u;
    (1.0 + twice_u) * (lambda * slope).sqrt()
}

/// The probability that a feature of pure noise is kept at λ: P(z² > λ) for z ~ N(0, 1); NaN for a negative λ.
///
/// It holds for one feature of an orthogonal design with known noise; a fit that estimates both comes close while few
/// features are kept.
///
/// ```
/// use vd_linreg::analysis::curves::false_keep_rate;
/// assert!((false_keep_rate(1.0) - 0.3173).abs() < 1e-4); // λ = 1 keeps a third, as the RVM does
/// ```
#[must_use]
pub fn false_keep_rate(lambda: f64) -> f64 {
    kl_approx::ard::false_keep_probability(lambda, 1).unwrap_or(f64::NAN)
}

/// The λ that keeps a feature of pure noise with the given probability; the inverse of [`false_keep_rate`].
///
/// # Errors
/// [`InputError::Parameter`] unless 0 < rate < 1.
pub fn lambda_for_false_keep_rate(rate: f64) -> Result<f64, Error> {
    let lambda = kl_approx::ard::lambda_for_false_keeps(rate, 1, 1).ok().filter(|_| rate < 1.0);
    lambda.ok_or(
        InputError::Parameter { name: "rate", value: rate, allowed: "a number between 0 and 1" }.into(),
    )
}

/// The universal threshold λ = 2 log D (at least 1): of D features of pure noise it keeps 1/√(π log D) on average.
#[must_use]
pub fn universal_lambda(features: usize) -> f64 {
    universal::universal_lambda(features)
}

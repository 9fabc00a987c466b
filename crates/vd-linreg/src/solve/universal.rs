//! The universal threshold.

/// λ_u = 2 log D, at least 1.
pub(crate) fn universal_lambda(features: usize) -> f64 {
    (2.0 * (features as f64).ln()).max(1.0)
}

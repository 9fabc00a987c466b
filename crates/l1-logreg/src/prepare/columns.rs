//! The check that every function runs over the features it takes, and the columns' scales.

use estimator::InputError;

use crate::matrix::{FEATURES, FeatureMatrix};
use crate::scalar::Scalar;

/// The largest magnitude of a feature.
pub(crate) const LIMIT: f64 = 1e300;

/// The largest magnitude of every column of features that can be used.
///
/// # Errors
/// [`InputError::Empty`], [`InputError::NotFinite`], [`InputError::TooLarge`].
pub(crate) fn checked_magnitudes<X: FeatureMatrix>(x: &X) -> Result<Vec<f64>, InputError> {
    if x.samples() == 0 || x.features() == 0 {
        return Err(InputError::Empty { what: FEATURES, rows: x.samples(), cols: x.features() });
    }
    let largest = x.column_max()?;
    match largest.iter().enumerate().find(|&(_, &m)| m > LIMIT) {
        Some((col, &value)) => Err(InputError::TooLarge { what: FEATURES, col, value, limit: LIMIT }),
        None => Ok(largest),
    }
}

/// Checks features for a model of `expected` columns.
///
/// # Errors
/// [`InputError::Shape`] and those of [`checked_magnitudes`].
pub(crate) fn check<X: FeatureMatrix>(x: &X, expected: usize) -> Result<(), InputError> {
    if x.features() != expected {
        return Err(InputError::columns(FEATURES, expected, x.features()));
    }
    checked_magnitudes(x).map(|_| ())
}

/// A power of two near each magnitude; 1 for a column of zeros.
pub(crate) fn scales(largest: &[f64]) -> Vec<f64> {
    let scale = |m: f64| if m > 0.0 { m.log2().round().exp2().clamp(1e-300, LIMIT) } else { 1.0 };
    largest.iter().map(|&m| scale(m)).collect()
}

/// Whether products in `T` keep their precision and range with columns of such scales.
pub(crate) fn fits<T: Scalar>(scale: &[f64]) -> bool {
    scale.iter().all(|&s| s <= T::LIMIT && s >= 1.0 / T::LIMIT)
}

//! Parameters and models of a regression as they are stored, checked when they are read.

use estimator::NoiseModel;

use crate::basis::Basis;
use crate::design::kept::Kept;
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::posterior::Posterior;
use crate::regression::model::RegressionModel;
use crate::regression::params::RegressionParams;

/// The fields of [`RegressionParams`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    basis: Basis,
    algorithm: Algorithm,
    intercept: bool,
    centre: bool,
    noise: NoiseModel,
    noise_floor: f64,
    entry_gain: f64,
    tolerance: f64,
    max_steps: usize,
    cache_bytes: usize,
}

impl TryFrom<StoredParams> for RegressionParams {
    type Error = Error;

    fn try_from(s: StoredParams) -> Result<Self, Error> {
        let params = Self {
            basis: s.basis,
            algorithm: s.algorithm,
            intercept: s.intercept,
            centre: s.centre,
            noise: s.noise,
            noise_floor: s.noise_floor,
            entry_gain: s.entry_gain,
            tolerance: s.tolerance,
            max_steps: s.max_steps,
            cache_bytes: s.cache_bytes,
        };
        params.check()?;
        Ok(params)
    }
}

/// The fields of a [`RegressionModel`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    kept: Kept,
    posterior: Posterior,
    noise_variance: f64,
    noise_at_floor: bool,
}

impl TryFrom<StoredModel> for RegressionModel {
    type Error = String;

    fn try_from(s: StoredModel) -> Result<Self, String> {
        s.kept.belongs_to(&s.posterior)?;
        if !(s.noise_variance >= 0.0 && s.noise_variance.is_finite()) {
            return Err(format!("a stored regression: the noise variance is {}", s.noise_variance));
        }
        let StoredModel { kept, posterior, noise_variance, noise_at_floor } = s;
        Ok(Self { kept, posterior, noise_variance, noise_at_floor })
    }
}

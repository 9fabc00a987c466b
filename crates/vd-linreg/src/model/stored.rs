//! What a stored model has to be like before it is one: a damaged or invented file must not give a model that panics.

use estimator::{Check, InputError, NoiseModel};
use nalgebra::DVector;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny};

use crate::params::Refit;

/// The fields of a model as they are stored.
#[derive(serde::Deserialize)]
#[serde(rename = "Model")]
pub(super) struct StoredModel {
    pub coefficients: DVector<f64>,
    #[serde(deserialize_with = "or_infinite")]
    pub log_alpha: DVector<f64>,
    pub intercept: f64,
    pub means: DVector<f64>,
    pub norms: DVector<f64>,
    pub noise_std: f64,
    pub lambda: f64,
    pub samples: f64,
    pub has_intercept: bool,
    pub refit: Refit,
    pub noise: NoiseModel,
}

/// log α; text formats such as JSON have no infinity and write `null` for that of a pruned feature.
fn or_infinite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DVector<f64>, D::Error> {
    if !deserializer.is_human_readable() {
        return DVector::deserialize(deserializer);
    }
    let (values, rows, _) = <(Vec<Option<f64>>, usize, IgnoredAny)>::deserialize(deserializer)?;
    if values.len() != rows {
        return Err(D::Error::custom(format!("log α has {} entries and says {rows}", values.len())));
    }
    Ok(DVector::from_iterator(rows, values.into_iter().map(|v| v.unwrap_or(f64::INFINITY))))
}

impl StoredModel {
    /// Refuses shapes that disagree, numbers out of range, and a kept feature without a posterior.
    pub fn check(&self) -> Result<(), InputError> {
        let expected = self.coefficients.len();
        for (what, found) in [
            ("a stored model's log α", self.log_alpha.len()),
            ("a stored model's feature means", self.means.len()),
            ("a stored model's feature norms", self.norms.len()),
        ] {
            if found != expected {
                return Err(InputError::entries(what, expected, found));
            }
        }
        for (what, v) in [
            ("a stored model's coefficients", &self.coefficients),
            ("a stored model's feature means", &self.means),
            ("a stored model's feature norms", &self.norms),
        ] {
            if let Some(row) = v.iter().position(|v| !v.is_finite()) {
                return Err(InputError::NotFinite { what, row, col: 0, value: v[row] });
            }
        }
        let finite = self.intercept.is_finite();
        Check::range("a stored model's intercept", self.intercept, finite, "a finite number")?;
        Check::positive("a stored model's noise std", self.noise_std)?;
        Check::positive("a stored model's λ", self.lambda)?;
        Check::positive("a stored model's number of samples", self.samples)?;
        self.noise.check()?;
        let kept = |d: usize| self.coefficients[d] != 0.0;
        let sound = |d: usize| self.log_alpha[d].is_finite() && self.norms[d] > 0.0;
        match (0..expected).find(|&d| kept(d) && !sound(d)) {
            None => Ok(()),
            Some(d) => Err(InputError::Parameter {
                name: "a stored model's log α of a kept feature",
                value: self.log_alpha[d],
                allowed: "a finite number, on a column that varies",
            }),
        }
    }
}

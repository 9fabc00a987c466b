//! What a stored model has to be like before it is one: a damaged or invented file must not give a model that panics.

use nalgebra::DVector;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny};

use crate::{LinregError, Model, Noise, Refit};

/// A [`Model`]'s fields as they are stored.
#[derive(serde::Deserialize)]
#[serde(rename = "Model")]
pub(crate) struct StoredModel {
    coefficients: DVector<f64>,
    #[serde(deserialize_with = "or_infinite")]
    log_alpha: DVector<f64>,
    intercept: f64,
    means: DVector<f64>,
    norms: DVector<f64>,
    noise_std: f64,
    lambda: f64,
    objects: f64,
    has_intercept: bool,
    refit: Refit,
    noise: Noise,
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

impl TryFrom<StoredModel> for Model {
    type Error = LinregError;

    fn try_from(m: StoredModel) -> Result<Self, LinregError> {
        let expected = m.coefficients.len();
        for (what, found) in [
            ("a stored model's log α", m.log_alpha.len()),
            ("a stored model's feature means", m.means.len()),
            ("a stored model's feature norms", m.norms.len()),
        ] {
            if found != expected {
                return Err(LinregError::Shape { what, expected, found });
            }
        }
        for (what, v) in [
            ("a stored model's coefficients", &m.coefficients),
            ("a stored model's feature means", &m.means),
            ("a stored model's feature norms", &m.norms),
        ] {
            crate::design::check_vector(what, v.as_slice(), expected)?;
        }
        for (field, value, fine, allowed) in [
            ("a stored model's intercept", m.intercept, m.intercept.is_finite(), "finite"),
            ("a stored model's noise", m.noise_std, m.noise_std > 0.0 && m.noise_std.is_finite(), "(0, ∞)"),
            ("a stored model's λ", m.lambda, m.lambda > 0.0 && m.lambda.is_finite(), "(0, ∞)"),
            ("a stored model's objects", m.objects, m.objects > 0.0 && m.objects.is_finite(), "(0, ∞)"),
        ] {
            if !fine {
                return Err(LinregError::Parameter { field, value, allowed });
            }
        }
        let kept = |d: usize| m.coefficients[d] != 0.0;
        if let Some(d) = (0..expected).find(|&d| kept(d) && !(m.log_alpha[d].is_finite() && m.norms[d] > 0.0))
        {
            let (field, value) = ("a stored model's log α of a kept feature", m.log_alpha[d]);
            return Err(LinregError::Parameter { field, value, allowed: "finite, on a column that varies" });
        }
        Ok(Self {
            coefficients: m.coefficients,
            log_alpha: m.log_alpha,
            intercept: m.intercept,
            means: m.means,
            norms: m.norms,
            noise_std: m.noise_std,
            lambda: m.lambda,
            objects: m.objects,
            has_intercept: m.has_intercept,
            refit: m.refit,
            noise: m.noise,
        })
    }
}

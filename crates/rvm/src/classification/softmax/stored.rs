//! Parameters and models of the softmax machine as they are stored, checked when they are read.

use nalgebra::DVector;

use crate::classification::softmax::model::SoftmaxModel;
use crate::classification::softmax::params::SoftmaxParams;
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::posterior::Posterior;

/// The fields of [`SoftmaxParams`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    algorithm: Algorithm,
    intercept: bool,
    centre: bool,
    classes: Option<usize>,
    entry_gain: f64,
    tolerance: f64,
    max_linearisations: usize,
    max_steps: usize,
    precision_floor: f64,
}

impl TryFrom<StoredParams> for SoftmaxParams {
    type Error = Error;

    fn try_from(s: StoredParams) -> Result<Self, Error> {
        let params = Self {
            algorithm: s.algorithm,
            intercept: s.intercept,
            centre: s.centre,
            classes: s.classes,
            entry_gain: s.entry_gain,
            tolerance: s.tolerance,
            max_linearisations: s.max_linearisations,
            max_steps: s.max_steps,
            precision_floor: s.precision_floor,
        };
        params.check()?;
        Ok(params)
    }
}

/// The fields of a [`SoftmaxModel`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    classes: usize,
    dimension: usize,
    intercept: bool,
    centre: Option<DVector<f64>>,
    posterior: Posterior,
}

impl TryFrom<StoredModel> for SoftmaxModel {
    type Error = String;

    fn try_from(s: StoredModel) -> Result<Self, String> {
        let holds =
            |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("a stored softmax model: {what}")) };
        holds(s.classes >= 2 && s.dimension >= 1, "fewer than two classes, or no features")?;
        let weights =
            s.dimension.checked_add(usize::from(s.intercept)).and_then(|w| w.checked_mul(s.classes));
        holds(weights == Some(s.posterior.functions()), "the posterior has another number of weights")?;
        holds(
            s.posterior.candidates() == s.posterior.functions(),
            "the posterior has an intercept of its own",
        )?;
        let fits =
            s.centre.as_ref().is_none_or(|m| m.len() == s.dimension && m.iter().all(|v| v.is_finite()));
        holds(fits, "the column means do not fit the features")?;
        let StoredModel { classes, dimension, intercept, centre, posterior } = s;
        Ok(Self { classes, dimension, intercept, centre, posterior })
    }
}

//! Parameters and models of one-vs-rest as they are stored, checked when they are read.

use crate::basis::Basis;
use crate::classification::one_vs_rest::model::OneVsRestModel;
use crate::classification::one_vs_rest::params::OneVsRestParams;
use crate::design::kept::Kept;
use crate::engine::algorithm::Algorithm;
use crate::error::Error;
use crate::posterior::Posterior;

/// The fields of [`OneVsRestParams`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredParams {
    basis: Basis,
    algorithm: Algorithm,
    intercept: bool,
    centre: bool,
    classes: Option<usize>,
    entry_gain: f64,
    tolerance: f64,
    max_linearisations: usize,
    max_steps: usize,
    precision_floor: f64,
    cache_bytes: usize,
}

impl TryFrom<StoredParams> for OneVsRestParams {
    type Error = Error;

    fn try_from(s: StoredParams) -> Result<Self, Error> {
        let params = Self {
            basis: s.basis,
            algorithm: s.algorithm,
            intercept: s.intercept,
            centre: s.centre,
            classes: s.classes,
            entry_gain: s.entry_gain,
            tolerance: s.tolerance,
            max_linearisations: s.max_linearisations,
            max_steps: s.max_steps,
            precision_floor: s.precision_floor,
            cache_bytes: s.cache_bytes,
        };
        params.check()?;
        Ok(params)
    }
}

/// The fields of a [`OneVsRestModel`] before they are checked.
#[derive(serde::Deserialize)]
pub(super) struct StoredModel {
    kept: Vec<Kept>,
    posteriors: Vec<Posterior>,
}

impl TryFrom<StoredModel> for OneVsRestModel {
    type Error = String;

    fn try_from(s: StoredModel) -> Result<Self, String> {
        if s.kept.len() < 2 || s.kept.len() != s.posteriors.len() {
            return Err(
                "a stored one-vs-rest model: fewer than two classes, or a class without its posterior".into(),
            );
        }
        for (kept, posterior) in s.kept.iter().zip(&s.posteriors) {
            kept.belongs_to(posterior)?;
            if kept.dimension() != s.kept[0].dimension()
                || posterior.functions() != s.posteriors[0].functions()
            {
                return Err(
                    "a stored one-vs-rest model: the classes differ in their numbers of features".into()
                );
            }
        }
        Ok(Self { kept: s.kept, posteriors: s.posteriors })
    }
}

//! What a stored model has to be like before it is one: an edited or damaged file gives an error and never a model that panics.

use crate::error::Error;
use crate::family::count::Family;
use crate::model::classifier::Classifier;
use crate::model::regressor::Regressor;
use crate::params::settings::{Refit, check_lambda};
use crate::pass::likelihood::Likelihood;
use crate::pass::point::Predictor;
use estimator::{Check, InputError};

/// A [`Classifier`]'s fields as they are stored.
#[derive(serde::Deserialize)]
#[serde(rename = "Classifier")]
pub(crate) struct StoredClassifier {
    features: usize,
    classes: usize,
    likelihood: Likelihood,
    outputs: Vec<Predictor>,
    lambda: f64,
    has_intercept: bool,
    #[serde(default)]
    refit: Refit,
    #[serde(default)]
    slabs: Vec<f64>,
    #[serde(default)]
    by_column: bool,
}

/// A [`Regressor`]'s fields as they are stored.
#[derive(serde::Deserialize)]
#[serde(rename = "Regressor")]
pub(crate) struct StoredRegressor {
    features: usize,
    family: Family,
    output: Predictor,
    lambda: f64,
    has_intercept: bool,
    #[serde(default)]
    refit: Refit,
    #[serde(default)]
    slabs: Vec<f64>,
}

/// Columns ascend below `features`, numbers are finite, variances above 0.
fn check_predictor(p: &Predictor, features: usize) -> Result<(), InputError> {
    let finite =
        |value: f64| Check::range("a stored model's weight", value, value.is_finite(), "a finite number");
    finite(p.intercept)?;
    let mut next = 0;
    for w in &p.weights {
        let fine = (next..features).contains(&w.column);
        Check::range(
            "a stored model's column",
            w.column as f64,
            fine,
            "ascending, below the number of features",
        )?;
        next = w.column + 1;
        finite(w.centre)?;
        Check::range(
            "a stored model's weight",
            w.mean,
            w.mean.is_finite() && w.mean != 0.0,
            "finite, not 0",
        )?;
        Check::positive("a stored model's variance", w.variance)?;
    }
    Ok(())
}

fn check_slabs(slabs: &[f64]) -> Result<(), InputError> {
    let one = |a: &f64| Check::range("a stored model's slab", *a, *a >= 0.0 && a.is_finite(), "from 0");
    slabs.iter().try_for_each(one)
}

impl TryFrom<StoredClassifier> for Classifier {
    type Error = Error;

    fn try_from(m: StoredClassifier) -> Result<Self, Error> {
        let needed = match m.likelihood {
            Likelihood::Softmax { classes } if classes == m.classes => m.classes,
            Likelihood::Logit | Likelihood::Probit if m.classes == 2 => 1,
            Likelihood::Logit | Likelihood::Probit => m.classes,
            _ => 0,
        };
        Check::range(
            "a stored model's classes",
            m.classes as f64,
            needed > 0 && m.classes >= 2,
            "from 2, as its likelihood",
        )?;
        if m.outputs.len() != needed {
            return Err(InputError::entries("a stored model's predictors", needed, m.outputs.len()).into());
        }
        check_lambda(m.lambda)?;
        m.outputs.iter().try_for_each(|p| check_predictor(p, m.features))?;
        check_slabs(&m.slabs)?;
        let StoredClassifier {
            features,
            classes,
            likelihood,
            outputs,
            lambda,
            has_intercept,
            refit,
            slabs,
            by_column,
        } = m;
        Ok(Self { features, classes, likelihood, outputs, lambda, has_intercept, refit, slabs, by_column })
    }
}

impl TryFrom<StoredRegressor> for Regressor {
    type Error = Error;

    fn try_from(m: StoredRegressor) -> Result<Self, Error> {
        m.family.check()?;
        check_lambda(m.lambda)?;
        check_predictor(&m.output, m.features)?;
        check_slabs(&m.slabs)?;
        let StoredRegressor { features, family, output, lambda, has_intercept, refit, slabs } = m;
        Ok(Self { features, family, output, lambda, has_intercept, refit, slabs })
    }
}

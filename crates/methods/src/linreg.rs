//! `linreg`: variational-dropout linear regression.

use estimator::{Fit, Report};
use nalgebra::{DMatrix, DVector};
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_linreg::{Averaged, Averaging, AveragingProgress, CrossValidation, Model, Params, Refit, Sparsity};

use crate::error::Error;
use crate::options::{LambdaChoice, false_keeps, lambda};
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response, Unit};
use crate::registry::wrong_target;
use crate::stage::{Stage, Watch};

const NAME: &str = "linreg";

/// The method of the registry.
pub(crate) struct Adapter;

impl crate::method::Adapter for Adapter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Variational-dropout linear regression: closed form, no tuning"
    }

    fn tasks(&self) -> &'static [Task] {
        &[Task::Regression]
    }

    fn default_for(&self) -> &'static [Task] {
        &[Task::Regression]
    }

    fn options(&self) -> &'static [&'static str] {
        &["lambda", "false-keeps", "keep", "within", "weights"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let Response::Numbers(t) = problem.t else {
            return Err(wrong_target(self, problem.t.task()));
        };
        let unit = Unit::of(t)?;
        let scaled = DVector::from_vec(unit.scaled(t));
        let mut tell = |stage: Stage| watch(&Stage { activity: problem.activity, ..stage });
        let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
        let estimate = estimate(problem, &scaled, &mut tell)?;
        let z = vd_linreg::analysis::z_scores(problem.x, &scaled, problem.weights, &estimate.fit.model)
            .map_err(refused)?;
        let z: Vec<f64> = z.iter().map(|r| r.z).collect();
        made(&estimate.fit, estimate.false_keeps, &estimate.found, &z, unit)
    }
}

/// A fit, and what is known of its errors.
struct Estimate {
    fit: Fit<Model, Report>,
    /// How many of the kept columns do not matter, in expectation.
    false_keeps: Option<f64>,
    /// What else was found, by name.
    found: Vec<(String, f64)>,
}

impl Estimate {
    /// A fit at one λ.
    fn at_lambda(fit: Fit<Model, Report>) -> Self {
        let false_keeps = false_keeps(fit.model.lambda(), fit.model.coefficients().len());
        Self { fit, false_keeps, found: Vec::new() }
    }
}

/// What an [`Estimate`] is told while it is made.
type Tell<'a> = &'a mut dyn FnMut(Stage) -> core::ops::ControlFlow<()>;

fn estimate(problem: &Problem<'_>, t: &DVector<f64>, tell: Tell<'_>) -> Result<Estimate, Error> {
    let (x, options) = (problem.x, problem.options);
    let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
    let base = problem.weights.map_or_else(Params::new, |w| Params::new().weights(w));
    let choice = options.lambda.unwrap_or(LambdaChoice::Average);
    let averaging = Averaging::new().seed(options.seed);
    let averaging = match choice {
        LambdaChoice::Average => Some(averaging),
        LambdaChoice::Columns(count) => Some(averaging.sparsity(Sparsity::Columns(count))),
        LambdaChoice::Within(share) => Some(averaging.sparsity(Sparsity::Within(share))),
        _ => None,
    };
    if let Some(averaging) = averaging {
        return average(&base, x, t, &averaging, tell);
    }
    let Some(lambda) = lambda(Some(choice), choice, x.nrows(), x.ncols())? else {
        let folds = CrossValidation::new().seed(options.seed).folds(5.min(x.nrows()));
        let progress = |p: &vd_linreg::CvProgress<'_>| tell(Stage::at(p.done));
        let selection = base.cross_validate_with(x, t, &folds, progress).map_err(refused)?;
        return Ok(Estimate::at_lambda(selection.fit));
    };
    let progress = |p: &vd_linreg::Progress| {
        tell(Stage { objective: Some(p.objective), kept: Some(p.kept), ..Stage::at(p.iteration) })
    };
    let mut params = base.lambda(lambda);
    if matches!(choice, LambdaChoice::FalseKeeps(_)) {
        // Such a λ shrinks what it keeps.
        params = params.refit(Refit::LeastSquares);
    }
    Ok(Estimate::at_lambda(params.fit_with(x, t, progress).map_err(refused)?))
}

/// The average over supports, and the few columns whose fitted values are the average's.
fn average(
    params: &Params,
    x: &DMatrix<f64>,
    t: &DVector<f64>,
    averaging: &Averaging,
    tell: Tell<'_>,
) -> Result<Estimate, Error> {
    let progress = |p: &AveragingProgress| {
        tell(Stage { objective: Some(p.objective), kept: Some(p.kept), ..Stage::at(p.steps) })
    };
    let averaged = params
        .fit_averaged_with(x, t, averaging, progress)
        .map_err(|error| Error::from_estimator(NAME, &[], t.len(), error))?;
    let (false_keeps, found) = beside(&averaged);
    Ok(Estimate { fit: averaged.fit, false_keeps, found })
}

/// The false keeps of an average, where the truth looks sparse, and else the variance of many weak effects.
fn beside(averaged: &Averaged) -> (Option<f64>, Vec<(String, f64)>) {
    if averaged.looks_sparse() {
        return (Some(averaged.expected_false_keeps()), Vec::new());
    }
    (None, vec![(MANY_WEAK.to_owned(), averaged.background)])
}

/// What an average over supports by `vd-linreg` comes to: `z` and `unit` as in [`outcome`].
///
/// # Errors
/// A model with a number that is not finite.
pub fn averaged(averaged: &Averaged, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
    let (false_keeps, found) = beside(averaged);
    made(&averaged.fit, false_keeps, &found, z, unit)
}

/// The name under which a summary has the variance of many weak effects: where it is there, the truth does not look sparse.
pub const MANY_WEAK: &str = "many weak effects";

/// What a fit of `vd-linreg` at one λ comes to: `z` has the z-score of each feature, `unit` leads from the fit's target to the caller's.
///
/// # Errors
/// A model with a number that is not finite.
pub fn outcome(fit: &Fit<Model, Report>, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
    made(fit, false_keeps(fit.model.lambda(), z.len()), &[], z, unit)
}

/// The model in the target's unit.
fn made(
    fit: &Fit<Model, Report>,
    false_keeps: Option<f64>,
    found: &[(String, f64)],
    z: &[f64],
    unit: Unit,
) -> Result<Outcome, Error> {
    let (model, report, square) = (&fit.model, &fit.report, unit.scale * unit.scale);
    let weights = model.coefficients() * unit.scale;
    let layer = Layer::dense(z.len(), vec![unit.scale * model.intercept() + unit.mean], |j, _| weights[j])?;
    let (noise, variance, kept) =
        (square * model.noise_std().powi(2), model.posterior_variance(), model.support());
    // The columns are centred inside the fit, and so is the posterior.
    let uncertainty = Uncertainty::diagonal(
        noise,
        kept.iter().map(|&j| j as u32).collect(),
        kept.iter().map(|&j| model.feature_means()[j]).collect(),
        kept.iter().map(|&j| square * variance[j]).collect(),
    )?;
    let relevance = |j: usize| FeatureRelevance {
        weight: weights[j],
        output: 0,
        kept: u32::from(weights[j] != 0.0),
        log_alpha: finite(model.log_alpha()[j]),
        precision: None,
        z: finite(z[j]),
    };
    Ok(Outcome {
        predictor: Predictor::new(Layers::from(layer).into(), Link::Identity, vec![uncertainty])?,
        relevance: (0..z.len()).map(relevance).collect(),
        weights_before: z.len() as u64,
        threshold: None,
        summary: FitSummary {
            status: report.status,
            objective: report.objective,
            residual: finite(report.residual),
            iterations: report.iterations as u64,
            found: [("λ".to_owned(), model.lambda()), ("noise".to_owned(), noise.sqrt())]
                .into_iter()
                .chain(found.iter().cloned())
                .collect(),
            false_keeps,
        },
    })
}

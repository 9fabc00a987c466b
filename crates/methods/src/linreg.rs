//! `linreg`: variational-dropout linear regression.

use estimator::{Fit, Report};
use nalgebra::DVector;
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_linreg::{Averaging, AveragingProgress, CrossValidation, Model, Params, Refit, Sparsity};

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
        outcome(&estimate, &z.iter().map(|r| r.z).collect::<Vec<_>>(), unit)
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
    let base = problem.weights.map_or_else(Params::new, |w| Params::new().weights(w));
    let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
    let choice = options.lambda.unwrap_or(LambdaChoice::Average);
    let averaging = Averaging::new().seed(options.seed);
    match choice {
        LambdaChoice::Average => return average(&base, problem, t, &averaging, tell),
        LambdaChoice::Columns(count) => {
            return average(&base, problem, t, &averaging.sparsity(Sparsity::Columns(count)), tell);
        }
        LambdaChoice::Within(share) => {
            return average(&base, problem, t, &averaging.sparsity(Sparsity::Within(share)), tell);
        }
        _ => {}
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
    base: &Params,
    problem: &Problem<'_>,
    t: &DVector<f64>,
    averaging: &Averaging,
    tell: Tell<'_>,
) -> Result<Estimate, Error> {
    let progress = |p: &AveragingProgress| {
        tell(Stage { objective: Some(p.objective), kept: Some(p.kept), ..Stage::at(p.steps) })
    };
    let averaged = base
        .fit_averaged_with(problem.x, t, averaging, progress)
        .map_err(|error| Error::from_estimator(NAME, &[], t.len(), error))?;
    let false_keeps = averaged.looks_sparse().then(|| averaged.expected_false_keeps());
    let mut found = Vec::new();
    if !averaged.looks_sparse() {
        found.push((MANY_WEAK.to_owned(), averaged.background));
    }
    Ok(Estimate { fit: averaged.fit, false_keeps, found })
}

/// The name under which a summary has the variance of many weak effects: where it is there, the truth does not look sparse.
pub const MANY_WEAK: &str = "many weak effects";

/// The model in the target's unit.
fn outcome(estimate: &Estimate, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
    let fit = &estimate.fit;
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
                .chain(estimate.found.iter().cloned())
                .collect(),
            false_keeps: estimate.false_keeps,
        },
    })
}

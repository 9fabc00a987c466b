//! `glm`: variational dropout for generalised linear models, without sampling: classes and counts.

use core::cell::RefCell;

use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_glm::{
    ClassificationParams, Coding, CrossValidation, CvPoint, CvProgress, Family, Progress, Refit,
    RegressionParams, Report, Slab,
};

use crate::error::Error;
use crate::options::{FamilyChoice, LambdaChoice, false_keeps, lambda};
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response};
use crate::registry::wrong_target;
use crate::stage::{Stage, Watch};
use crate::walk::{Curve, Stop, Walk};

const NAME: &str = "glm";

/// The λ of a fit that is told nothing: at most one column that does nothing is kept in expectation, and fewer the more rows there
/// are. At a fixed λ the number of false keeps does not fall with the rows, so that of a million rows' 20 columns one that does
/// nothing would stay: λ is at least ln N, Schwarz's (1978) criterion.
///
/// # Errors
/// None for numbers of rows and columns that a table has.
pub fn default_lambda(rows: usize, columns: usize) -> Result<f64, Error> {
    // Of one or two columns, half of one is as much as chance may be given.
    let q = if columns <= 2 { 0.5 } else { 1.0 };
    let by_chance = lambda(Some(LambdaChoice::FalseKeeps(q)), LambdaChoice::Bic, rows, columns)?;
    let schwarz = lambda(Some(LambdaChoice::Bic), LambdaChoice::Bic, rows, columns)?;
    Ok(by_chance.unwrap_or(1.0).max(schwarz.unwrap_or(1.0)))
}

/// The method of the registry.
pub(crate) struct Adapter;

impl crate::method::Adapter for Adapter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Variational dropout for generalised linear models: classes and counts in closed form, no tuning"
    }

    fn tasks(&self) -> &'static [Task] {
        &[Task::Classification, Task::Counts]
    }

    fn default_for(&self) -> &'static [Task] {
        &[Task::Classification, Task::Counts]
    }

    fn options(&self) -> &'static [&'static str] {
        &["lambda", "false-keeps", "family", "weights"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let (rows, columns, options) = (problem.x.nrows(), problem.x.ncols(), problem.options);
        let refused = |error| Error::from_estimator(NAME, problem.t.names(), rows, error);
        let told = match options.lambda {
            None => Some(default_lambda(rows, columns)?),
            choice => lambda(choice, LambdaChoice::Bic, rows, columns)?,
        };
        let activity = problem.activity;
        let watch = RefCell::new(watch);
        let progress = |p: &Progress| {
            watch.borrow_mut()(&Stage {
                activity,
                objective: Some(p.objective),
                kept: Some(p.kept),
                class: p.class,
                ..Stage::at(p.iteration)
            })
        };
        let searching = |p: &CvProgress<'_>| watch.borrow_mut()(&Stage { activity, ..Stage::at(p.done) });
        let folds = CrossValidation::new().seed(options.seed).folds(5.min(rows));
        let refit = refit(matches!(options.lambda, Some(LambdaChoice::Value(_))));
        match problem.t {
            Response::Classes { labels, names } => {
                let (params, link) = classes(problem, names.len())?;
                let params = params.refit(refit);
                let fit = match told {
                    Some(lambda) => params.lambda(lambda).fit_with(problem.x, labels, progress),
                    None => params.cross_validate_with(problem.x, labels, &folds, searching).map(|s| s.fit),
                };
                let fit = fit.map_err(refused)?;
                outcome(fit.model.predictors(), link, columns, fit.model.lambda(), &fit.report)
            }
            Response::Counts(t) => {
                let params = counts(problem)?.refit(refit);
                let fit = match told {
                    Some(lambda) => params.lambda(lambda).fit_with(problem.x, t, progress),
                    None => params.cross_validate_with(problem.x, t, &folds, searching).map(|s| s.fit),
                };
                let fit = fit.map_err(refused)?;
                let output = core::slice::from_ref(fit.model.predictor());
                outcome(output, Link::Log, columns, fit.model.lambda(), &fit.report)
            }
            Response::Numbers(_) => Err(wrong_target(self, problem.t.task())),
        }
    }

    fn walk(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Option<Walk>, Error> {
        let refused = |error| Error::from_estimator(NAME, problem.t.names(), problem.x.nrows(), error);
        let folds = CrossValidation::new().seed(problem.options.seed).folds(5.min(problem.x.nrows()));
        let progress = |p: &CvProgress<'_>| watch(&Stage { activity: problem.activity, ..Stage::at(p.done) });
        match problem.t {
            Response::Classes { labels, names } => {
                let params = classes(problem, names.len())?.0;
                let found =
                    params.cross_validate_with(problem.x, labels, &folds, progress).map_err(refused)?;
                let (refit, curve) = chosen(&found.curve, found.chosen);
                let fits = params.refit(refit).path(problem.x, labels, &curve.lambdas).map_err(refused)?;
                let models = fits.iter().map(|fit| (fit.model.lambda(), fit.model.predictors()));
                Ok(Some(walk(models, &curve, refit, problem.x.ncols())))
            }
            Response::Counts(t) => {
                let params = counts(problem)?;
                let found = params.cross_validate_with(problem.x, t, &folds, progress).map_err(refused)?;
                let (refit, curve) = chosen(&found.curve, found.chosen);
                let fits = params.refit(refit).path(problem.x, t, &curve.lambdas).map_err(refused)?;
                let one = |fit| core::slice::from_ref(vd_glm::Regressor::predictor(fit));
                Ok(Some(walk(
                    fits.iter().map(|fit| (fit.model.lambda(), one(&fit.model))),
                    &curve,
                    refit,
                    problem.x.ncols(),
                )))
            }
            Response::Numbers(_) => Err(wrong_target(self, problem.t.task())),
        }
    }
}

/// The refit that a cross-validation chose, and its curve.
fn chosen(curve: &[CvPoint], place: usize) -> (Refit, Curve) {
    let refit = curve[place].refit;
    (refit, Curve::of(curve, &refit))
}

/// The walk of some models, λ falling.
fn walk<'m>(
    models: impl Iterator<Item = (f64, &'m [vd_glm::Predictor])>,
    curve: &Curve,
    refit: Refit,
    columns: usize,
) -> Walk {
    let stop = |(place, (lambda, outputs)): (usize, (f64, &[vd_glm::Predictor]))| {
        let (error, standard_error) = curve.at(place);
        let mut kept: Vec<(usize, f64)> =
            outputs.iter().flat_map(|o| &o.weights).map(|w| (w.column, w.mean)).collect();
        kept.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.abs().total_cmp(&a.1.abs())));
        kept.dedup_by_key(|(column, _)| *column);
        Stop {
            value: lambda,
            kept,
            error,
            standard_error,
            false_keeps: false_keeps(lambda, columns * outputs.len()),
        }
    };
    Walk {
        parameter: "λ",
        error: "log loss in nats",
        refit: if refit == Refit::None { "" } else { "refitted by ridge regression" },
        stops: models.enumerate().map(stop).collect(),
    }
}

/// The parameters for so many classes, but for λ and the refit, and the link that goes with them.
fn classes(problem: &Problem<'_>, count: usize) -> Result<(ClassificationParams, Link), Error> {
    let (coding, link) = match (count, problem.options.family) {
        (2, FamilyChoice::Auto | FamilyChoice::Softmax | FamilyChoice::OneVsRest) => {
            (Coding::Softmax, Link::Logistic)
        }
        (_, FamilyChoice::Auto | FamilyChoice::Softmax) => (Coding::Softmax, Link::Softmax),
        (_, FamilyChoice::OneVsRest) => (Coding::OneVsRest, Link::OneVsRest),
        (_, FamilyChoice::Poisson) => return Err(wrong_family("poisson", "counts")),
    };
    let mut params = ClassificationParams::new().classes(count).coding(coding).slab(Slab::Learned);
    if let Some(threads) = problem.options.threads {
        params = params.threads(threads);
    }
    if let Some(weights) = problem.weights {
        params = params.weights(weights);
    }
    Ok((params, link))
}

/// The parameters for counts, but for λ and the refit.
fn counts(problem: &Problem<'_>) -> Result<RegressionParams, Error> {
    if !matches!(problem.options.family, FamilyChoice::Auto | FamilyChoice::Poisson) {
        return Err(wrong_family("softmax or one-vs-rest", "classes"));
    }
    let mut params = RegressionParams::new().family(Family::Poisson).slab(Slab::Learned);
    if let Some(threads) = problem.options.threads {
        params = params.threads(threads);
    }
    if let Some(weights) = problem.weights {
        params = params.weights(weights);
    }
    Ok(params)
}

fn wrong_family(family: &str, targets: &str) -> Error {
    Error::Option { option: "family", what: format!("{family} is for {targets}, which the target is not") }
}

/// What follows the selection: a λ that is chosen to select shrinks what it keeps, so that a refit follows; a `given` one is taken as it is.
#[must_use]
pub fn refit(given: bool) -> Refit {
    if given { Refit::None } else { Refit::Ridge }
}

/// What a fit of `vd-glm` comes to: the linear predictors as layers, and the posterior's variance in its own centre.
///
/// # Errors
/// A model with a number that is not finite, or another number of outputs than the link has.
pub fn outcome(
    outputs: &[vd_glm::Predictor],
    link: Link,
    columns: usize,
    lambda: f64,
    report: &Report,
) -> Result<Outcome, Error> {
    let weight = |j: usize, k: usize| {
        let found = outputs[k].weights.binary_search_by_key(&j, |w| w.column);
        found.map_or(0.0, |at| outputs[k].weights[at].mean)
    };
    let layer = Layer::dense(columns, outputs.iter().map(|o| o.intercept).collect(), weight)?;
    let spread = |o: &vd_glm::Predictor| {
        Uncertainty::diagonal(
            0.0,
            o.weights.iter().map(|w| w.column as u32).collect(),
            o.weights.iter().map(|w| w.centre).collect(),
            o.weights.iter().map(|w| w.variance).collect(),
        )
    };
    let uncertainty = outputs.iter().map(spread).collect::<Result<_, _>>()?;
    Ok(Outcome {
        predictor: Predictor::new(Layers::from(layer).into(), link, uncertainty)?,
        relevance: relevance(outputs, columns),
        weights_before: (columns * outputs.len()) as u64,
        threshold: None,
        summary: FitSummary {
            status: report.status,
            objective: report.objective,
            residual: finite(report.residual),
            iterations: report.iterations as u64,
            found: vec![("λ".to_owned(), lambda)],
            // Every output is a chance to keep the column.
            false_keeps: false_keeps(lambda, columns * outputs.len()),
        },
    })
}

/// The most certain weight of each feature over the outputs; z = θ/σ = ±α^(−1/2).
fn relevance(outputs: &[vd_glm::Predictor], columns: usize) -> Vec<FeatureRelevance> {
    let mut rows = vec![FeatureRelevance { z: Some(0.0), ..FeatureRelevance::default() }; columns];
    for (k, output) in outputs.iter().enumerate() {
        for w in &output.weights {
            let row = &mut rows[w.column];
            let z = w.mean / w.variance.sqrt();
            row.kept += 1;
            if row.kept == 1 || z.abs() > row.z.unwrap_or(0.0).abs() {
                row.weight = w.mean;
                row.output = k as u32;
                row.z = finite(z);
                row.log_alpha = finite(w.log_alpha());
            }
        }
    }
    rows
}

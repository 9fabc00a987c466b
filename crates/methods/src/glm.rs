//! `glm`: variational dropout for generalised linear models, without sampling: classes and counts.

use core::cell::RefCell;

use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_glm::{
    ClassificationParams, Classifier, Coding, CrossValidation, CvPoint, CvProgress, Family, Progress, Refit,
    RegressionParams, Report, Selection, Slab, Status,
};

use crate::error::Error;
use crate::options::{FamilyChoice, LambdaChoice, false_keeps, grouped_false_keeps, grouped_lambda, lambda};
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
/// `group` is the number of independent z-scores that decide on a column: [`Decisions::group`].
///
/// # Errors
/// None for numbers of rows and columns that a table has.
pub fn default_lambda(rows: usize, columns: usize, group: usize) -> Result<f64, Error> {
    // Of one or two columns, half of one is as much as chance may be given.
    let q = if columns <= 2 { 0.5 } else { 1.0 };
    let by_chance =
        grouped_lambda(Some(LambdaChoice::FalseKeeps(q)), LambdaChoice::Bic, rows, columns, group)?;
    let schwarz = lambda(Some(LambdaChoice::Bic), LambdaChoice::Bic, rows, columns)?;
    Ok(by_chance.unwrap_or(1.0).max(schwarz.unwrap_or(1.0)))
}

/// What is kept or dropped at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decisions {
    /// A column, for all of so many classes.
    Columns(usize),
    /// A weight.
    Weights,
}

impl Decisions {
    /// Those of a model of so many classes: a softmax decides on columns unless it is told to decide on each class's weight.
    #[must_use]
    pub fn of(classes: usize, coding: Coding, by_class: bool) -> Self {
        match classes > 2 && coding == Coding::Softmax && !by_class {
            true => Self::Columns(classes),
            false => Self::Weights,
        }
    }

    /// How many independent z-scores decide: the classes' z-scores of a column sum to zero.
    #[must_use]
    pub fn group(self) -> usize {
        match self {
            Self::Columns(classes) => classes.saturating_sub(1).max(1),
            Self::Weights => 1,
        }
    }

    /// How many columns or weights of pure noise are kept in expectation at λ.
    fn false_keeps(self, lambda: f64, columns: usize, outputs: usize) -> Option<f64> {
        match self {
            Self::Columns(_) => grouped_false_keeps(lambda, columns, self.group()),
            // Every output is a chance to keep the column.
            Self::Weights => false_keeps(lambda, columns * outputs),
        }
    }
}

/// Cross-validates classes: of the parameters as they are, which decide on columns, and of those that decide on each class's weight the one
/// with the smaller log loss; only the latter where they are asked for.
///
/// # Errors
/// As [`ClassificationParams::cross_validate`].
pub fn search<'x>(
    params: &ClassificationParams,
    decisions: Decisions,
    (x, labels): (impl Into<vd_glm::Design<'x>>, &[usize]),
    folds: &CrossValidation,
    mut progress: impl FnMut(&CvProgress<'_>) -> core::ops::ControlFlow<()>,
) -> Result<(Decisions, Selection<Classifier>), vd_glm::Error> {
    let x = x.into();
    let by_weight = params.cross_validate_with(x, labels, folds, &mut progress)?;
    if decisions == Decisions::Weights || by_weight.fit.report.status == Status::StoppedByCallback {
        return Ok((Decisions::Weights, by_weight));
    }
    let by_column = params.clone().by_column(true).cross_validate_with(x, labels, folds, &mut progress)?;
    let loss = |s: &Selection<Classifier>| s.curve[s.chosen].error;
    let better = loss(&by_column) <= loss(&by_weight);
    Ok(if better { (decisions, by_column) } else { (Decisions::Weights, by_weight) })
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
        &["lambda", "false-keeps", "family", "by-class", "weights"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let (rows, columns, options) = (problem.x.nrows(), problem.x.ncols(), problem.options);
        let refused = |error| Error::from_estimator(NAME, problem.t.names(), rows, error);
        let decisions = decisions(problem);
        let told = match options.lambda {
            None => Some(default_lambda(rows, columns, decisions.group())?),
            choice => grouped_lambda(choice, LambdaChoice::Bic, rows, columns, decisions.group())?,
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
                let (decisions, fit) = match told {
                    Some(lambda) => {
                        let params = params.lambda(lambda).by_column(decisions != Decisions::Weights);
                        (decisions, params.fit_with(problem.x, labels, progress).map_err(refused)?)
                    }
                    None => {
                        let found = search(&params, decisions, (problem.x, labels), &folds, searching);
                        found.map(|(decisions, s)| (decisions, s.fit)).map_err(refused)?
                    }
                };
                outcome(fit.model.predictors(), link, columns, (fit.model.lambda(), decisions), &fit.report)
            }
            Response::Counts(t) => {
                let params = counts(problem)?.refit(refit);
                let fit = match told {
                    Some(lambda) => params.lambda(lambda).fit_with(problem.x, t, progress),
                    None => params.cross_validate_with(problem.x, t, &folds, searching).map(|s| s.fit),
                };
                let fit = fit.map_err(refused)?;
                let output = core::slice::from_ref(fit.model.predictor());
                outcome(output, Link::Log, columns, (fit.model.lambda(), Decisions::Weights), &fit.report)
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
                let decisions = decisions(problem);
                let params = classes(problem, names.len())?.0.by_column(decisions != Decisions::Weights);
                let found =
                    params.cross_validate_with(problem.x, labels, &folds, progress).map_err(refused)?;
                let (refit, curve) = chosen(&found.curve, found.chosen);
                let fits = params.refit(refit).path(problem.x, labels, &curve.lambdas).map_err(refused)?;
                let models = fits.iter().map(|fit| (fit.model.lambda(), fit.model.predictors()));
                Ok(Some(walk(models, &curve, (refit, decisions), problem.x.ncols())))
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
                    (refit, Decisions::Weights),
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
    (refit, decisions): (Refit, Decisions),
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
            false_keeps: decisions.false_keeps(lambda, columns, outputs.len()),
        }
    };
    Walk {
        parameter: "λ",
        error: "log loss in nats",
        refit: if refit == Refit::None { "" } else { "refitted by ridge regression" },
        stops: models.enumerate().map(stop).collect(),
    }
}

/// What is kept or dropped at once in a problem.
fn decisions(problem: &Problem<'_>) -> Decisions {
    let Response::Classes { names, .. } = problem.t else { return Decisions::Weights };
    let coding = match problem.options.family {
        FamilyChoice::OneVsRest => Coding::OneVsRest,
        _ => Coding::Softmax,
    };
    Decisions::of(names.len(), coding, problem.options.by_class)
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
    (lambda, decisions): (f64, Decisions),
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
            false_keeps: decisions.false_keeps(lambda, columns, outputs.len()),
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

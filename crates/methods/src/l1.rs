//! `l1`: L1-penalised logistic regression.

use estimator::Fit;
use l1_logreg::{CrossValidation, CvProgress, Grid, Model, Params, PathPoint, Progress};
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task};

use crate::error::Error;
use crate::options::CChoice;
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response};
use crate::registry::wrong_target;
use crate::stage::{Stage, Watch};
use crate::walk::{Stop, Walk, strongest};

const NAME: &str = "l1";

/// Numbers that the choice of C found, by name.
pub type Found = Vec<(String, f64)>;

/// The method of the registry.
pub(crate) struct Adapter;

impl crate::method::Adapter for Adapter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "L1-penalised logistic regression: a baseline"
    }

    fn tasks(&self) -> &'static [Task] {
        &[Task::Classification]
    }

    fn options(&self) -> &'static [&'static str] {
        &["c"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let Response::Classes { labels, names } = problem.t else {
            return Err(wrong_target(self, problem.t.task()));
        };
        let (fit, found) = estimate(problem, labels, names, watch)?;
        outcome(&fit, found)
    }

    fn walk(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Option<Walk>, Error> {
        let Response::Classes { labels, names } = problem.t else {
            return Err(wrong_target(self, problem.t.task()));
        };
        let refused = |error| Error::from_estimator(NAME, names, labels.len(), error);
        let params = Params::new().classes(names.len());
        let mut tell = |done: usize| watch(&Stage { activity: problem.activity, ..Stage::at(done) });
        let folds = CrossValidation::new().seed(problem.options.seed).patience(4);
        let folds = folds.folds(5.min(labels.len())).grid(Grid::FromCMin { points: 20, ratio: 1e4 });
        let found = params
            .cross_validate_with(problem.x, labels, &folds, |p: &CvProgress| tell(p.iteration))
            .map_err(refused)?;
        let grid = Grid::Values(found.grid[..found.mean.len()].to_vec());
        let path =
            params.path_with(problem.x, labels, &grid, |p: &Progress| tell(p.iteration)).map_err(refused)?;
        let stop = |(place, point): (usize, &PathPoint)| {
            let weights = point.fit.model.weights();
            let kept = |j: usize| strongest(weights.row(j).iter().copied()).map(|w| (j, w));
            Stop {
                value: point.c,
                kept: (0..weights.nrows()).filter_map(kept).collect(),
                error: finite(-found.mean[place]),
                standard_error: finite(found.standard_error[place]),
                false_keeps: None,
            }
        };
        let stops = path.iter().enumerate().map(stop).collect();
        Ok(Some(Walk { parameter: "C", error: "log loss in nats", refit: "", stops }))
    }
}

fn estimate(
    problem: &Problem<'_>,
    labels: &[usize],
    names: &[String],
    watch: &mut Watch<'_>,
) -> Result<(Fit<Model>, Found), Error> {
    let refused = |error| Error::from_estimator(NAME, names, labels.len(), error);
    let params = Params::new().classes(names.len());
    let mut tell = |stage: Stage| watch(&Stage { activity: problem.activity, ..stage });
    match problem.options.c.unwrap_or(CChoice::CrossValidation) {
        CChoice::CrossValidation => {
            if tell(Stage::at(0)).is_break() {
                return Err(Error::Stopped);
            }
            let folds = CrossValidation::new().seed(problem.options.seed);
            let progress = |p: &CvProgress| tell(Stage::at(p.iteration));
            let chosen = params.cross_validate_with(problem.x, labels, &folds, progress).map_err(refused)?;
            let found = vec![
                ("C (best held-out log-likelihood)".to_owned(), chosen.c()),
                (
                    "C by the one-standard-error rule, not used".to_owned(),
                    chosen.grid[chosen.one_standard_error],
                ),
            ];
            Ok((chosen.fit, found))
        }
        CChoice::Value(c) => {
            let progress =
                |p: &Progress| tell(Stage { objective: Some(p.objective), ..Stage::at(p.iteration) });
            let fit = params.c(c).fit_with(problem.x, labels, progress).map_err(refused)?;
            Ok((fit, vec![("C".to_owned(), c)]))
        }
    }
}

/// What a fit of `l1-logreg` comes to: a softmax, or a logistic function of two classes.
///
/// # Errors
/// A model with a number that is not finite.
pub fn outcome(fit: &Fit<Model>, found: Found) -> Result<Outcome, Error> {
    let model = &fit.model;
    // Two classes have one output: the log-odds of the second against the first.
    let (features, outputs) = model.weights().shape();
    let weight = |j: usize, k: usize| model.weights()[(j, k)];
    let bias: Vec<f64> = model.intercept().iter().copied().collect();
    let layer = Layer::dense(features, bias, weight)?;
    let relevance = |j: usize| {
        let larger = |a: usize, k: usize| if weight(j, k).abs() > weight(j, a).abs() { k } else { a };
        let most = (0..outputs).fold(0, larger);
        let kept = (0..outputs).filter(|&k| weight(j, k) != 0.0).count() as u32;
        FeatureRelevance { weight: weight(j, most), output: most as u32, kept, ..FeatureRelevance::default() }
    };
    let link = if outputs == 1 { Link::Logistic } else { Link::Softmax };
    Ok(Outcome {
        relevance: (0..features).map(relevance).collect(),
        predictor: Predictor::new(Layers::from(layer).into(), link, Vec::new())?,
        weights_before: (features * outputs) as u64,
        threshold: None,
        summary: FitSummary {
            status: fit.report.status,
            objective: fit.report.objective,
            residual: finite(fit.report.residual),
            iterations: fit.report.iterations as u64,
            found,
            false_keeps: None,
        },
    })
}

//! `l1`: L1-penalised logistic regression.

use estimator::Fit;
use l1_logreg::{CrossValidation, Model, Params, Progress, Rule};
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task};

use crate::error::Error;
use crate::options::CChoice;
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response};
use crate::registry::wrong_target;
use crate::stage::{Stage, Watch};

const NAME: &str = "l1";

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
        outcome(&estimate(problem, labels, names, watch)?)
    }
}

fn estimate(
    problem: &Problem<'_>,
    labels: &[usize],
    names: &[String],
    watch: &mut Watch<'_>,
) -> Result<Fit<Model>, Error> {
    let refused = |error| Error::from_estimator(NAME, names, labels.len(), error);
    let params = Params::new().classes(names.len());
    let mut tell = |stage: Stage| watch(&Stage { activity: problem.activity, ..stage });
    match problem.options.c.unwrap_or(CChoice::CrossValidation) {
        CChoice::CrossValidation => {
            if tell(Stage::at(0)).is_break() {
                return Err(Error::Stopped);
            }
            let folds = CrossValidation::new().seed(problem.options.seed).rule(Rule::OneStandardError);
            let chosen = params.check().map_err(refused)?.cross_validate(problem.x, labels, &folds);
            Ok(chosen.map_err(refused)?.fit)
        }
        CChoice::Value(c) => {
            let mut progress =
                |p: &Progress| tell(Stage { objective: Some(p.objective), ..Stage::at(p.iteration) });
            let checked = params.c(c).check().map_err(refused)?;
            checked.fit_watched(problem.x, labels, &mut progress).map_err(refused)
        }
    }
}

fn outcome(fit: &Fit<Model>) -> Result<Outcome, Error> {
    let model = &fit.model;
    let (features, classes) = model.weights().shape();
    // Of two classes only the difference of the weights is determined: the log-odds of the second class.
    let two = classes == 2;
    let weight = |j: usize, k: usize| {
        if two { model.weights()[(j, 1)] - model.weights()[(j, 0)] } else { model.weights()[(j, k)] }
    };
    let bias: Vec<f64> = model.intercept().iter().copied().collect();
    let bias = if two { vec![bias[1] - bias[0]] } else { bias };
    let outputs = bias.len();
    let layer = Layer::dense(features, bias, weight)?;
    let relevance = |j: usize| {
        let larger = |a: usize, k: usize| if weight(j, k).abs() > weight(j, a).abs() { k } else { a };
        let most = (0..outputs).fold(0, larger);
        let kept = (0..outputs).filter(|&k| weight(j, k) != 0.0).count() as u32;
        FeatureRelevance { weight: weight(j, most), output: most as u32, kept, ..FeatureRelevance::default() }
    };
    let link = if two { Link::Logistic } else { Link::Softmax };
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
            found: vec![("C".to_owned(), model.c())],
            false_keeps: None,
        },
    })
}

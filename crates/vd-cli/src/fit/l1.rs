//! `--model l1`: L1-penalised logistic regression.

use crate::error::{Error, Result};
use crate::fit::{Fitted, Problem, Response, Watch, finite};
use crate::model::{Account, Layer, Layers, Link, Predictor, Relevance, Uncertainty};
use l1_logreg::{CrossValidation, Fit, Model, Params, Progress, Rule};

pub(super) fn fit(problem: &Problem<'_>, watch: &mut Watch) -> Result<Fitted> {
    let Response::Classes { labels, count } = problem.t else {
        return Err(Error::usage("--model l1 predicts classes"));
    };
    let fit = estimate(problem, labels, *count, watch)?;
    let model = &fit.model;
    let (features, outputs) = model.weights().shape();
    let layer =
        Layer::dense(features, model.intercept().iter().copied().collect(), |j, k| model.weights()[(j, k)]);
    let relevance = (0..features).map(|j| {
        let row = model.weights().row(j);
        let most = row.iter().copied().fold(0.0_f64, |a, w| if w.abs() > a.abs() { w } else { a });
        let kept = row.iter().filter(|w| **w != 0.0).count() as u32;
        Relevance { weight: most, kept, log_alpha: None, precision: None, z: None }
    });
    Ok(Fitted {
        relevance: relevance.collect(),
        predictor: Predictor::Layers(Layers { layers: vec![layer] }),
        link: Link::Softmax,
        uncertainty: Uncertainty::None,
        weights_before: (features * outputs) as u64,
        threshold: None,
        account: Account {
            status: fit.report.status,
            objective: fit.report.objective,
            residual: finite(fit.report.residual),
            iterations: fit.report.iterations as u64,
            found: vec![("C".to_owned(), model.c())],
        },
    })
}

fn estimate(
    problem: &Problem<'_>,
    labels: &[usize],
    classes: usize,
    watch: &mut Watch,
) -> Result<Fit<Model>> {
    let refused = |error: l1_logreg::Error| Error::Fit { model: "l1", what: error.to_string() };
    let params = Params::new().classes(classes);
    let c: Option<f64> = match problem.tuning.c.as_deref() {
        None | Some("cv") => None,
        Some(text) => Some(text.parse().map_err(|_| Error::usage("--c is a number or `cv`"))?),
    };
    let Some(c) = c else {
        let _ = watch.tick(|| "choosing C by cross-validation".to_owned());
        let folds = CrossValidation::new().seed(problem.tuning.seed).rule(Rule::OneStandardError);
        let chosen =
            params.check().map_err(refused)?.cross_validate(problem.x, labels, &folds).map_err(refused)?;
        return Ok(chosen.fit);
    };
    let mut progress = |p: &Progress| watch.tick(|| format!("iteration {}, gap {:.1e}", p.iteration, p.gap));
    let checked = params.c(c).check().map_err(refused)?;
    checked.fit_watched(problem.x, labels, &mut progress).map_err(refused)
}

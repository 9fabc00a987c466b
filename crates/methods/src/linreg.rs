//! `linreg`: variational-dropout linear regression.

use estimator::{Fit, Report};
use nalgebra::DVector;
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_linreg::{CrossValidation, Model, Params, Refit};

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
        &["lambda", "false-keeps", "weights"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let Response::Numbers(t) = problem.t else {
            return Err(wrong_target(self, problem.t.task()));
        };
        let unit = Unit::of(t)?;
        let scaled = DVector::from_vec(unit.scaled(t));
        let mut tell = |stage: Stage| watch(&Stage { activity: problem.activity, ..stage });
        let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
        let fit = estimate(problem, &scaled, &mut tell)?;
        let z = vd_linreg::analysis::z_scores(problem.x, &scaled, problem.weights, &fit.model)
            .map_err(refused)?;
        outcome(&fit, &z.iter().map(|r| r.z).collect::<Vec<_>>(), unit)
    }
}

fn estimate(
    problem: &Problem<'_>,
    t: &DVector<f64>,
    tell: &mut dyn FnMut(Stage) -> core::ops::ControlFlow<()>,
) -> Result<Fit<Model, Report>, Error> {
    let (x, options) = (problem.x, problem.options);
    let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
    let base = problem.weights.map_or_else(Params::new, |w| Params::new().weights(w));
    let Some(lambda) = lambda(options.lambda, LambdaChoice::Value(1.0), x.nrows(), x.ncols())? else {
        let folds = CrossValidation::new().seed(options.seed).folds(5.min(x.nrows()));
        let progress = |p: &vd_linreg::CvProgress<'_>| tell(Stage::at(p.done));
        return Ok(base.cross_validate_with(x, t, &folds, progress).map_err(refused)?.fit);
    };
    let progress = |p: &vd_linreg::Progress| {
        tell(Stage { objective: Some(p.objective), kept: Some(p.kept), ..Stage::at(p.iteration) })
    };
    let mut params = base.lambda(lambda);
    if matches!(options.lambda, Some(LambdaChoice::FalseKeeps(_))) {
        // Such a λ shrinks what it keeps.
        params = params.refit(Refit::LeastSquares);
    }
    params.fit_with(x, t, progress).map_err(refused)
}

/// The model in the target's unit.
fn outcome(fit: &Fit<Model, Report>, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
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
            found: vec![("λ".to_owned(), model.lambda()), ("noise".to_owned(), noise.sqrt())],
            false_keeps: false_keeps(model.lambda(), z.len()),
        },
    })
}

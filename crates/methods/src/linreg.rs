//! `linreg`: variational-dropout linear regression.

use estimator::{Fit, Report};
use nalgebra::DVector;
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, StandIn, Task, Uncertainty};
use vd_linreg::{Averaged, Averaging, AveragingProgress, CrossValidation, Model, Params, Refit, Sparsity};

use crate::error::Error;
use crate::options::{LambdaChoice, false_keeps, lambda};
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response, Unit};
use crate::registry::wrong_target;
use crate::stage::{Stage, Watch};
use crate::walk::{Curve, Stop, Walk};

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
        &["lambda", "false-keeps", "keep", "within", "by-level", "weights"]
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
        made(&estimate.fit, estimate.about, &z, unit)
    }

    fn walk(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Option<Walk>, Error> {
        let Response::Numbers(t) = problem.t else {
            return Err(wrong_target(self, problem.t.task()));
        };
        let unit = Unit::of(t)?;
        let scaled = DVector::from_vec(unit.scaled(t));
        walk(problem, &scaled, unit, watch).map(Some)
    }
}

/// The walk down λ: the error by cross-validation, the models by the path of all rows.
fn walk(problem: &Problem<'_>, t: &DVector<f64>, unit: Unit, watch: &mut Watch<'_>) -> Result<Walk, Error> {
    let x = problem.x;
    let refused = |error| Error::from_estimator(NAME, &[], t.len(), error);
    let base = problem.weights.map_or_else(Params::new, |w| Params::new().weights(w));
    let folds = CrossValidation::new().seed(problem.options.seed).folds(5.min(x.nrows()));
    let mut tell = |done: usize| watch(&Stage { activity: problem.activity, ..Stage::at(done) });
    let progress = |p: &vd_linreg::CvProgress<'_>| tell(p.done);
    let selection = base.cross_validate_with(x, t, &folds, progress).map_err(refused)?;
    let refit = selection.curve[selection.chosen].refit;
    let curve = Curve::of(&selection.curve, &refit);
    let path = base.refit(refit).path_with(x, t, &curve.lambdas, |p| tell(p.iteration)).map_err(refused)?;
    let stop = |(place, fit): (usize, &Fit<Model, Report>)| {
        let model = &fit.model;
        let (square, spread) = curve.at(place);
        // The root's standard error by the first term of its series.
        let error = square.map(|v| unit.scale * v.sqrt());
        let standard_error =
            square.zip(spread).map(|(v, s)| unit.scale * s / (2.0 * v.sqrt())).and_then(finite);
        Stop {
            value: model.lambda(),
            kept: model.support().into_iter().map(|j| (j, unit.scale * model.coefficients()[j])).collect(),
            error,
            standard_error,
            false_keeps: false_keeps(model.lambda(), x.ncols()),
        }
    };
    Ok(Walk {
        parameter: "λ",
        error: "RMSE",
        refit: if refit == Refit::LeastSquares { "refitted by least squares" } else { "" },
        stops: path.fits.iter().enumerate().map(stop).collect(),
    })
}

/// A fit, and what a summary says of it.
struct Estimate {
    fit: Fit<Model, Report>,
    about: About,
}

/// What a summary says of a fit beside how it ended.
struct About {
    /// How many of the kept columns do not matter, in expectation.
    false_keeps: Option<f64>,
    /// How far the fit is from an optimum; none where it is not one.
    residual: Option<f64>,
    /// What was found, by name.
    found: Vec<(String, f64)>,
    /// What an average says of each feature.
    features: Features,
}

/// What an average over supports says of each feature; nothing where there is none.
#[derive(Default)]
struct Features {
    inclusion: Vec<f64>,
    stand_ins: Vec<vd_linreg::StandIn>,
    /// The first feature of each feature's decision, for those of several features; empty where there is none.
    decided: Vec<Option<u32>>,
}

impl About {
    /// A fit at one λ.
    fn at_lambda(fit: &Fit<Model, Report>) -> Self {
        let lambda = fit.model.lambda();
        Self {
            false_keeps: false_keeps(lambda, fit.model.coefficients().len()),
            residual: finite(fit.report.residual),
            found: vec![("λ".to_owned(), lambda)],
            features: Features::default(),
        }
    }

    /// An average: no λ decides what is kept, and no optimum is sought.
    fn average(averaged: &Averaged) -> Self {
        let sparse = averaged.looks_sparse();
        let mut found = vec![("z² at even odds".to_owned(), averaged.fit.model.lambda())];
        // Walks that were stopped early do not know it.
        if let Some(error) = finite(averaged.fit.report.residual) {
            found.push(("squared error of the walks, in noise variances".to_owned(), error));
        }
        if !sparse {
            found.push((MANY_WEAK.to_owned(), averaged.background));
        }
        let features = Features {
            inclusion: averaged.inclusion.as_slice().to_vec(),
            stand_ins: averaged.stand_ins.clone(),
            decided: shared(&averaged.decided),
        };
        Self { false_keeps: sparse.then(|| averaged.expected_false_keeps()), residual: None, found, features }
    }
}

impl Features {
    /// What could stand in for a feature.
    fn of(&self, feature: usize) -> Vec<StandIn> {
        let own = self.stand_ins.iter().filter(|s| s.kept == feature);
        own.map(|s| StandIn { feature: s.other as u32, correlation: s.correlation }).collect()
    }
}

/// The decisions of several features; none where a feature is alone.
fn shared(decided: &[usize]) -> Vec<Option<u32>> {
    let mut count = vec![0; decided.len()];
    decided.iter().for_each(|&first| count[first] += 1);
    decided.iter().map(|&first| (count[first] > 1).then_some(first as u32)).collect()
}

impl Estimate {
    fn at_lambda(fit: Fit<Model, Report>) -> Self {
        Self { about: About::at_lambda(&fit), fit }
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
        return average(&base, problem, t, &averaging, tell);
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
    problem: &Problem<'_>,
    t: &DVector<f64>,
    averaging: &Averaging,
    tell: Tell<'_>,
) -> Result<Estimate, Error> {
    let progress = |p: &AveragingProgress| {
        tell(Stage { objective: Some(p.objective), kept: Some(p.kept), ..Stage::at(p.steps) })
    };
    let averaged = match problem.groups {
        None => params.fit_averaged_with(problem.x, t, averaging, progress),
        Some(groups) => params.fit_averaged_groups_with(problem.x, t, groups, averaging, progress),
    };
    let averaged = averaged.map_err(|error| Error::from_estimator(NAME, &[], t.len(), error))?;
    Ok(Estimate { about: About::average(&averaged), fit: averaged.fit })
}

/// What an average over supports by `vd-linreg` comes to: `z` and `unit` as in [`outcome`].
///
/// # Errors
/// A model with a number that is not finite.
pub fn averaged(averaged: &Averaged, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
    made(&averaged.fit, About::average(averaged), z, unit)
}

/// The name under which a summary has the variance of many weak effects: where it is there, the truth does not look sparse.
pub const MANY_WEAK: &str = "many weak effects";

/// What a fit of `vd-linreg` at one λ comes to: `z` has the z-score of each feature, `unit` leads from the fit's target to the caller's.
///
/// # Errors
/// A model with a number that is not finite.
pub fn outcome(fit: &Fit<Model, Report>, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
    made(fit, About::at_lambda(fit), z, unit)
}

/// The model in the target's unit.
fn made(fit: &Fit<Model, Report>, about: About, z: &[f64], unit: Unit) -> Result<Outcome, Error> {
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
        inclusion: about.features.inclusion.get(j).copied(),
        stand_ins: about.features.of(j),
        decided: about.features.decided.get(j).copied().flatten(),
    };
    let relevance = (0..z.len()).map(relevance).collect();
    Ok(Outcome {
        predictor: Predictor::new(Layers::from(layer).into(), Link::Identity, vec![uncertainty])?,
        relevance,
        weights_before: z.len() as u64,
        threshold: None,
        summary: FitSummary {
            status: report.status,
            objective: report.objective,
            residual: about.residual,
            iterations: report.iterations as u64,
            found: about.found.into_iter().chain([("noise".to_owned(), noise.sqrt())]).collect(),
            false_keeps: about.false_keeps,
        },
    })
}

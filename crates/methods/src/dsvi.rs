//! `dsvi`: variational dropout by doubly stochastic inference; also for rows that come in passes ([`params`], [`outcome`]).

use nalgebra::DMatrix;
use predictor::{FeatureRelevance, FitSummary, Layer, Layers, Link, Predictor, Task, Uncertainty};
use vd_dsvi::{
    Batch, Convergence, Likelihood, Model, Params, Progress, Removal, Schedule, ThetaInit, TrainingReport,
};

use crate::error::Error;
use crate::options::{LambdaChoice, Options, lambda};
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response, Unit};
use crate::stage::{Stage, Watch};

const NAME: &str = "dsvi";

/// Gradient steps that a fit takes unless it is told its epochs.
const STEPS: usize = 10_000;

/// The method of the registry.
pub(crate) struct Adapter;

impl crate::method::Adapter for Adapter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Variational dropout by doubly stochastic inference: linear models and networks, any size of file"
    }

    fn tasks(&self) -> &'static [Task] {
        &[Task::Regression, Task::Classification]
    }

    fn options(&self) -> &'static [&'static str] {
        &["lambda", "epochs", "tolerance", "batch", "learning-rate", "hidden", "threshold", "stream"]
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let (x, options) = (problem.x.map(|v| v as f32), problem.options);
        let classes = (problem.t.task() == Task::Classification).then(|| problem.t.names().len());
        let params = params(classes, x.nrows(), x.ncols(), options, Reading::Memory)?;
        let weights = x.ncols();
        let epochs = params.max_epochs();
        let progress = |p: &Progress| {
            watch(&Stage {
                activity: problem.activity,
                limit: Some(epochs),
                objective: Some(p.elbo),
                kept: p.sparsity.first().map(|s| ((1.0 - s) * weights as f64).round() as usize),
                ..Stage::at(p.epoch)
            })
        };
        let (fit, unit) = match problem.t {
            Response::Numbers(t) | Response::Counts(t) => {
                let unit = Unit::of(t)?;
                let t = DMatrix::from_iterator(t.len(), 1, unit.scaled(t).into_iter().map(|t| t as f32));
                (params.fit_with(&x, &t, progress), unit)
            }
            Response::Classes { labels, .. } => (params.fit_with(&x, labels, progress), Unit::ONE),
        };
        let refused = |error| Error::from_estimator(NAME, problem.t.names(), x.nrows(), error);
        let fit = fit.map_err(refused)?;
        outcome(&fit.model, classes, unit, options.threshold, summary(&fit.report))
    }
}

/// Turns an error of the trainer into this crate's.
#[must_use]
pub fn refused(error: vd_dsvi::Error) -> Error {
    Error::from_estimator(NAME, &[], 0, error)
}

/// How such a fit ended, in the terms of a saved model.
#[must_use]
pub fn summary(report: &TrainingReport) -> FitSummary {
    let summary = report.summary();
    let mut found = vec![("λ".to_owned(), report.last.lambda)];
    if let Some(count) = report.undecided.filter(|&count| count > 0) {
        found.push(("weights kept though z² ≤ λ, for lack of epochs".to_owned(), count as f64));
    }
    FitSummary {
        status: summary.status,
        objective: summary.objective,
        // A stochastic fit has none: the change of a noisy bound says little.
        residual: None,
        iterations: summary.iterations as u64,
        found,
        false_keeps: None,
    }
}

/// How a fit reads its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From memory: epochs are cheap.
    Memory,
    /// In passes over a file: there are few.
    Passes,
}

/// log α above which passes remove a weight for good: `Params::recommended` has the runs behind it.
const REMOVED: f64 = 2.0;

/// The parameters of a fit to so many rows and columns, of a number or of so many classes.
///
/// # Errors
/// An option that is out of its range.
pub fn params(
    classes: Option<usize>,
    rows: usize,
    columns: usize,
    options: &Options,
    reading: Reading,
) -> Result<Params, Error> {
    check(options)?;
    let linear = options.hidden.is_empty();
    let batch = options.batch.unwrap_or_else(|| (rows / 1000).clamp(100, 1000)).min(rows.max(1));
    let steps = rows.div_ceil(batch.max(1)).max(1);
    let fewest = if reading == Reading::Passes { 5 } else { 10 };
    let epochs = options.epochs.unwrap_or_else(|| STEPS.div_ceil(steps).clamp(fewest, 2000));
    let rate = options.learning_rate.unwrap_or(if linear { 0.01 } else { 0.002 });
    let likelihood = match classes {
        None => Likelihood::Gaussian,
        Some(2) => Likelihood::Bernoulli,
        Some(_) => Likelihood::Softmax,
    };
    let mut params = Params::new()
        .likelihood(likelihood)
        .intercept(true)
        .batch(Batch::Size(batch))
        .epochs(epochs)
        .lambda(kl_weight(options, rows, columns, linear && reading == Reading::Passes)?)
        .learning_rate(schedule(options, epochs, rate, reading))
        .threshold(options.threshold)
        .seed(options.seed)
        .threads(options.threads)
        .hidden(&options.hidden);
    if let Some(tolerance) = options.tolerance {
        params = params.convergence(Convergence { window: (epochs / 50).max(1), tolerance });
    }
    if linear && reading == Reading::Passes {
        params =
            params.removal(Removal { threshold: REMOVED.min(options.threshold), from_epoch: epochs / 2 + 1 });
    }
    if likelihood == Likelihood::Softmax {
        params = params.classes(classes);
    }
    if !linear {
        params = params.theta_init(ThetaInit::He);
    }
    Ok(params)
}

/// The options that only this method reads, before anything is made of them.
fn check(options: &Options) -> Result<(), Error> {
    let refuse = |option, allowed: &str, found: String| {
        Err(Error::Option { option, what: format!("must be {allowed}, and is {found}") })
    };
    if options.epochs == Some(0) {
        return refuse("epochs", "at least 1", "0".to_owned());
    }
    if options.batch == Some(0) {
        return refuse("batch", "at least 1", "0".to_owned());
    }
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if let Some(rate) = options.learning_rate.filter(|&rate| !positive(rate)) {
        return refuse("learning-rate", "a finite number above 0", rate.to_string());
    }
    if let Some(tolerance) = options.tolerance.filter(|&tolerance| !positive(tolerance)) {
        return refuse("tolerance", "a finite number above 0", tolerance.to_string());
    }
    Ok(())
}

/// λ: a weight whose estimate is z deviations from zero is kept where z² > λ, so that ln N is the criterion of Schwarz (1978).
fn kl_weight(options: &Options, rows: usize, columns: usize, passes: bool) -> Result<f64, Error> {
    // With millions of rows nothing is too weak to be seen, and at λ = 1 a third of the columns that do nothing would stay.
    let otherwise = if passes { LambdaChoice::Bic } else { LambdaChoice::Value(1.0) };
    lambda(options.lambda, otherwise, rows, columns)?.ok_or_else(|| Error::Option {
        option: "lambda",
        what: "dsvi does not choose it by cross-validation: give a number or `bic`".to_owned(),
    })
}

/// The learning rate by epoch.
fn schedule(options: &Options, epochs: usize, rate: f64, reading: Reading) -> Schedule {
    let end = epochs as f64;
    match (options.tolerance, reading) {
        // A rate that goes to nothing would bring everything to rest, converged or not.
        (Some(_), _) => Schedule::geometric(&[(0.05 * end, rate), (0.25 * end, rate / 30.0)]),
        // Few epochs: every factor of the rate gets its share of them, down to where a step is well below a posterior deviation.
        (None, Reading::Passes) => Schedule::geometric(&[(0.2 * end, rate), (end, 1e-3 * rate)]),
        (None, Reading::Memory) => Schedule::linear(&[(0.5 * end, rate), (end, 0.0)]),
    }
}

/// The model without the weights of log α above `threshold`, in the target's unit; of so many classes, or of a number.
///
/// # Errors
/// A model that has a weight that is not finite.
pub fn outcome(
    model: &Model<f32>,
    classes: Option<usize>,
    unit: Unit,
    threshold: f64,
    summary: FitSummary,
) -> Result<Outcome, Error> {
    let link = match classes {
        None => Link::Identity,
        Some(2) => Link::Logistic,
        Some(_) => Link::Softmax,
    };
    let pruned = model.pruned(threshold);
    let last = pruned.layers().len().saturating_sub(1);
    let layers = pruned.layers().iter().enumerate().map(|(l, layer)| {
        let unit = if l == last { unit } else { Unit { mean: 0.0, scale: 1.0 } };
        let bias = |k: usize| layer.intercept().map_or(0.0, |b| f64::from(b[k]));
        let bias = (0..layer.outputs()).map(|k| unit.scale * bias(k) + unit.mean).collect();
        Layer::dense(layer.inputs(), bias, |j, k| unit.scale * f64::from(layer.theta()[(j, k)]))
    });
    let layers = Layers::new(layers.collect::<core::result::Result<_, _>>()?)?;
    let relevance = relevance(model, threshold, if last == 0 { unit.scale } else { 1.0 });
    let uncertainty = match (pruned.layers(), link) {
        ([only], Link::Identity) => {
            let square = unit.scale * unit.scale;
            let kept: Vec<usize> = (0..only.inputs()).filter(|&j| only.theta()[(j, 0)] != 0.0).collect();
            let variance =
                kept.iter().map(|&j| square * f64::from(only.log_sigma2()[(j, 0)]).exp()).collect();
            // The weights are independent in the frame of the features as they are: no column was centred inside.
            let (index, centre) = (kept.iter().map(|&j| j as u32).collect(), vec![0.0; kept.len()]);
            vec![Uncertainty::diagonal(square / model.beta(), index, centre, variance)?]
        }
        _ => Vec::new(),
    };
    Ok(Outcome {
        predictor: Predictor::new(layers.shrunk().into(), link, uncertainty)?,
        relevance,
        weights_before: model.weight_count() as u64,
        threshold: Some(threshold),
        summary,
    })
}

/// What the first layer says about each feature.
fn relevance(model: &Model<f32>, threshold: f64, scale: f64) -> Vec<FeatureRelevance> {
    let Some(first) = model.layers().first() else { return Vec::new() };
    let log_alpha = first.log_alpha();
    let of_feature = |j: usize| {
        let outputs = 0..first.outputs();
        let kept = outputs.clone().filter(|&k| f64::from(log_alpha[(j, k)]) <= threshold);
        let most = outputs.min_by(|&a, &b| log_alpha[(j, a)].total_cmp(&log_alpha[(j, b)])).unwrap_or(0);
        let (theta, log_alpha) = (f64::from(first.theta()[(j, most)]), f64::from(log_alpha[(j, most)]));
        let kept = kept.count() as u32;
        FeatureRelevance {
            output: most as u32,
            weight: if kept > 0 { scale * theta } else { 0.0 },
            kept,
            log_alpha: finite(log_alpha),
            // θ / σ = ± α^(−1/2).
            z: finite((-0.5 * log_alpha).exp().copysign(theta)),
            ..FeatureRelevance::default()
        }
    };
    (0..first.inputs()).map(of_feature).collect()
}

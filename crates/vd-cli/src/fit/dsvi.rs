//! `--model dsvi`: variational dropout by doubly stochastic inference.

use crate::error::{Error, Result};
use crate::fit::{Fitted, Problem, Response, Watch, finite, target_scale};
use crate::model::{Account, Layer, Layers, Link, Predictor, Relevance, Uncertainty};
use nalgebra::DMatrix;
use vd_dsvi::{
    Batch, Convergence, Likelihood, Model, Params, Precision, Progress, Removal, Schedule, Targets,
    ThetaInit, TrainingReport,
};

/// Gradient steps that a fit takes unless it is told its epochs.
const STEPS: usize = 10_000;

/// From outputs to the target's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    pub mean: f64,
    pub scale: f64,
}

pub(crate) fn fit(problem: &Problem<'_>, watch: &mut Watch) -> Result<Fitted> {
    let (x, tuning) = (problem.x.map(|v| v as f32), problem.tuning);
    let params = params(kind_of(problem.t), x.nrows(), tuning, Reading::Memory)?;
    let epochs = params.epochs;
    let progress = |p: &Progress| {
        watch.tick(|| {
            format!("epoch {} of {epochs}, bound {:.1}, {:.1}% dropped", p.epoch, p.elbo, dropped(p))
        })
    };
    let (fit, unit, link) = match problem.t {
        Response::Numbers(t) => {
            let (mean, scale) = target_scale(t)?;
            let t = DMatrix::from_iterator(t.len(), 1, t.iter().map(|t| ((t - mean) / scale) as f32));
            (params.fit_with(&x, &t, progress), Unit { mean, scale }, Link::Identity)
        }
        Response::Classes { labels, count } => {
            let link = if *count == 2 { Link::Logistic } else { Link::Softmax };
            (params.fit_with(&x, Targets::Classes(labels), progress), Unit { mean: 0.0, scale: 1.0 }, link)
        }
    };
    let fit = fit.map_err(|error| Error::Fit { model: "dsvi", what: error.to_string() })?;
    Ok(fitted(&fit.model, link, unit, tuning.threshold, account(&fit.report)))
}

pub(super) fn account(report: &TrainingReport) -> Account {
    let summary = report.summary();
    Account {
        status: summary.status,
        objective: summary.objective,
        // A stochastic fit has none: the change of a noisy bound says little.
        residual: None,
        iterations: summary.iterations as u64,
        found: vec![("λ".to_owned(), report.last.kl_weight)],
    }
}

pub(super) fn dropped(progress: &Progress) -> f64 {
    100.0 * progress.sparsity.first().copied().unwrap_or(0.0)
}

/// How many classes; none for a number.
fn kind_of(t: &Response) -> Option<usize> {
    match t {
        Response::Numbers(_) => None,
        Response::Classes { count, .. } => Some(*count),
    }
}

/// How a fit reads its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// From memory: epochs are cheap.
    Memory,
    /// In passes over a file: there are few.
    Passes,
}

/// log α above which passes remove a weight for good: `Params::recommended` has the runs behind it.
const REMOVED: f64 = 2.0;

/// The parameters of a fit to this many rows of a number, or of this many classes.
pub(crate) fn params(
    classes: Option<usize>,
    rows: usize,
    tuning: &crate::cli::TuningArgs,
    reading: Reading,
) -> Result<Params> {
    let linear = tuning.hidden.is_empty();
    let batch = tuning.batch.unwrap_or_else(|| (rows / 1000).clamp(100, 1000)).min(rows.max(1));
    let steps = rows.div_ceil(batch.max(1)).max(1);
    let fewest = if reading == Reading::Passes { 5 } else { 10 };
    let epochs = tuning.epochs.unwrap_or_else(|| STEPS.div_ceil(steps).clamp(fewest, 2000));
    let rate = tuning.learning_rate.unwrap_or(if linear { 0.01 } else { 0.002 });
    let likelihood = match classes {
        None => Likelihood::Gaussian(Precision::Learned { start: 1.0 }),
        Some(2) => Likelihood::Bernoulli,
        Some(_) => Likelihood::Softmax,
    };
    let mut params = Params::default()
        .likelihood(likelihood)
        .bias(true)
        .batch(Batch::Size(batch))
        .epochs(epochs)
        .kl_weight(kl_weight(tuning, rows, linear && reading == Reading::Passes)?)
        .learning_rate(schedule(tuning, epochs, rate, reading))
        .threshold(tuning.threshold)
        .seed(tuning.seed)
        .threads(tuning.threads)
        .hidden(tuning.hidden.clone());
    if let Some(tolerance) = tuning.tolerance {
        params = params.convergence(Convergence { window: (epochs / 50).max(1), tolerance });
    }
    if linear && reading == Reading::Passes {
        params =
            params.removal(Removal { threshold: REMOVED.min(tuning.threshold), from_epoch: epochs / 2 + 1 });
    }
    if likelihood == Likelihood::Softmax {
        params = params.classes(classes);
    }
    if !linear {
        params = params.theta_init(ThetaInit::He);
    }
    Ok(params)
}

/// λ: a weight whose estimate is z deviations from zero is kept where z² > λ, so that ln N is the criterion of Schwarz (1978).
fn kl_weight(tuning: &crate::cli::TuningArgs, rows: usize, passes: bool) -> Result<f64> {
    let bic = (rows.max(3) as f64).ln();
    match tuning.lambda.as_deref() {
        // With millions of rows nothing is too weak to be seen, and at λ = 1 a third of the columns that do nothing would stay.
        None if passes => Ok(bic),
        None => Ok(1.0),
        Some("bic") => Ok(bic),
        Some(text) => text.parse().map_err(|_| Error::usage("--lambda of dsvi is a number or `bic`")),
    }
}

/// The step rate by epoch.
fn schedule(tuning: &crate::cli::TuningArgs, epochs: usize, rate: f64, reading: Reading) -> Schedule {
    let end = epochs as f64;
    match (tuning.tolerance, reading) {
        // A rate that goes to nothing would bring everything to rest, converged or not.
        (Some(_), _) => Schedule::geometric(&[(0.05 * end, rate), (0.25 * end, rate / 30.0)]),
        // Few epochs: every factor of the rate gets its share of them, down to where a step is well below a posterior deviation.
        (None, Reading::Passes) => Schedule::geometric(&[(0.2 * end, rate), (end, 1e-3 * rate)]),
        (None, Reading::Memory) => Schedule::linear(&[(0.5 * end, rate), (end, 0.0)]),
    }
}

/// The pruned model in the words of this crate.
pub(crate) fn fitted(model: &Model<f32>, link: Link, unit: Unit, threshold: f64, account: Account) -> Fitted {
    let pruned = model.pruned(threshold);
    let last = pruned.layers.len().saturating_sub(1);
    let layers = pruned.layers.iter().enumerate().map(|(l, layer)| {
        let unit = if l == last { unit } else { Unit { mean: 0.0, scale: 1.0 } };
        let bias = |k: usize| layer.bias.as_ref().map_or(0.0, |b| f64::from(b[k]));
        let bias = (0..layer.theta.ncols()).map(|k| unit.scale * bias(k) + unit.mean).collect();
        Layer::dense(layer.theta.nrows(), bias, |j, k| unit.scale * f64::from(layer.theta[(j, k)]))
    });
    let layers = Layers { layers: layers.collect() };
    let relevance = relevance(model, threshold, if last == 0 { unit.scale } else { 1.0 });
    let uncertainty = match (&pruned.layers[..], link) {
        ([only], Link::Identity) => {
            let kept: Vec<usize> = (0..only.theta.nrows()).filter(|&j| only.theta[(j, 0)] != 0.0).collect();
            Uncertainty::Diagonal {
                noise: unit.scale * unit.scale / model.beta,
                index: kept.iter().map(|&j| j as u32).collect(),
                variance: kept
                    .iter()
                    .map(|&j| unit.scale * unit.scale * f64::from(only.log_sigma2[(j, 0)]).exp())
                    .collect(),
            }
        }
        _ => Uncertainty::None,
    };
    Fitted {
        predictor: Predictor::Layers(layers.shrunk()),
        link,
        uncertainty,
        relevance,
        weights_before: model.weights() as u64,
        threshold: Some(threshold),
        account,
    }
}

/// What the first layer says about each feature.
fn relevance(model: &Model<f32>, threshold: f64, scale: f64) -> Vec<Relevance> {
    let Some(first) = model.layers.first() else { return Vec::new() };
    let log_alpha = first.log_alpha();
    let of_feature = |j: usize| {
        let outputs = 0..first.theta.ncols();
        let kept = outputs.clone().filter(|&k| f64::from(log_alpha[(j, k)]) <= threshold);
        let most = outputs.min_by(|&a, &b| log_alpha[(j, a)].total_cmp(&log_alpha[(j, b)])).unwrap_or(0);
        let (theta, log_alpha) = (f64::from(first.theta[(j, most)]), f64::from(log_alpha[(j, most)]));
        let kept = kept.count() as u32;
        Relevance {
            weight: if kept > 0 { scale * theta } else { 0.0 },
            kept,
            log_alpha: finite(log_alpha),
            precision: None,
            // θ / σ = ± α^(−1/2).
            z: finite((-0.5 * log_alpha).exp().copysign(theta)),
        }
    };
    (0..first.theta.nrows()).map(of_feature).collect()
}

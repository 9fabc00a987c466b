//! Each method as the experiments use it: every setting in one place, every fit a [`Record`].

use std::ops::Range;
use std::time::Instant;

use l1_logreg::{CrossValidation, Grid, Intercept, Loss, PathPoint, Penalty, Rule, Score, SharedShift};
use nalgebra::DMatrix;
use rvm::{OneVsRestModel, OneVsRestParams, SoftmaxParams};
use vd_dsvi::{Batch, Model, Params, Removal, Schedule, Status, ThetaInit, TrainingReport};
use vd_glm::{ClassificationParams, Coding, Slab};

use crate::error::{Error, Result};
use crate::protocol::Prepared;
use crate::record::Record;

/// What a record says beside the measurements.
#[derive(Debug, Clone, Copy)]
pub struct RunId {
    /// The data set's name.
    pub dataset: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// The protocol's name.
    pub protocol: &'static str,
    /// Which split.
    pub split: usize,
    /// The seed of split and fit.
    pub seed: u64,
}

/// A linear classifier's K·D weights and its answers, from whichever method.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// D x K; exactly zero where pruned.
    pub weights: DMatrix<f64>,
    /// Share of train objects put in the right class.
    pub train_accuracy: f64,
    /// The same of test objects.
    pub accuracy: f64,
    /// How the fit ended.
    pub status: &'static str,
    /// The free parameter set or chosen, with its name.
    pub parameter: (&'static str, f64),
    /// Wall-clock seconds of the fit, choice of the parameter included.
    pub seconds: f64,
}

impl Fitted {
    /// The record of this fit.
    #[must_use]
    pub fn record(&self, run_id: RunId, noise_columns: &Range<usize>) -> Record {
        let kept = |columns: &Range<usize>| {
            let block = self.weights.rows(columns.start, columns.len());
            block.iter().filter(|w| **w != 0.0).count() as f64 / block.len() as f64
        };
        Record {
            dataset: run_id.dataset.into(),
            method: run_id.method.into(),
            protocol: run_id.protocol.into(),
            split: run_id.split,
            seed: run_id.seed,
            parameter: self.parameter.1,
            parameter_name: self.parameter.0.into(),
            accuracy: self.accuracy,
            train_accuracy: self.train_accuracy,
            sparsity: 1.0 - kept(&(0..self.weights.nrows())),
            noise_kept: (!noise_columns.is_empty()).then(|| kept(noise_columns)),
            status: self.status.into(),
            seconds: self.seconds,
        }
    }
}

/// VD-ARD as the tables have it, the same on every data set: batches of 100 for 50 epochs, Adam, the exact KL with a warm-up, no bias, and
/// weights of log α > 2 removed for good from epoch 15 on.
#[must_use]
pub fn ard_params(lambda: f64, seed: u64) -> Params {
    with_steps_of_ard(Params::new(), seed)
        .lambda(Schedule::linear(&[(3.75, 0.0), (15.0, lambda)]))
        .removal(Removal { threshold: 2.0, from_epoch: 15 })
}

/// VD-ARD as the trainer recommends it to its users: smaller batches, a bias, λ = 1.5.
#[must_use]
pub fn recommended_params(seed: u64) -> Params {
    Params::recommended().classes(10).report_every(30).threads(1).seed(seed)
}

/// The original variational dropout (α ≤ 1) with the same steps as [`ard_params`].
#[must_use]
pub fn original_params(seed: u64) -> Params {
    with_steps_of_ard(Params::variational_dropout(), seed)
}

/// Gaussian dropout with the variance of binary dropout at rate 0.2: α = 0.2/0.8.
#[must_use]
pub fn gaussian_params(seed: u64) -> Params {
    with_steps_of_ard(Params::gaussian_dropout(0.25f64.ln()), seed)
}

fn with_steps_of_ard(method: Params, seed: u64) -> Params {
    method
        .classes(10)
        .batch(Batch::Size(100))
        .epochs(50)
        .learning_rate(Schedule::linear(&[(25.0, 0.01), (50.0, 1e-5)]))
        .theta_init(ThetaInit::Normal { sd: 0.01 })
        .log_sigma2_init(-6.0)
        .report_every(50)
        .threads(1)
        .seed(seed)
}

/// Trains by doubly stochastic variational inference, prunes where log α is above `threshold`.
///
/// # Errors
/// What the trainer refuses.
pub fn dsvi(
    data: &Prepared,
    params: &Params,
    threshold: f64,
) -> Result<(Fitted, Model<f32>, TrainingReport)> {
    let (train, test) = (single(&data.train.x), single(&data.test.x));
    dsvi_single(&train, &data.train.labels, &test, &data.test.labels, params, threshold)
}

/// [`dsvi`] on matrices in single precision.
///
/// # Errors
/// What the trainer refuses.
pub fn dsvi_single(
    train: &DMatrix<f32>,
    train_labels: &[usize],
    test: &DMatrix<f32>,
    test_labels: &[usize],
    params: &Params,
    threshold: f64,
) -> Result<(Fitted, Model<f32>, TrainingReport)> {
    let fault = || Error::fit("vd-dsvi");
    let started = Instant::now();
    let fit = params.fit(train, train_labels).map_err(fault())?;
    let model = fit.model.pruned(threshold);
    let seconds = started.elapsed().as_secs_f64();
    let fitted = Fitted {
        weights: model.layers()[0].theta().map(f64::from),
        train_accuracy: model.accuracy(train, train_labels).map_err(fault())?,
        accuracy: model.accuracy(test, test_labels).map_err(fault())?,
        status: status(fit.report.status),
        parameter: ("lambda", fit.report.last.lambda),
        seconds,
    };
    Ok((fitted, fit.model, fit.report))
}

/// The same values in single precision.
#[must_use]
pub fn single(x: &DMatrix<f64>) -> DMatrix<f32> {
    x.map(|v| v as f32)
}

/// Which logistic regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logistic {
    /// The poster's: one-vs-rest, L1, intercept penalised as liblinear does, C by 3-fold cross-validation, the best.
    PosterL1,
    /// Softmax, L1, free intercept, C by 3-fold cross-validation, the sparsest within one standard error of the best.
    SoftmaxL1,
    /// Softmax, ridge, free intercept, C by 3-fold cross-validation over six values 1e-4 to 10, the best: the dense reference.
    /// (At larger C the classes separate, the fit has all but no penalty, and takes a hundred times as long.)
    Ridge,
}

/// Relative duality gap of the logistic regressions.
const LOGISTIC_TOLERANCE: f64 = 1e-4;

/// L1 or ridge regression of `classes` classes as the protocols use it: the weights at which the solver arrives.
pub(crate) fn logistic_params(classes: usize, tolerance: f64) -> l1_logreg::Params {
    l1_logreg::Params::new().classes(classes).tolerance(tolerance).shared_shift(SharedShift::AsSolved)
}

/// The protocols' choice of C: by accuracy on three folds, every value of `grid` tried.
pub(crate) fn choice_of_c(grid: Grid, tolerance: f64) -> CrossValidation {
    let all = CrossValidation::new().folds(3).score(Score::Accuracy).rule(Rule::Best).patience(usize::MAX);
    all.grid(grid).tolerance(tolerance)
}

/// Logistic regression with its C chosen on the train objects.
///
/// # Errors
/// What the crate refuses.
pub fn logistic(data: &Prepared, which: Logistic, seed: u64) -> Result<Fitted> {
    let fault = || Error::fit("l1-logreg");
    let params = logistic_params(data.train.classes, LOGISTIC_TOLERANCE);
    let (params, rule) = match which {
        Logistic::PosterL1 => (params.loss(Loss::OneVsRest).intercept(Intercept::Penalised), Rule::Best),
        Logistic::SoftmaxL1 => (params, Rule::OneStandardError),
        Logistic::Ridge => (params.penalty(Penalty::Ridge), Rule::Best),
    };
    let started = Instant::now();
    let grid = match which {
        Logistic::Ridge => Grid::geometric(1e-4, 10.0, 6),
        Logistic::PosterL1 | Logistic::SoftmaxL1 => Grid::geometric(1e-4, 1e4, 10),
    };
    let choice = choice_of_c(grid, LOGISTIC_TOLERANCE).seed(seed).rule(rule);
    let chosen = params.cross_validate(&data.train.x, &data.train.labels, &choice).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64();
    let model = &chosen.fit.model;
    let accuracy = |x: &DMatrix<f64>, labels: &[usize]| model.accuracy(x, labels).map_err(fault());
    Ok(Fitted {
        weights: by_feature(model.weights(), data.train.x.ncols()),
        train_accuracy: accuracy(&data.train.x, &data.train.labels)?,
        accuracy: accuracy(&data.test.x, &data.test.labels)?,
        status: status(chosen.fit.report.status),
        parameter: ("C", chosen.c()),
        seconds,
    })
}

/// The L1 softmax path over these C, ascending, warm-started; each point's fit as it stands.
///
/// # Errors
/// What the crate refuses.
pub fn l1_path(data: &Prepared, values: &[f64]) -> Result<Vec<Fitted>> {
    let fault = || Error::fit("l1-logreg");
    let params = logistic_params(data.train.classes, LOGISTIC_TOLERANCE);
    let started = Instant::now();
    let grid = Grid::Values(values.to_vec());
    let path = params.path(&data.train.x, &data.train.labels, &grid).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64() / path.len().max(1) as f64;
    let point = |point: PathPoint| {
        let model = &point.fit.model;
        Ok(Fitted {
            weights: by_feature(model.weights(), data.train.x.ncols()),
            train_accuracy: model.accuracy(&data.train.x, &data.train.labels).map_err(fault())?,
            accuracy: model.accuracy(&data.test.x, &data.test.labels).map_err(fault())?,
            status: status(point.fit.report.status),
            parameter: ("C", point.c),
            seconds,
        })
    };
    path.into_iter().map(point).collect()
}

/// The one-vs-rest relevance vector machine on the raw features, as the poster has them (not centred), with an intercept, else
/// the crate's defaults.
///
/// # Errors
/// What the crate refuses.
pub fn relevance(data: &Prepared, entry_gain: Option<f64>) -> Result<(Fitted, OneVsRestModel)> {
    let fault = || Error::fit("rvm");
    let mut params = OneVsRestParams::new().classes(data.train.classes).centre(false);
    if let Some(gain) = entry_gain {
        params = params.entry_gain(gain);
    }
    let started = Instant::now();
    let fit = params.fit(&data.train.x, &data.train.labels).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64();
    let model = fit.model;
    let fitted = Fitted {
        weights: model.weights(),
        train_accuracy: model.accuracy(&data.train.x, &data.train.labels).map_err(fault())?,
        accuracy: model.accuracy(&data.test.x, &data.test.labels).map_err(fault())?,
        status: status(fit.report.status()),
        parameter: ("entry_gain", entry_gain.unwrap_or(f64::NAN)),
        seconds,
    };
    Ok((fitted, model))
}

/// The joint softmax relevance vector machine on the raw features, as the poster has them (not centred), with an intercept, else
/// the crate's defaults.
///
/// # Errors
/// What the crate refuses.
pub fn softmax_relevance(data: &Prepared) -> Result<Fitted> {
    let fault = || Error::fit("rvm");
    let started = Instant::now();
    let params = SoftmaxParams::new().classes(data.train.classes).centre(false);
    let fit = params.fit(&data.train.x, &data.train.labels).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Fitted {
        weights: fit.model.weights(),
        train_accuracy: fit.model.accuracy(&data.train.x, &data.train.labels).map_err(fault())?,
        accuracy: fit.model.accuracy(&data.test.x, &data.test.labels).map_err(fault())?,
        status: status(fit.report.status),
        parameter: ("entry_gain", f64::NAN),
        seconds,
    })
}

/// Variational dropout without sampling as the experiments have it: with a learned slab.
#[must_use]
pub fn closed_form_params(coding: Coding) -> ClassificationParams {
    ClassificationParams::new().coding(coding).slab(Slab::Learned)
}

/// Variational dropout without sampling: one fit for each λ, from the largest to the smallest, each from the one before.
///
/// # Errors
/// What the crate refuses.
pub fn closed_form(data: &Prepared, params: &ClassificationParams, lambdas: &[f64]) -> Result<Vec<Fitted>> {
    let fault = || Error::fit("vd-glm");
    let params = params.clone().classes(data.train.classes);
    let started = Instant::now();
    let fits = params.path(&data.train.x, &data.train.labels, lambdas).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64() / lambdas.len().max(1) as f64;
    let fitted = |fit: vd_glm::Fit<vd_glm::Classifier, vd_glm::Report>| {
        let accuracy = |x: &DMatrix<f64>, labels: &[usize]| fit.model.accuracy(x, labels).map_err(fault());
        Ok(Fitted {
            weights: fit.model.weights(),
            train_accuracy: accuracy(&data.train.x, &data.train.labels)?,
            accuracy: accuracy(&data.test.x, &data.test.labels)?,
            status: status(fit.report.status),
            parameter: ("lambda", fit.model.lambda()),
            seconds,
        })
    };
    fits.into_iter().map(fitted).collect()
}

/// Weights with one feature a row, whichever way the crate keeps them.
fn by_feature(weights: &DMatrix<f64>, features: usize) -> DMatrix<f64> {
    if weights.nrows() == features { weights.clone() } else { weights.transpose() }
}

/// A status as a word.
#[must_use]
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Converged => "converged",
        Status::MaxIterations => "max-iterations",
        Status::Stalled => "stalled",
        Status::StoppedByCallback => "stopped",
        _ => "other",
    }
}

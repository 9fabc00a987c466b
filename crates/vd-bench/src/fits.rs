//! Each method as the experiments use it: every setting in one place, every fit a [`Record`].

use std::time::Instant;

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Model, Params, Schedule, Status, ThetaInit, TrainingReport};

use crate::error::{Error, Result};
use crate::protocol::{LOG_ALPHA_THRESHOLD, Prepared};
use crate::record::Record;

/// What a record says beside the measurements.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
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

/// A linear classifier's K·D weights and classes predicted, from whichever method.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// D x K; exactly zero where pruned.
    pub weights: DMatrix<f64>,
    /// Classes of the train objects.
    pub train: Vec<usize>,
    /// Classes of the test objects.
    pub test: Vec<usize>,
    /// How the fit ended.
    pub status: String,
    /// The free parameter set or chosen.
    pub parameter: (&'static str, f64),
    /// Wall-clock seconds of the fit.
    pub seconds: f64,
}

impl Fitted {
    /// The record of this fit.
    #[must_use]
    pub fn record(&self, cell: Cell, data: &Prepared) -> Record {
        let share = |a: &[usize], b: &[usize]| {
            a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / b.len() as f64
        };
        let kept = |columns: &std::ops::Range<usize>| {
            let block = self.weights.rows(columns.start, columns.len());
            block.iter().filter(|w| **w != 0.0).count() as f64 / block.len() as f64
        };
        let noise = &data.noise_columns;
        Record {
            dataset: cell.dataset.into(),
            method: cell.method.into(),
            protocol: cell.protocol.into(),
            split: cell.split,
            seed: cell.seed,
            parameter: self.parameter.1,
            parameter_name: self.parameter.0.into(),
            accuracy: share(&self.test, &data.test.labels),
            train_accuracy: share(&self.train, &data.train.labels),
            sparsity: 1.0 - kept(&(0..self.weights.nrows())),
            noise_kept: (!noise.is_empty()).then(|| kept(noise)),
            status: self.status.clone(),
            seconds: self.seconds,
        }
    }
}

/// The schedule of a VD-ARD fit on DIGITS: full batch, Adam; epochs and step rate of a full and of a reduced run.
#[must_use]
pub fn digits_params(lambda: f64, seed: u64, smoke: bool) -> Params {
    let epochs: usize = if smoke { 600 } else { 3000 };
    Params::default()
        .batch(Batch::Full)
        .epochs(epochs)
        .learning_rate(Schedule::linear(&[(0.5 * epochs as f64, 0.02), (epochs as f64, 0.0)]))
        .kl_weight(lambda)
        .theta_init(ThetaInit::Normal { sd: 0.1 })
        .log_sigma2_init(-4.0)
        .threshold(LOG_ALPHA_THRESHOLD)
        .report_every(epochs)
        .threads(Some(1))
        .seed(seed)
}

/// Trains by doubly stochastic variational inference, prunes where log α is above `threshold`.
///
/// # Errors
/// What the trainer refuses.
pub fn dsvi(data: &Prepared, params: &Params, threshold: f64) -> Result<(Fitted, Model<f32>, TrainingReport)> {
    let fault = || Error::fit("vd-dsvi");
    let (train, test) = (single(&data.train.x), single(&data.test.x));
    let started = Instant::now();
    let params = params.clone().classes(Some(data.train.classes));
    let fit = params.fit(&train, &data.train.labels).map_err(fault())?;
    let model = fit.model.pruned(threshold);
    let seconds = started.elapsed().as_secs_f64();
    let fitted = Fitted {
        weights: model.layers[0].theta.map(f64::from),
        train: model.classify(&train).map_err(fault())?,
        test: model.classify(&test).map_err(fault())?,
        status: status(fit.report.status).into(),
        parameter: ("lambda", params.kl_weight.at(f64::MAX)),
        seconds,
    };
    Ok((fitted, fit.model, fit.report))
}

/// The same values in single precision.
fn single(x: &DMatrix<f64>) -> DMatrix<f32> {
    x.map(|v| v as f32)
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

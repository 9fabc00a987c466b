//! The stochastic trainer: record batches of the query, epoch by epoch, in this process.

use datafusion::arrow::array::ArrayRef;
use estimator::Status;
use methods::dsvi::{Reading, outcome, params, summary};
use methods::{Outcome, Unit};
use nalgebra::DMatrix;
use vd_dsvi::{Batch, Streaming};

use crate::coding::Coder;
use crate::error::{Error, Result};
use crate::model::Job;
use crate::passes::Passes;

/// Minibatches that are handed to the trainer together: only the last of them may be short.
const TOGETHER: usize = 32;

/// Trains on the rows in the order of the query's parts, which is the same in every epoch and every run.
pub(crate) fn train(job: &Job<'_>, classes: Option<usize>, passes: &mut Passes<'_>) -> Result<Outcome> {
    let (rows, features) = (job.count(), job.columns());
    let mut params = params(classes, rows, features, job.options, Reading::Passes).map_err(Error::fit)?;
    let size = params.batch_size(rows);
    params = params.batch(Batch::Size(size));
    let epochs = params.max_epochs();
    let mut fit = Streaming::<f32>::new(params, rows).map_err(Error::fit)?;
    let mut status = Status::MaxIterations;
    let mut coder = Coder::new(job.coding.clone());
    for _ in 0..epochs {
        let mut waiting = Waiting { features, rows: Vec::new(), targets: Vec::new() };
        let number = classes.is_none();
        passes.read(&mut |arrays: &[ArrayRef]| {
            let coded = coder.rows(arrays)?;
            waiting.take(&coded.features, &coded.targets);
            while waiting.targets.len() >= size * TOGETHER {
                waiting.hand_over(size * TOGETHER, number, &mut fit)?;
            }
            Ok(())
        })?;
        let rest = waiting.targets.len();
        if rest > 0 {
            waiting.hand_over(rest, number, &mut fit)?;
        }
        fit.end_epoch().map_err(Error::fit)?;
        if fit.converged() {
            status = Status::Converged;
            break;
        }
    }
    let fit = fit.finish(status).map_err(Error::fit)?;
    let unit = if classes.is_some() { Unit::ONE } else { job.unit };
    outcome(&fit.model, classes, unit, job.options.threshold, summary(&fit.report)).map_err(Error::fit)
}

/// Rows that the trainer has not seen yet.
struct Waiting {
    features: usize,
    /// Row after row.
    rows: Vec<f32>,
    targets: Vec<f64>,
}

impl Waiting {
    /// Takes rows whose features are given feature by feature.
    fn take(&mut self, features: &[f64], targets: &[f64]) {
        let n = targets.len();
        for row in 0..n {
            self.rows.extend((0..self.features).map(|j| features[j * n + row] as f32));
        }
        self.targets.extend_from_slice(targets);
    }

    fn hand_over(&mut self, rows: usize, number: bool, fit: &mut Streaming<f32>) -> Result<()> {
        let x = DMatrix::from_row_slice(rows, self.features, &self.rows[..rows * self.features]);
        let given = if number {
            let t = DMatrix::from_iterator(rows, 1, self.targets[..rows].iter().map(|&t| t as f32));
            fit.block(&x, &t)
        } else {
            let labels: Vec<usize> = self.targets[..rows].iter().map(|&t| t as usize).collect();
            fit.block(&x, &labels)
        };
        self.rows.drain(..rows * self.features);
        self.targets.drain(..rows);
        given.map_err(Error::fit)
    }
}

//! A fit whose data come in blocks, for tables that do not fit into memory.

use estimator::{Check, Fit, InputError, Status};

use crate::data::inputs::Inputs;
use crate::data::samples::Samples;
use crate::data::targets::{Extent, TargetTable, Targets};
use crate::error::Error;
use crate::model::Model;
use crate::params::Params;
use crate::params::choices::Batch;
use crate::params::likelihood::Likelihood;
use crate::real::Real;
use crate::train::driver::{Driver, Part, check_batch};
use crate::train::progress::Progress;
use crate::train::report::TrainingReport;

/// A fit to N samples that are handed over a block at a time, every block once an epoch.
///
/// Minibatches are drawn without replacement within a block, so blocks should be large beside a minibatch, of about equal
/// size, and in no order that has to do with the target. With a single block the result is [`Training`](crate::Training)'s, to the bit.
///
/// With n of the N samples in a block, its steps ascend (n/N) L = Σ_block E log p − λ (n/N) KL: the bound itself, but for a
/// factor that Adam does not see.
///
/// ```
/// use nalgebra::DMatrix;
/// use vd_dsvi::{Batch, Params, Streaming};
///
/// # fn main() -> Result<(), vd_dsvi::Error> {
/// let row = |n: usize, d: usize| (1e4 * ((n * 3 + d + 1) as f32).sin()).fract();
/// let params = Params::new().classes(2).batch(Batch::Size(20)).learning_rate(0.01);
/// let mut fit = Streaming::new(params, 400)?; // 400 samples, never all in memory
/// for _epoch in 0..100 {
///     for block in 0..4 {
///         let x = DMatrix::<f32>::from_fn(100, 3, |n, d| row(100 * block + n, d));
///         let t: Vec<usize> = x.column(0).iter().map(|&v| usize::from(v > 0.0)).collect();
///         fit.block(&x, &t)?;
///     }
///     let progress = fit.end_epoch()?;
///     assert!(progress.elbo.is_finite());
/// }
/// let model = fit.finish(vd_dsvi::Status::MaxIterations)?.model;
/// assert!(model.layers()[0].log_alpha()[(2, 1)] > model.layers()[0].log_alpha()[(0, 1)]);
/// # Ok(())
/// # }
/// ```
pub struct Streaming<R: Real> {
    params: Params,
    /// N.
    samples: usize,
    /// Samples seen in this epoch.
    seen: usize,
    /// Blocks seen in this epoch.
    blocks: u64,
    /// Blocks seen in all.
    all_blocks: u64,
    /// None before the first block, which tells the number of features and outputs.
    driver: Option<Driver<R>>,
}

impl<R: Real> Streaming<R> {
    /// A fit to `samples` samples, N, which every epoch must bring.
    ///
    /// # Errors
    /// Parameters that are refused; a minibatch of all samples; a softmax without [`Params::classes`], since a block need not
    /// have every class.
    pub fn new(params: Params, samples: usize) -> Result<Self, Error> {
        params.check()?;
        Check::at_least("samples", samples, 1, "from 1")?;
        check_batch(&params, samples)?;
        if params.batch == Batch::Full {
            let instead = "choose Batch::Size or Batch::AtMost";
            return Err(InputError::Combination { choice: "Batch::Full", with: "Streaming", instead }.into());
        }
        if params.likelihood == Likelihood::Softmax && params.classes.is_none() {
            let (choice, with) = ("Streaming with a softmax", "classes counted from the labels");
            let instead = "state their number with Params::classes, since a block need not have every class";
            return Err(InputError::Combination { choice, with, instead }.into());
        }
        Ok(Self { params, samples, seen: 0, blocks: 0, all_blocks: 0, driver: None })
    }

    /// Takes every sample of a block once, in minibatches; a last short one takes what is left of the block.
    ///
    /// # Errors
    /// Inputs or targets that are refused; another number of features or outputs than before; more samples in an epoch than N
    /// ([`Error::Epoch`]); [`Error::Diverged`].
    pub fn block<'t>(
        &mut self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
    ) -> Result<(), Error> {
        let rows = x.rows()?;
        let count = rows.samples();
        let Params { likelihood, classes, .. } = self.params;
        let targets = TargetTable::new(likelihood, classes, t.into(), count, Extent::Block)?;
        if self.seen + count > self.samples {
            return Err(Error::Epoch { expected: self.samples, found: self.seen + count });
        }
        let samples = Samples { id: self.all_blocks, rows, targets };
        let driver = match &mut self.driver {
            Some(driver) => driver,
            none => none.insert(Driver::new(self.params.clone(), &samples)?),
        };
        require_shape(driver, &samples)?;
        if self.seen == 0 {
            driver.begin_epoch();
        }
        let n = self.samples as f64;
        let part = Part { block: self.blocks, start: self.seen as f64 / n, share: count as f64 / n };
        driver.begin_part(count, part);
        driver.steps(&samples, part, driver.steps_of(count))?;
        driver.end_part();
        self.seen += count;
        self.blocks += 1;
        self.all_blocks += 1;
        Ok(())
    }

    /// Ends the epoch and says where the fit stands.
    ///
    /// # Errors
    /// [`Error::Epoch`] for fewer samples than N; [`Error::Diverged`] for a parameter that is not finite.
    pub fn end_epoch(&mut self) -> Result<Progress, Error> {
        let Some(driver) = self.driver.as_mut().filter(|_| self.seen == self.samples) else {
            return Err(Error::Epoch { expected: self.samples, found: self.seen });
        };
        driver.end_epoch();
        let report = driver.progress(None)?;
        driver.trace.push(report.clone());
        (self.seen, self.blocks) = (0, 0);
        Ok(report)
    }

    /// Whether the stopping rule ([`Params::convergence`]) is met; to be asked once after each epoch.
    pub fn converged(&mut self) -> bool {
        self.driver.as_mut().is_some_and(Driver::rule_is_met)
    }

    /// The model as it stands; none before the first block.
    #[must_use]
    pub fn model(&self) -> Option<Model<R>> {
        self.driver.as_ref().map(Driver::model)
    }

    /// The model and the report of the fit, which ended as the caller says.
    ///
    /// # Errors
    /// [`Error::NoEpoch`] before the first epoch ended.
    pub fn finish(self, status: Status) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        match self.driver {
            Some(driver) if !driver.trace.is_empty() => driver.finish(status, None),
            _ => Err(Error::NoEpoch),
        }
    }
}

/// Checks that a block has the features and outputs of the fit.
fn require_shape<R: Real>(driver: &Driver<R>, samples: &Samples<'_, R>) -> Result<(), InputError> {
    let layers = &driver.state.layers;
    let (features, outputs) =
        (layers.first().map_or(0, |l| l.inputs), layers.last().map_or(0, |l| l.outputs));
    if samples.rows.features() != features {
        return Err(InputError::columns("a block of x", features, samples.rows.features()));
    }
    if samples.targets.outputs() != outputs {
        return Err(InputError::columns("a block of the target", outputs, samples.targets.outputs()));
    }
    Ok(())
}

//! A fit to a table in memory, epoch by epoch, with checkpoints.

use core::ops::ControlFlow;

use estimator::{Fit, Status};

use crate::data::inputs::Inputs;
use crate::data::samples::Samples;
use crate::data::targets::{Extent, TargetTable, Targets};
use crate::error::Error;
use crate::model::Model;
use crate::params::Params;
use crate::real::Real;
#[cfg(feature = "checkpoints")]
use crate::train::checkpoint::{Checkpoint, fingerprint};
use crate::train::driver::{Driver, Part, check_batch};
use crate::train::progress::Progress;
use crate::train::report::TrainingReport;
use crate::train::undecided::undecided;

/// A fit in hand, for those who want more than [`Params::fit`]: with checkpoints, and resumed.
pub struct Training<'x, R: Real> {
    driver: Driver<R>,
    samples: Samples<'x, R>,
    /// Where checkpoints go, and the number of steps between two of them.
    #[cfg(feature = "checkpoints")]
    checkpoints: Option<(std::path::PathBuf, u64)>,
}

impl<'x, R: Real> Training<'x, R> {
    /// Checks everything and sets the initial parameters; no step is taken.
    ///
    /// # Errors
    /// Parameters, inputs or targets that are refused.
    pub fn new<'t>(
        params: Params,
        x: &'x (impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
    ) -> Result<Self, Error> {
        params.check()?;
        let rows = x.rows()?;
        check_batch(&params, rows.samples())?;
        let targets =
            TargetTable::new(params.likelihood, params.classes, t.into(), rows.samples(), Extent::Whole)?;
        let samples = Samples { id: 0, rows, targets };
        Ok(Self {
            driver: Driver::new(params, &samples)?,
            samples,
            #[cfg(feature = "checkpoints")]
            checkpoints: None,
        })
    }

    /// Epochs done.
    #[must_use]
    pub fn epoch(&self) -> usize {
        self.driver.state.epoch
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.driver.state.step
    }

    /// The model as it stands.
    #[must_use]
    pub fn model(&self) -> Model<R> {
        self.driver.model()
    }

    /// Trains until the stopping rule, the last epoch or the callback says so.
    ///
    /// # Errors
    /// [`Error::Diverged`] if the arithmetic breaks down.
    pub fn run(
        mut self,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        let epochs = self.driver.params.epochs;
        let mut stopped = false;
        while !self.driver.converged && !stopped && self.epoch() < epochs {
            self.run_ahead()?;
            self.run_epoch()?;
            self.driver.converged = self.driver.rule_is_met() && self.is_decided();
            let last = self.driver.converged || self.epoch() == epochs;
            if last || self.epoch().is_multiple_of(self.driver.params.report_every) {
                let report = self.driver.progress(self.accuracy()?)?;
                stopped = progress(&report).is_break();
                self.driver.trace.push(report);
            }
            if !last && !stopped {
                self.checkpoint_if_due()?;
            }
        }
        #[cfg(feature = "checkpoints")]
        if let Some((path, _)) = &self.checkpoints {
            self.save(path)?;
        }
        let status = match (stopped, self.driver.converged) {
            (true, _) => Status::StoppedByCallback,
            (false, true) => Status::Converged,
            (false, false) => Status::MaxIterations,
        };
        self.driver.finish(status, Some(&self.samples))
    }

    /// Whether no weight is kept that the optimum drops, as far as that can be told.
    fn is_decided(&self) -> bool {
        undecided(&self.driver.params, &self.driver.state, &self.samples).unwrap_or(0) == 0
    }

    /// The full-batch epochs before the next one that is looked at.
    fn run_ahead(&mut self) -> Result<(), Error> {
        if self.checkpoint_steps().is_some() {
            return Ok(());
        }
        let (epoch, every) = (self.epoch(), self.driver.params.report_every);
        let next = self.driver.params.epochs.min((epoch / every + 1).saturating_mul(every));
        self.driver.run_ahead(&self.samples, next - epoch - 1)
    }

    /// One epoch: every sample once, in minibatches without replacement, the last one as short as need be.
    fn run_epoch(&mut self) -> Result<(), Error> {
        let count = self.samples.count();
        self.driver.begin_epoch();
        self.driver.begin_part(count, Part::WHOLE);
        let steps = self.driver.steps_of(count);
        while self.driver.state.position < steps {
            let until = self.next_stop(steps);
            self.driver.steps(&self.samples, Part::WHOLE, until)?;
            if until < steps {
                self.checkpoint_if_due()?;
            }
        }
        self.driver.end_epoch();
        Ok(())
    }

    /// The position in the epoch at which something other than a step is due: a checkpoint, or the epoch's end.
    fn next_stop(&self, steps: usize) -> usize {
        let Some(every) = self.checkpoint_steps() else { return steps };
        let ahead = usize::try_from(every - self.step() % every).unwrap_or(usize::MAX);
        steps.min(self.driver.state.position.saturating_add(ahead))
    }

    fn checkpoint_steps(&self) -> Option<u64> {
        #[cfg(feature = "checkpoints")]
        return self.checkpoints.as_ref().map(|c| c.1);
        #[cfg(not(feature = "checkpoints"))]
        None
    }

    /// Writes a checkpoint if the interval asks for one at this step.
    fn checkpoint_if_due(&self) -> Result<(), Error> {
        #[cfg(feature = "checkpoints")]
        if let Some((path, every)) = &self.checkpoints
            && self.step().is_multiple_of(*every)
        {
            self.save(path)?;
        }
        Ok(())
    }

    /// The training accuracy of the mean weights, if it is asked for and the targets are classes.
    fn accuracy(&self) -> Result<Option<f64>, Error> {
        match &self.samples.targets {
            TargetTable::Classes { labels, .. } if self.driver.params.report_accuracy => {
                let labels: Vec<usize> = labels.iter().map(|&l| l as usize).collect();
                self.model().accuracy(self.samples.rows.as_ref(), &labels).map(Some)
            }
            _ => Ok(None),
        }
    }
}

#[cfg(feature = "checkpoints")]
impl<R: Real> Training<'_, R> {
    /// Writes a checkpoint to `path` after every `steps` steps of [`Training::run`], and one when it ends.
    ///
    /// # Errors
    /// `steps` = 0.
    pub fn checkpoint_every(
        mut self,
        path: impl Into<std::path::PathBuf>,
        steps: u64,
    ) -> Result<Self, Error> {
        estimator::Check::range("steps", steps as f64, steps >= 1, "from 1")?;
        self.checkpoints = Some((path.into(), steps));
        Ok(self)
    }

    /// Writes everything needed to go on to `path`, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Checkpoint`].
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        Checkpoint::of(&self.driver, fingerprint(&self.samples)).save(path.as_ref())
    }

    /// Goes on from a checkpoint of the same fit; the result is that of a run never interrupted, to the bit.
    ///
    /// The number of epochs and of threads may differ from the checkpoint's; nothing else may. A fit that had converged takes no
    /// further step.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for a file that is missing, damaged or of another kind; [`Error::ForeignCheckpoint`] for one of
    /// another fit.
    pub fn resume(mut self, path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let steps = self.driver.steps_of(self.samples.count());
        Checkpoint::load(path)?.restore(path, &mut self.driver, fingerprint(&self.samples), steps)?;
        Ok(self)
    }
}

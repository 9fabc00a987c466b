//! A fit whose data come in blocks, for tables that do not fit into memory.

use std::borrow::Cow;

use estimator::{Fit, Status};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Training, pool};
use crate::convergence::Windows;
use crate::data::Inputs;
use crate::kernel::fast::{Fast, Steps};
use crate::likelihood::Prepared;
use crate::model::Model;
use crate::state::{Rule, State};
use crate::step::{Data, Engine};
use crate::{Batch, Error, Params, Progress, Real, Targets, TrainingReport};

/// A fit to N objects that are handed over a block at a time, every block once an epoch.
///
/// Minibatches are drawn without replacement within a block, so blocks should be large beside a minibatch, of about equal
/// size, and in no order that has to do with the target. With a single block the result is [`Training`]'s, to the bit.
///
/// With n of the N objects in a block, its steps ascend (n/N) L = Σ_block E log p − λ (n/N) KL: the bound itself, but for a
/// factor that Adam does not see.
///
/// ```
/// use nalgebra::DMatrix;
/// use vd_dsvi::{Batch, Params, Streaming};
///
/// # fn main() -> Result<(), vd_dsvi::Error> {
/// let row = |n: usize, d: usize| (1e4 * ((n * 3 + d + 1) as f32).sin()).fract();
/// let params = Params::default().classes(2usize).batch(Batch::Size(20)).learning_rate(0.01);
/// let mut fit = Streaming::new(params, 400)?; // 400 objects, never all in memory
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
/// assert!(model.layers[0].log_alpha()[(2, 1)] > model.layers[0].log_alpha()[(0, 1)]);
/// # Ok(())
/// # }
/// ```
pub struct Streaming<R: Real> {
    params: Params,
    /// N.
    objects: usize,
    /// Objects seen in this epoch.
    seen: usize,
    /// Blocks seen in this epoch.
    blocks: u64,
    training: Option<Training<'static, R>>,
}

impl<R: Real> Streaming<R> {
    /// A fit to `objects` objects, N, which every epoch must bring.
    ///
    /// # Errors
    /// Parameters that are refused; a minibatch of all objects; a softmax without [`Params::classes`], which no block can tell.
    pub fn new(params: Params, objects: usize) -> Result<Self, Error> {
        params.check()?;
        if objects == 0 {
            return Err(Error::Empty { objects, features: 1 });
        }
        if params.batch == Batch::Full {
            let allowed = "Batch::Size for blocks";
            return Err(Error::Parameter { field: "batch", value: objects as f64, allowed });
        }
        if params.likelihood == crate::Likelihood::Softmax && params.classes.is_none() {
            let allowed = "given, for blocks: one block need not have every class";
            return Err(Error::Parameter { field: "classes", value: f64::NAN, allowed });
        }
        Ok(Self { params: params.report_accuracy(false), objects, seen: 0, blocks: 0, training: None })
    }

    /// Takes every object of a block once, in minibatches; a last short one takes what is left of the block.
    ///
    /// # Errors
    /// Inputs or targets that are refused; another number of features than before; more objects in an epoch than N;
    /// [`Error::Diverged`].
    pub fn block<'t>(
        &mut self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
    ) -> Result<(), Error> {
        let rows = x.rows()?.into_owned();
        let count = rows.objects();
        let targets = Prepared::new(&self.params.likelihood, self.params.classes, t.into(), count)?;
        if self.seen + count > self.objects {
            let value = (self.seen + count) as f64;
            return Err(Error::Parameter { field: "objects", value, allowed: "at most N in an epoch" });
        }
        let training = match &mut self.training {
            Some(training) => {
                let expected = (training.rows.features(), training.targets.outputs());
                let got = (rows.features(), targets.outputs());
                if expected != got {
                    return Err(Error::Shape { what: "features and outputs of a block", expected, got });
                }
                (training.rows, training.targets) = (Cow::Owned(rows), targets);
                training
            }
            none => none.insert(begin(&self.params, rows, targets)?),
        };
        // The fast path keeps its own cut of the data it was given first.
        training.fast = Fast::new::<R>(&self.params);
        let share = count as f64 / self.objects as f64;
        training.run_block(self.blocks, self.seen as f64 / self.objects as f64, share)?;
        self.seen += count;
        self.blocks += 1;
        Ok(())
    }

    /// Ends the epoch and says where the fit stands.
    ///
    /// # Errors
    /// Fewer objects than N; [`Error::Diverged`] for a parameter that is not finite.
    pub fn end_epoch(&mut self) -> Result<Progress, Error> {
        let Some(training) = self.training.as_mut().filter(|_| self.seen == self.objects) else {
            let value = self.seen as f64;
            return Err(Error::Parameter { field: "objects", value, allowed: "all N in an epoch" });
        };
        training.state.epoch += 1;
        if let Some(removal) = self.params.removal
            && training.state.epoch >= removal.from_epoch
        {
            training.state.prune(removal.threshold);
        }
        let report = training.report()?;
        training.data_term = 0.0;
        training.trace.push(report.clone());
        (self.seen, self.blocks) = (0, 0);
        Ok(report)
    }

    /// Whether the stopping rule ([`Params::convergence`]) is met; to be asked once after each epoch.
    pub fn converged(&mut self) -> bool {
        self.training.as_mut().is_some_and(Training::converged)
    }

    /// The model as it stands; none before the first block.
    #[must_use]
    pub fn model(&self) -> Option<Model<R>> {
        self.training.as_ref().map(Training::model)
    }

    /// The model and the account of the fit, which ended as the caller says.
    ///
    /// # Errors
    /// [`Error::Empty`] before the first epoch ended.
    pub fn finish(self, status: Status) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        match self.training {
            Some(training) if !training.trace.is_empty() => training.finish(status),
            _ => Err(Error::Empty { objects: 0, features: 0 }),
        }
    }
}

/// The trainer's state before the first step, on the first block.
fn begin<R: Real>(
    params: &Params,
    rows: crate::Rows<R>,
    targets: Prepared<R>,
) -> Result<Training<'static, R>, Error> {
    let state = State::new(params, rows.features(), targets.outputs());
    let fast = Fast::new::<R>(params);
    let engine = Engine::new(if fast.is_some() { None } else { pool(params.threads)? });
    Ok(Training {
        params: params.clone(),
        rows: Cow::Owned(rows),
        targets,
        state,
        engine,
        fast,
        order: Vec::new(),
        data_term: 0.0,
        windows: params.convergence.map(Windows::new),
        trace: Vec::new(),
        #[cfg(feature = "checkpoints")]
        checkpoints: None,
    })
}

impl<R: Real> Training<'_, R> {
    /// The steps of one block, which begins at `start` of the epoch (a share) and holds `share` of the objects.
    fn run_block(&mut self, block: u64, start: f64, share: f64) -> Result<(), Error> {
        let objects = self.rows.objects();
        let batch = self.batch().min(objects);
        self.order.clear();
        self.order.extend(0..objects as u32);
        let mut rng = ChaCha8Rng::seed_from_u64(self.params.seed);
        rng.set_stream((block << 40) + self.state.epoch as u64 + 1);
        self.order.shuffle(&mut rng);
        let (first, params, epoch) = (self.state.step, self.params.clone(), self.state.epoch as f64);
        let rule = |step: u64| {
            let from = (step - first) as f64 * batch as f64 / objects as f64;
            let mut rule = Rule::new::<R>(&params, step, epoch + start + share * from, objects);
            rule.kl_weight *= share;
            rule
        };
        let steps = objects.div_ceil(batch) as u64;
        if let Some(fast) = &mut self.fast {
            let steps = Steps { order: &self.order, batch, rule: &rule, total: self.data_term };
            let done = fast.run(&mut self.state, &self.rows, &self.targets, &steps);
            let quantity = "log p(t | z)";
            self.data_term =
                done.map_err(|at| Error::Diverged { step: at.step, epoch: self.state.epoch, quantity })?;
            self.state.step += objects.div_ceil(batch) as u64;
            return Ok(());
        }
        for step in first..first + steps {
            let from = (step - first) as usize * batch;
            let data = Data { rows: &self.rows, targets: &self.targets, likelihood: params.likelihood };
            let order = &self.order[from..objects.min(from + batch)];
            let log_p = self.engine.step(&mut self.state, &data, order, &rule(step));
            if !log_p.is_finite() {
                return Err(self.diverged("log p(t | z)"));
            }
            self.data_term += log_p;
            self.state.step += 1;
        }
        Ok(())
    }
}

//! The training loop: epochs of minibatches, reports, the stopping rule.

mod stream;

use std::borrow::Cow;
use std::ops::ControlFlow;

use estimator::{Fit, Status};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::convergence::Windows;
use crate::data::{Inputs, Rows};
use crate::kernel::fast::{Fast, Steps};
use crate::likelihood::Prepared;
use crate::model::{Layer, Model};
use crate::progress::{Progress, TrainingReport};
use crate::state::{LayerState, Rule, State};
use crate::step::{Data, Engine};
pub use stream::Streaming;

use crate::{Batch, Dropout, Error, Parametrisation, Params, Real, Targets};

impl Params {
    /// Trains on `x` (N × D) and `t`, in the precision of `x`.
    ///
    /// # Errors
    /// Parameters, inputs or targets that are refused; [`Error::Diverged`] if the arithmetic breaks down.
    pub fn fit<'t, R: Real>(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        self.fit_with(x, t, |_| ControlFlow::Continue(()))
    }

    /// [`Params::fit`] with a progress callback, which can stop the fit and keep what it has.
    ///
    /// # Errors
    /// As for [`Params::fit`].
    pub fn fit_with<'t, R: Real>(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        Training::new(self.clone(), x, t)?.run(progress)
    }
}

/// A fit in hand, for those who want more than [`Params::fit`]: epoch by epoch, with checkpoints, resumed.
pub struct Training<'x, R: Real> {
    params: Params,
    rows: Cow<'x, Rows<R>>,
    targets: Prepared<R>,
    state: State<R>,
    engine: Engine<R>,
    /// The fast path, if the fit can take it.
    fast: Option<Fast>,
    /// The current epoch's order of objects.
    order: Vec<u32>,
    /// Σ log p over the current epoch so far.
    data_term: f64,
    windows: Option<Windows>,
    trace: Vec<Progress>,
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
        let objects = rows.objects();
        if let Batch::Size(m) = params.batch
            && m > objects
        {
            return Err(Error::Parameter {
                field: "batch",
                value: m as f64,
                allowed: "1 to the number of objects",
            });
        }
        let targets = Prepared::new(&params.likelihood, params.classes, t.into(), objects)?;
        let state = State::new(&params, rows.features(), targets.outputs());
        let windows = params.convergence.map(Windows::new);
        let fast = Fast::new::<R>(&params);
        let engine = Engine::new(if fast.is_some() { None } else { pool(params.threads)? });
        Ok(Self {
            params,
            rows,
            targets,
            state,
            engine,
            fast,
            order: Vec::new(),
            data_term: 0.0,
            windows,
            trace: Vec::new(),
            #[cfg(feature = "checkpoints")]
            checkpoints: None,
        })
    }

    /// Epochs done.
    #[must_use]
    pub fn epoch(&self) -> usize {
        self.state.epoch
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.state.step
    }

    /// Writes a checkpoint to `path` after every `steps` steps of [`Training::run`], and one when it ends.
    ///
    /// # Errors
    /// `steps` = 0.
    #[cfg(feature = "checkpoints")]
    pub fn checkpoint_every(
        mut self,
        path: impl Into<std::path::PathBuf>,
        steps: u64,
    ) -> Result<Self, Error> {
        if steps == 0 {
            return Err(Error::Parameter { field: "steps", value: 0.0, allowed: "at least 1" });
        }
        self.checkpoints = Some((path.into(), steps));
        Ok(self)
    }

    /// Writes everything needed to go on to `path`, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Checkpoint`].
    #[cfg(feature = "checkpoints")]
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        let contents = crate::checkpoint::Contents {
            params: &self.params,
            data: crate::checkpoint::fingerprint(&self.rows, &self.targets),
            state: &self.state,
            data_term: self.data_term,
            windows: self.windows.as_ref(),
            trace: &self.trace,
        };
        contents.save(path.as_ref())
    }

    /// Goes on from a checkpoint of the same fit; the result is that of a run never interrupted, to the bit.
    ///
    /// The number of epochs and of threads may differ from the checkpoint's; nothing else may.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for a file that is missing, damaged or of another kind; [`Error::ForeignCheckpoint`] for one of
    /// another fit.
    #[cfg(feature = "checkpoints")]
    pub fn resume(mut self, path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        let data = crate::checkpoint::fingerprint(&self.rows, &self.targets);
        let steps = self.rows.objects().div_ceil(self.batch());
        let restored = crate::checkpoint::restore(path.as_ref(), &self.params, data, &self.state, steps)?;
        self.state = restored.state;
        self.data_term = restored.data_term;
        self.windows = restored.windows;
        self.trace = restored.trace;
        self.order.clear();
        Ok(self)
    }

    /// Trains until the stopping rule, the last epoch or the callback says so.
    ///
    /// # Errors
    /// [`Error::Diverged`] if the arithmetic breaks down.
    pub fn run(
        mut self,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        let mut status = Status::MaxIterations;
        while self.state.epoch < self.params.epochs {
            self.run_unobserved()?;
            self.run_epoch()?;
            let converged = self.converged();
            let last = converged || self.state.epoch == self.params.epochs;
            if last || self.state.epoch.is_multiple_of(self.params.report_every) {
                let report = self.report()?;
                let stop = progress(&report).is_break();
                self.trace.push(report);
                if stop {
                    status = Status::StoppedByCallback;
                    break;
                }
            }
            if converged {
                status = Status::Converged;
                break;
            }
            self.checkpoint_if_due()?;
        }
        #[cfg(feature = "checkpoints")]
        if let Some((path, _)) = &self.checkpoints {
            self.save(path)?;
        }
        self.finish(status)
    }

    /// Full batches: the epochs before the next one that is looked at, in one call of the fast path, which spares it a start a step.
    fn run_unobserved(&mut self) -> Result<(), Error> {
        let objects = self.rows.objects();
        let watched = self.windows.is_some() || self.checkpoints_wanted() || self.state.position > 0;
        if self.batch() < objects || self.fast.is_none() || watched {
            return Ok(());
        }
        let every = self.params.report_every;
        let next = self.params.epochs.min((self.state.epoch / every + 1).saturating_mul(every));
        let ahead = (next - self.state.epoch - 1).min((1 << 22) / objects);
        if ahead == 0 {
            return Ok(());
        }
        let everyone: Vec<u32> = (0..objects as u32).collect();
        self.order = everyone.repeat(ahead);
        self.run_fast(ahead)?;
        self.order.clear();
        self.state.epoch += ahead;
        self.state.position = 0;
        Ok(())
    }

    fn checkpoints_wanted(&self) -> bool {
        #[cfg(feature = "checkpoints")]
        return self.checkpoints.is_some();
        #[cfg(not(feature = "checkpoints"))]
        false
    }

    /// One epoch: every object once, in minibatches without replacement, the last one as short as need be.
    fn run_epoch(&mut self) -> Result<(), Error> {
        let objects = self.rows.objects();
        let batch = self.batch();
        self.shuffle();
        let steps = objects.div_ceil(batch);
        while self.state.position < steps {
            let until = self.next_stop(steps);
            self.run_fast(until)?;
            self.run_generic(until)?;
            if until < steps {
                self.checkpoint_if_due()?;
            }
        }
        self.state.position = 0;
        self.state.epoch += 1;
        if let Some(removal) = self.params.removal
            && self.state.epoch >= removal.from_epoch
        {
            self.state.prune(removal.threshold);
        }
        Ok(())
    }

    /// The position in the epoch at which something other than a step is due: a checkpoint, or the epoch's end.
    fn next_stop(&self, steps: usize) -> usize {
        #[cfg(feature = "checkpoints")]
        if let Some((_, every)) = &self.checkpoints {
            let ahead = every - self.state.step % every;
            return steps
                .min(self.state.position.saturating_add(usize::try_from(ahead).unwrap_or(usize::MAX)));
        }
        steps
    }

    /// The steps up to position `until` of the epoch by the generic engine.
    fn run_generic(&mut self, until: usize) -> Result<(), Error> {
        let (objects, batch) = (self.rows.objects(), self.batch());
        while self.state.position < until {
            let from = self.state.position * batch;
            let time = self.state.epoch as f64 + from as f64 / objects as f64;
            let rule = Rule::new::<R>(&self.params, self.state.step, time, objects);
            let data = Data { rows: &self.rows, targets: &self.targets, likelihood: self.params.likelihood };
            let order = &self.order[from..objects.min(from + batch)];
            let log_p = self.engine.step(&mut self.state, &data, order, &rule);
            if !log_p.is_finite() {
                return Err(self.diverged("log p(t | z)"));
            }
            self.data_term += log_p;
            self.state.step += 1;
            self.state.position += 1;
        }
        Ok(())
    }

    /// The steps up to position `until` of the epoch by the fast path, if there is one for this fit.
    fn run_fast(&mut self, until: usize) -> Result<(), Error> {
        let (objects, batch, position) = (self.rows.objects(), self.batch(), self.state.position);
        let Some(fast) = self.fast.as_mut().filter(|_| position < until) else { return Ok(()) };
        let (first, epoch, params) = (self.state.step, self.state.epoch as f64, &self.params);
        let rule = |step: u64| {
            let from = (position + (step - first) as usize) * batch;
            Rule::new::<R>(params, step, epoch + from as f64 / objects as f64, objects)
        };
        let order = &self.order[position * batch..self.order.len().min(until * batch)];
        let done = fast.run(
            &mut self.state,
            &self.rows,
            &self.targets,
            &Steps { order, batch, rule: &rule, total: self.data_term },
        );
        let log_p = done.map_err(|at| Error::Diverged {
            step: at.step,
            epoch: self.state.epoch,
            quantity: "log p(t | z)",
        })?;
        self.data_term = log_p;
        self.state.step += (until - position) as u64;
        self.state.position = until;
        Ok(())
    }

    /// Writes a checkpoint if the interval asks for one at this step.
    fn checkpoint_if_due(&self) -> Result<(), Error> {
        #[cfg(feature = "checkpoints")]
        if let Some((path, every)) = &self.checkpoints
            && self.state.step.is_multiple_of(*every)
        {
            self.save(path)?;
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        match self.params.batch {
            Batch::Full => self.rows.objects(),
            Batch::Size(m) => m,
        }
    }

    /// The epoch's order: a function of the seed and the epoch's number alone.
    fn shuffle(&mut self) {
        let objects = self.rows.objects();
        if self.state.position == 0 {
            self.data_term = 0.0;
        }
        if self.batch() == objects && self.order.len() == objects {
            return;
        }
        self.order.clear();
        self.order.extend(0..objects as u32);
        if self.batch() < objects {
            let mut rng = ChaCha8Rng::seed_from_u64(self.params.seed);
            rng.set_stream(self.state.epoch as u64 + 1);
            self.order.shuffle(&mut rng);
        }
    }

    fn converged(&mut self) -> bool {
        let settled = self.params.kl_weight.settled_from().max(self.params.learning_rate.settled_from());
        let (state, parametrisation) = (&self.state, self.params.parametrisation);
        let ready = state.epoch as f64 >= settled;
        self.windows.as_mut().is_some_and(|w| ready && w.update(state, parametrisation))
    }

    fn diverged(&self, quantity: &'static str) -> Error {
        Error::Diverged { step: self.state.step, epoch: self.state.epoch, quantity }
    }

    fn report(&self) -> Result<Progress, Error> {
        if !self.state.is_finite() {
            return Err(self.diverged("a parameter"));
        }
        let params = &self.params;
        let kl = if matches!(params.dropout, Dropout::Fixed(_)) {
            0.0
        } else {
            self.state.kl(&params.kl, params.parametrisation)
        };
        let time = self.state.epoch as f64;
        let kl_weight = params.kl_weight.at(time);
        let weighted = if kl_weight == 0.0 { 0.0 } else { kl_weight * kl };
        let accuracy = match (&self.targets, params.report_accuracy) {
            (Prepared::Classes { labels, .. }, true) => {
                let labels: Vec<usize> = labels.iter().map(|&l| l as usize).collect();
                Some(self.model().accuracy(self.rows.as_ref(), &labels)?)
            }
            _ => None,
        };
        Ok(Progress {
            epoch: self.state.epoch,
            step: self.state.step,
            elbo: self.data_term - weighted,
            data_term: self.data_term,
            kl,
            kl_weight,
            learning_rate: params.learning_rate.at(time),
            sparsity: self.state.sparsity(params.threshold, params.parametrisation),
            accuracy,
            beta: self.state.log_beta.exp(),
            gradient_ratio: self.state.gradient_ratio(&params.optimiser),
        })
    }

    /// The model as it stands.
    #[must_use]
    pub fn model(&self) -> Model<R> {
        let of_layer = |layer: &LayerState<R>| model_layer(layer, self.params.parametrisation);
        Model {
            layers: self.state.layers.iter().map(of_layer).collect(),
            likelihood: self.params.likelihood,
            beta: self.state.log_beta.exp(),
        }
    }

    fn finish(mut self, status: Status) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        let last = match self.trace.last() {
            Some(last) if last.epoch == self.state.epoch => last.clone(),
            _ => self.report()?,
        };
        let model = self.model();
        let trace = std::mem::take(&mut self.trace);
        Ok(Fit { model, report: TrainingReport { status, last, trace } })
    }
}

fn model_layer<R: Real>(layer: &LayerState<R>, parametrisation: Parametrisation) -> Layer<R> {
    let at = |d: usize, k: usize| d * layer.stride + k;
    Layer {
        theta: DMatrix::from_fn(layer.inputs, layer.outputs, |d, k| layer.theta[at(d, k)]),
        log_sigma2: DMatrix::from_fn(layer.inputs, layer.outputs, |d, k| {
            R::of(layer.log_sigma2(at(d, k), parametrisation))
        }),
        bias: layer.bias.as_ref().map(|b| DVector::from_column_slice(&b.value[..layer.outputs])),
    }
}

/// A pool of the wanted size; none for one thread.
fn pool(threads: Option<usize>) -> Result<Option<rayon::ThreadPool>, Error> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if threads == 1 {
        return Ok(None);
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    built.map(Some).map_err(|e| Error::Threads { threads, reason: e.to_string() })
}

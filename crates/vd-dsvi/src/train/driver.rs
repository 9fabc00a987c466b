//! The one training loop: steps, epochs, removal, progress and the stopping rule, whatever brings the data.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use estimator::{Fit, Status};

use crate::data::samples::Samples;
use crate::engine::state::{LayerState, State};
use crate::engine::step::{Step, Steps};
use crate::error::Error;
use crate::model::Model;
use crate::model::layer::Layer;
use crate::params::Params;
use crate::params::choices::{Batch, Dropout, Optimiser, Parametrisation};
use crate::real::Real;
use crate::train::convergence::Windows;
use crate::train::progress::Progress;
use crate::train::report::TrainingReport;
use crate::train::stepper::Stepper;
use crate::train::undecided::undecided;

/// Which part of an epoch some samples are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    /// Number of the block within the epoch, from 0.
    pub block: u64,
    /// Where it begins, as a share of the epoch.
    pub start: f64,
    /// Its share of the samples.
    pub share: f64,
}

impl Part {
    /// All of an epoch.
    pub const WHOLE: Self = Self { block: 0, start: 0.0, share: 1.0 };
}

/// A running fit without its data.
pub(crate) struct Driver<R: Real> {
    pub params: Params,
    pub state: State<R>,
    stepper: Stepper<R>,
    /// The order in which the samples at hand are taken.
    order: Vec<u32>,
    /// Σ log p over the current epoch so far.
    pub data_term: f64,
    pub windows: Option<Windows>,
    pub trace: Vec<Progress>,
    /// Whether the stopping rule has been met: then no further step is taken, also after a resumption.
    pub converged: bool,
}

impl<R: Real> Driver<R> {
    /// The state before the first step, for inputs and outputs like those of `samples`.
    ///
    /// # Errors
    /// [`Error::Threads`]; layers that do not fit into memory's address space.
    pub fn new(params: Params, samples: &Samples<'_, R>) -> Result<Self, Error> {
        let log_beta = params.initial_log_beta(samples.targets.variance());
        let state = State::new(&params, samples.rows.features(), samples.targets.outputs(), log_beta);
        let stepper = Stepper::new(&params)?;
        let windows = params.convergence.map(Windows::new);
        let (order, trace) = (Vec::new(), Vec::new());
        Ok(Self { params, state, stepper, order, data_term: 0.0, windows, trace, converged: false })
    }

    /// Starts an epoch, unless one has been begun.
    pub fn begin_epoch(&mut self) {
        if self.state.position == 0 {
            self.data_term = 0.0;
        }
    }

    /// Sets the order of `count` samples: a function of the seed, the epoch's number and the block's number alone.
    pub fn begin_part(&mut self, count: usize, part: Part) {
        self.order.clear();
        self.order.extend(0..count as u32);
        if self.params.batch_size(count) < count {
            let mut rng = ChaCha8Rng::seed_from_u64(self.params.seed);
            rng.set_stream((part.block << 40) + self.state.epoch as u64 + 1);
            self.order.shuffle(&mut rng);
        }
    }

    /// Minibatches of a part with `count` samples.
    pub fn steps_of(&self, count: usize) -> usize {
        count.div_ceil(self.batch(count))
    }

    /// Samples per minibatch of a part with `count` samples: a block may be smaller than the minibatch.
    fn batch(&self, count: usize) -> usize {
        self.params.batch_size(count).min(count)
    }

    /// The steps from the current position to position `until` of a part.
    ///
    /// # Errors
    /// [`Error::Diverged`]; the state is then of no use.
    pub fn steps(&mut self, samples: &Samples<'_, R>, part: Part, until: usize) -> Result<(), Error> {
        let (count, position) = (samples.count(), self.state.position);
        if position >= until {
            return Ok(());
        }
        let batch = self.batch(count);
        let (first, epoch, params) = (self.state.step, self.state.epoch as f64, &self.params);
        let schedule = |i: usize| {
            let done = ((position + i) * batch) as f64 / count as f64;
            let time = epoch + part.start + part.share * done;
            Step {
                number: first + i as u64,
                kl_weight: params.lambda.at(time) * part.share,
                learning_rate: params.learning_rate.at(time),
            }
        };
        let order = &self.order[position * batch..self.order.len().min(until * batch)];
        let steps = Steps { order, batch, schedule: &schedule, total: self.data_term };
        let done = self.stepper.run(&mut self.state, samples, &steps);
        let per_epoch = count.div_ceil(batch);
        self.data_term = done.map_err(|at| {
            // A run ahead goes through several epochs.
            let epoch = self.state.epoch + (position + (at.step - first) as usize) / per_epoch;
            Error::Diverged { step: at.step, epoch, quantity: "log p(t | z)" }
        })?;
        self.state.step += (until - position) as u64;
        self.state.position = until;
        Ok(())
    }

    /// Full batches: up to `epochs` whole epochs that nobody looks at, in one run of the engine, which then starts its threads
    /// once.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    pub fn run_ahead(&mut self, samples: &Samples<'_, R>, epochs: usize) -> Result<(), Error> {
        // No weight may be due for removal before the last of them has ended.
        let free =
            self.params.removal.map_or(usize::MAX, |r| r.from_epoch.saturating_sub(self.state.epoch + 1));
        let count = samples.count();
        let ahead = epochs.min(free).min((1 << 22) / count);
        if ahead == 0 || self.batch(count) < count || self.windows.is_some() || self.state.position > 0 {
            return Ok(());
        }
        self.begin_epoch();
        let everyone: Vec<u32> = (0..count as u32).collect();
        self.order = everyone.repeat(ahead);
        self.steps(samples, Part::WHOLE, ahead)?;
        self.state.epoch += ahead;
        self.state.position = 0;
        Ok(())
    }

    /// Ends a part of an epoch.
    pub fn end_part(&mut self) {
        self.state.position = 0;
    }

    /// Ends the epoch, and removes the weights that are due.
    pub fn end_epoch(&mut self) {
        self.state.position = 0;
        self.state.epoch += 1;
        if let Some(removal) = self.params.removal
            && self.state.epoch >= removal.from_epoch
        {
            self.state.prune(removal.threshold);
        }
    }

    /// Takes the epoch that has just ended into the stopping rule, and says whether the rule is met; to be asked once an epoch.
    pub fn rule_is_met(&mut self) -> bool {
        let settled = self.params.lambda.settled_from().max(self.params.learning_rate.settled_from());
        let (state, parametrisation) = (&self.state, self.params.parametrisation);
        let ready = state.epoch as f64 >= settled;
        self.windows.as_mut().is_some_and(|w| ready && w.update(state, parametrisation))
    }

    fn diverged(&self, quantity: &'static str) -> Error {
        Error::Diverged { step: self.state.step, epoch: self.state.epoch, quantity }
    }

    /// Where the fit stands, after an epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`] for a parameter that is not finite.
    pub fn progress(&self, accuracy: Option<f64>) -> Result<Progress, Error> {
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
        let lambda = params.lambda.at(time);
        let weighted = if lambda == 0.0 { 0.0 } else { lambda * kl };
        let pruned = self.state.pruned(params.threshold, params.parametrisation);
        let sizes: Vec<usize> = self.state.layers.iter().map(|l| l.inputs * l.outputs).collect();
        Ok(Progress {
            epoch: self.state.epoch,
            step: self.state.step,
            elbo: self.data_term - weighted,
            data_term: self.data_term,
            kl,
            lambda,
            learning_rate: params.learning_rate.at(time),
            kept: sizes.iter().sum::<usize>() - pruned.iter().sum::<usize>(),
            sparsity: pruned.iter().zip(&sizes).map(|(&p, &size)| p as f64 / size as f64).collect(),
            accuracy,
            beta: self.state.log_beta.exp(),
            gradient_ratio: self.state.gradient_ratio(&params.optimiser),
        })
    }

    /// The model as it stands.
    pub fn model(&self) -> Model<R> {
        let of_layer = |layer: &LayerState<R>| model_layer(layer, self.params.parametrisation);
        let layers = self.state.layers.iter().map(of_layer).collect();
        Model::of(layers, self.params.likelihood, self.state.log_beta.exp(), self.params.threshold)
    }

    /// Σ η over the steps done, if they are Adam's: how far a weight can have moved.
    fn travel(&self, steps_per_epoch: f64) -> Option<f64> {
        let adam = matches!(self.params.optimiser, Optimiser::Adam { .. });
        let rate = |epoch: usize| self.params.learning_rate.at(epoch as f64 + 0.5);
        adam.then(|| steps_per_epoch * (0..self.state.epoch).map(rate).sum::<f64>())
    }

    /// The model and the report of a fit to `samples` (none for blocks) that ended so.
    ///
    /// # Errors
    /// [`Error::Diverged`] for a parameter that is not finite.
    pub fn finish(
        mut self,
        status: Status,
        samples: Option<&Samples<'_, R>>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        let last = match self.trace.last() {
            Some(last) if last.epoch == self.state.epoch => last.clone(),
            _ => self.progress(None)?,
        };
        let undecided = samples.and_then(|s| undecided(&self.params, &self.state, s));
        let reach = samples.and_then(|s| {
            let size: f64 = s.rows.value.iter().map(|v| v.f64().abs()).sum::<f64>() / s.count() as f64;
            self.travel(self.steps_of(s.count()) as f64).map(|travel| travel * size)
        });
        let model = self.model();
        let trace = std::mem::take(&mut self.trace);
        Ok(Fit { model, report: TrainingReport { status, last, trace, undecided, reach } })
    }
}

/// Checks that a stated minibatch is not larger than the data.
///
/// # Errors
/// [`Error::Batch`].
pub(crate) fn check_batch(params: &Params, samples: usize) -> Result<(), Error> {
    match params.batch {
        Batch::Size(batch) if batch > samples => Err(Error::Batch { batch, samples }),
        _ => Ok(()),
    }
}

fn model_layer<R: Real>(layer: &LayerState<R>, parametrisation: Parametrisation) -> Layer<R> {
    let at = |d: usize, k: usize| d * layer.stride + k;
    Layer {
        theta: DMatrix::from_fn(layer.inputs, layer.outputs, |d, k| layer.theta[at(d, k)]),
        log_sigma2: DMatrix::from_fn(layer.inputs, layer.outputs, |d, k| {
            R::of(layer.log_sigma2(at(d, k), parametrisation))
        }),
        intercept: layer.intercept.as_ref().map(|b| DVector::from_column_slice(&b.value[..layer.outputs])),
    }
}

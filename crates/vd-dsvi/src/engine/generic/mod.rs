//! One step of the poster's box, for every likelihood, noise estimator, parametrisation, KL and depth.
//!
//! | symbol | here | shape | meaning |
//! |---|---|---|---|
//! | M | batch | | samples of this step |
//! | z | `z` | M × stride | pre-activations; afterwards G = (N/M) ∂log p/∂z |
//! | V | `h` | M × stride | their variances; afterwards H = G ∘ E / (2√V) |
//! | E | | M × stride | N(0, 1) draws |
//!
//! Local reparametrisation: z = xᵀθ + √((x∘x)ᵀσ²) ∘ E, ∂L/∂θ = XᵀG, ∂L/∂σ² = (X∘X)ᵀH (Kingma et al. 2015).
//!
//! The result does not depend on the number of threads: phase 1 computes each sample alone, phase 2 each weight alone with its sum
//! over samples in batch order. Nothing is added up across threads.

pub(crate) mod chunk;
pub(crate) mod inputs;
pub(crate) mod likelihood;
pub(crate) mod method;
pub(crate) mod optimiser;
pub(crate) mod update;
pub(crate) mod weights;

use rayon::prelude::*;

use crate::data::samples::Samples;
use crate::engine::generic::chunk::{Chunk, input_row, row_of, row_of_mut};
use crate::engine::generic::inputs::axpy;
use crate::engine::generic::likelihood::gradient;
use crate::engine::generic::method::Method;
use crate::engine::generic::optimiser::OptimiserStep;
use crate::engine::generic::update::{Task, gradients, move_rows, split};
use crate::engine::generic::weights::StepWeights;
use crate::engine::state::State;
use crate::engine::step::{NonFinite, Step, Steps};
use crate::real::Real;

/// Samples a task of phase 1 takes.
pub(crate) const CHUNK: usize = 32;

/// The generic engine: computes gradients and moves the state.
pub(crate) struct Engine<R> {
    method: Method,
    /// None for one thread.
    pool: Option<rayon::ThreadPool>,
    weights: Vec<StepWeights<R>>,
    chunks: Vec<Chunk<R>>,
}

impl<R: Real> Engine<R> {
    /// An engine without buffers; the first step makes them.
    pub fn new(method: Method, pool: Option<rayon::ThreadPool>) -> Self {
        Self { method, pool, weights: Vec::new(), chunks: Vec::new() }
    }

    /// Does the steps; gives Σ log p so far, or the step whose log-likelihood is not finite.
    pub fn run(
        &mut self,
        state: &mut State<R>,
        samples: &Samples<'_, R>,
        steps: &Steps<'_>,
    ) -> Result<f64, NonFinite> {
        let mut total = steps.total;
        for (i, chosen) in steps.order.chunks(steps.batch.max(1)).enumerate() {
            let step = (steps.schedule)(i);
            let log_p = self.step(state, samples, chosen, &step);
            if !log_p.is_finite() {
                return Err(NonFinite { step: step.number });
            }
            total += log_p;
        }
        Ok(total)
    }

    /// Moves `state` by one step on the samples `chosen`; returns Σ log p(t | z) over them.
    pub fn step(
        &mut self,
        state: &mut State<R>,
        samples: &Samples<'_, R>,
        chosen: &[u32],
        step: &Step,
    ) -> f64 {
        let method = self.method;
        StepWeights::draw(&mut self.weights, state, &method, step.number);
        self.forward_and_back(state, samples, chosen, step.number);
        let log_p = self.chunks.iter().flat_map(|c| &c.log_p).sum();
        if method.learn_beta {
            move_precision(state, samples, chosen.len(), log_p, &method, step);
        }
        let optimiser = OptimiserStep::new(method.optimiser, step, samples.count());
        let parts = self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads);
        let (weights, chunks) = (&self.weights, &self.chunks);
        for (l, layer) in state.layers.iter_mut().enumerate() {
            let input = |m: usize| input_row(&samples.rows, chunks, chosen, l, m);
            let stride = layer.stride;
            let g = |m: usize| row_of(&chunks[m / CHUNK].layers[l].z, m % CHUNK, stride);
            let h = |m: usize| row_of(&chunks[m / CHUNK].layers[l].h, m % CHUNK, stride);
            if let Some(intercept) = &mut layer.intercept {
                let mut gradient = vec![R::ZERO; layer.stride];
                (0..chosen.len()).for_each(|m| axpy(&mut gradient, R::ONE, g(m)));
                let [first, second] = &mut intercept.moments;
                for k in 0..layer.outputs {
                    intercept.value[k] += optimiser.increment(gradient[k], &mut first[k], &mut second[k]);
                }
            }
            let tasks = split(layer, parts);
            let work = |mut task: Task<'_, R>| {
                let (d_theta, d_sigma) = gradients(&task, chosen.len(), &method, input, g, h);
                move_rows(&mut task, &weights[l], d_theta, d_sigma, &method, step.kl_weight, &optimiser);
            };
            match &self.pool {
                Some(pool) => pool.install(|| tasks.into_par_iter().for_each(work)),
                None => tasks.into_iter().for_each(work),
            }
        }
        log_p
    }

    fn forward_and_back(&mut self, state: &State<R>, samples: &Samples<'_, R>, chosen: &[u32], step: u64) {
        let count = chosen.len().div_ceil(CHUNK);
        self.chunks.resize_with(count, Chunk::default);
        let scale = R::of(samples.count() as f64 / chosen.len() as f64);
        let (weights, method) = (&self.weights, &self.method);
        let work = |(c, chunk): (usize, &mut Chunk<R>)| {
            let rows = c * CHUNK..chosen.len().min((c + 1) * CHUNK);
            chunk.resize(state, rows.len());
            for (r, m) in rows.enumerate() {
                chunk.forward(state, weights, &samples.rows, chosen[m], r, m, method, step);
                let last = state.layers.len() - 1;
                let stride = state.layers[last].stride;
                let z = row_of_mut(&mut chunk.layers[last].z, r, stride);
                let target = samples.targets.target(chosen[m] as usize);
                chunk.log_p[r] = gradient(method.likelihood, z, target, state.log_beta, scale);
                chunk.back(state, weights, r, method);
            }
        };
        match &self.pool {
            Some(pool) => pool.install(|| self.chunks.par_iter_mut().enumerate().for_each(work)),
            None => self.chunks.iter_mut().enumerate().for_each(work),
        }
    }
}

/// One step on log β: ∂/∂log β of (N/M) Σ [½ log β − ½ β e²] is N K/2 − ½ β (N/M) Σ e².
fn move_precision<R: Real>(
    state: &mut State<R>,
    samples: &Samples<'_, R>,
    batch: usize,
    log_p: f64,
    method: &Method,
    step: &Step,
) {
    let values = (batch * samples.targets.outputs()) as f64;
    let constant = 0.5 * (state.log_beta - core::f64::consts::TAU.ln()) * values;
    let half_beta_errors = constant - log_p;
    let gradient = (0.5 * values - half_beta_errors) * samples.count() as f64 / batch as f64;
    let [m, v] = &mut state.log_beta_moments;
    state.log_beta +=
        OptimiserStep::<f64>::new(method.optimiser, step, samples.count()).increment(gradient, m, v);
}

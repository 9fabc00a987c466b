//! One step of the poster's box, for every likelihood, noise estimator, parametrisation, KL and depth.
//!
//! | symbol | here | shape | meaning |
//! |---|---|---|---|
//! | M | batch | | objects of this step |
//! | z | `z` | M × stride | pre-activations; afterwards G = (N/M) ∂log p/∂z |
//! | V | `h` | M × stride | their variances; afterwards H = G ∘ E / (2√V) |
//! | E | | M × stride | N(0, 1) draws |
//!
//! Local reparametrisation: z = xᵀθ + √((x∘x)ᵀσ²) ∘ E, ∂L/∂θ = XᵀG, ∂L/∂σ² = (X∘X)ᵀH (Kingma et al. 2015).
//!
//! The result does not depend on the number of threads: phase 1 computes each object alone, phase 2 each weight alone with its sum
//! over objects in batch order. Nothing is added up across threads.

use core::ops::Range;

use rayon::prelude::*;

use crate::data::Rows;
use crate::kernel::NoiseKey;
use crate::kernel::reference::{RowRef, axpy, dot};
use crate::likelihood::{Likelihood, Precision, Prepared};
use crate::state::{LayerState, Mover, Rule, State, stream};
use crate::{Noise, Parametrisation, Real};

/// Objects a task of phase 1 takes.
const CHUNK: usize = 32;

/// What a step reads.
pub(crate) struct Data<'a, R> {
    pub rows: &'a Rows<R>,
    pub targets: &'a Prepared<R>,
    pub likelihood: Likelihood,
}

/// Buffers of one layer for the objects of one chunk.
struct ChunkLayer<R> {
    z: Vec<R>,
    h: Vec<R>,
    /// ReLU(z), for hidden layers; padded like z.
    activation: Vec<R>,
}

/// Buffers of one chunk of the batch.
struct Chunk<R> {
    layers: Vec<ChunkLayer<R>>,
    draws: Vec<R>,
    log_p: Vec<f64>,
}

/// The weights of one layer as a step uses them.
pub(crate) struct StepWeights<R> {
    /// θ, or one draw of the weights.
    weight: Vec<R>,
    sigma2: Vec<R>,
    /// The draws behind `weight`, if it is one.
    draws: Vec<R>,
}

/// The generic engine: works out gradients and moves the state.
pub(crate) struct Engine<R> {
    pool: Option<rayon::ThreadPool>,
    weights: Vec<StepWeights<R>>,
    chunks: Vec<Chunk<R>>,
}

impl<R: Real> Engine<R> {
    pub(crate) fn new(pool: Option<rayon::ThreadPool>) -> Self {
        Self { pool, weights: Vec::new(), chunks: Vec::new() }
    }

    /// Moves `state` by one step on `objects`; returns Σ log p(t | z) over them.
    pub(crate) fn step(
        &mut self,
        state: &mut State<R>,
        data: &Data<'_, R>,
        objects: &[u32],
        rule: &Rule,
    ) -> f64 {
        self.draw_weights(state, rule);
        self.forward_and_back(state, data, objects, rule);
        let log_p = self.chunks.iter().flat_map(|c| &c.log_p).sum();
        if let Likelihood::Gaussian(Precision::Learned { .. }) = data.likelihood {
            move_precision(state, data, objects.len(), log_p, rule);
        }
        let mover = rule.mover();
        let parts = self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads);
        let (weights, chunks) = (&self.weights, &self.chunks);
        for (l, layer) in state.layers.iter_mut().enumerate() {
            let input = |m: usize| input_row(data.rows, chunks, objects, l, m);
            let stride = layer.stride;
            let g = |m: usize| row_of(&chunks[m / CHUNK].layers[l].z, m % CHUNK, stride);
            let h = |m: usize| row_of(&chunks[m / CHUNK].layers[l].h, m % CHUNK, stride);
            if let Some(bias) = &mut layer.bias {
                let mut gradient = vec![R::ZERO; layer.stride];
                (0..objects.len()).for_each(|m| axpy(&mut gradient, R::ONE, g(m)));
                let [first, second] = &mut bias.moments;
                for k in 0..layer.outputs {
                    bias.value[k] += mover.step(gradient[k], &mut first[k], &mut second[k]);
                }
            }
            let tasks = split(layer, parts);
            let work = |mut task: Task<'_, R>| {
                let (d_theta, d_sigma) = gradients(&task, objects.len(), rule, input, g, h);
                move_rows(&mut task, &weights[l], d_theta, d_sigma, rule, &mover);
            };
            match &self.pool {
                Some(pool) => pool.install(|| tasks.into_par_iter().for_each(work)),
                None => tasks.into_iter().for_each(work),
            }
        }
        log_p
    }

    /// σ² of every weight, and a draw of the weights where the estimator wants one.
    fn draw_weights(&mut self, state: &State<R>, rule: &Rule) {
        self.weights.resize_with(state.layers.len(), || StepWeights {
            weight: Vec::new(),
            sigma2: Vec::new(),
            draws: Vec::new(),
        });
        for (l, (layer, w)) in state.layers.iter().zip(&mut self.weights).enumerate() {
            w.weight.clone_from(&layer.theta);
            w.sigma2.resize(layer.theta.len(), R::ZERO);
            for i in layer.positions() {
                w.sigma2[i] = R::of(layer.log_sigma2(i, rule.parametrisation)).exp();
            }
            if rule.noise == Noise::Local {
                continue;
            }
            w.draws.resize(layer.theta.len(), R::ZERO);
            for (d, row) in w.draws.chunks_mut(layer.stride).enumerate() {
                let layer_key = stream::WEIGHTS | l as u32;
                let key = NoiseKey { seed: rule.seed, step: rule.step, layer: layer_key, row: d as u32 };
                R::normals(key, &mut row[..layer.outputs]);
            }
            for i in layer.positions() {
                // √α ε θ and σ ε differ by the sign of θ alone.
                if rule.noise == Noise::Multiplicative && layer.theta[i] < R::ZERO {
                    w.draws[i] = -w.draws[i];
                }
                w.weight[i] += w.sigma2[i].sqrt() * w.draws[i];
            }
        }
    }

    fn forward_and_back(&mut self, state: &State<R>, data: &Data<'_, R>, objects: &[u32], rule: &Rule) {
        let count = objects.len().div_ceil(CHUNK);
        self.chunks.resize_with(count, || Chunk { layers: Vec::new(), draws: Vec::new(), log_p: Vec::new() });
        let scale = R::of(data.rows.objects() as f64 / objects.len() as f64);
        let weights = &self.weights;
        let work = |(c, chunk): (usize, &mut Chunk<R>)| {
            let rows = c * CHUNK..objects.len().min((c + 1) * CHUNK);
            chunk.resize(state, rows.len());
            for (r, m) in rows.enumerate() {
                chunk.forward(state, weights, data, objects[m], r, m, rule);
                let last = state.layers.len() - 1;
                let stride = state.layers[last].stride;
                let z = row_of_mut(&mut chunk.layers[last].z, r, stride);
                let target = data.targets.target(objects[m] as usize);
                chunk.log_p[r] = data.likelihood.gradient(z, target, state.log_beta, scale);
                chunk.back(state, weights, r, rule);
            }
        };
        match &self.pool {
            Some(pool) => pool.install(|| self.chunks.par_iter_mut().enumerate().for_each(work)),
            None => self.chunks.iter_mut().enumerate().for_each(work),
        }
    }
}

impl<R: Real> Chunk<R> {
    fn resize(&mut self, state: &State<R>, rows: usize) {
        self.layers.resize_with(state.layers.len(), || ChunkLayer {
            z: Vec::new(),
            h: Vec::new(),
            activation: Vec::new(),
        });
        self.log_p.resize(rows, 0.0);
        for (l, (layer, buffers)) in state.layers.iter().zip(&mut self.layers).enumerate() {
            buffers.z.resize(rows * layer.stride, R::ZERO);
            buffers.h.resize(rows * layer.stride, R::ZERO);
            if l + 1 < state.layers.len() {
                buffers.activation.resize(rows * layer.stride, R::ZERO);
            }
        }
        self.draws.resize(state.layers.iter().map(|l| l.stride).max().unwrap_or(0), R::ZERO);
    }

    /// Fills z with pre-activations and h with E/(2√V) for row `r` of the chunk, row `m` of the batch.
    fn forward(
        &mut self,
        state: &State<R>,
        weights: &[StepWeights<R>],
        data: &Data<'_, R>,
        object: u32,
        r: usize,
        m: usize,
        rule: &Rule,
    ) {
        for (l, layer) in state.layers.iter().enumerate() {
            let (before, here) = self.layers.split_at_mut(l);
            let x = match before.last() {
                None => sparse(data.rows, object),
                Some(previous) => RowRef::Dense(row_of(&previous.activation, r, state.layers[l - 1].stride)),
            };
            let buffers = &mut here[0];
            let stride = layer.stride;
            let (z, h) = (row_of_mut(&mut buffers.z, r, stride), row_of_mut(&mut buffers.h, r, stride));
            match &layer.bias {
                Some(bias) => z.copy_from_slice(&bias.value),
                None => z.fill(R::ZERO),
            }
            h.fill(R::ZERO);
            let w = &weights[l];
            if rule.noise == Noise::Local {
                x.each(0, layer.inputs, |d, x| {
                    axpy(z, x, &w.weight[d * stride..][..stride]);
                    axpy(h, x * x, &w.sigma2[d * stride..][..stride]);
                });
                let key = NoiseKey {
                    seed: rule.seed,
                    step: rule.step,
                    layer: stream::LOCAL | l as u32,
                    row: m as u32,
                };
                let draws = &mut self.draws[..layer.outputs];
                R::normals(key, draws);
                reparametrise(z, h, draws);
            } else {
                x.each(0, layer.inputs, |d, x| axpy(z, x, &w.weight[d * stride..][..stride]));
            }
            if l + 1 < state.layers.len() {
                let activation = row_of_mut(&mut buffers.activation, r, stride);
                for (a, &z) in activation.iter_mut().zip(z.iter()) {
                    *a = if z > R::ZERO { z } else { R::ZERO };
                }
                // A NaN must not hide behind the ReLU.
                if z.iter().any(|z| !z.is_finite()) {
                    activation.fill(R::of(f64::NAN));
                }
            }
        }
    }

    /// Turns the last layer's G into every layer's G and H for row `r`.
    fn back(&mut self, state: &State<R>, weights: &[StepWeights<R>], r: usize, rule: &Rule) {
        for l in (0..state.layers.len()).rev() {
            let layer = &state.layers[l];
            let stride = layer.stride;
            let (before, here) = self.layers.split_at_mut(l);
            let g = row_of(&here[0].z, r, stride);
            let h = row_of_mut(&mut here[0].h, r, stride);
            h.iter_mut().zip(g).for_each(|(h, g)| *h *= *g);
            let Some(previous) = before.last_mut() else { break };
            let below = state.layers[l - 1].stride;
            let activation = row_of(&previous.activation, r, below);
            let z = row_of_mut(&mut previous.z, r, below);
            for d in 0..layer.inputs {
                let a = activation[d];
                z[d] = if a > R::ZERO {
                    let span = d * stride..(d + 1) * stride;
                    let mut slope = dot(g, &weights[l].weight[span.clone()]);
                    if rule.noise == Noise::Local {
                        slope += R::of(2.0) * a * dot(h, &weights[l].sigma2[span]);
                    }
                    slope
                } else {
                    R::ZERO
                };
            }
        }
    }
}

/// z += √V E; V becomes E/(2√V), 0 where V = 0 (there ∂z/∂log σ² = E x²σ²/(2√V) tends to 0).
pub(crate) fn reparametrise<R: Real>(z: &mut [R], v: &mut [R], draws: &[R]) {
    for ((z, v), &e) in z.iter_mut().zip(v).zip(draws) {
        let sd = v.sqrt();
        *z += sd * e;
        *v = if sd > R::ZERO { e / (sd + sd) } else { sd };
    }
}

fn sparse<R: Real>(rows: &Rows<R>, object: u32) -> RowRef<'_, R> {
    let (index, value) = rows.row(object as usize);
    RowRef::Sparse(index, value)
}

fn input_row<'a, R: Real>(
    rows: &'a Rows<R>,
    chunks: &'a [Chunk<R>],
    objects: &[u32],
    layer: usize,
    m: usize,
) -> RowRef<'a, R> {
    if layer == 0 {
        return sparse(rows, objects[m]);
    }
    let chunk = &chunks[m / CHUNK];
    let activation = &chunk.layers[layer - 1].activation;
    RowRef::Dense(row_of(activation, m % CHUNK, activation.len() / chunk.log_p.len()))
}

#[inline(always)]
fn row_of<R>(values: &[R], row: usize, stride: usize) -> &[R] {
    &values[row * stride..][..stride]
}

#[inline(always)]
fn row_of_mut<R>(values: &mut [R], row: usize, stride: usize) -> &mut [R] {
    &mut values[row * stride..][..stride]
}

/// A range of a layer's inputs with its parameters and moments.
struct Task<'a, R> {
    inputs: Range<usize>,
    stride: usize,
    outputs: usize,
    theta: &'a mut [R],
    rho: &'a mut [R],
    theta_moments: [&'a mut [R]; 2],
    rho_moments: [&'a mut [R]; 2],
}

/// Cuts a layer into `parts` ranges of inputs.
fn split<R: Real>(layer: &mut LayerState<R>, parts: usize) -> Vec<Task<'_, R>> {
    let each = layer.inputs.div_ceil(parts);
    let size = each * layer.stride;
    let [tm, tv] = &mut layer.theta_moments;
    let [rm, rv] = &mut layer.rho_moments;
    let parameters = layer.theta.chunks_mut(size).zip(layer.rho.chunks_mut(size));
    let moments =
        tm.chunks_mut(size).zip(tv.chunks_mut(size)).zip(rm.chunks_mut(size).zip(rv.chunks_mut(size)));
    let (stride, outputs, inputs) = (layer.stride, layer.outputs, layer.inputs);
    let task = |(part, ((theta, rho), ((tm, tv), (rm, rv))))| Task {
        inputs: part * each..inputs.min((part + 1) * each),
        stride,
        outputs,
        theta,
        rho,
        theta_moments: [tm, tv],
        rho_moments: [rm, rv],
    };
    parameters.zip(moments).enumerate().map(task).collect()
}

/// XᵀG, and (X∘X)ᵀH under local noise, for a task's inputs; sums over objects in batch order.
fn gradients<'a, R: Real>(
    task: &Task<'_, R>,
    batch: usize,
    rule: &Rule,
    input: impl Fn(usize) -> RowRef<'a, R>,
    g: impl Fn(usize) -> &'a [R],
    h: impl Fn(usize) -> &'a [R],
) -> (Vec<R>, Vec<R>) {
    let (from, stride) = (task.inputs.start, task.stride);
    let mut d_theta = vec![R::ZERO; task.theta.len()];
    let mut d_sigma = vec![R::ZERO; task.theta.len()];
    for m in 0..batch {
        let (g, h) = (g(m), h(m));
        input(m).each(from, task.inputs.end, |d, x| {
            let at = (d - from) * stride;
            axpy(&mut d_theta[at..at + stride], x, g);
            if rule.noise == Noise::Local {
                axpy(&mut d_sigma[at..at + stride], x * x, h);
            }
        });
    }
    (d_theta, d_sigma)
}

/// Adds −λ ∂KL to the data's gradients and moves a task's weights.
fn move_rows<R: Real>(
    task: &mut Task<'_, R>,
    w: &StepWeights<R>,
    d_theta: Vec<R>,
    d_sigma: Vec<R>,
    rule: &Rule,
    mover: &Mover<R>,
) {
    let offset = task.inputs.start * task.stride;
    let (low, high) = (R::of(rule.rho_bounds.0), R::of(rule.rho_bounds.1));
    for row in 0..task.inputs.len() {
        for i in row * task.stride..row * task.stride + task.outputs {
            let (theta, rho) = (task.theta[i], task.rho[i]);
            if rho.f64() == f64::NEG_INFINITY {
                continue; // Removed for good.
            }
            let sigma2 = w.sigma2[offset + i];
            // ∂L/∂log σ² = σ² ∂L/∂σ²; with drawn weights it is ½ σ ε ∂L/∂w.
            let d_log_sigma2 = match rule.noise {
                Noise::Local => d_sigma[i] * sigma2,
                _ => d_theta[i] * w.draws[offset + i] * sigma2.sqrt() * R::of(0.5),
            };
            let (g_theta, g_rho) = with_kl(theta, rho, d_theta[i], d_log_sigma2, rule);
            let [m, v] = &mut task.theta_moments;
            task.theta[i] = theta + mover.step(g_theta, &mut m[i], &mut v[i]);
            if rule.learn_rho {
                let [m, v] = &mut task.rho_moments;
                let moved = rho + mover.step(g_rho, &mut m[i], &mut v[i]);
                // Written so that a NaN passes through and is found.
                task.rho[i] = if moved < low {
                    low
                } else if moved > high {
                    high
                } else {
                    moved
                };
            }
        }
    }
}

/// The gradient of L with respect to (θ, ρ) from the data's with respect to (θ at fixed σ², log σ²).
///
/// log α = log σ² − 2 log|θ|, so under (θ, log σ²) the KL gives −λKL'·(−2/θ, 1); under (θ, log α) it gives (0, −λKL') and the
/// data's θ-gradient gains ∂log σ²/∂θ = 2/θ times its log σ² part. As α → ∞, −2KL'/θ → θ/σ²: finite, and 0 at θ = 0.
#[inline(always)]
pub(crate) fn with_kl<R: Real>(theta: R, rho: R, d_theta: R, d_log_sigma2: R, rule: &Rule) -> (R, R) {
    let over_theta = |x: f64| if theta == R::ZERO { 0.0 } else { 2.0 * x / theta.f64() };
    match rule.parametrisation {
        Parametrisation::LogSigma2 => {
            let log_alpha = rho.f64() - 2.0 * theta.abs().f64().ln();
            let slope = if rule.kl_weight == 0.0 { 0.0 } else { rule.kl_weight * rule.kl.grad(log_alpha) };
            (d_theta + R::of(over_theta(slope)), d_log_sigma2 - R::of(slope))
        }
        Parametrisation::LogAlpha => {
            let slope = if rule.kl_weight == 0.0 || !rule.learn_rho {
                0.0
            } else {
                rule.kl_weight * rule.kl.grad(rho.f64())
            };
            (d_theta + R::of(over_theta(d_log_sigma2.f64())), d_log_sigma2 - R::of(slope))
        }
    }
}

/// One step on log β: ∂/∂log β of (N/M) Σ [½ log β − ½ β e²] is N K/2 − ½ β (N/M) Σ e².
fn move_precision<R: Real>(state: &mut State<R>, data: &Data<'_, R>, batch: usize, log_p: f64, rule: &Rule) {
    let values = (batch * data.targets.outputs()) as f64;
    let constant = 0.5 * (state.log_beta - core::f64::consts::TAU.ln()) * values;
    let half_beta_errors = constant - log_p;
    let gradient = (0.5 * values - half_beta_errors) * data.rows.objects() as f64 / batch as f64;
    let [m, v] = &mut state.log_beta_moments;
    state.log_beta += rule.mover::<f64>().step(gradient, m, v);
}

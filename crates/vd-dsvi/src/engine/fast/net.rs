//! The engine: layers, threads and the loop over minibatches.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use kl_approx::Sigmoid;

use crate::engine::fast::barrier::{Barrier, Watch};
use crate::engine::fast::dispatch::{Level, run};
use crate::engine::fast::kl::{EmpiricalBayes, Exact, Logistic};
use crate::engine::fast::likelihood::Targets;
use crate::engine::fast::phases::{Block, ChunkPhase, RowPhase, SumPhase};
use crate::engine::fast::rows::Rows;
use crate::engine::fast::update::Adam;
use crate::engine::fast::weights::Layer;
use crate::engine::step::{NonFinite, Step, Steps};
use crate::numeric::normals::NoiseKey;

/// The divergences that the fast path knows: those that are defined for every α.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FastKl {
    /// The exact one.
    Exact,
    /// ½ log(1 + 1/α).
    EmpiricalBayes,
    /// The poster's form, with its constants.
    Sigmoid(Sigmoid),
}

/// What stays the same from step to step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Constants {
    /// The divergence.
    pub kl: FastKl,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// The largest |log σ²|.
    pub rho_bound: f64,
    /// The seed of the draws.
    pub seed: u64,
    /// Threads to use; does not change a bit of the result.
    pub threads: usize,
}

impl Constants {
    /// The update's numbers for a step, the bias corrections computed in double precision.
    fn adam(&self, step: &Step) -> Adam {
        let t = step.number as f64 + 1.0;
        let root = (1.0 - self.beta2.powf(t)).sqrt();
        Adam {
            kl_weight: step.kl_weight as f32,
            beta1: self.beta1 as f32,
            beta2: self.beta2 as f32,
            step_size: (step.learning_rate * root / (1.0 - self.beta1.powf(t))) as f32,
            epsilon: (self.epsilon * root) as f32,
            rho_min: -self.rho_bound as f32,
            rho_max: self.rho_bound as f32,
        }
    }
}

/// One run of consecutive steps.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The data, cut as the first layer wants it (`Net::rows`).
    pub data: &'a Rows,
    /// What to predict.
    pub targets: Targets<'a>,
    /// N: a step climbs (N/M) Σ log p − λ Σ KL.
    pub samples: usize,
    /// Which samples each step takes, and how far it goes.
    pub steps: Steps<'a>,
    /// What stays the same.
    pub constants: &'a Constants,
}

/// A network of dense layers with ReLU between them.
#[derive(Debug)]
pub(crate) struct Net {
    layers: Vec<Layer>,
    level: Level,
}

impl Net {
    /// The net of these layers, at the widest instruction set there is.
    pub fn of(layers: Vec<Layer>) -> Self {
        Self { layers, level: Level::detect() }
    }

    /// The same net at another instruction set.
    #[cfg(test)]
    pub fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The layers, first to last.
    pub fn layers_mut(&mut self) -> &mut [Layer] {
        &mut self.layers
    }

    /// Empty rows, cut as the first layer reads them.
    pub fn rows(&self) -> Rows {
        self.layers.first().map_or_else(Rows::default, |l| Rows::new(l.inputs, l.parts))
    }

    /// Does the steps; gives Σ log p, under the draws that were used, of `order` on top of `total`.
    ///
    /// Labels, samples and inputs must be in range (the callers validate them).
    pub fn steps(&self, job: Run<'_>) -> Result<f64, NonFinite> {
        let most = job.steps.batch.min(job.steps.order.len()).div_ceil(4).max(1);
        let threads = job.constants.threads.clamp(1, most);
        let shared = Shared {
            net: self,
            job,
            threads,
            barrier: Barrier::new(threads),
            blocks: (0..threads).map(|_| RwLock::new(Block::new(&self.layers))).collect(),
            owners: self.owners(threads),
            failed: AtomicU64::new(u64::MAX),
        };
        let total = std::thread::scope(|scope| {
            for id in 1..threads {
                let shared = &shared;
                scope.spawn(move || shared.work(id));
            }
            shared.work(0)
        });
        match shared.failed.into_inner() {
            u64::MAX => Ok(total),
            step => Err(NonFinite { step }),
        }
    }

    /// Which thread owns which (layer, chunk). The first layer's chunks in runs (neighbouring parts are neighbours in
    /// memory), the others the largest first, each to the thread with least to do.
    fn owners(&self, threads: usize) -> Vec<Vec<(usize, usize)>> {
        let mut owners = vec![(0_usize, Vec::new()); threads];
        let mut rest: Vec<(usize, usize, usize)> = Vec::new();
        for (l, layer) in self.layers.iter().enumerate() {
            for c in 0..layer.chunk_count() {
                let work = layer.chunk_inputs(c);
                if l == 0 {
                    let owner = &mut owners[c * threads / layer.chunk_count()];
                    owner.0 += work;
                    owner.1.push((l, c));
                } else {
                    rest.push((work, l, c));
                }
            }
        }
        rest.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (work, l, c) in rest {
            if let Some(least) = owners.iter_mut().min_by_key(|o| o.0) {
                least.0 += work;
                least.1.push((l, c));
            }
        }
        owners.into_iter().map(|o| o.1).collect()
    }
}

/// What the threads of one call share.
struct Shared<'a> {
    net: &'a Net,
    job: Run<'a>,
    threads: usize,
    barrier: Barrier,
    blocks: Vec<RwLock<Block>>,
    owners: Vec<Vec<(usize, usize)>>,
    /// The step that failed, or `u64::MAX`.
    failed: AtomicU64,
}

impl Shared<'_> {
    /// One thread's part of every step. Thread 0 also adds up the log-likelihood, in the order of the rows.
    fn work(&self, id: usize) -> f64 {
        let _watch = Watch(&self.barrier);
        let (steps, constants) = (self.job.steps, self.job.constants);
        let mut total = steps.total;
        for (i, samples) in steps.order.chunks(steps.batch.max(1)).enumerate() {
            let step = (steps.schedule)(i);
            self.sum_phase(id, samples);
            // A failed step is seen by all threads here, before any of them goes on.
            if !self.barrier.wait() || self.failed.load(Ordering::Relaxed) != u64::MAX {
                break;
            }
            self.row_phase(id, samples, step.number);
            if !self.barrier.wait() {
                break;
            }
            let blocks: Vec<_> =
                self.blocks.iter().map(|b| b.read().unwrap_or_else(PoisonError::into_inner)).collect();
            if id == 0 {
                let sum: f64 = blocks.iter().flat_map(|b| &b.log_p).map(|p| f64::from(*p)).sum();
                total += sum;
                if !sum.is_finite() {
                    self.failed.store(step.number, Ordering::Relaxed);
                }
            }
            for &(layer, chunk) in &self.owners[id] {
                self.chunk_phase(&blocks, layer, chunk, constants.adam(&step), constants.kl);
            }
            // No third wait: what comes next, the sums of this thread's own chunks, touches nothing that others still read.
        }
        total
    }

    fn sum_phase(&self, id: usize, samples: &[u32]) {
        for &(layer, chunk) in self.owners[id].iter().filter(|owned| owned.0 == 0) {
            let chunk = &mut *self.net.layers[layer].write(chunk);
            run(self.net.level, SumPhase { data: self.job.data, samples, chunk });
        }
    }

    fn row_phase(&self, id: usize, samples: &[u32], step: u64) {
        let mut block = self.blocks[id].write().unwrap_or_else(PoisonError::into_inner);
        // Whole groups of four rows, since four rows share a call of the noise generator.
        let share = samples.len().div_ceil(4).div_ceil(self.threads) * 4;
        block.start = (id * share).min(samples.len());
        let end = (block.start + share).min(samples.len());
        let start = block.start;
        block.samples.clear();
        block.samples.extend_from_slice(&samples[start..end]);
        let weights: Vec<_> = self.net.layers.iter().map(Layer::read).collect();
        let phase = RowPhase {
            layers: &self.net.layers,
            weights: &weights,
            targets: self.job.targets,
            key: NoiseKey { seed: self.job.constants.seed, step, layer: 0, row: 0 },
            scale: (self.job.samples as f64 / samples.len() as f64) as f32,
            block: &mut block,
            products: Vec::new(),
        };
        run(self.net.level, phase);
    }

    fn chunk_phase(
        &self,
        blocks: &[RwLockReadGuard<'_, Block>],
        layer: usize,
        chunk: usize,
        adam: Adam,
        kl: FastKl,
    ) {
        let shape = &self.net.layers[layer];
        let mut chunk = shape.write(chunk);
        let (data, panels, bias, chunk) = (self.job.data, shape.panels, shape.bias, &mut *chunk);
        match kl {
            FastKl::Exact => {
                run(self.net.level, ChunkPhase { blocks, data, layer, panels, bias, adam, kl: Exact, chunk });
            }
            FastKl::EmpiricalBayes => {
                run(
                    self.net.level,
                    ChunkPhase { blocks, data, layer, panels, bias, adam, kl: EmpiricalBayes, chunk },
                );
            }
            FastKl::Sigmoid(s) => {
                let kl = Logistic::from(s);
                run(self.net.level, ChunkPhase { blocks, data, layer, panels, bias, adam, kl, chunk });
            }
        }
    }
}

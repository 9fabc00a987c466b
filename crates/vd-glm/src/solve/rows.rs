//! Rows in memory, and passes over them in parallel.

use rayon::prelude::*;

use crate::design::block::Block;
use crate::pass::gram::{self, Features};
use crate::pass::plan::{Plan, Targets};
use crate::pass::row_state::RowState;
use crate::pass::statistics::Statistics;
use crate::pass::update::Pass;

/// Parts that a pass is cut into, whatever the number of threads: results do not depend on it.
const PARTS: usize = 16;

/// Blocks of rows with their targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InMemory<'a> {
    pub blocks: &'a [Block],
    pub targets: Targets<'a>,
    /// The threads that work, if not rayon's global pool.
    pub pool: Option<&'a rayon::ThreadPool>,
    /// Whether the curvature is always that of all rows.
    pub whole: bool,
}

impl InMemory<'_> {
    /// Runs `work` on the pool.
    pub fn on_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// A pass over all rows, with the row states of every block.
    pub fn visit(&self, plan: &Plan) -> (Statistics, Vec<RowState>) {
        let size = self.blocks.len().div_ceil(PARTS).max(1);
        let mut first = 0;
        let mut parts = Vec::new();
        for blocks in self.blocks.chunks(size) {
            parts.push((first, blocks));
            first += blocks.iter().map(Block::rows).sum::<usize>();
        }
        let one = |&(first, blocks): &(usize, &[Block])| {
            let mut pass = Pass::new(plan);
            let mut states = Vec::new();
            let mut from = first;
            for block in blocks {
                let targets = self.targets.rows(from..from + block.rows());
                let mut state = RowState::default();
                pass.add(plan, block, targets, &mut state);
                states.push(state);
                from += block.rows();
            }
            (pass, states)
        };
        let results: Vec<_> = self.on_threads(|| parts.par_iter().map(one).collect());
        let mut total = Pass::new(plan);
        let mut states = Vec::new();
        for (pass, part) in results {
            total.merge(&pass);
            states.extend(part);
        }
        (total.finish(), states)
    }

    /// The curvature of every output's features over every `stride`-th block.
    pub fn bend(&self, states: &[RowState], features: &[Features<'_>], stride: usize) -> Vec<Curvature> {
        let chosen: Vec<(&Block, &RowState)> = self.blocks.iter().zip(states).step_by(stride).collect();
        // Outputs side by side where there are some, parts of the rows otherwise.
        let size = if features.len() < 4 { chosen.len().div_ceil(PARTS / 2) } else { chosen.len() }.max(1);
        let jobs: Vec<(usize, &[(&Block, &RowState)])> =
            (0..features.len()).flat_map(|k| chosen.chunks(size).map(move |part| (k, part))).collect();
        let one = |&(k, part): &(usize, &[(&Block, &RowState)])| {
            let mut sum = Curvature::zero(features[k].len());
            let mut memory = gram::Memory::default();
            for (block, state) in part {
                let own = k * block.rows()..(k + 1) * block.rows();
                let rows = (&state.w[own.clone()], &state.tilt[own]);
                sum.w += rows.0.iter().sum::<f64>();
                gram::add(block, &features[k], rows, &mut sum.gram, &mut sum.linear, &mut memory);
            }
            (k, sum)
        };
        let results: Vec<(usize, Curvature)> = self.on_threads(|| jobs.par_iter().map(one).collect());
        let mut out: Vec<Option<Curvature>> = features.iter().map(|_| None).collect();
        for (k, part) in results {
            match &mut out[k] {
                Some(sum) => sum.merge(&part),
                none => *none = Some(part),
            }
        }
        out.into_iter().zip(features).map(|(c, f)| c.unwrap_or_else(|| Curvature::zero(f.len()))).collect()
    }
}

/// Σ w, Σ w φ and Σ w φ φᵀ (the lower triangle) of one output's features.
#[derive(Debug, Clone)]
pub(crate) struct Curvature {
    pub w: f64,
    pub linear: Vec<f64>,
    pub gram: Vec<f64>,
}

impl Curvature {
    fn zero(features: usize) -> Self {
        Self { w: 0.0, linear: vec![0.0; features], gram: vec![0.0; features * features] }
    }

    fn merge(&mut self, other: &Self) {
        self.w += other.w;
        for (mine, theirs) in [(&mut self.linear, &other.linear), (&mut self.gram, &other.gram)] {
            mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        }
    }
}

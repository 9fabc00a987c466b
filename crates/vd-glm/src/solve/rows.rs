//! Rows in memory, and passes over them in parallel.

use rayon::prelude::*;

use crate::design::block::Block;
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
}

impl InMemory<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.targets.values.len()
    }

    /// Runs `work` on the pool.
    pub fn on_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// A pass over all rows, with the row states of every block where the plan's classes are coupled.
    pub fn pass(&self, plan: &Plan) -> (Statistics, Vec<RowState>) {
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
                if plan.point.outputs.len() > 1 {
                    let mut state = RowState::default();
                    pass.add(plan, block, targets, Some(&mut state));
                    states.push(state);
                } else {
                    pass.add(plan, block, targets, None);
                }
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
}

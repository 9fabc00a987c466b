//! The coupling of a softmax's classes inside the local quadratic model, row by row.
//!
//! The model's curvature of a row is diag(w + c p²) − c p pᵀ. Class by class the diagonal is in that class's Gram matrix; what the moves
//! Δz_j of the other classes add to class k's gradient is Σ_n x_n √c p_k Σ_{j≠k} √c p_j Δz_j, computed here.

use rayon::prelude::*;

use crate::design::block::Block;
use crate::pass::row_state::RowState;
use crate::solve::rows::InMemory;

/// Multiply-adds below which threads cost more than they give.
const PARALLEL_FROM: usize = 1 << 17;

/// Moves of every row's predictors within a round.
#[derive(Debug)]
pub(crate) struct Coupled<'a> {
    rows: InMemory<'a>,
    outputs: usize,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    state: RowState,
    /// Δz, class by class.
    moved: Vec<f64>,
    /// Σ_j √c p_j Δz_j.
    total: Vec<f64>,
}

impl<'a> Coupled<'a> {
    pub fn new(rows: InMemory<'a>, states: Vec<RowState>, outputs: usize) -> Self {
        let part = |(block, state): (&Block, RowState)| Part {
            state,
            moved: vec![0.0; block.rows() * outputs],
            total: vec![0.0; block.rows()],
        };
        Self { rows, outputs, parts: rows.blocks.iter().zip(states).map(part).collect() }
    }

    fn parallel(&self, columns: usize) -> bool {
        self.rows.count() * columns >= PARALLEL_FROM
    }

    /// What the other classes' moves add to class k's gradient: of the intercept, and of every working column.
    pub fn cross(&self, k: usize, working: &[usize]) -> (f64, Vec<f64>) {
        let one = |(block, part): (&Block, &Part)| {
            let n = block.rows();
            let (p, moved) = (&part.state.p[k * n..(k + 1) * n], &part.moved[k * n..(k + 1) * n]);
            let row = |i: usize| part.state.weight[i] * p[i] * (part.total[i] - p[i] * moved[i]);
            let r: Vec<f64> = (0..n).map(row).collect();
            let sums: Vec<f64> = working.iter().map(|&j| block.dot(j, &r)).collect();
            (r.iter().sum::<f64>(), sums)
        };
        let results: Vec<(f64, Vec<f64>)> = if self.parallel(working.len()) {
            self.rows.on_threads(|| self.rows.blocks.par_iter().zip(self.parts.par_iter()).map(one).collect())
        } else {
            self.rows.blocks.iter().zip(&self.parts).map(one).collect()
        };
        let mut out = (0.0, vec![0.0; working.len()]);
        for (constant, sums) in results {
            out.0 += constant;
            for (a, b) in out.1.iter_mut().zip(sums) {
                *a += b;
            }
        }
        out
    }

    /// Class k's predictors move by `constant` + Σ changes·x.
    pub fn apply(&mut self, k: usize, constant: f64, changes: &[(usize, f64)]) {
        let one = |(block, part): (&Block, &mut Part)| {
            let n = block.rows();
            let mut step = vec![constant; n];
            for &(j, change) in changes {
                block.add(j, change, &mut step);
            }
            let p = &part.state.p[k * n..(k + 1) * n];
            for i in 0..n {
                part.moved[k * n + i] += step[i];
                part.total[i] += p[i] * step[i];
            }
        };
        if self.parallel(changes.len()) {
            let (rows, parts) = (self.rows, &mut self.parts);
            rows.on_threads(|| rows.blocks.par_iter().zip(parts.par_iter_mut()).for_each(one));
        } else {
            self.rows.blocks.iter().zip(self.parts.iter_mut()).for_each(one);
        }
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }
}

//! The coupling of a softmax's classes inside the local model, row by row.
//!
//! The model's curvature of a row is diag(w + c p²) − c p pᵀ in the classes' changes e_k = Δm_k − ρ_kΔv_k. Class by class the diagonal is in
//! that class's Gram matrix; what the changes of the other classes add to class k's gradient is Σ_n φ_n √c p_k Σ_{j≠k} √c p_j e_j,
//! computed here.

use rayon::prelude::*;

use crate::design::block::Block;
use crate::pass::gram::Features;
use crate::pass::row_state::RowState;
use crate::solve::rows::InMemory;

/// Multiply-adds below which threads cost more than they give.
const PARALLEL_FROM: usize = 1 << 17;

/// Changes of every row's predictors within a round.
#[derive(Debug)]
pub(crate) struct Coupled<'a> {
    rows: InMemory<'a>,
    parts: Vec<Part<'a>>,
}

#[derive(Debug)]
struct Part<'a> {
    block: &'a Block,
    state: &'a RowState,
    /// e, class by class.
    moved: Vec<f64>,
    /// Σ_j √c p_j e_j.
    total: Vec<f64>,
}

impl<'a> Coupled<'a> {
    pub fn new(rows: InMemory<'a>, blocks: Vec<(&'a Block, &'a RowState)>, outputs: usize) -> Self {
        let part = |(block, state): (&'a Block, &'a RowState)| Part {
            block,
            state,
            moved: vec![0.0; block.rows() * outputs],
            total: vec![0.0; block.rows()],
        };
        Self { rows, parts: blocks.into_iter().map(part).collect() }
    }

    fn parallel(&self, columns: usize) -> bool {
        self.parts.iter().map(|p| p.total.len()).sum::<usize>() * columns >= PARALLEL_FROM
    }

    /// What the other classes' changes add to class k's gradient: of the intercept, and of every feature.
    pub fn cross(&self, k: usize, features: &Features<'_>) -> (f64, Vec<f64>) {
        let one = |part: &Part<'_>| {
            let n = part.block.rows();
            let own = k * n..(k + 1) * n;
            let (p, moved, tilt) =
                (&part.state.p[own.clone()], &part.moved[own.clone()], &part.state.tilt[own]);
            let r: Vec<f64> = (0..n).map(|i| p[i] * (part.total[i] - p[i] * moved[i])).collect();
            let tilted: Vec<f64> = r.iter().zip(tilt).map(|(r, t)| -r * t).collect();
            let mut sums: Vec<f64> = features.columns.iter().map(|&j| part.block.dot(j, &r)).collect();
            let square = |(_, w): &(usize, crate::pass::point::Weight)| {
                part.block.dot_square(w.column, w.centre, &tilted)
            };
            sums.extend(features.tilted.iter().map(square));
            (r.iter().sum::<f64>(), sums)
        };
        let results: Vec<(f64, Vec<f64>)> = if self.parallel(features.len()) {
            self.rows.on_threads(|| self.parts.par_iter().map(one).collect())
        } else {
            self.parts.iter().map(one).collect()
        };
        let mut out = (0.0, vec![0.0; features.len()]);
        for (constant, sums) in results {
            out.0 += constant;
            for (a, b) in out.1.iter_mut().zip(sums) {
                *a += b;
            }
        }
        out
    }

    /// Class k's predictors change by `constant` + Σ changes·φ.
    pub fn apply(&mut self, k: usize, constant: f64, features: &Features<'_>, changes: &[(usize, f64)]) {
        let columns = features.columns.len();
        let one = |part: &mut Part<'_>| {
            let n = part.block.rows();
            let own = k * n..(k + 1) * n;
            let (mut step, mut spread, mut common) = (vec![constant; n], vec![0.0; n], 0.0);
            for &(feature, change) in changes {
                if feature < columns {
                    part.block.add(features.columns[feature], change, &mut step);
                } else {
                    let w = &features.tilted[feature - columns].1;
                    part.block.add_square(w.column, w.centre, change, &mut spread, &mut common);
                }
            }
            let (p, tilt) = (&part.state.p[own.clone()], &part.state.tilt[own.clone()]);
            for (i, moved) in part.moved[own].iter_mut().enumerate() {
                let e = step[i] - tilt[i] * (spread[i] + common);
                *moved += e;
                part.total[i] += p[i] * e;
            }
        };
        if self.parallel(changes.len()) {
            let (rows, parts) = (self.rows, &mut self.parts);
            rows.on_threads(|| parts.par_iter_mut().for_each(one));
        } else {
            self.parts.iter_mut().for_each(one);
        }
    }
}

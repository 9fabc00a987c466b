//! The loss's curvature on a working set of coordinates, exact or from a sample.
//!
//! For softmax the Hessian of one sample's loss in its scores is the Laplacian of a graph over the classes,
//! diag(p) − p pᵀ = Σ_{k<l} p_k p_l (e_k − e_l)(e_k − e_l)ᵀ, so that
//!
//! ∇²f = Σ_{k<l} Σ_i p_ik p_il ((e_k − e_l)(e_k − e_l)ᵀ) ⊗ x_i x_iᵀ,
//!
//! a sum of edges (i, k, l) with weights p_ik p_il ≥ 0. Nearly all of the weight sits on few edges once the model predicts well, and any
//! selection of edges is still positive semidefinite. Edges heavier than τ are all kept; of the lighter ones a share w/τ is kept, each
//! with weight τ, by systematic sampling (no randomness), so the sum is kept in the mean. For one-vs-rest the edges are (i, k, k) with
//! weight p_ik (1 − p_ik). (The Laplacian form is Böhning 1992, section 2, read as a graph.)

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::loss::Loss;
use crate::registers::clear_upper;
use crate::scalar::Scalar;
use crate::solver::problem::{Problem, State};

/// Edges that are gathered before they are multiplied out.
const TILE: usize = 192;
/// Up to this many multiplications (with what gathering costs in their unit) the curvature is built from all edges.
const EXACT_COST: f64 = 1e8;
/// The same for one-vs-rest, where an output has one edge a sample only.
const EXACT_COST_ALONE: f64 = 1e9;
/// Multiplications that a sampled curvature may take in any case, per sample and output: as long as its exponential takes.
const LEAST_COST: f64 = 100.0;
/// What looking up one stored value costs in multiplications.
const GATHER: f64 = 8.0;
/// Elements of the matrices that are built side by side.
const WAVE: usize = 1 << 24;

/// The curvature on a working set. Coordinates are (class, feature), in order.
pub(crate) struct Block<T> {
    pub coordinates: Vec<(u32, u32)>,
    /// n x n, symmetric, both halves filled.
    pub matrix: Vec<T>,
    /// Whether every edge is in it.
    pub exact: bool,
}

/// Class probabilities, one class after another.
struct Probabilities<T> {
    n: usize,
    p: Vec<T>,
}

impl<T: Scalar> Probabilities<T> {
    fn new(problem: &Problem<T>, r: &[T]) -> Self {
        let (n, l) = (problem.labels.len(), problem.lanes());
        let mut p = vec![T::default(); n * problem.outputs];
        p.par_chunks_mut(n).enumerate().for_each(|(k, p)| {
            for ((p, r), &t) in p.iter_mut().zip(r.chunks_exact(l)).zip(problem.labels) {
                // One-vs-rest uses |r|, the probability of the wrong side, in which no digit is lost.
                *p = match problem.loss {
                    Loss::OneVsRest => T::from_f64(r[k].to_f64().abs()),
                    Loss::Softmax if k == t as usize => r[k] + T::from_f64(1.0),
                    Loss::Softmax => r[k],
                };
            }
        });
        Self { n, p }
    }

    /// The edge weights between classes a and b of all samples.
    fn weights(&self, (a, b): (usize, usize)) -> impl Iterator<Item = T> {
        let one = T::from_f64(1.0);
        let (pa, pb) = (&self.p[a * self.n..(a + 1) * self.n], &self.p[b * self.n..(b + 1) * self.n]);
        let alone = a == b;
        pa.iter().zip(pb).map(move |(&pa, &pb)| if alone { pa * (one - pa) } else { pa * pb })
    }
}

/// The features of each class in a block, and which edges (a, b) concern it.
struct Plan {
    /// Per class: where its coordinates begin in the block.
    start: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

fn plan(loss: Loss, classes: usize, coordinates: &[(u32, u32)]) -> Plan {
    let start: Vec<usize> =
        (0..=classes).map(|k| coordinates.partition_point(|&(c, _)| (c as usize) < k)).collect();
    let used = |k: usize| start[k] < start[k + 1];
    let pairs = match loss {
        Loss::Softmax => (0..classes)
            .flat_map(|a| (a + 1..classes).map(move |b| (a, b)))
            .filter(|&(a, b)| used(a) || used(b))
            .collect(),
        Loss::OneVsRest => (0..classes).filter(|&k| used(k)).map(|k| (k, k)).collect(),
    };
    Plan { start, pairs }
}

/// The sorted features of classes a and b together.
fn union(coordinates: &[(u32, u32)], plan: &Plan, a: usize, b: usize) -> Vec<u32> {
    let of = |k: usize| coordinates[plan.start[k]..plan.start[k + 1]].iter().map(|c| c.1);
    let mut all: Vec<u32> = if a == b { of(a).collect() } else { of(a).chain(of(b)).collect() };
    all.sort_unstable();
    all.dedup();
    all
}

/// The threshold τ = 2^−e that leaves about `budget` edges (judged by every so many-th sample); 0 when all of them may stay.
fn threshold<T: Scalar>(probabilities: &Probabilities<T>, plan: &Plan, budget: usize) -> f64 {
    const BUCKETS: usize = 64;
    let skip = (probabilities.n / 8192).max(1);
    let mut histogram = vec![(0.0, 0.0); BUCKETS];
    for &pair in &plan.pairs {
        for w in probabilities.weights(pair).step_by(skip) {
            let w = w.to_f64();
            if w > 0.0 {
                // −⌈log₂ w⌉ from the exponent.
                let at = (1022 - ((w.to_bits() >> 52) & 0x7ff) as i64).clamp(0, BUCKETS as i64 - 1) as usize;
                histogram[at].0 += skip as f64;
                histogram[at].1 += skip as f64 * w;
            }
        }
    }
    let mut light: f64 = histogram.iter().map(|h| h.1).sum();
    let mut heavy = 0.0;
    let mut best = 0.5;
    for (e, &(count, sum)) in histogram.iter().enumerate() {
        // τ = 2^−e: everything in the buckets before e is heavier.
        let tau = (-(e as f64)).exp2();
        if heavy + light / tau > budget as f64 {
            return best;
        }
        best = tau;
        heavy += count;
        light -= sum;
    }
    0.0
}

/// Σ w x xᵀ over one pair's kept edges, on the features `union` (lower half, column-major).
fn pair_matrix<T: Scalar>(
    p: &Problem<T>,
    probabilities: &Probabilities<T>,
    (a, b): (usize, usize),
    union: &[u32],
    tau: f64,
    inverse: &[T],
) -> Vec<T> {
    let (d, n) = (p.features(), union.len());
    let wanted = &union[..n - usize::from(union.last() == Some(&(d as u32)))];
    let mut place = vec![u32::MAX; d];
    for (at, &j) in wanted.iter().enumerate() {
        place[j as usize] = at as u32;
    }
    let mut sum = vec![T::default(); n * n];
    let mut tile = vec![T::default(); n * TILE];
    let mut filled = 0;
    let mut flush = |tile: &mut [T], filled: usize| {
        let x = MatRef::from_column_major_slice(&tile[..n * filled], n, filled);
        let sum = MatMut::from_column_major_slice_mut(&mut sum, n, n);
        let (low, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        matmul(sum, low, Accum::Add, x, full, x.transpose(), full, T::from_f64(1.0), Par::Seq);
        clear_upper();
        tile.fill(T::default());
    };
    let mut carry = 0.5;
    for (i, w) in probabilities.weights((a, b)).enumerate() {
        let mut w = w.to_f64();
        if w < tau {
            carry += w / tau;
            if carry < 1.0 {
                continue;
            }
            carry -= 1.0;
            w = tau;
        }
        if w <= 0.0 {
            continue;
        }
        let root = T::from_f64(w.sqrt());
        let column = &mut tile[filled * n..(filled + 1) * n];
        p.design.gather(i, inverse, root, wanted, &place, column);
        if wanted.len() < n {
            column[n - 1] = root;
        }
        filled += 1;
        if filled == TILE {
            flush(&mut tile, filled);
            filled = 0;
        }
    }
    if filled > 0 {
        flush(&mut tile, filled);
    }
    sum
}

/// The curvature at `state` on `coordinates` (sorted), from about `budget` edges.
pub(crate) fn build<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    coordinates: Vec<(u32, u32)>,
    budget: usize,
) -> Block<T> {
    let plan = plan(p.loss, p.outputs, &coordinates);
    let size = coordinates.len();
    let unions: Vec<Vec<u32>> = plan.pairs.iter().map(|&(a, b)| union(&coordinates, &plan, a, b)).collect();
    let edges = p.labels.len() as f64;
    let lookup = GATHER * p.design.stored() as f64 / edges;
    let cost: f64 = unions.iter().map(|u| edges * ((u.len() as f64).powi(2) + lookup)).sum();
    let probabilities = Probabilities::new(p, &state.residuals);
    // An edge between classes of few features costs little beside an exponential of the loss: then many more are worth it.
    let own = cost / (edges * unions.len() as f64);
    let budget = budget.max((LEAST_COST * edges * p.outputs as f64 / own) as usize);
    let affordable = if p.loss == Loss::Softmax { EXACT_COST } else { EXACT_COST_ALONE };
    let tau = if cost <= affordable { 0.0 } else { threshold(&probabilities, &plan, budget) };
    let inverse: Vec<T> = p.scale.iter().map(|s| T::from_f64(1.0 / s)).collect();
    let mut matrix = vec![T::default(); size * size];
    let widest = unions.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let wave = (WAVE / (widest * widest)).max(2);
    for (pairs, unions) in plan.pairs.chunks(wave).zip(unions.chunks(wave)) {
        let sums: Vec<Vec<T>> = pairs
            .par_iter()
            .zip(unions)
            .map(|(&pair, union)| pair_matrix(p, &probabilities, pair, union, tau, &inverse))
            .collect();
        for ((&(a, b), union), sum) in pairs.iter().zip(unions).zip(&sums) {
            spread(&mut matrix, &coordinates, &plan, (a, b), union, sum);
        }
    }
    Block { coordinates, matrix, exact: tau == 0.0 }
}

/// Adds one pair's matrix M to the blocks: +M on (a, a) and (b, b), −M on (a, b) and (b, a).
fn spread<T: Scalar>(
    matrix: &mut [T],
    coordinates: &[(u32, u32)],
    plan: &Plan,
    (a, b): (usize, usize),
    union: &[u32],
    sum: &[T],
) {
    let (size, n) = (coordinates.len(), union.len());
    let places = |k: usize| -> Vec<usize> {
        let mut at = 0;
        coordinates[plan.start[k]..plan.start[k + 1]]
            .iter()
            .map(|c| {
                while union[at] != c.1 {
                    at += 1;
                }
                at
            })
            .collect()
    };
    let of = [(a, places(a)), (b, places(b))];
    let blocks: &[(usize, usize)] = if a == b { &[(0, 0)] } else { &[(0, 0), (1, 1), (0, 1), (1, 0)] };
    for &(row, column) in blocks {
        let minus = row != column;
        for (c, &v) in of[column].1.iter().enumerate() {
            let at = (plan.start[of[column].0] + c) * size + plan.start[of[row].0];
            let target = &mut matrix[at..at + of[row].1.len()];
            for (t, &u) in target.iter_mut().zip(&of[row].1) {
                let m = sum[u.min(v) * n + u.max(v)];
                *t += if minus { -m } else { m };
            }
        }
    }
}

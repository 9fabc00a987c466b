//! Proximal Newton on a working set, all groups side by side.
//!
//! One iteration: gradient over all coordinates → per open group a working set (what is not zero, and the strongest violators) → the
//! curvature there, kept from the iteration before where that one served → a minimiser of the quadratic model → a line search per group.

use rayon::prelude::*;

use crate::scalar::Scalar;
use crate::solver::columns::step::{by_columns, column_step};
use crate::solver::driver::{Look, Method, Step};
use crate::solver::hessian::{Block, build};
use crate::solver::line_search::search;
use crate::solver::problem::{Problem, State};
use crate::solver::quadratic::Quadratic;
use crate::solver::working_set::{capacity, working_set};

/// The share of a group's violation that must be left for its curvature to be rebuilt.
const REBUILD: f64 = 0.3;
/// The same for a curvature of all edges, whose renewal brings quadratic convergence.
const REBUILD_EXACT: f64 = 0.01;
/// Iterations without a better violation before a fit counts as stalled.
const PATIENCE: usize = 25;
/// Damping beyond which a line search that fails ends the fit.
const MOST_DAMPING: f64 = 1e6;
/// To what share of its first distance from optimality the quadratic model is minimised.
const MODEL_ACCURACY: f64 = 0.05;

/// What is remembered of a group between iterations.
struct History<T> {
    block: Option<Block<T>>,
    /// The violation before the last step, and whether that step was made with a fresh block.
    last: f64,
    was_fresh: bool,
    rebuild: bool,
    /// Edges per coordinate in a sampled block.
    edges: usize,
    best: f64,
    idle: usize,
    /// Relative addition to the diagonal, raised when a line search fails.
    damping: f64,
}

impl<T: Scalar> History<T> {
    fn new() -> Self {
        Self {
            block: None,
            last: f64::INFINITY,
            was_fresh: false,
            rebuild: false,
            edges: 25,
            best: f64::INFINITY,
            idle: 0,
            damping: 0.0,
        }
    }

    /// Notes how far the group is from its optimum.
    fn note_violation(&mut self, violation: f64) {
        if violation < 0.9 * self.best {
            self.best = violation;
            self.idle = 0;
        } else {
            self.idle += 1;
        }
    }

    /// Notes how far the line search went.
    fn note_length(&mut self, length: f64) {
        let short = length < 1.0;
        self.rebuild |= short;
        self.damping = if length < 0.1 {
            (self.damping * 10.0).max(1e-3)
        } else if short {
            self.damping
        } else {
            self.damping * 0.1
        };
        if self.damping < 1e-6 {
            self.damping = 0.0;
        }
    }

    /// Whether the block covers `wanted` and still serves; a sampled block that served badly while fresh gets more edges next time.
    fn block_serves(&mut self, wanted: &[(u32, u32)], violation: f64) -> bool {
        let exact = self.block.as_ref().is_some_and(|b| b.exact);
        let slow = violation > if exact { REBUILD_EXACT } else { REBUILD } * self.last;
        self.last = violation;
        let Some(block) = &self.block else { return false };
        let covered = wanted.iter().all(|c| block.coordinates.binary_search(c).is_ok());
        if covered && slow && self.was_fresh && !block.exact {
            self.edges *= 2;
        }
        covered && !slow && !self.rebuild
    }

    /// A block that covers `wanted` and serves.
    fn curvature(
        &mut self,
        problem: &Problem<T>,
        state: &State<T>,
        wanted: Vec<(u32, u32)>,
        violation: f64,
    ) -> &Block<T> {
        let serves = self.block_serves(&wanted, violation);
        self.was_fresh = !serves;
        match self.block.take() {
            Some(block) if serves => self.block.insert(block),
            _ => {
                let budget = (self.edges * wanted.len()).max(10_000);
                self.rebuild = false;
                self.block.insert(build(problem, state, wanted, budget))
            }
        }
    }
}

/// Proximal Newton.
pub(super) struct Newton<T> {
    groups: Vec<History<T>>,
}

impl<T: Scalar> Newton<T> {
    pub fn new(groups: usize) -> Self {
        Self { groups: (0..groups).map(|_| History::new()).collect() }
    }

    /// The step of every open group, in β's layout.
    fn directions(
        &mut self,
        problem: &Problem<T>,
        state: &State<T>,
        gradient: &[f64],
        look: &Look,
    ) -> Vec<f64> {
        let steps: Vec<Vec<(usize, f64)>> = self
            .groups
            .par_iter_mut()
            .enumerate()
            .map(|(g, history)| {
                if !look.open[g] {
                    return Vec::new();
                }
                let violation = look.optimality[g].violation;
                history.note_violation(violation);
                let damping = history.damping;
                let mut wanted = working_set(problem, state, gradient, g, usize::MAX);
                if by_columns(problem, &wanted) {
                    return column_step(problem, state, g, &wanted);
                }
                if wanted.len() > capacity::<T>() {
                    wanted = working_set(problem, state, gradient, g, capacity::<T>());
                }
                let block = history.curvature(problem, state, wanted, violation);
                model_step(problem, state, gradient, block, damping)
            })
            .collect();
        let mut direction = vec![0.0; problem.stride() * problem.outputs];
        for (at, value) in steps.into_iter().flatten() {
            direction[at] = value;
        }
        direction
    }

    /// Whether every open group meets a condition.
    fn all_open(&self, open: &[bool], holds: impl Fn(&History<T>) -> bool) -> bool {
        self.groups.iter().zip(open).all(|(history, &open)| !open || holds(history))
    }
}

impl<T: Scalar> Method<T> for Newton<T> {
    fn step(
        &mut self,
        problem: &Problem<T>,
        state: &mut State<T>,
        gradient: &mut Vec<f64>,
        look: &Look,
    ) -> Step {
        if self.all_open(look.open, |history| history.idle > PATIENCE) {
            return Step { iterations: 0, stalled: true };
        }
        let direction = self.directions(problem, state, gradient, look);
        let lengths = search(problem, state, gradient, &direction, look.open);
        for ((history, &length), _) in self.groups.iter_mut().zip(&lengths).zip(look.open).filter(|g| *g.1) {
            history.note_length(length);
        }
        if lengths.iter().all(|&t| t == 0.0) {
            if state.fresh && self.all_open(look.open, |history| history.damping > MOST_DAMPING) {
                return Step { iterations: 1, stalled: true };
            }
            problem.refresh(state);
        }
        *gradient = problem.gradient(state);
        Step { iterations: 1, stalled: false }
    }
}

/// The minimiser of the quadratic model, as (place in β, move).
fn model_step<T: Scalar>(
    problem: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    block: &Block<T>,
    damping: f64,
) -> Vec<(usize, f64)> {
    let (stride, n) = (problem.stride(), block.coordinates.len());
    let at: Vec<usize> = block.coordinates.iter().map(|&(k, j)| k as usize * stride + j as usize).collect();
    let mut hessian = block.matrix.clone();
    let mut l1 = Vec::with_capacity(n);
    for (c, &(_, j)) in block.coordinates.iter().enumerate() {
        let (first, second) = problem.weights(j as usize);
        l1.push(first);
        let own = hessian[c * n + c].to_f64();
        hessian[c * n + c] = T::from_f64(own * (1.0 + damping) + second);
    }
    let pick = |v: &[f64]| at.iter().map(|&a| v[a]).collect::<Vec<f64>>();
    let model =
        Quadratic { hessian: &hessian, gradient: &pick(gradient), start: &pick(&state.beta), l1: &l1 };
    let moves = model.solve(MODEL_ACCURACY);
    at.into_iter().zip(moves).filter(|&(_, v)| v != 0.0).collect()
}

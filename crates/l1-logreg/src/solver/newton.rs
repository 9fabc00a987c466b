//! Proximal Newton on a working set, all groups side by side.
//!
//! One iteration: gradient over all coordinates → per open group a working set (what is not zero, and the strongest violators) → the
//! curvature there, kept from the iteration before where that one served → a minimiser of the quadratic model → a line search per group.

use estimator::Status;
use rayon::prelude::*;

use super::hessian::{Block, build};
use super::quadratic::Quadratic;
use super::{Options, Outcome, Progress};
use crate::problem::{Gauge, Problem, State};
use crate::scalar::Scalar;

/// Elements of the largest curvature matrix.
const MAX_ELEMENTS: usize = 1 << 25;
/// The share of a group's violation that must be left for its curvature to be rebuilt.
const REBUILD: f64 = 0.3;
/// The same for a curvature of all edges, whose renewal brings quadratic convergence.
const REBUILD_EXACT: f64 = 0.01;
/// Fraction of the predicted decrease that a step must bring (Armijo).
const ARMIJO: f64 = 1e-3;
/// Iterations without a better gap or violation before a fit counts as stalled.
const PATIENCE: usize = 25;

/// What is remembered of a group between iterations.
struct Memory<T> {
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

impl<T> Memory<T> {
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
}

/// The most coordinates that a working set may have.
pub(crate) fn capacity<T>() -> usize {
    (MAX_ELEMENTS * 4 / size_of::<T>()).isqrt()
}

pub(crate) fn solve<T: Scalar>(p: &Problem<T>, state: &mut State<T>, options: &mut Options) -> Outcome {
    let mut memory: Vec<Memory<T>> = (0..p.groups()).map(|_| Memory::new()).collect();
    let mut trace = Vec::new();
    let mut iterations = 0;
    let status = loop {
        let gradient = p.gradient(state);
        let gauges = p.gauges(state, &gradient);
        let objective: f64 = gauges.iter().map(|g| g.objective).sum();
        let gap: f64 = gauges.iter().map(|g| g.gap).sum();
        trace.push(objective / p.lambda);
        let progress =
            Progress { iteration: iterations, objective: objective / p.lambda, gap: gap / objective };
        if (options.progress)(&progress).is_break() {
            break Status::StoppedByCallback;
        }
        let open: Vec<bool> = gauges.iter().map(|g| !(g.gap <= options.tolerance * g.objective)).collect();
        if !open.contains(&true) {
            if state.fresh {
                break Status::Converged;
            }
            p.refresh(state);
            continue;
        }
        if iterations >= options.max_iterations {
            break Status::MaxIterations;
        }
        if memory.iter().zip(&open).all(|(m, &open)| !open || m.idle > PATIENCE) {
            break Status::Stalled;
        }
        iterations += 1;
        let direction = directions(p, state, &gradient, &gauges, &open, &mut memory);
        if !search(p, state, &gradient, &direction, &open, &mut memory) {
            if state.fresh && memory.iter().zip(&open).all(|(m, &open)| !open || m.damping > 1e6) {
                break Status::Stalled;
            }
            p.refresh(state);
        }
    };
    Outcome { status, iterations, trace }
}

/// The step of every open group, in β's layout.
fn directions<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    gauges: &[Gauge],
    open: &[bool],
    memory: &mut [Memory<T>],
) -> Vec<f64> {
    let stride = p.stride();
    let steps: Vec<Vec<(usize, f64)>> = memory
        .par_iter_mut()
        .enumerate()
        .map(|(g, memory)| {
            if !open[g] {
                return Vec::new();
            }
            let violation = gauges[g].violation;
            remember(memory, violation);
            let wanted = working_set(p, state, gradient, g);
            curvature(p, state, wanted, violation, memory);
            let Some(block) = &memory.block else { return Vec::new() };
            step(p, state, gradient, block, memory.damping)
        })
        .collect();
    let mut direction = vec![0.0; stride * p.classes];
    for (at, value) in steps.into_iter().flatten() {
        direction[at] = value;
    }
    direction
}

fn remember<T>(memory: &mut Memory<T>, violation: f64) {
    if violation < 0.9 * memory.best {
        memory.best = violation;
        memory.idle = 0;
    } else {
        memory.idle += 1;
    }
}

/// What is not zero, and of what should not be zero the worst, in order.
fn working_set<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    group: usize,
) -> Vec<(u32, u32)> {
    let stride = p.stride();
    let mut scored: Vec<(f64, (u32, u32))> = Vec::new();
    let mut kept = 0;
    for k in p.members(group) {
        for j in (0..stride).filter(|&j| p.free(j)) {
            let at = k * stride + j;
            let distance = p.distance(j, state.beta[at], gradient[at]);
            let active = state.beta[at] != 0.0 || p.weights(j).0 == 0.0;
            if active || distance > 0.0 {
                kept += usize::from(active);
                let lift = if active { f64::INFINITY } else { 0.0 };
                scored.push((distance * p.unit(j) + lift, (k as u32, j as u32)));
            }
        }
    }
    let room = (2 * kept + 32 * p.members(group).len()).min(capacity::<T>());
    if scored.len() > room {
        // More active coordinates than there is room for: the ones furthest from optimal go first.
        if kept > room {
            for (score, (k, j)) in &mut scored {
                let at = *k as usize * stride + *j as usize;
                *score = p.distance(*j as usize, state.beta[at], gradient[at]) * p.unit(*j as usize);
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.truncate(room);
    }
    let mut chosen: Vec<(u32, u32)> = scored.into_iter().map(|s| s.1).collect();
    chosen.sort_unstable();
    chosen
}

/// Leaves a block in `memory` that covers `wanted` and serves.
fn curvature<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    wanted: Vec<(u32, u32)>,
    violation: f64,
    memory: &mut Memory<T>,
) {
    let exact = memory.block.as_ref().is_some_and(|b| b.exact);
    let slow = violation > if exact { REBUILD_EXACT } else { REBUILD } * memory.last;
    memory.last = violation;
    if let Some(block) = &memory.block {
        let covered = wanted.iter().all(|c| block.coordinates.binary_search(c).is_ok());
        if covered && !slow && !memory.rebuild {
            memory.was_fresh = false;
            return;
        }
        if covered && slow && memory.was_fresh && !block.exact {
            memory.edges *= 2;
        }
    }
    memory.block = None;
    let budget = (memory.edges * wanted.len()).max(10_000);
    memory.block = Some(build(p, state, wanted, budget));
    memory.was_fresh = true;
    memory.rebuild = false;
}

fn step<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    block: &Block<T>,
    damping: f64,
) -> Vec<(usize, f64)> {
    let (stride, n) = (p.stride(), block.coordinates.len());
    let at: Vec<usize> = block.coordinates.iter().map(|&(k, j)| k as usize * stride + j as usize).collect();
    let mut h = block.matrix.clone();
    let mut l1 = Vec::with_capacity(n);
    for (c, &(_, j)) in block.coordinates.iter().enumerate() {
        let (first, second) = p.weights(j as usize);
        l1.push(first);
        let own = h[c * n + c].to_f64();
        h[c * n + c] = T::from_f64(own * (1.0 + damping) + second);
    }
    let g: Vec<f64> = at.iter().map(|&a| gradient[a]).collect();
    let beta: Vec<f64> = at.iter().map(|&a| state.beta[a]).collect();
    let moves = Quadratic { h: &h, g: &g, beta: &beta, l1: &l1 }.solve(0.05);
    at.into_iter().zip(moves).filter(|&(_, v)| v != 0.0).collect()
}

/// Moves every open group along its step as far as it decreases enough; false when none moved.
fn search<T: Scalar>(
    p: &Problem<T>,
    state: &mut State<T>,
    gradient: &[f64],
    direction: &[f64],
    open: &[bool],
    memory: &mut [Memory<T>],
) -> bool {
    let (groups, stride, l) = (p.groups(), p.stride(), p.lanes());
    let (table, intercept) = p.table(direction);
    let mut d = vec![T::default(); state.z.len()];
    p.design.forward(&table, &intercept, &mut d);
    let moved = |t: &[f64]| -> Vec<f64> {
        let mut beta = state.beta.clone();
        for g in 0..groups {
            for k in p.members(g) {
                for at in k * stride..(k + 1) * stride {
                    if direction[at] != 0.0 && t[g] > 0.0 {
                        beta[at] += t[g] * direction[at];
                    }
                }
            }
        }
        beta
    };
    let full = moved(&vec![1.0; groups]);
    let slope: Vec<f64> = (0..groups)
        .map(|g| {
            let linear: f64 = p
                .members(g)
                .flat_map(|k| k * stride..(k + 1) * stride)
                .map(|at| smooth_slope(p, state, gradient, at, stride) * direction[at])
                .sum();
            linear + p.penalty_change(g, &state.beta, &full)
        })
        .collect();
    let mut t: Vec<f64> =
        open.iter().zip(&slope).map(|(&o, &s)| if o && s < 0.0 { 1.0 } else { 0.0 }).collect();
    let (mut z_new, mut r_new) = (state.z.clone(), state.r.clone());
    let (mut loss, mut beta) = (state.loss.clone(), state.beta.clone());
    let mut changed = t.iter().any(|&t| t > 0.0);
    while changed {
        changed = false;
        let mut by_lane = vec![T::default(); l];
        for g in 0..groups {
            for k in p.members(g) {
                by_lane[k] = T::from_f64(t[g]);
            }
        }
        loss = p.loss.step(p.labels, p.classes, &state.z, Some((&d, &by_lane)), &mut z_new, &mut r_new);
        beta = moved(&t);
        for g in 0..groups {
            if t[g] == 0.0 {
                continue;
            }
            let change = loss[g] - state.loss[g] + p.penalty_change(g, &state.beta, &beta);
            // The sum over the rows is known to some roundings only.
            let slack = 4.0 * T::EPSILON * state.loss[g];
            if !(change <= ARMIJO * t[g] * slope[g] + slack) {
                t[g] = if t[g] < 1e-9 { 0.0 } else { 0.5 * t[g] };
                changed = true;
            }
        }
    }
    for g in (0..groups).filter(|&g| open[g]) {
        let short = t[g] < 1.0;
        memory[g].rebuild |= short;
        memory[g].damping = if t[g] < 0.1 {
            (memory[g].damping * 10.0).max(1e-3)
        } else if short {
            memory[g].damping
        } else {
            memory[g].damping * 0.1
        };
        if memory[g].damping < 1e-6 {
            memory[g].damping = 0.0;
        }
    }
    if t.iter().all(|&t| t == 0.0) {
        return false;
    }
    *state = State { beta, z: z_new, r: r_new, loss, fresh: false };
    true
}

/// The slope of the smooth part (the gradient already holds the ridge's share).
fn smooth_slope<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    at: usize,
    stride: usize,
) -> f64 {
    gradient[at] - p.weights(at % stride).1 * state.beta[at]
}

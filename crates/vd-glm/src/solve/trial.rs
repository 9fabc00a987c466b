//! The maximum of the local quadratic model: where a round steps to.

use crate::pass::point::{Point, Predictor, Weight};
use crate::pass::statistics::{Statistics, Sums};
use crate::solve::coupled::Coupled;
use crate::solve::quadratic::Quadratic;

/// How exactly a local model is maximised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inner {
    /// λ.
    pub lambda: f64,
    /// Whether there is an intercept.
    pub intercept: bool,
    /// Largest move, in standard errors, at which a sweep ends the ascent.
    pub tolerance: f64,
    /// Sweeps over the columns at most, and cycles over the classes.
    pub limit: usize,
}

/// The largest factor by which a round changes an α. The local model is linear in the variances, and holds no further: where the
/// classes are all but separated, w grows exponentially with v.
const GROWTH: f64 = 4.0;

/// One output's local model, and what turns its solution into a predictor.
struct Local<'a> {
    sums: &'a Sums,
    working: &'a [usize],
    quadratic: Quadratic,
    start: Vec<f64>,
    intercept: f64,
    /// What the other classes' moves have added to the gradient: of the intercept, and of every working column.
    added: (f64, Vec<f64>),
}

impl<'a> Local<'a> {
    fn new(sums: &'a Sums, working: &'a [usize], at: &Predictor, inner: &Inner) -> Self {
        let size = working.len();
        let centred = inner.intercept && sums.w > 0.0;
        let mut gram = vec![0.0; size * size];
        for b in 0..size {
            for a in b..size {
                let mut value = sums.gram[b * size + a];
                if centred {
                    value -= sums.wx[working[a]] * (sums.wx[working[b]] / sums.w);
                }
                gram[b * size + a] = value;
                gram[a * size + b] = value;
            }
        }
        let raw: Vec<f64> = working.iter().map(|&j| sums.wxx[j]).collect();
        let slope = working.iter().map(|&j| sums.column(j, inner.intercept).0).collect();
        let start: Vec<f64> = working.iter().map(|&j| at.find(j).map_or(0.0, |w| w.mean)).collect();
        let quadratic = Quadratic::new(gram, &raw, slope, start.clone());
        Self { sums, working, quadratic, start, intercept: at.intercept, added: (0.0, Vec::new()) }
    }

    /// The change of the intercept that goes with changes of θ; `extra` is what other classes add to Σ g.
    fn intercept_change(&self, theta: &[f64], extra: f64, inner: &Inner) -> f64 {
        if !(inner.intercept && self.sums.w > 0.0) {
            return 0.0;
        }
        let moved: f64 =
            (0..self.working.len()).map(|a| self.sums.wx[self.working[a]] * (theta[a] - self.start[a])).sum();
        (self.sums.g + extra - moved) / self.sums.w
    }

    /// Holds every α at the value that the round steps to: the model's optimum, or part of the way there from the present one.
    fn hold(&mut self, at: &Predictor) {
        // In the tails w grows like e^{v/2}: S σ² = const has d log σ²/d log S = −1 and d log S/d log σ² up to v/2, so that a full
        // step in log α = log σ² − log θ² would overshoot, and from v = 2 on diverge. This share of it is Newton's.
        let damping = if self.sums.w > 0.0 { 1.0 / (1.0 + 0.5 * self.sums.wv / self.sums.w) } else { 1.0 };
        let q = &self.quadratic;
        let held = |a: usize| {
            let theta = q.theta[a];
            if theta == 0.0 {
                return f64::INFINITY;
            }
            let best = 1.0 / (2.0 * q.u[a]);
            // A weight that changes much is as good as new: its old α says nothing.
            let steady = |old: &&Weight| (0.5..2.0).contains(&(theta / old.mean));
            at.find(self.working[a]).filter(steady).map_or(best, |old| {
                let present = old.variance / old.mean / old.mean;
                let step = damping * (best / present).ln();
                present * step.clamp(-GROWTH.ln(), GROWTH.ln()).exp()
            })
        };
        self.quadratic.held = (0..self.working.len()).map(held).collect();
    }

    fn predictor(&self, change: f64, inner: &Inner) -> Predictor {
        let q = &self.quadratic;
        let weight = |a: usize| {
            let theta = q.theta[a];
            let centre = if inner.intercept && self.sums.w > 0.0 {
                self.sums.wx[self.working[a]] / self.sums.w
            } else {
                0.0
            };
            Weight {
                column: self.working[a],
                mean: theta,
                variance: theta * (theta / (2.0 * q.u[a])),
                centre,
            }
        };
        let kept = |w: &Weight| w.mean != 0.0 && w.variance > 0.0;
        let weights = (0..self.working.len()).map(weight).filter(kept).collect();
        Predictor { intercept: self.intercept + change, weights }
    }
}

/// The point that maximises the local model of `statistics` (taken at `at`, with the Gram matrices of `working`), and the largest
/// move of a coordinate on the way there, in standard errors.
pub(crate) fn trial(
    statistics: &Statistics,
    at: &Point,
    working: &[Vec<usize>],
    inner: &Inner,
    coupled: Option<&mut Coupled<'_>>,
) -> Point {
    let mut locals: Vec<Local<'_>> = statistics
        .outputs
        .iter()
        .zip(working)
        .zip(&at.outputs)
        .map(|((sums, working), at)| Local::new(sums, working, at, inner))
        .collect();
    let mut changes = vec![0.0; locals.len()];
    let mut coupled = coupled;
    // First θ and α together, then θ alone at the α that the round steps to.
    for held in [false, true] {
        if held {
            locals.iter_mut().zip(&at.outputs).for_each(|(local, at)| local.hold(at));
        }
        if let Some(coupled) = coupled.as_deref_mut() {
            classes(&mut locals, &mut changes, inner, coupled);
        } else {
            for (local, change) in locals.iter_mut().zip(&mut changes) {
                local.quadratic.ascend(inner.lambda, inner.tolerance, inner.limit);
                *change = local.intercept_change(&local.quadratic.theta, 0.0, inner);
            }
        }
    }
    Point { outputs: locals.iter().zip(changes).map(|(l, change)| l.predictor(change, inner)).collect() }
}

/// Class by class, each to the maximum of its own model given the others' moves, until no class moves.
fn classes(locals: &mut [Local<'_>], changes: &mut [f64], inner: &Inner, coupled: &mut Coupled<'_>) {
    let count = coupled.outputs();
    for cycle in 0..inner.limit {
        let mut largest: f64 = 0.0;
        for k in 0..count {
            let local = &mut locals[k];
            let (constant, sums) = coupled.cross(k, local.working);
            let (old_constant, old_sums) = std::mem::take(&mut local.added);
            // The gradient gains what the others' moves have changed since the last cycle, the intercept profiled out.
            let profiled = inner.intercept && local.sums.w > 0.0;
            for a in 0..local.working.len() {
                let mut gain = sums[a] - old_sums.get(a).copied().unwrap_or(0.0);
                if profiled {
                    gain -= local.sums.wx[local.working[a]] / local.sums.w * (constant - old_constant);
                }
                local.quadratic.slope[a] += gain;
            }
            local.added = (constant, sums);
            let before = local.quadratic.theta.clone();
            let moved = local.quadratic.ascend(inner.lambda, inner.tolerance, inner.limit);
            let change = local.intercept_change(&local.quadratic.theta, constant, inner);
            let step: Vec<(usize, f64)> = (0..local.working.len())
                .map(|a| (local.working[a], local.quadratic.theta[a] - before[a]))
                .filter(|(_, d)| *d != 0.0)
                .collect();
            let shift = change - changes[k];
            largest = largest.max(moved).max(shift.abs() * local.sums.w.max(0.0).sqrt());
            changes[k] = change;
            if !step.is_empty() || shift != 0.0 {
                coupled.apply(k, shift, &step);
            }
        }
        if !(largest > 10.0 * inner.tolerance) || cycle + 1 == inner.limit {
            break;
        }
    }
}

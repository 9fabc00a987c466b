//! Which coordinates a proximal Newton step may move.

use crate::scalar::Scalar;
use crate::solver::problem::{Problem, State};

/// Elements of the largest curvature matrix of `f32`; of `f64` half as many.
const MAX_ELEMENTS: usize = 1 << 25;

/// The most coordinates that a working set with a curvature matrix may have.
pub(super) fn capacity<T>() -> usize {
    (MAX_ELEMENTS * 4 / size_of::<T>()).isqrt()
}

/// What is not zero, and of what should not be zero the worst, in order; at most `capacity`.
pub(super) fn working_set<T: Scalar>(
    problem: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    group: usize,
    capacity: usize,
) -> Vec<(u32, u32)> {
    let stride = problem.stride();
    let mut scored: Vec<(f64, (u32, u32))> = Vec::new();
    let mut kept = 0;
    for k in problem.members(group) {
        for j in (0..stride).filter(|&j| problem.free(j)) {
            let at = k * stride + j;
            let distance = problem.distance(j, state.beta[at], gradient[at]);
            let active = state.beta[at] != 0.0 || problem.weights(j).0 == 0.0;
            if active || distance > 0.0 {
                kept += usize::from(active);
                let lift = if active { f64::INFINITY } else { 0.0 };
                scored.push((distance * problem.unit(j) + lift, (k as u32, j as u32)));
            }
        }
    }
    let room = (2 * kept + 32 * problem.members(group).len()).min(capacity);
    if scored.len() > room {
        // More active coordinates than there is room for: the ones furthest from optimal go first.
        if kept > room {
            for (score, (k, j)) in &mut scored {
                let at = *k as usize * stride + *j as usize;
                *score =
                    problem.distance(*j as usize, state.beta[at], gradient[at]) * problem.unit(*j as usize);
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.truncate(room);
    }
    let mut chosen: Vec<(u32, u32)> = scored.into_iter().map(|s| s.1).collect();
    chosen.sort_unstable();
    chosen
}

//! Limited-memory BFGS for a smooth objective, that is, for the ridge penalty (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4).

use std::collections::VecDeque;

use estimator::Status;

use super::{Options, Outcome, Progress};
use crate::problem::{Problem, State};
use crate::scalar::Scalar;

/// Pairs remembered.
const PAIRS: usize = 12;
/// Sufficient decrease.
const ARMIJO: f64 = 1e-4;

struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(crate) fn solve<T: Scalar>(p: &Problem<T>, state: &mut State<T>, options: &mut Options) -> Outcome {
    let mut pairs: VecDeque<Pair> = VecDeque::new();
    let mut trace = Vec::new();
    let mut iterations = 0;
    let mut gradient = p.gradient(state);
    let status = loop {
        let gauges = p.gauges(state, &gradient);
        let objective: f64 = gauges.iter().map(|g| g.objective).sum();
        let gap: f64 = gauges.iter().map(|g| g.gap).sum();
        trace.push(objective / p.lambda);
        let progress =
            Progress { iteration: iterations, objective: objective / p.lambda, gap: gap / objective };
        if (options.progress)(&progress).is_break() {
            break Status::StoppedByCallback;
        }
        if gauges.iter().all(|g| g.gap <= options.tolerance * g.objective) {
            if state.fresh {
                break Status::Converged;
            }
            p.refresh(state);
            gradient = p.gradient(state);
            continue;
        }
        if iterations >= options.max_iterations {
            break Status::MaxIterations;
        }
        iterations += 1;
        let direction = direction(&pairs, &gradient);
        let Some(new) = search(p, state, &gradient, &direction, objective) else {
            if pairs.is_empty() && state.fresh {
                break Status::Stalled;
            }
            pairs.clear();
            p.refresh(state);
            gradient = p.gradient(state);
            continue;
        };
        let fresh_gradient = p.gradient(&new);
        let s: Vec<f64> = new.beta.iter().zip(&state.beta).map(|(n, o)| n - o).collect();
        let y: Vec<f64> = fresh_gradient.iter().zip(&gradient).map(|(n, o)| n - o).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            if pairs.len() == PAIRS {
                pairs.pop_front();
            }
            pairs.push_back(Pair { s, y, rho: 1.0 / curvature });
        }
        *state = new;
        gradient = fresh_gradient;
    };
    Outcome { status, iterations, trace }
}

/// −H ∇ by the two-loop recursion.
fn direction(pairs: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let alpha = pair.rho * dot(&pair.s, &q);
        for (q, y) in q.iter_mut().zip(&pair.y) {
            *q -= alpha * y;
        }
        alphas.push(alpha);
    }
    let first = match pairs.back() {
        Some(pair) => 1.0 / (pair.rho * dot(&pair.y, &pair.y)),
        None => 1.0 / dot(gradient, gradient).sqrt().max(f64::MIN_POSITIVE),
    };
    for q in &mut q {
        *q *= first;
    }
    for (pair, alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = pair.rho * dot(&pair.y, &q);
        for (q, s) in q.iter_mut().zip(&pair.s) {
            *q += (alpha - beta) * s;
        }
    }
    q
}

fn search<T: Scalar>(
    p: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    direction: &[f64],
    objective: f64,
) -> Option<State<T>> {
    let slope = dot(gradient, direction);
    if !(slope < 0.0) {
        return None;
    }
    let (table, intercept) = p.table(direction);
    let mut d = vec![T::default(); state.z.len()];
    p.design.forward(&table, &intercept, &mut d);
    let mut new = state.clone();
    new.fresh = false;
    let mut t = 1.0;
    while t > 1e-12 {
        for (i, n) in new.beta.iter_mut().enumerate() {
            *n = state.beta[i] + t * direction[i];
        }
        let lanes = vec![T::from_f64(t); p.lanes()];
        new.loss = p.loss.step(p.labels, p.classes, &state.z, Some((&d, &lanes)), &mut new.z, &mut new.r);
        let value = p.objective(&new);
        if value - objective <= ARMIJO * t * slope + 4.0 * T::EPSILON * objective {
            return Some(new);
        }
        t *= 0.5;
    }
    None
}

//! Accelerated proximal gradient: the baseline that needs no curvature.
//!
//! x⁺ = prox(y − ∇f(y)/L), y⁺ = x⁺ + m (x⁺ − x), with L found by backtracking (Beck and Teboulle 2009) and the momentum m dropped
//! whenever it points uphill (O'Donoghue and Candès 2015, the gradient scheme). Scores are linear in the weights, so those of y need no
//! product with the data.

use estimator::Status;

use super::{Options, Outcome, Progress};
use crate::problem::{Problem, State};
use crate::scalar::Scalar;

/// Iterations between two looks at the duality gap (each costs one product with the data).
const LOOK: usize = 10;

pub(crate) fn solve<T: Scalar>(p: &Problem<T>, state: &mut State<T>, options: &mut Options) -> Outcome {
    let mut trace = Vec::new();
    let mut y = state.clone();
    let mut momentum = 1.0_f64;
    let mut lipschitz = 1.0_f64;
    let mut iterations = 0;
    let status = loop {
        if iterations % LOOK == 0 {
            p.refresh(state);
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
            if gauges.iter().all(|g| g.gap <= options.tolerance * g.objective) {
                break Status::Converged;
            }
        }
        if iterations >= options.max_iterations {
            break Status::MaxIterations;
        }
        iterations += 1;
        let gradient = loss_gradient(p, &y);
        let Some(new) = forward_step(p, &y, &gradient, &mut lipschitz) else { break Status::Stalled };
        let uphill: f64 =
            (0..new.beta.len()).map(|i| (y.beta[i] - new.beta[i]) * (new.beta[i] - state.beta[i])).sum();
        let next = if uphill > 0.0 { 1.0 } else { 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt()) };
        let m = if uphill > 0.0 { 0.0 } else { (momentum - 1.0) / next };
        momentum = next;
        extrapolate(p, &mut y, &new, state, m);
        *state = new;
        lipschitz *= 0.97;
    };
    Outcome { status, iterations, trace }
}

/// ∂/∂β of the loss alone.
fn loss_gradient<T: Scalar>(p: &Problem<T>, at: &State<T>) -> Vec<f64> {
    let stride = p.stride();
    let mut gradient = p.gradient(at);
    for (i, g) in gradient.iter_mut().enumerate() {
        *g -= p.weights(i % stride).1 * at.beta[i];
    }
    gradient
}

/// The proximal step from y, with L raised until the quadratic model is an upper bound.
fn forward_step<T: Scalar>(p: &Problem<T>, y: &State<T>, gradient: &[f64], l: &mut f64) -> Option<State<T>> {
    let stride = p.stride();
    let start: f64 = y.loss.iter().sum();
    let mut new = y.clone();
    for _ in 0..200 {
        let (mut linear, mut square) = (0.0, 0.0);
        for (i, (new, &old)) in new.beta.iter_mut().zip(&y.beta).enumerate() {
            let (l1, l2) = p.weights(i % stride);
            let v = old - gradient[i] / *l;
            *new = v.signum() * (v.abs() - l1 / *l).max(0.0) / (1.0 + l2 / *l);
            let change = *new - old;
            linear += gradient[i] * change;
            square += change * change;
        }
        p.refresh(&mut new);
        let loss: f64 = new.loss.iter().sum();
        if loss <= start + linear + 0.5 * *l * square + 4.0 * T::EPSILON * start {
            return Some(new);
        }
        *l *= 2.0;
    }
    None
}

/// y = new + m (new − old).
fn extrapolate<T: Scalar>(p: &Problem<T>, y: &mut State<T>, new: &State<T>, old: &State<T>, m: f64) {
    for i in 0..y.beta.len() {
        y.beta[i] = new.beta[i] + m * (new.beta[i] - old.beta[i]);
    }
    let d: Vec<T> = new.z.iter().zip(&old.z).map(|(n, o)| *n - *o).collect();
    let t = vec![T::from_f64(m); p.lanes()];
    y.loss = p.loss.step(p.labels, p.classes, &new.z, Some((&d, &t)), &mut y.z, &mut y.r);
    y.fresh = false;
}

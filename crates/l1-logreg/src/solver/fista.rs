//! Accelerated proximal gradient: the method that needs no curvature.
//!
//! x⁺ = prox(y − ∇f(y)/L), y⁺ = x⁺ + m (x⁺ − x), with L found by backtracking (Beck and Teboulle 2009) and the momentum m dropped
//! whenever it points uphill (O'Donoghue and Candès 2015, the gradient scheme). Scores are linear in the weights, so those of y need no
//! product with the data.
//!
//! | symbol | here |
//! |---|---|
//! | x, x⁺ | `state`, `new` |
//! | y | `ahead` |
//! | L | `lipschitz` |

use crate::scalar::Scalar;
use crate::solver::driver::{Look, Method, Step};
use crate::solver::problem::{Problem, State};

/// Iterations between two looks at the duality gap (each costs one product with the data).
const LOOK: usize = 10;
/// The most doublings of L in a step.
const DOUBLINGS: usize = 200;

pub(super) struct Fista<T> {
    ahead: State<T>,
    momentum: f64,
    lipschitz: f64,
}

impl<T: Scalar> Fista<T> {
    pub fn new(start: &State<T>) -> Self {
        Self { ahead: start.clone(), momentum: 1.0, lipschitz: 1.0 }
    }

    /// One iteration; false when no L gives an upper bound.
    fn advance(&mut self, problem: &Problem<T>, state: &mut State<T>) -> bool {
        let gradient = loss_gradient(problem, &self.ahead);
        let Some(new) = forward_step(problem, &self.ahead, &gradient, &mut self.lipschitz) else {
            return false;
        };
        let uphill: f64 = (0..new.beta.len())
            .map(|i| (self.ahead.beta[i] - new.beta[i]) * (new.beta[i] - state.beta[i]))
            .sum();
        let (next, m) = if uphill > 0.0 {
            (1.0, 0.0)
        } else {
            let next = 0.5 * (1.0 + (1.0 + 4.0 * self.momentum * self.momentum).sqrt());
            (next, (self.momentum - 1.0) / next)
        };
        self.momentum = next;
        extrapolate(problem, &mut self.ahead, &new, state, m);
        *state = new;
        self.lipschitz *= 0.97;
        true
    }
}

impl<T: Scalar> Method<T> for Fista<T> {
    fn step(
        &mut self,
        problem: &Problem<T>,
        state: &mut State<T>,
        gradient: &mut Vec<f64>,
        look: &Look,
    ) -> Step {
        let mut step = Step { iterations: 0, stalled: false };
        while step.iterations < LOOK.min(look.budget) && !step.stalled {
            step.iterations += 1;
            step.stalled = !self.advance(problem, state);
        }
        problem.refresh(state);
        *gradient = problem.gradient(state);
        step
    }
}

/// ∂/∂β of the loss alone.
fn loss_gradient<T: Scalar>(problem: &Problem<T>, at: &State<T>) -> Vec<f64> {
    let stride = problem.stride();
    let mut gradient = problem.gradient(at);
    for (i, g) in gradient.iter_mut().enumerate() {
        *g -= problem.weights(i % stride).1 * at.beta[i];
    }
    gradient
}

/// The proximal step from y, with L raised until the quadratic model is an upper bound.
fn forward_step<T: Scalar>(
    problem: &Problem<T>,
    ahead: &State<T>,
    gradient: &[f64],
    lipschitz: &mut f64,
) -> Option<State<T>> {
    let stride = problem.stride();
    let start: f64 = ahead.loss.iter().sum();
    let mut new = ahead.clone();
    for _ in 0..DOUBLINGS {
        let l = *lipschitz;
        let (mut linear, mut square) = (0.0, 0.0);
        for (i, (new, &old)) in new.beta.iter_mut().zip(&ahead.beta).enumerate() {
            let (l1, l2) = problem.weights(i % stride);
            let v = old - gradient[i] / l;
            *new = v.signum() * (v.abs() - l1 / l).max(0.0) / (1.0 + l2 / l);
            let change = *new - old;
            linear += gradient[i] * change;
            square += change * change;
        }
        problem.refresh(&mut new);
        let loss: f64 = new.loss.iter().sum();
        if loss <= start + linear + 0.5 * l * square + 4.0 * T::EPSILON * start {
            return Some(new);
        }
        *lipschitz *= 2.0;
    }
    None
}

/// y = new + m (new − old).
fn extrapolate<T: Scalar>(
    problem: &Problem<T>,
    ahead: &mut State<T>,
    new: &State<T>,
    old: &State<T>,
    m: f64,
) {
    for i in 0..ahead.beta.len() {
        ahead.beta[i] = new.beta[i] + m * (new.beta[i] - old.beta[i]);
    }
    let change: Vec<T> = new.scores.iter().zip(&old.scores).map(|(n, o)| *n - *o).collect();
    let lengths = vec![T::from_f64(m); problem.lanes()];
    ahead.loss =
        problem.step(&new.scores, Some((&change, &lengths)), &mut ahead.scores, &mut ahead.residuals);
    ahead.fresh = false;
}

//! Limited-memory BFGS for a smooth objective, that is, for the ridge penalty (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4).
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | s | `Pair::change` | change of β in a step |
//! | y | `Pair::gradient_change` | change of the gradient in that step |
//! | ρ = 1/(sᵀy) | `Pair::rho` | |

use std::collections::VecDeque;

use crate::scalar::Scalar;
use crate::solver::driver::{Look, Method, Step};
use crate::solver::problem::{Problem, State};

/// Pairs remembered.
const PAIRS: usize = 12;
/// Sufficient decrease.
const ARMIJO: f64 = 1e-4;

struct Pair {
    change: Vec<f64>,
    gradient_change: Vec<f64>,
    rho: f64,
}

pub(super) struct Lbfgs {
    pairs: VecDeque<Pair>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Lbfgs {
    pub fn new() -> Self {
        Self { pairs: VecDeque::new() }
    }

    /// Remembers a step, unless its curvature is all rounding.
    fn remember(&mut self, change: Vec<f64>, gradient_change: Vec<f64>) {
        let curvature = dot(&change, &gradient_change);
        let rounding = 1e-12 * dot(&gradient_change, &gradient_change).sqrt() * dot(&change, &change).sqrt();
        if curvature > rounding {
            if self.pairs.len() == PAIRS {
                self.pairs.pop_front();
            }
            self.pairs.push_back(Pair { change, gradient_change, rho: 1.0 / curvature });
        }
    }

    /// −H ∇ by the two-loop recursion.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let alpha = pair.rho * dot(&pair.change, &q);
            for (q, y) in q.iter_mut().zip(&pair.gradient_change) {
                *q -= alpha * y;
            }
            alphas.push(alpha);
        }
        let first = match self.pairs.back() {
            Some(pair) => 1.0 / (pair.rho * dot(&pair.gradient_change, &pair.gradient_change)),
            None => 1.0 / dot(gradient, gradient).sqrt().max(f64::MIN_POSITIVE),
        };
        for q in &mut q {
            *q *= first;
        }
        for (pair, alpha) in self.pairs.iter().zip(alphas.iter().rev()) {
            let beta = pair.rho * dot(&pair.gradient_change, &q);
            for (q, s) in q.iter_mut().zip(&pair.change) {
                *q += (alpha - beta) * s;
            }
        }
        q
    }
}

impl<T: Scalar> Method<T> for Lbfgs {
    fn step(
        &mut self,
        problem: &Problem<T>,
        state: &mut State<T>,
        gradient: &mut Vec<f64>,
        look: &Look,
    ) -> Step {
        let objective: f64 = look.optimality.iter().map(|o| o.objective).sum();
        let direction = self.direction(gradient);
        let Some(new) = search(problem, state, gradient, &direction, objective) else {
            let stalled = self.pairs.is_empty() && state.fresh;
            self.pairs.clear();
            problem.refresh(state);
            *gradient = problem.gradient(state);
            return Step { iterations: 1, stalled };
        };
        let slope = problem.gradient(&new);
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        self.remember(difference(&new.beta, &state.beta), difference(&slope, gradient));
        *state = new;
        *gradient = slope;
        Step { iterations: 1, stalled: false }
    }
}

/// Halves the step until it decreases the objective enough.
fn search<T: Scalar>(
    problem: &Problem<T>,
    state: &State<T>,
    gradient: &[f64],
    direction: &[f64],
    objective: f64,
) -> Option<State<T>> {
    let slope = dot(gradient, direction);
    if !(slope < 0.0) {
        return None;
    }
    let image = problem.image(direction);
    let mut new = state.clone();
    new.fresh = false;
    let mut t = 1.0;
    while t > 1e-12 {
        for (i, n) in new.beta.iter_mut().enumerate() {
            *n = state.beta[i] + t * direction[i];
        }
        let lengths = vec![T::from_f64(t); problem.lanes()];
        new.loss = problem.step(&state.scores, Some((&image, &lengths)), &mut new.scores, &mut new.residuals);
        let value = problem.objective(&new);
        if value - objective <= ARMIJO * t * slope + 4.0 * T::EPSILON * objective {
            return Some(new);
        }
        t *= 0.5;
    }
    None
}

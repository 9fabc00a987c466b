//! How far along a direction each group moves.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | δ | `direction` | direction in β |
//! | X δ | `image` | what a unit step adds to the scores |
//! | t_g | `lengths` | step length of group g |
//! | Δ_g = ∇f_gᵀδ + Ω(β + δ) − Ω(β) | `slopes` | the decrease that the model predicts of a full step |
//!
//! A length is halved until the objective of its group falls by at least a share of t_g Δ_g (Armijo; Lee, Sun and Saunders 2014, eq. 6).

use crate::scalar::Scalar;
use crate::solver::problem::{Problem, State};

/// Fraction of the predicted decrease that a step must bring.
const ARMIJO: f64 = 1e-3;
/// Below this length a group stays where it is.
const SHORTEST: f64 = 1e-9;

/// A state and a direction from it.
struct Ray<'a, T: Scalar> {
    problem: &'a Problem<'a, T>,
    from: &'a State<T>,
    direction: &'a [f64],
    image: Vec<T>,
}

impl<T: Scalar> Ray<'_, T> {
    /// β at the given lengths.
    fn beta(&self, lengths: &[f64]) -> Vec<f64> {
        let stride = self.problem.stride();
        let mut beta = self.from.beta.clone();
        for (g, &length) in lengths.iter().enumerate() {
            for k in self.problem.members(g) {
                for at in k * stride..(k + 1) * stride {
                    if self.direction[at] != 0.0 && length > 0.0 {
                        beta[at] += length * self.direction[at];
                    }
                }
            }
        }
        beta
    }

    /// The state at the given lengths, in place of `trial`.
    fn walk(&self, lengths: &[f64], trial: &mut State<T>) {
        let mut by_lane = vec![T::default(); self.problem.lanes()];
        for (g, &length) in lengths.iter().enumerate() {
            for k in self.problem.members(g) {
                by_lane[k] = T::from_f64(length);
            }
        }
        let along = Some((self.image.as_slice(), by_lane.as_slice()));
        trial.loss = self.problem.step(&self.from.scores, along, &mut trial.scores, &mut trial.residuals);
        trial.beta = self.beta(lengths);
    }

    /// Δ of every group.
    fn slopes(&self, gradient: &[f64]) -> Vec<f64> {
        let stride = self.problem.stride();
        let full = self.beta(&vec![1.0; self.problem.groups()]);
        // The gradient already holds the ridge's share, which Ω counts.
        let smooth = |at: usize| gradient[at] - self.problem.weights(at % stride).1 * self.from.beta[at];
        (0..self.problem.groups())
            .map(|g| {
                let linear: f64 = self
                    .problem
                    .members(g)
                    .flat_map(|k| k * stride..(k + 1) * stride)
                    .map(|at| smooth(at) * self.direction[at])
                    .sum();
                linear + self.problem.penalty_change(g, &self.from.beta, &full)
            })
            .collect()
    }

    /// Whether `trial` lowers the objective of a group by enough.
    fn falls_enough(&self, group: usize, trial: &State<T>, predicted: f64) -> bool {
        let change = trial.loss[group] - self.from.loss[group]
            + self.problem.penalty_change(group, &self.from.beta, &trial.beta);
        // The sum over the rows is known to some roundings only.
        let slack = 4.0 * T::EPSILON * self.from.loss[group];
        change <= ARMIJO * predicted + slack
    }
}

/// Moves every open group of `state` along `direction` as far as its objective falls enough; returns the lengths, 0 for a group that
/// stays.
pub(super) fn search<T: Scalar>(
    problem: &Problem<T>,
    state: &mut State<T>,
    gradient: &[f64],
    direction: &[f64],
    open: &[bool],
) -> Vec<f64> {
    let ray = Ray { problem, from: state, direction, image: problem.image(direction) };
    let slopes = ray.slopes(gradient);
    let first = |(&open, &slope): (&bool, &f64)| if open && slope < 0.0 { 1.0 } else { 0.0 };
    let mut lengths: Vec<f64> = open.iter().zip(&slopes).map(first).collect();
    let mut trial = state.clone();
    let mut changed = lengths.iter().any(|&t| t > 0.0);
    while changed {
        changed = false;
        ray.walk(&lengths, &mut trial);
        for (g, length) in lengths.iter_mut().enumerate().filter(|(_, t)| **t != 0.0) {
            if !ray.falls_enough(g, &trial, *length * slopes[g]) {
                *length = if *length < SHORTEST { 0.0 } else { 0.5 * *length };
                changed = true;
            }
        }
    }
    if lengths.iter().any(|&t| t != 0.0) {
        trial.fresh = false;
        *state = trial;
    }
    lengths
}

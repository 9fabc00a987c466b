//! Several quadratic models in turn on one working set.

use crate::loss::Loss;
use crate::penalty::Intercept;
use crate::scalar::Scalar;
use crate::solver::columns::lane::Lane;
use crate::solver::columns::quadratic::Quadratic;
use crate::solver::problem::{Problem, State};

/// Models in turn before the gradient over all coordinates is looked at again.
const ROUNDS: usize = 8;
/// The share of the first distance from optimality at which the working set has served.
const SERVED: f64 = 0.1;
/// To what share of its first distance from optimality a model is minimised.
const ACCURACY: f64 = 0.1;
/// A distance from optimality that is all rounding.
const ROUNDING: f64 = 1e-14;
/// Halvings of a step.
const HALVINGS: i32 = 30;
/// Fraction of the predicted decrease that a step must bring.
const ARMIJO: f64 = 1e-3;

/// What a coordinate's share of a step costs by columns, in multiplications of its stored values.
const PASSES: f64 = 60.0;

/// Whether a step on `wanted` is cheaper by columns than with the curvature matrix. Only for outputs that share nothing (one-vs-rest, two
/// classes), and with an L1 penalty: without one no coordinate stays at zero, and descent along coordinates is slow.
pub(crate) fn by_columns<T: Scalar>(problem: &Problem<T>, wanted: &[(u32, u32)]) -> bool {
    if problem.loss != Loss::OneVsRest || problem.penalty.parts().0 == 0.0 {
        return false;
    }
    let (n, m) = (problem.labels.len() as f64, wanted.len() as f64);
    let stored: usize = wanted
        .iter()
        .filter(|c| (c.1 as usize) < problem.features())
        .map(|c| problem.design.column(c.1 as usize).stored())
        .sum();
    PASSES * stored as f64 <= n * m * m / 4.0 + problem.design.stored() as f64
}

/// The move of one output on the features of `wanted`, as (place in β, move).
pub(crate) fn column_step<T: Scalar>(
    problem: &Problem<T>,
    state: &State<T>,
    output: usize,
    wanted: &[(u32, u32)],
) -> Vec<(usize, f64)> {
    let stride = problem.stride();
    let free = problem.intercept == Intercept::Unpenalised;
    let last = problem.features() as u32;
    let features: Vec<u32> = wanted.iter().map(|c| c.1).filter(|&j| !(free && j == last)).collect();
    let start = &state.beta[output * stride..(output + 1) * stride];
    let mut beta = start.to_vec();
    let mut lane = Lane::new(problem, state, output);
    let mut served = 0.0;
    for round in 0..ROUNDS {
        let mut model = Quadratic::new(problem, &lane, &features, &beta, free);
        let distance = model.distance(problem.lambda);
        if round == 0 {
            served = (SERVED * distance).max(ROUNDING);
        }
        if distance <= served {
            break;
        }
        model.descend((ACCURACY * distance).max(ROUNDING));
        let Some((length, moved)) = search(&lane, &model) else { break };
        for (place, change) in model.moves() {
            beta[place] += length * change;
        }
        if free {
            beta[stride - 1] += length * model.intercept();
        }
        lane = moved;
    }
    (0..stride).filter(|&j| beta[j] != start[j]).map(|j| (output * stride + j, beta[j] - start[j])).collect()
}

/// How far along the model's move the objective falls enough, and the lane there.
fn search<'a, T: Scalar>(lane: &Lane<'a>, model: &Quadratic<T>) -> Option<(f64, Lane<'a>)> {
    let (smooth, rough) = model.predicted(1.0);
    if smooth + rough >= 0.0 {
        return None;
    }
    let image = model.image();
    let slack = 4.0 * f64::EPSILON * lane.loss;
    for halving in 0..HALVINGS {
        let length = 0.5_f64.powi(halving);
        let moved = lane.moved(length, &image);
        if moved.loss - lane.loss + model.predicted(length).1 <= ARMIJO * length * (smooth + rough) + slack {
            return Some((length, moved));
        }
    }
    None
}

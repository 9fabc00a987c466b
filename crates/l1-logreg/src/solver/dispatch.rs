//! Which method a problem gets.

use crate::loss::Loss;
use crate::scalar::Scalar;
use crate::solver::algorithm::Solver;
use crate::solver::driver::{Options, Outcome, run};
use crate::solver::fista::Fista;
use crate::solver::lbfgs::Lbfgs;
use crate::solver::newton::Newton;
use crate::solver::problem::{Problem, State};

/// From this many weights on, ridge is left to L-BFGS.
const LARGE_RIDGE: usize = 1500;
/// From this many (sample, class pair) combinations on, softmax curvature costs too much.
const MANY_EDGES: usize = 1 << 32;

fn choose<T: Scalar>(problem: &Problem<T>, wanted: Solver) -> Solver {
    if wanted != Solver::Auto {
        return wanted;
    }
    let (n, k) = (problem.labels.len(), problem.outputs);
    let weights = problem.features() * k;
    let edges = if problem.loss == Loss::Softmax { n.saturating_mul(k * (k - 1) / 2) } else { n };
    let smooth = problem.penalty.parts().0 == 0.0;
    match (smooth, edges > MANY_EDGES) {
        (true, many) if many || weights > LARGE_RIDGE => Solver::Lbfgs,
        (false, true) => Solver::Fista,
        _ => Solver::ProximalNewton,
    }
}

/// Scaled weights at the optimum, from `start` or from the model without weights.
pub(crate) fn solve<T: Scalar>(
    problem: &Problem<T>,
    wanted: Solver,
    start: Option<&[f64]>,
    options: &mut Options,
) -> (Vec<f64>, Outcome) {
    let mut state: State<T> = problem.start(start);
    let outcome = match choose(problem, wanted) {
        Solver::Fista => run(&mut Fista::new(&state), problem, &mut state, options),
        Solver::Lbfgs => run(&mut Lbfgs::new(), problem, &mut state, options),
        Solver::ProximalNewton | Solver::Auto => {
            run(&mut Newton::new(problem.groups()), problem, &mut state, options)
        }
    };
    (state.beta, outcome)
}

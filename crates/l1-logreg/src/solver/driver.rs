//! The loop that all methods share: how far from the optimum, show it, stop or take a step.

use core::ops::ControlFlow;

use estimator::Status;

use crate::scalar::Scalar;
use crate::solver::algorithm::Progress;
use crate::solver::problem::{Optimality, Problem, State};

/// When a method ends, and who watches it.
pub(crate) struct Options<'a> {
    /// The relative duality gap, per group, at which it has converged.
    pub tolerance: f64,
    pub max_iterations: usize,
    pub progress: &'a mut dyn FnMut(&Progress) -> ControlFlow<()>,
}

/// How a method ended.
pub(crate) struct Outcome {
    pub status: Status,
    pub iterations: usize,
    /// The objective after each iteration that was looked at.
    pub trace: Vec<f64>,
}

/// What a method knows before a step.
pub(crate) struct Look<'a> {
    pub optimality: &'a [Optimality],
    /// Which groups are short of the tolerance.
    pub open: &'a [bool],
    /// Iterations that are left.
    pub budget: usize,
}

/// What a step did.
pub(crate) struct Step {
    pub iterations: usize,
    /// Whether no further progress is possible.
    pub stalled: bool,
}

/// A method that moves a state towards the optimum.
pub(crate) trait Method<T: Scalar> {
    /// Moves `state`; `gradient` is ∂/∂β of the smooth part at `state`, before and after.
    fn step(
        &mut self,
        problem: &Problem<T>,
        state: &mut State<T>,
        gradient: &mut Vec<f64>,
        look: &Look,
    ) -> Step;
}

/// Runs a method from `state` until the stopping rule, the limit, the callback or a stall.
pub(crate) fn run<T: Scalar>(
    method: &mut impl Method<T>,
    problem: &Problem<T>,
    state: &mut State<T>,
    options: &mut Options,
) -> Outcome {
    let mut outcome = Outcome { status: Status::MaxIterations, iterations: 0, trace: Vec::new() };
    let mut shown = 0;
    let mut gradient = problem.gradient(state);
    outcome.status = loop {
        let optimality = problem.optimality(state, &gradient);
        if outcome.iterations > shown {
            shown = outcome.iterations;
            let progress = progress(problem, state, &optimality, shown);
            outcome.trace.push(progress.objective);
            if (options.progress)(&progress).is_break() {
                break Status::StoppedByCallback;
            }
        }
        let open: Vec<bool> =
            optimality.iter().map(|o| !(o.gap <= options.tolerance * o.objective)).collect();
        if !open.contains(&true) {
            if state.fresh {
                break Status::Converged;
            }
            // The scores were updated step by step: the verdict must rest on scores computed at once.
            problem.refresh(state);
            gradient = problem.gradient(state);
            continue;
        }
        if outcome.iterations >= options.max_iterations {
            break Status::MaxIterations;
        }
        let budget = options.max_iterations - outcome.iterations;
        let look = Look { optimality: &optimality, open: &open, budget };
        let step = method.step(problem, state, &mut gradient, &look);
        outcome.iterations += step.iterations;
        if step.stalled {
            break Status::Stalled;
        }
    };
    outcome
}

fn progress<T: Scalar>(
    problem: &Problem<T>,
    state: &State<T>,
    optimality: &[Optimality],
    iteration: usize,
) -> Progress {
    let objective: f64 = optimality.iter().map(|o| o.objective).sum();
    let gap: f64 = optimality.iter().map(|o| o.gap).sum();
    Progress {
        iteration,
        objective: objective / problem.lambda,
        gap: gap / objective,
        kept: problem.kept(state),
    }
}

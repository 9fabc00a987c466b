//! MacKay's and EM's algorithm for a classifier: all precisions at once, from the full model, then the mode.

use estimator::Status;

use crate::classification::laplace::Likelihood;
use crate::classification::state::{Course, Settings, State, Survey, diagonal, engine, pick};
use crate::engine::fixed_point::update;
use crate::error::Error;
use crate::watch::Halt;

/// First precision of every function, for columns whose largest entry is in [1, 2).
const FIRST_PRECISION: f64 = 1.0;

/// The full model.
pub(super) fn start<L: Likelihood>(likelihood: &L) -> Result<State, Error> {
    let m = likelihood.candidates();
    State::new(likelihood, (0..m).collect(), vec![FIRST_PRECISION; m], vec![0.0; m])
}

/// Updates until no precision changes by more than the tolerance.
pub(super) fn run<L: Likelihood>(
    likelihood: &L,
    settings: &Settings,
    course: &mut Course<'_>,
) -> Result<Status, Halt> {
    let status = update_until_settled(likelihood, settings, course)?;
    let quadratic = likelihood.quadratic(&course.state.mode, course.watch)?;
    let floor = vec![settings.floor; likelihood.candidates()];
    course.survey = Survey::new(&mut engine(&quadratic, &floor, settings, &course.state)?);
    Ok(status)
}

fn update_until_settled<L: Likelihood>(
    likelihood: &L,
    settings: &Settings,
    course: &mut Course<'_>,
) -> Result<Status, Halt> {
    while course.round < settings.max_rounds {
        let state = &course.state;
        course.show(state.active.len())?;
        let variance = diagonal(&state.mode.factor.inverse());
        // 1/Σ_jj − α_j: what the data, given the other functions, say about the weight.
        let curvature: Vec<f64> =
            variance.iter().zip(&state.alpha).map(|(v, a)| (1.0 / v - a).max(1e-12)).collect();
        let next = update(settings.algorithm, &state.alpha, &state.w, &variance, &curvature, settings.floor);
        course.round += 1;
        if next.change <= settings.tolerance {
            return Ok(Status::Converged);
        }
        let active = next.stay.iter().map(|&j| state.active[j]).collect();
        let w = pick(&state.w, &next.stay);
        match State::new(likelihood, active, next.alpha, w) {
            Ok(next) => course.state = next,
            Err(_) => return Ok(Status::Stalled),
        }
        course.trace.push(course.state.evidence);
    }
    Ok(Status::MaxIterations)
}

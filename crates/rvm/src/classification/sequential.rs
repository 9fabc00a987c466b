//! The sequential algorithm for a classifier: Laplace approximation, precision updates on its quadratic model, re-linearise.
//!
//! What rises, and what does not by itself: on one quadratic model every step of the sequential algorithm raises that
//! model's evidence, exactly. Laplace's evidence, at the mode for the new precisions, is another function: its curvature
//! moves with the mode, and the quadratic model does not know by how much. So a climb is taken back when Laplace's
//! evidence fell by more than the tolerance, and tried again with a quarter of the steps; when a single step made it
//! fall, that step is not offered again from there. The traced evidence therefore never falls by more than the
//! tolerance in the sequential algorithm. MacKay's and EM's updates are traced
//! without such a promise.

use estimator::Status;

use crate::classification::laplace::Likelihood;
use crate::classification::state::{Course, Settings, State, Survey, engine};
use crate::design::gram::Gram;
use crate::engine::sequential::{PATIENCE, Sequential};
use crate::error::Error;
use crate::watch::Halt;

/// What a climb on one quadratic model did.
struct Climb {
    /// Nats.
    gained: f64,
    steps: usize,
    /// The candidate of the last step; `None` if it moved all precisions together.
    last: Option<usize>,
}

/// Steps that Laplace's evidence refused, and how many may be taken at once.
struct Restraint {
    frozen: Vec<bool>,
    together: bool,
    limit: usize,
    most: usize,
}

impl Restraint {
    fn accepted(&mut self) {
        self.limit = self.limit.saturating_mul(4).min(self.most);
    }

    fn refused(&mut self, climb: &Climb) {
        match climb.last {
            _ if climb.steps > 1 => self.limit = (climb.steps / 4).max(1),
            Some(index) => self.frozen[index] = true,
            None => self.together = false,
        }
    }
}

/// The empty model.
pub(super) fn start<L: Likelihood>(likelihood: &L) -> Result<State, Error> {
    State::new(likelihood, Vec::new(), Vec::new(), Vec::new())
}

/// Linearises and climbs until a fresh linearisation offers no more than the tolerance.
pub(super) fn run<L: Likelihood>(
    likelihood: &L,
    settings: &Settings,
    course: &mut Course<'_>,
) -> Result<Status, Halt> {
    let m = likelihood.candidates();
    let floor = vec![settings.floor; m];
    let most = settings.max_steps;
    let mut restraint = Restraint { frozen: vec![false; m], together: true, limit: most, most };
    let watch = course.watch;
    let mut quadratic = likelihood.quadratic(&course.state.mode, watch)?;
    loop {
        let mut engine = engine(&quadratic, &floor, settings, &course.state)?;
        engine.freeze(&restraint.frozen, restraint.together);
        course.show(course.state.active.len())?;
        if course.round == settings.max_rounds {
            course.survey = Survey::new(&mut engine);
            return Ok(Status::MaxIterations);
        }
        let (climb, stopped) = climb(&mut engine, course, settings.tolerance, restraint.limit)?;
        course.round += 1;
        if climb.gained <= settings.tolerance && !stopped {
            let mut engine = self::engine(&quadratic, &floor, settings, &course.state)?;
            engine.freeze(&restraint.frozen, restraint.together);
            course.survey = Survey::new(&mut engine);
            return Ok(Status::Converged);
        }
        let (active, alpha, w) = (engine.active().to_vec(), engine.alpha().to_vec(), engine.mu().to_vec());
        // A climb whose mode can't be found in floating point is refused like one that lowers the evidence.
        let next = State::new(likelihood, active, alpha, w);
        let Some(next) = next.ok().filter(|n| n.evidence >= course.state.evidence - settings.tolerance)
        else {
            if stopped {
                return Err(Halt::Stopped);
            }
            restraint.refused(&climb);
            continue;
        };
        restraint.accepted();
        course.survey = Survey::new(&mut engine);
        course.state = next;
        course.trace.push(course.state.evidence);
        if stopped {
            return Err(Halt::Stopped);
        }
        drop(engine);
        quadratic = likelihood.quadratic(&course.state.mode, watch)?;
    }
}

/// Steps until none gains more than `tolerance`, at most `most`; and whether the caller stopped them.
///
/// After an addition the active functions settle to a tenth of its gain before the next is looked for.
fn climb<G: Gram>(
    engine: &mut Sequential<'_, G>,
    course: &Course<'_>,
    tolerance: f64,
    most: usize,
) -> Result<(Climb, bool), Halt> {
    let mut climb = Climb { gained: 0.0, steps: 0, last: None };
    let mut patience = 0.0;
    while climb.steps < most {
        let (gain, last) = match engine.settle_once(tolerance.max(patience))? {
            Some(settled) => settled,
            None => match engine.best_addition().filter(|s| s.gain > tolerance) {
                Some(step) => {
                    patience = PATIENCE * step.gain;
                    match engine.apply(step) {
                        Ok(()) => (step.gain, Some(step.index)),
                        Err(Halt::Stopped) => return Ok((climb, true)),
                        Err(failed) => return Err(failed),
                    }
                }
                None if patience > tolerance => {
                    patience = 0.0;
                    continue;
                }
                None => break,
            },
        };
        climb.gained += gain;
        climb.steps += 1;
        climb.last = last;
        if course.show(engine.active().len()).is_err() {
            return Ok((climb, true));
        }
    }
    Ok((climb, false))
}

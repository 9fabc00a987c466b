//! The sequential algorithm for a regression: the active functions settle, the noise follows, the best function is added.
//!
//! Every traced value is computed afresh. The gains that the steps promise are exact too, but for rounding, which with
//! next to no noise and nearly collinear functions can be all there is to them: a step that does not hold is taken back.

use estimator::Status;

use crate::design::Design;
use crate::engine::sequential::PATIENCE;
use crate::regression::state::{Settings, State};
use crate::watch::Halt;

/// What rounding has taught so far, and how far the active functions are to settle.
struct Course {
    /// Candidates whose addition did not hold.
    frozen: Vec<bool>,
    /// The active functions settle until no step gains more than this.
    patience: f64,
    /// Whether steps on the active functions still hold.
    settles: bool,
}

/// Steps until no update gains more than the tolerance.
pub(super) fn run<D: Design>(state: &mut State<'_, '_, D>, settings: &Settings) -> Result<Status, Halt> {
    let mut course = Course { frozen: vec![false; state.floor.len()], patience: 0.0, settles: true };
    while state.steps < settings.max_steps {
        let mut quiet = state.settle(settings, &mut course)?;
        if let Some(range) = settings.learn {
            quiet &= state.update_noise(range)? <= settings.tolerance;
            state.trace.push(state.evidence);
        }
        let added = state.add_best(settings, &mut course)?;
        state.show()?;
        if !added {
            if quiet && course.patience <= settings.tolerance {
                return Ok(if course.settles { Status::Converged } else { Status::Stalled });
            }
            course.patience = 0.0;
        }
    }
    Ok(Status::MaxIterations)
}

impl<D: Design> State<'_, '_, D> {
    /// Steps on the active functions until none gains more than the patience allows. Whether there was nothing to do.
    fn settle(&mut self, settings: &Settings, course: &mut Course) -> Result<bool, Halt> {
        let from = self.checkpoint();
        let (start, threshold) = (self.steps, settings.tolerance.max(course.patience));
        let mut failed = false;
        while course.settles && self.steps < settings.max_steps {
            match self.engine.settle_once(threshold) {
                Ok(Some(_)) => {
                    self.steps += 1;
                    if let Err(halt) = self.show() {
                        if !self.holds(&from) {
                            self.restore(&from, settings.entry_gain, &course.frozen)?;
                        }
                        return Err(halt);
                    }
                }
                Ok(None) => break,
                Err(Halt::Stopped) => return Err(Halt::Stopped),
                Err(Halt::Failed(_)) => {
                    failed = true;
                    break;
                }
            }
        }
        if self.steps == start && !failed {
            return Ok(true);
        }
        if !failed && self.holds(&from) {
            self.trace.push(self.evidence);
            return Ok(false);
        }
        self.restore(&from, settings.entry_gain, &course.frozen)?;
        course.settles = false;
        Ok(true)
    }

    /// The best addition, if any gains more than the tolerance. Whether there was one.
    fn add_best(&mut self, settings: &Settings, course: &mut Course) -> Result<bool, Halt> {
        let Some(step) = self.engine.best_addition().filter(|s| s.gain > settings.tolerance) else {
            return Ok(false);
        };
        let from = self.checkpoint();
        let failed = match self.engine.apply(step) {
            Ok(()) => false,
            Err(Halt::Stopped) => return Err(Halt::Stopped),
            Err(Halt::Failed(_)) => true,
        };
        self.steps += 1;
        if !failed && self.holds(&from) {
            course.patience = PATIENCE * step.gain;
            self.trace.push(self.evidence);
        } else {
            course.frozen[step.index] = true;
            self.restore(&from, settings.entry_gain, &course.frozen)?;
        }
        Ok(true)
    }
}

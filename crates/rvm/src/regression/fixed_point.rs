//! MacKay's and EM's algorithm for a regression: all precisions at once, from the full model, then the noise.

use estimator::Status;

use crate::design::Design;
use crate::engine::fixed_point::update;
use crate::engine::sequential::Sequential;
use crate::regression::state::{Settings, State};
use crate::watch::Halt;

/// Updates until no precision changes by more than the tolerance.
pub(super) fn run<D: Design>(state: &mut State<'_, '_, D>, settings: &Settings) -> Result<Status, Halt> {
    while state.steps < settings.max_steps {
        let before = state.evidence;
        let from = state.checkpoint();
        let change = match state.update_all(settings) {
            Ok(change) => change,
            Err(Halt::Stopped) => return Err(Halt::Stopped),
            Err(Halt::Failed(_)) => {
                // Singular in floating point (next to no noise, nearly collinear functions): the last model that was not.
                state.restore(&from, 0.0, &[])?;
                return Ok(Status::Stalled);
            }
        };
        if let Some(range) = settings.learn {
            state.update_noise(range)?;
        }
        state.trace.push(state.evidence);
        state.steps += 1;
        state.show()?;
        // Precisions that run off to infinity change for ever, in evidence less and less.
        if change <= settings.tolerance || (state.evidence - before).abs() <= 1e-3 * settings.tolerance {
            return Ok(Status::Converged);
        }
    }
    Ok(Status::MaxIterations)
}

impl<D: Design> State<'_, '_, D> {
    /// One fixed-point update of every precision; the largest change of a log precision.
    fn update_all(&mut self, settings: &Settings) -> Result<f64, Halt> {
        let (active, alpha, mu) = (self.engine.active(), self.engine.alpha(), self.engine.mu());
        let (variances, curvatures) = (self.engine.variances(), self.engine.curvatures());
        let next = update(settings.algorithm, alpha, mu, &variances, &curvatures, 0.0);
        let stay: Vec<usize> = next.stay.iter().map(|&j| active[j]).collect();
        self.engine = Sequential::new(self.quadratic, self.beta, self.floor, 0.0, &stay, &next.alpha)?;
        self.evaluate()?;
        Ok(next.change)
    }
}

//! What a running fit shows to its caller.

use core::fmt;
use core::ops::ControlFlow;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activity {
    /// Fitting all rows.
    Fitting,
    /// Fitting without held-out rows, to score them.
    Scoring {
        /// Which part is held out, from 1.
        part: usize,
        /// How many parts there are.
        parts: usize,
    },
    /// Fitting the models on the way from no column to many.
    Walking,
}

/// Where a running fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// What is being done.
    pub activity: Activity,
    /// Iterations done: sweeps, rounds, steps or epochs, as the method counts.
    pub iteration: usize,
    /// The most iterations there will be, where that is known.
    pub limit: Option<usize>,
    /// The objective, in the method's sign and unit; none while a parameter is chosen.
    pub objective: Option<f64>,
    /// Weights that are kept at the moment.
    pub kept: Option<usize>,
    /// The class that is being fitted, where classes are fitted one after the other.
    pub class: Option<usize>,
}

impl Stage {
    pub(crate) fn at(iteration: usize) -> Self {
        let activity = Activity::Fitting;
        Self { activity, iteration, limit: None, objective: None, kept: None, class: None }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.activity {
            Activity::Fitting => f.write_str("fitting: ")?,
            Activity::Walking => f.write_str("walking from no column to many: ")?,
            Activity::Scoring { part, parts } => write!(f, "scoring {part} of {parts}: ")?,
        }
        if let Some(class) = self.class {
            write!(f, "class {}, ", class + 1)?;
        }
        write!(f, "iteration {}", self.iteration)?;
        if let Some(limit) = self.limit {
            write!(f, " of {limit}")?;
        }
        if let Some(objective) = self.objective {
            write!(f, ", objective {objective:.3}")?;
        }
        if let Some(kept) = self.kept {
            write!(f, ", {kept} kept")?;
        }
        Ok(())
    }
}

/// A callback that sees every stage of a fit and may end it by breaking: what has been reached is kept then.
pub type Watch<'w> = dyn FnMut(&Stage) -> ControlFlow<()> + Send + 'w;

/// The callback that looks at nothing and never ends a fit.
pub fn unwatched(_: &Stage) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

//! A problem in standardised units: what every kind of fit sets up before it solves.

use core::ops::ControlFlow;

use estimator::InputError;

use crate::design::matrix::Design;
use crate::design::prepare::{Prepared, Rows, prepare};
use crate::error::Error;
use crate::fit::joint::Joint;
use crate::params::settings::Settings;
use crate::pass::plan::Targets;
use crate::pass::point::Point;
use crate::progress::Progress;
use crate::solve::ascent::{Ascent, Reached, Stopping};
use crate::solve::prior::Prior;
use crate::solve::rows::InMemory;
use crate::solve::source;

/// An ascent whose objective stays a number; `class` is told to the callback.
pub(crate) fn ascend<R: source::Rows>(
    ascent: &Ascent<R>,
    start: Point,
    class: Option<usize>,
    progress: Callback<'_>,
) -> Result<Reached, Error> {
    let reached = ascent.run(start, &mut |iteration, objective, kept| {
        progress(&Progress { iteration, objective, kept, class })
    })?;
    if reached.objective.is_finite() {
        Ok(reached)
    } else {
        Err(InputError::Range { what: "the bound at the start of the fit" }.into())
    }
}

/// The callback of a fit.
pub(crate) type Callback<'c> = &'c mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// The rows of a fit, standardised.
#[derive(Debug)]
pub(crate) struct Problem {
    pub rows: Rows,
    pub prepared: Prepared,
    pool: Option<rayon::ThreadPool>,
}

impl Problem {
    /// `x` is checked here.
    pub fn new(x: Design<'_>, settings: &Settings) -> Result<Self, Error> {
        x.check()?;
        let rows = Rows::new(x.nrows(), settings.weights.as_deref(), settings.intercept)?;
        let prepared = prepare(x, &rows)?;
        let pool = |threads| {
            let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            built.map_err(|e| Error::Threads { threads, reason: e.to_string() })
        };
        Ok(Self { rows, prepared, pool: settings.threads.map(pool).transpose()? })
    }

    /// The values of the rows that take part.
    pub fn kept(&self, values: &[f64]) -> Vec<f64> {
        self.rows.kept.iter().map(|&i| values[i]).collect()
    }

    /// Runs `work` on the fit's threads.
    pub fn on_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    fn ascent<'a>(&'a self, joint: &'a Joint, prior: Prior, settings: &Settings) -> Ascent<InMemory<'a>> {
        let targets = Targets {
            values: &joint.values,
            weights: Some(&self.rows.weights),
            offsets: joint.offsets.as_deref(),
        };
        Ascent {
            rows: InMemory {
                blocks: &self.prepared.blocks,
                targets,
                pool: self.pool.as_ref(),
                whole: settings.whole_curvature,
            },
            likelihood: joint.likelihood,
            columns: self.prepared.units.features.len(),
            prior,
            learn: matches!(prior, Prior::Normal { .. }),
            intercept: settings.intercept,
            stopping: Stopping { tolerance: settings.tolerance, max_rounds: settings.max_rounds },
        }
    }

    /// The ascent from `start`.
    pub fn solve(
        &self,
        joint: &Joint,
        prior: Prior,
        start: Point,
        settings: &Settings,
        progress: Callback<'_>,
    ) -> Result<Reached, Error> {
        ascend(&self.ascent(joint, prior, settings), start, joint.class, progress)
    }

    /// The λ from which on a problem's model is empty.
    pub fn top(&self, joint: &Joint, settings: &Settings) -> Result<f64, Error> {
        let one = Settings { lambda: 1.0, ..settings.clone() };
        self.ascent(joint, one.prior(0.0, joint.likelihood.outputs()), settings).top(joint.empty.clone())
    }
}

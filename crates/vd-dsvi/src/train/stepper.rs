//! The engine that does the steps of a fit.

use crate::data::samples::Samples;
use crate::engine::fast::engine::Engine as FastEngine;
use crate::engine::fast::plan::Plan;
use crate::engine::generic::Engine;
use crate::engine::generic::method::Method;
use crate::engine::state::State;
use crate::engine::step::{NonFinite, Steps};
use crate::error::Error;
use crate::params::Params;
use crate::real::Real;

/// One of the two engines, chosen once from the parameters.
pub(crate) enum Stepper<R: Real> {
    /// Single precision at speed, for the fits that [`Plan`] describes.
    Fast(FastEngine<R>),
    /// Every fit.
    Generic(Engine<R>),
}

impl<R: Real> Stepper<R> {
    /// The fast engine where it serves these parameters, the generic one otherwise.
    ///
    /// # Errors
    /// [`Error::Threads`].
    pub fn new(params: &Params) -> Result<Self, Error> {
        match Plan::parse(params) {
            Some(plan) => Ok(Self::Fast(FastEngine::new(plan))),
            None => Ok(Self::Generic(Engine::new(Method::of::<R>(params), pool(params.threads)?))),
        }
    }

    /// Does the steps; gives Σ log p so far, or the step whose log-likelihood is not finite. The caller moves the state's
    /// counters.
    pub fn run(
        &mut self,
        state: &mut State<R>,
        samples: &Samples<'_, R>,
        steps: &Steps<'_>,
    ) -> Result<f64, NonFinite> {
        match self {
            Self::Fast(engine) => engine.run(state, samples, steps),
            Self::Generic(engine) => engine.run(state, samples, steps),
        }
    }
}

/// A pool of the wanted size; none for one thread.
fn pool(threads: Option<usize>) -> Result<Option<rayon::ThreadPool>, Error> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if threads == 1 {
        return Ok(None);
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    built.map(Some).map_err(|e| Error::Threads { threads, reason: e.to_string() })
}

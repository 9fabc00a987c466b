//! A fit on threads of its own, while the calling thread waits without the interpreter lock and looks for signals.
//!
//! The fit owns its data, so that it can be left alone: at an interrupt it is asked to stop, and is waited for at most [`PATIENCE`]. It ends
//! at its next iteration in any case, and what it has made is thrown away.

use core::ops::ControlFlow;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use methods::Stage;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::ThreadPoolBuilder;

use crate::refusal::Refusal;

/// How often the waiting thread looks for signals.
const TICK: Duration = Duration::from_millis(50);
/// How long an interrupted fit is waited for.
const PATIENCE: Duration = Duration::from_millis(400);

/// What a running fit tells the thread that waits for it.
enum News<T> {
    Stage(Stage),
    /// The result, and how long the crate worked on it.
    Done(T, Duration),
}

/// How a running fit asks whether to go on: it sends a stage, and waits for the answer.
type Line = (Box<dyn Fn(Stage) + Send>, Receiver<ControlFlow<()>>);

/// What a running fit calls after every iteration, from any of its threads.
pub(crate) struct Listener {
    stop: Arc<AtomicBool>,
    ask: Option<Mutex<Line>>,
}

impl Listener {
    /// Shows where the fit stands; a break ends it.
    pub(crate) fn tell(&self, stage: Stage) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        let Some(ask) = &self.ask else { return ControlFlow::Continue(()) };
        // Classes that are fitted side by side ask one after the other.
        let Ok(line) = ask.lock() else { return ControlFlow::Break(()) };
        let (send, answer) = &*line;
        send(stage);
        // Nobody answers once the waiting thread has left.
        answer.recv().unwrap_or(ControlFlow::Break(()))
    }
}

/// A stage of a fit of all rows.
pub(crate) fn stage(iteration: usize) -> Stage {
    let activity = methods::Activity::Fitting;
    Stage { activity, iteration, limit: None, objective: None, kept: None, class: None }
}

/// What Python is shown of a stage.
fn shown<'py>(py: Python<'py>, stage: &Stage) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("iteration", stage.iteration)?;
    dict.set_item("limit", stage.limit)?;
    dict.set_item("objective", stage.objective)?;
    dict.set_item("kept", stage.kept)?;
    dict.set_item("class", stage.class)?;
    Ok(dict)
}

/// Runs a fit on a pool of `threads` threads, and says how long it took there. `callback` is called with a dictionary after every iteration; what it returns as true
/// ends the fit with what has been reached, what it raises is raised.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    threads: usize,
    callback: Option<Py<PyAny>>,
    job: impl FnOnce(&Listener) -> Result<T, Refusal> + Send + 'static,
) -> PyResult<(T, Duration)> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| Refusal::Run(format!("cannot start {threads} threads: {e}")))?;
    let (news, mut heard) = channel();
    let (answers, answer) = sync_channel(1);
    let stop = Arc::new(AtomicBool::new(false));
    let ask = callback.is_some().then(|| Mutex::new((teller(news.clone()), answer)));
    let listener = Listener { stop: Arc::clone(&stop), ask };
    pool.spawn(move || {
        let broken = || Err(Refusal::Run("the fit broke down: please report it with its data".to_owned()));
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| job(&listener))).unwrap_or_else(|_| broken());
        // Nobody listens where the fit was interrupted.
        let _ = news.send(News::Done(result, start.elapsed()));
    });
    let result = wait(py, &mut heard, callback.as_ref(), &answers);
    match result {
        Ok((result, took)) => Ok((result?, took)),
        Err(error) => {
            stop.store(true, Ordering::Relaxed);
            drop(answers);
            let heard = &mut heard;
            py.detach(move || while matches!(heard.recv_timeout(PATIENCE), Ok(News::Stage(_))) {});
            Err(error)
        }
    }
}

fn teller<T: Send + 'static>(news: Sender<News<T>>) -> Box<dyn Fn(Stage) + Send> {
    Box::new(move |stage| {
        let _ = news.send(News::Stage(stage));
    })
}

/// Waits for the result, answers the fit's questions meanwhile, and stops at a signal that raises.
fn wait<T: Send>(
    py: Python<'_>,
    heard: &mut Receiver<News<T>>,
    callback: Option<&Py<PyAny>>,
    answers: &SyncSender<ControlFlow<()>>,
) -> PyResult<(T, Duration)> {
    loop {
        let from = &mut *heard;
        match py.detach(move || from.recv_timeout(TICK)) {
            Ok(News::Done(result, took)) => return Ok((result, took)),
            Ok(News::Stage(stage)) => {
                let stop = match callback {
                    Some(callback) => callback.bind(py).call1((shown(py, &stage)?,))?.is_truthy()?,
                    None => false,
                };
                let _ = answers.send(if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Refusal::Run("the fit ended without a result".to_owned()).into());
            }
        }
        py.check_signals()?;
    }
}

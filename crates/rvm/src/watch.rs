//! The caller's callback as the algorithms see it: asked often, also within long passes over a kernel matrix.

use core::cell::Cell;
use core::ops::ControlFlow;

use crate::error::Error;
use crate::progress::Progress;

/// Why a computation ended early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The callback asked to stop.
    Stopped,
    /// Something went wrong.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The callback, and where the fit stands.
pub(crate) struct Watch<'a> {
    ask: &'a dyn Fn(&Progress) -> ControlFlow<()>,
    at: Cell<Progress>,
    stopped: Cell<bool>,
    silent: Cell<bool>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(ask: &'a dyn Fn(&Progress) -> ControlFlow<()>, class: Option<usize>) -> Self {
        let at = Progress { class, iteration: 1, objective: 0.0, kept: 0 };
        Self { ask, at: Cell::new(at), stopped: Cell::new(false), silent: Cell::new(false) }
    }

    /// The class being fitted, for one-vs-rest.
    pub(crate) fn class(&self) -> Option<usize> {
        self.at.get().class
    }

    /// Where the fit stands from now on; iterations are counted from 1.
    pub(crate) fn set(&self, iteration: usize, objective: f64, kept: usize) {
        self.at.set(Progress { iteration: iteration.max(1), objective, kept, ..self.at.get() });
    }

    /// Asks the callback.
    pub(crate) fn go_on(&self) -> Result<(), Halt> {
        if self.silent.get() {
            return Ok(());
        }
        if !self.stopped.get() && (self.ask)(&self.at.get()).is_break() {
            self.stopped.set(true);
        }
        if self.stopped.get() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// Does what must be done to the end, and does not ask meanwhile.
    pub(crate) fn silently<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.silent.replace(true);
        let done = work();
        self.silent.set(before);
        done
    }
}

//! Progress on a terminal, and Ctrl-C.

use crate::error::Error;
use crate::show::Style;
use methods::Stage;
use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether a fit runs that can stop and keep what it has.
static FITTING: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// From now on the first Ctrl-C (or SIGTERM) during a fit asks it to stop and keep what it has. A second one, or a first one while no fit
/// runs, ends the program at once: a read that waits for a pipe's other end would never see a flag.
pub(crate) fn catch_interrupt() {
    // Without a handler Ctrl-C ends the program at once, which loses the model but nothing else.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        if !FITTING.load(Ordering::Relaxed) {
            let _ = writeln!(stderr(), "\nvd: {}", Error::InterruptedEarly);
            std::process::exit(130);
        }
        let _ = writeln!(
            stderr(),
            "\nvd: stopping at the end of this step; Ctrl-C again ends at once, without a model"
        );
    });
}

/// Tells how far a fit is, on one line of standard error that is rewritten; silent where that is no terminal.
pub(crate) struct Watch {
    live: bool,
    shown: usize,
    last: Instant,
}

impl Watch {
    pub(crate) fn new(style: Style) -> Self {
        Self { live: style.live, shown: 0, last: Instant::now() }
    }

    /// From now on a fit runs, until [`Watch::done`].
    pub(crate) fn begin(&mut self) {
        FITTING.store(true, Ordering::Relaxed);
    }

    /// Shows where the fit is, at most ten times a second; breaks after Ctrl-C.
    pub(crate) fn tick(&mut self, text: impl FnOnce() -> String) -> ControlFlow<()> {
        if self.live && (self.shown == 0 || self.last.elapsed() > Duration::from_millis(100)) {
            self.last = Instant::now();
            let line = text();
            let width = line.chars().count();
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(stderr(), "\r{line:<width$}", width = self.shown.max(width));
            let _ = stderr().flush();
            self.shown = width;
        }
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The callback that a fit calls after every iteration.
    pub(crate) fn callback(&mut self) -> impl FnMut(&Stage) -> ControlFlow<()> + Send + '_ {
        |stage| self.tick(|| stage.to_string())
    }

    /// Wipes the line; no fit runs any more.
    pub(crate) fn done(&mut self) {
        FITTING.store(false, Ordering::Relaxed);
        if self.shown > 0 {
            let _ = write!(stderr(), "\r{:1$}\r", "", self.shown);
            let _ = stderr().flush();
            self.shown = 0;
        }
    }
}

//! How far a run is: a bar with the time left in a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Progress over units whose expected costs are known.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    units: usize,
    done: AtomicUsize,
    /// (expected seconds done, expected seconds in all).
    cost: Mutex<(f64, f64)>,
}

impl Progress {
    /// Progress over `units` units that cost `total` expected seconds together.
    #[must_use]
    pub fn new(units: usize, total: f64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new((total * 10.0).ceil() as u64);
            let template = "{bar:30} {percent:>3}%  {elapsed} gone, about {eta} left  {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self {
            bar,
            started: Instant::now(),
            units,
            done: AtomicUsize::new(0),
            cost: Mutex::new((0.0, total)),
        }
    }

    /// Says that a unit begins.
    pub fn begin(&self, label: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(label.to_owned());
        }
    }

    /// Says that a unit of this expected cost has ended, and how.
    pub fn end(&self, label: &str, cost: f64, outcome: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let (spent, total) = {
            let mut sums = self.cost.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            sums.0 += cost;
            *sums
        };
        if let Some(bar) = &self.bar {
            bar.set_position((spent * 10.0) as u64);
            return;
        }
        let elapsed = self.started.elapsed().as_secs_f64();
        let left = if spent > 0.0 { elapsed * (total - spent).max(0.0) / spent } else { 0.0 };
        self.line(&format!(
            "[{done:>3}/{}] {label}: {outcome}  ({elapsed:.0} s gone, about {left:.0} s left)",
            self.units
        ));
    }

    /// Prints a line without disturbing the bar.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => {
                // A closed standard error is no reason to stop.
                let _ = writeln!(std::io::stderr(), "{text}");
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! Runs experiments' units side by side and puts their results together in a fixed order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::experiment::{Context, Experiment, Output, Unit};
use crate::progress::Progress;

/// Units of all experiments, costly ones first; results in the experiments' order whatever the number of workers.
///
/// # Errors
/// The first unit's error in that order; the units not begun by then are dropped.
pub fn all(context: &Context, experiments: &[&Experiment], jobs: usize) -> Result<Output> {
    let units: Vec<(usize, Unit)> = experiments
        .iter()
        .enumerate()
        .flat_map(|(e, x)| (x.units)(context).into_iter().map(move |u| (e, u)))
        .collect();
    let progress = Progress::new(units.len(), units.iter().map(|(_, u)| u.cost).sum());
    let count = units.len();
    let owner: Vec<usize> = units.iter().map(|&(e, _)| e).collect();
    let mut queue: Vec<(usize, Unit)> = units.into_iter().map(|(_, u)| u).enumerate().collect();
    queue.sort_by(|(i, a), (j, b)| b.cost.total_cmp(&a.cost).then(i.cmp(j)));
    let queue = Mutex::new(VecDeque::from(queue));
    let results: Mutex<Vec<Option<Result<Output>>>> = Mutex::new((0..count).map(|_| None).collect());
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            scope.spawn(|| {
                while let Some((i, unit)) = next(&queue, &failed) {
                    let result = perform(context, unit, &progress);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[i] = Some(result);
                }
            });
        }
    });
    progress.finish();
    let mut outputs: Vec<Output> = experiments.iter().map(|_| Output::default()).collect();
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (e, result) in owner.into_iter().zip(results) {
        match result {
            Some(result) => outputs[e].merge(result?),
            None if failed.load(Ordering::Relaxed) => {}
            None => return Err(Error::Interrupted),
        }
    }
    let mut whole = Output::default();
    for (experiment, output) in experiments.iter().zip(outputs) {
        let more = (experiment.finish)(context, &output)?;
        whole.merge(output);
        whole.merge(more);
    }
    Ok(whole)
}

fn next(queue: &Mutex<VecDeque<(usize, Unit)>>, failed: &AtomicBool) -> Option<(usize, Unit)> {
    if failed.load(Ordering::Relaxed) {
        return None;
    }
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn perform(context: &Context, unit: Unit, progress: &Progress) -> Result<Output> {
    let Unit { label, cost, job } = unit;
    progress.begin(&label);
    let started = Instant::now();
    let result = job(context);
    let seconds = started.elapsed().as_secs_f64();
    let outcome = match &result {
        Ok(output) => format!("{}{seconds:.1} s", output.note),
        Err(error) => format!("failed: {error}"),
    };
    progress.end(&label, cost, &outcome);
    result
}

//! Walks side by side until they agree, and whether a background is called for.

use estimator::Status;
use rayon::prelude::*;

use crate::average::background::{Turned, suspicion};
use crate::average::conditional::Conditional;
use crate::average::evidence::Evidence;
use crate::average::gram::Gram;
use crate::average::progress::{AveragingProgress, Callback};
use crate::average::settings::Averaging;
use crate::average::tally::Tally;
use crate::average::walk::{Best, LARGEST_SCALE, Walk};
use crate::prepare::columns::Columns;

/// Steps that a walk takes between two looks at whether the walks agree.
const ROUND: usize = 500;

/// Squared standard error of the average's fitted values, in noise variances, at which the walks agree.
const AGREED: f64 = 0.05;

/// The same below which a fit has converged; a sparse model by itself is allowed as much again.
const SETTLED: f64 = 1.0;

/// Nats by which a background has to be more probable than none.
const DECISIVE: f64 = 10.0;

/// Standard deviations of the score test from which on a background is looked at.
const SUSPICIOUS: f64 = 3.0;

/// A ridge that takes nothing from least squares, and leaves columns that depend on each other apart.
const ALMOST_NONE: f64 = 1e-12;

/// Rows for each column of a support, and the intercept, from which on its R² is believed.
const ROWS_PER_COLUMN: f64 = 10.0;

/// The largest v: a noise of 1e-5 of the target's deviation. Beyond it A is as good as singular where columns depend on each other.
const LARGEST_VARIANCE: f64 = 1e10;

/// Rounds of finding h with a support, and a support with h.
const ALTERNATIONS: usize = 4;

/// What the walks found.
pub(crate) struct Walked {
    pub tally: Tally,
    pub best: Best,
    pub steps: usize,
    pub error: f64,
    pub status: Status,
    pub trace: Vec<f64>,
}

/// What stays the same in every set of walks of one fit.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub samples: f64,
    pub most: usize,
    pub settings: Averaging,
}

impl Plan {
    /// The walks after their first round, which finds its way and is not counted; and whether the callback broke.
    pub fn begin<'g, C: Columns>(
        &self,
        gram: &'g Gram<'g, C>,
        evidence: Evidence,
        support: &[usize],
        progress: Callback<'_>,
    ) -> (Vec<Walk<'g, C>>, bool) {
        let Self { samples, most, settings } = *self;
        let strength = self.strength(gram, support);
        let start = |k: usize| {
            let from = if k == 0 { support } else { &[] };
            let mut walk =
                Walk::new(gram, evidence, (samples, strength), from, most, (settings.seed, k as u64));
            walk.run(ROUND.min(settings.steps));
            walk
        };
        let mut walks: Vec<Walk<'g, C>> = (0..settings.walks).into_par_iter().map(start).collect();
        let stopped = progress(&told(ROUND.min(settings.steps), &best(&walks))).is_break();
        if !stopped && settings.steps > ROUND {
            self.strengthen(gram, &mut walks, strength);
            walks.iter_mut().for_each(Walk::forget);
        }
        (walks, stopped)
    }

    /// R²/(1 − R²) of least squares on a support, which says nothing where there are few rows for each column.
    fn strength<C: Columns>(&self, gram: &Gram<'_, C>, support: &[usize]) -> f64 {
        if self.samples < ROWS_PER_COLUMN * (support.len() as f64 + 1.0) {
            return 0.0;
        }
        let left = Conditional::new(gram, support, ALMOST_NONE).rest / gram.energy.max(f64::MIN_POSITIVE);
        ((1.0 - left).max(0.0) / left.max(f64::EPSILON)).min(LARGEST_VARIANCE / self.samples)
    }

    /// Where the walks have found much more than they began with, the weights' prior is allowed its size, and the walks to find it.
    fn strengthen<C: Columns>(&self, gram: &Gram<'_, C>, walks: &mut [Walk<'_, C>], before: f64) {
        let found = self.strength(gram, &best(walks).support);
        if found > 2.0 * before.max(LARGEST_SCALE) {
            walks.par_iter_mut().for_each(|walk| {
                walk.strength = found;
                walk.run(ROUND);
            });
        }
    }

    /// Walks on until the walks agree.
    pub fn walk_on<C: Columns>(
        &self,
        gram: &Gram<'_, C>,
        mut walks: Vec<Walk<'_, C>>,
        mut stopped: bool,
        progress: Callback<'_>,
    ) -> Walked {
        let mut steps = ROUND.min(self.settings.steps);
        let mut trace = vec![best(&walks).log_joint];
        let mut error = f64::INFINITY;
        while !stopped && error > AGREED && steps < self.settings.steps {
            let round = ROUND.min(self.settings.steps - steps);
            walks.par_iter_mut().for_each(|walk| walk.run(round));
            steps += round;
            error = mix(gram, &walks).1;
            let best = best(&walks);
            trace.push(best.log_joint);
            stopped = progress(&told(steps, &best)).is_break();
        }
        let (tally, error) = mix(gram, &walks);
        let status = match (stopped, error <= SETTLED) {
            (true, _) => Status::StoppedByCallback,
            (false, true) => Status::Converged,
            (false, false) => Status::MaxIterations,
        };
        Walked { tally, best: best(&walks), steps, error, status, trace }
    }

    /// A background, if it is far more probable than none: h, the walks with it, and all weights.
    pub fn background<C: Columns>(
        &self,
        (columns, gram): (&C, &Gram<'_, C>),
        target: &[f64],
        evidence: Evidence,
        without: &Best,
        progress: Callback<'_>,
    ) -> Option<(f64, Walked, Vec<f64>)> {
        let at = Conditional::new(gram, &without.support, 1.0 / without.scale);
        if suspicion(&at, &evidence, self.samples) < SUSPICIOUS {
            return None;
        }
        let turned = Turned::new(columns, gram, target)?;
        let mut best = without.clone();
        let mut h = 0.0;
        for round in 0..ALTERNATIONS {
            let next = turned.best(&evidence, &best.support, best.scale);
            if h > 0.0 && (next / h).ln().abs() < 0.3 {
                break;
            }
            h = next;
            let (weighted, residual, energy) = turned.weighted(h);
            let gram = Gram::new(&weighted, all(gram), gram.units.clone(), &residual, energy);
            let evidence = Evidence { constant: turned.constant(h), ..evidence };
            let seed = (self.settings.seed, (self.settings.walks + round) as u64);
            let mut walk = Walk::new(
                &gram,
                evidence,
                (self.samples, self.strength(&gram, &best.support)),
                &best.support,
                self.most,
                seed,
            );
            walk.run(ROUND);
            best = walk.best;
        }
        if best.log_joint < without.log_joint + DECISIVE {
            return None;
        }
        let (weighted, residual, energy) = turned.weighted(h);
        let gram = Gram::new(&weighted, all(gram), gram.units.clone(), &residual, energy);
        let evidence = Evidence { constant: turned.constant(h), ..evidence };
        let (walks, stopped) = self.begin(&gram, evidence, &best.support, progress);
        let walked = self.walk_on(&gram, walks, stopped, progress);
        let effects = turned.effects(h, &walked.tally.theta);
        let total = walked.tally.theta.iter().zip(&effects).map(|(a, b)| a + b).collect();
        Some((h, walked, total))
    }
}

/// The mean of all walks, and the squared standard error of its fitted values in noise variances.
fn mix<C: Columns>(gram: &Gram<'_, C>, walks: &[Walk<'_, C>]) -> (Tally, f64) {
    let parts: Vec<Tally> = walks.iter().map(|w| w.tally.averaged()).collect();
    let all = Tally::mixed(&parts, &vec![1.0; parts.len()]);
    let distance = |part: &Tally| {
        let difference: Vec<f64> = part.theta.iter().zip(&all.theta).map(|(a, b)| a - b).collect();
        gram.norm_sq_of(&difference)
    };
    let spread: f64 = parts.par_iter().map(distance).collect::<Vec<_>>().iter().sum();
    let count = parts.len() as f64;
    let error = if count > 1.0 { spread / (count * (count - 1.0)) } else { 0.0 };
    let error = error / all.variance.max(f64::MIN_POSITIVE);
    (all, error)
}

fn all<C: Columns>(gram: &Gram<'_, C>) -> Vec<usize> {
    (0..gram.len()).collect()
}

fn told(steps: usize, best: &Best) -> AveragingProgress {
    AveragingProgress { steps, kept: best.support.len(), objective: best.log_joint }
}

/// The best support of all walks.
pub(crate) fn best<C: Columns>(walks: &[Walk<'_, C>]) -> Best {
    let mut best = walks[0].best.clone();
    for walk in &walks[1..] {
        if walk.best.log_joint > best.log_joint {
            best = walk.best.clone();
        }
    }
    best
}

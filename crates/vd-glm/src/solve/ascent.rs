//! The outer loop: rounds of 'local model, step, pass' until the step is below the tolerance.
//!
//! The objective is L = Σ_n ω_n E log p(t_n | z_n) − λ Σ KL(α). A round maximises the local model around the present point, then
//! takes a pass over the rows at the new point. Where L has not risen, the model is damped until it has, so that L
//! never falls. Slopes, thresholds and L come from all rows; the curvature among the features guides steps only, and where there are
//! many rows it is taken from some of them.

use core::ops::ControlFlow;

use estimator::Status;

use crate::error::Error;
use crate::pass::gram::Features;
use crate::pass::likelihood::Likelihood;
use crate::pass::plan::Plan;
use crate::pass::point::{Point, Predictor};
use crate::pass::statistics::Statistics;
use crate::solve::acceleration::Acceleration;
use crate::solve::inner::Inner;
use crate::solve::local::Local;
use crate::solve::prior::Prior;
use crate::solve::residual::residual;
use crate::solve::source::Rows;
use crate::solve::trial::trial;
use crate::solve::working::{Decision, foreseen};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopping {
    /// Largest departure from the conditions of a maximum, as the certificate counts it.
    pub tolerance: f64,
    /// Rounds at most.
    pub max_rounds: usize,
}

/// Where a fit stands after a round: the round, the objective, the number of kept weights.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(usize, f64, usize) -> ControlFlow<()>;

/// What an ascent reached.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub point: Point,
    pub objective: f64,
    pub prior: Prior,
    pub status: Status,
    /// The largest departure from the conditions of a maximum, as the last pass has it.
    pub residual: f64,
    pub rounds: usize,
    pub trace: Vec<f64>,
}

/// The damping μ adds −½ μ S (θ − θ₀)² to the local model of a weight (Levenberg 1944), and slows log α in the same measure. A step that
/// fails is damped by this factor more; one that succeeds lets the next be damped less.
const HARDER: f64 = 4.0;
const SOFTER: f64 = 4.0;

/// Damping below these is none, for plain and for cautious steps; beyond the last the ascent gives up.
const LEAST_DAMPING: f64 = 0.2;
const LEAST_CAUTIOUS: f64 = 0.01;
const MOST_DAMPING: f64 = 1e6;

/// Plain damping beyond which steps become cautious: what fails is not in proportion to S.
const PLAIN: f64 = 16.0;

/// Rows that the curvature is taken from, per feature of the largest output: its error, about the root of their inverse, is the
/// rate at which rounds then converge.
const ROWS_PER_FEATURE: usize = 16;

/// Rows that the curvature is taken from at least.
const FEWEST_ROWS: usize = 1 << 13;

/// The share by which a pruned column's z² may exceed λ: rounding.
const THRESHOLD: f64 = 1e-6;

/// Sweeps of a local model, and cycles over its coupled classes.
const SWEEPS: usize = 100;
const CYCLES: usize = 5;

/// The problem that rounds solve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ascent<R> {
    pub rows: R,
    pub likelihood: Likelihood,
    pub columns: usize,
    pub prior: Prior,
    /// Whether the prior's precision is learned (a normal prior).
    pub learn: bool,
    pub intercept: bool,
    pub stopping: Stopping,
}

/// A point with its pass over the rows.
struct Visited<K> {
    /// The point, and what was asked for there.
    plan: Plan,
    statistics: Statistics,
    kept: K,
    prior: Prior,
    objective: f64,
}

/// What rounds hand on.
#[derive(Debug)]
struct Memory {
    acceleration: Acceleration,
    /// The last step, in standard errors.
    previous: f64,
    /// Every how many blocks one gives the curvature.
    stride: usize,
    /// μ of the next round's first step.
    damping: f64,
    /// Whether damping is that of cautious steps ([`crate::solve::quadratic`]): until an undamped step succeeds.
    cautious: bool,
}

impl<K> Visited<K> {
    fn point(&self) -> &Point {
        &self.plan.point
    }
}

impl<R: Rows> Ascent<R> {
    fn visit(&self, point: Point, prior: Prior) -> Result<Visited<R::Kept>, Error> {
        let ahead = |p: &Predictor| match self.rows.brings_curvature() {
            true => foreseen(self.columns, p, &prior),
            false => Vec::new(),
        };
        let working = point.outputs.iter().map(ahead).collect();
        let plan = Plan { likelihood: self.likelihood, point, working, columns: self.columns };
        let (statistics, kept) = self.rows.pass(&plan)?;
        let objective = statistics.bound - prior.total(&plan.point);
        Ok(Visited { plan, statistics, kept, prior, objective })
    }

    /// The precision that suits the point best: the objective rises.
    fn learn(&self, at: &mut Visited<R::Kept>) {
        if self.learn {
            at.prior = at.prior.learned(at.point(), self.likelihood.least_precision());
            at.objective = at.statistics.bound - at.prior.total(at.point());
        }
    }

    fn decisions<'a>(&self, at: &'a Visited<R::Kept>) -> Vec<Decision<'a>> {
        Decision::all(&at.statistics, at.point(), &at.prior, self.intercept)
    }

    fn working(&self, at: &Visited<R::Kept>) -> Vec<Vec<usize>> {
        self.decisions(at).iter().flat_map(Decision::working).collect()
    }

    /// The largest move between two points, in standard errors.
    fn distance(&self, statistics: &Statistics, from: &Point, to: &Point) -> f64 {
        let mut largest: f64 = 0.0;
        for (k, sums) in statistics.outputs.iter().enumerate() {
            let (a, b) = (&from.outputs[k], &to.outputs[k]);
            let columns = a.weights.iter().chain(&b.weights).map(|w| w.column);
            for j in columns {
                let change = b.find(j).map_or(0.0, |w| w.mean) - a.find(j).map_or(0.0, |w| w.mean);
                largest = largest.max(change.abs() * sums.column(j, self.intercept).2.sqrt());
            }
            // The intercept at the columns' centre of weight, as the weights' changes leave it.
            let mut shift = b.intercept - a.intercept;
            if sums.w > 0.0 {
                let centre =
                    |p: &Predictor| p.weights.iter().map(|w| w.mean * sums.wx[w.column]).sum::<f64>();
                shift += (centre(b) - centre(a)) / sums.w;
            }
            largest = largest.max(shift.abs() * sums.w.sqrt());
        }
        largest
    }

    /// Whether the point fulfils the conditions of a maximum to the tolerance, and no pruned column's z² exceeds the threshold by more than
    /// the share `margin`.
    fn optimal(&self, at: &Visited<R::Kept>, margin: f64) -> bool {
        residual(&at.statistics, at.point(), &at.prior, self.intercept) <= self.stopping.tolerance
            && !self.decisions(at).iter().any(|d| d.violated(margin))
    }

    /// The largest departure from the conditions of a maximum: [`residual`], and how far z²/λ of a pruned column exceeds 1.
    fn departure(&self, at: &Visited<R::Kept>) -> f64 {
        let kept = residual(&at.statistics, at.point(), &at.prior, self.intercept);
        self.decisions(at)
            .iter()
            .fold(kept, |worst, d| d.pruned().fold(worst, |worst, j| worst.max(d.ratio(j) - 1.0)))
    }

    /// The largest z² of a column at `point`, which keeps none.
    ///
    /// # Errors
    /// A pass that fails.
    pub fn top(&self, point: Point) -> Result<f64, Error> {
        let at = self.visit(point, self.prior)?;
        let one = |d: &Decision<'_>| (0..self.columns).map(|j| d.ratio(j)).fold(0.0, f64::max);
        Ok(self.decisions(&at).iter().map(one).fold(0.0, f64::max))
    }

    /// Ascends from `start`.
    ///
    /// # Errors
    /// A pass that fails.
    pub fn run(&self, start: Point, watch: Watch<'_>) -> Result<Reached, Error> {
        let mut at = self.visit(start, self.prior)?;
        self.learn(&mut at);
        let mut memory = Memory {
            acceleration: Acceleration::default(),
            previous: f64::INFINITY,
            stride: self.rows.parts().max(1),
            damping: 0.0,
            cautious: false,
        };
        let mut trace = Vec::new();
        let mut rounds = 0;
        let status = loop {
            if rounds >= self.stopping.max_rounds {
                break Status::MaxIterations;
            }
            rounds += 1;
            let (next, distance) = match self.round(&at, &mut memory)? {
                Step::Moved { next, distance } => (next, distance),
                Step::Stuck => {
                    trace.push(at.objective);
                    // Columns at the very threshold may come and go for ever.
                    break if self.optimal(&at, self.stopping.tolerance) {
                        Status::Converged
                    } else {
                        Status::Stalled
                    };
                }
            };
            memory.previous = distance;
            at = *next;
            self.learn(&mut at);
            trace.push(at.objective);
            if watch(rounds, at.objective, at.point().kept()).is_break() {
                break Status::StoppedByCallback;
            }
            if self.optimal(&at, THRESHOLD) {
                break Status::Converged;
            }
        };
        let residual = self.departure(&at);
        let Visited { plan, objective, prior, .. } = at;
        Ok(Reached { point: plan.point, objective, prior, status, residual, rounds, trace })
    }

    /// Every how many blocks one gives the curvature: enough rows for the features, or as many as the last rounds needed.
    fn stride(&self, features: &[Features<'_>], last: usize) -> usize {
        let most = features.iter().map(Features::len).max().unwrap_or(0);
        let wanted = (ROWS_PER_FEATURE * most).max(FEWEST_ROWS);
        (self.rows.count() / wanted).clamp(1, last.max(1))
    }

    /// One round from `at`.
    fn round(&self, at: &Visited<R::Kept>, memory: &mut Memory) -> Result<Step<R::Kept>, Error> {
        let working = self.working(at);
        let pairs = working.iter().zip(&at.point().outputs);
        let features: Vec<Features<'_>> = pairs.map(|(columns, p)| Features::new(columns, p)).collect();
        memory.stride = self.stride(&features, memory.stride);
        loop {
            let step = self.step(at, &features, memory)?;
            // A step that fails on the curvature of some rows is tried on that of more.
            if memory.stride == 1 || matches!(step, Step::Moved { .. }) {
                return Ok(step);
            }
            memory.stride = (memory.stride / 4).max(1);
            memory.acceleration.reset();
            memory.damping = 0.0;
        }
    }

    /// A step on the curvature of every `stride`-th block, damped until the objective rises.
    fn step(
        &self,
        at: &Visited<R::Kept>,
        features: &[Features<'_>],
        memory: &mut Memory,
    ) -> Result<Step<R::Kept>, Error> {
        let point = at.point();
        let stride = memory.stride;
        let curvature = self.rows.curvature(&at.plan, (&at.statistics, &at.kept), features, stride)?;
        let sums = at.statistics.outputs.iter().zip(features.iter().cloned());
        let locals: Vec<Local<'_>> = sums
            .zip(curvature)
            .zip(&point.outputs)
            .map(|(((sums, features), c), p)| Local::new(sums, features, c, p, self.intercept))
            .collect();
        let noise = self.likelihood.noise() * (self.rows.count() as f64 + at.statistics.bound.abs());
        let least = if memory.cautious { LEAST_CAUTIOUS } else { LEAST_DAMPING };
        let mut damping = if memory.damping < least { 0.0 } else { memory.damping };
        let first = damping;
        loop {
            let inner = Inner {
                prior: at.prior,
                damping,
                cautious: memory.cautious,
                // A local model is not worth more than a fraction of the step that it is good for.
                tolerance: (0.01 * memory.previous).min(0.01).max(0.1 * self.stopping.tolerance),
                sweeps: SWEEPS,
                cycles: CYCLES,
            };
            let mut coupled = self.rows.coupled(&at.kept, point.outputs.len(), stride);
            let goal = trial(locals.clone(), &inner, coupled.as_mut());
            let distance = self.distance(&at.statistics, point, &goal);
            if damping == 0.0
                && let Some(better) = memory.acceleration.propose(
                    &at.statistics,
                    point,
                    &goal,
                    self.intercept,
                    at.prior.is_shared(),
                )
            {
                let mut next = self.visit(better, at.prior)?;
                // Under the old precision a point that asks for another one looks worse than it is.
                self.learn(&mut next);
                if next.objective >= at.objective {
                    return Ok(Step::Moved { next: Box::new(next), distance });
                }
                memory.acceleration.reset();
            }
            let next = self.visit(goal, at.prior)?;
            if next.objective >= at.objective {
                // A damping that was just too little is not tried again at once.
                let wait = memory.cautious && damping > first;
                memory.damping = if wait { damping } else { damping / SOFTER };
                memory.cautious &= damping > 0.0;
                return Ok(Step::Moved { next: Box::new(next), distance });
            }
            let lost = next.objective < at.objective - noise;
            if damping >= MOST_DAMPING || (damping == 0.0 && !lost && distance <= self.stopping.tolerance) {
                return Ok(Step::Stuck);
            }
            memory.acceleration.reset();
            damping = if damping > 0.0 { damping * HARDER } else { 1.0 };
            if damping > PLAIN && !memory.cautious {
                (memory.cautious, damping) = (true, 1.0);
            }
        }
    }
}

enum Step<K> {
    Moved { next: Box<Visited<K>>, distance: f64 },
    Stuck,
}

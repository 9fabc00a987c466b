//! The outer loop: rounds of 'local model, step, pass' until the step is below the tolerance.
//!
//! The objective is L = Σ_n ω_n E log p(t_n | z_n) − λ Σ KL(α). A round maximises the local model around the present point, then
//! takes a pass over the rows at the new point. Where L has not risen, the step in (θ, σ², b, c) is halved until it has, so that L
//! never falls.

use core::ops::ControlFlow;

use estimator::Status;

use crate::pass::likelihood::Likelihood;
use crate::pass::plan::Plan;
use crate::pass::point::{Point, Predictor};
use crate::pass::row_state::RowState;
use crate::pass::statistics::Statistics;
use crate::solve::acceleration::Acceleration;
use crate::solve::coupled::Coupled;
use crate::solve::rows::InMemory;
use crate::solve::trial::{Inner, trial};
use crate::solve::working::{violated, working};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopping {
    /// Largest move of a full step, in standard errors.
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
    pub status: Status,
    pub rounds: usize,
    pub trace: Vec<f64>,
}

/// Halvings of a step before the ascent gives up.
const HALVINGS: usize = 14;

/// The problem that rounds solve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ascent<'a> {
    pub rows: InMemory<'a>,
    pub likelihood: Likelihood,
    pub columns: usize,
    pub lambda: f64,
    pub intercept: bool,
    pub stopping: Stopping,
}

/// A point with its pass over the rows.
struct Visited {
    plan: Plan,
    statistics: Statistics,
    states: Vec<RowState>,
    objective: f64,
}

impl Ascent<'_> {
    fn visit(&self, point: Point, working: Vec<Vec<usize>>) -> Visited {
        let plan = Plan { likelihood: self.likelihood, point, working, columns: self.columns };
        let (statistics, states) = self.rows.pass(&plan);
        let objective = statistics.bound - self.lambda * plan.point.divergence();
        Visited { plan, statistics, states, objective }
    }

    fn working(&self, statistics: &Statistics, points: &[&Point]) -> Vec<Vec<usize>> {
        let one = |(k, sums)| {
            let kept: Vec<&Predictor> = points.iter().map(|p| &p.outputs[k]).collect();
            working(sums, &kept, self.lambda, self.intercept)
        };
        statistics.outputs.iter().enumerate().map(one).collect()
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

    /// Whether no pruned column at all exceeds the threshold.
    fn optimal(&self, at: &Visited) -> bool {
        let pairs = at.statistics.outputs.iter().zip(&at.plan.point.outputs);
        !pairs.into_iter().any(|(sums, predictor)| {
            let kept: Vec<usize> = predictor.weights.iter().map(|w| w.column).collect();
            violated(sums, &kept, self.lambda, self.intercept)
        })
    }

    fn settled(&self, at: &Visited) -> bool {
        let pairs = at.statistics.outputs.iter().zip(&at.plan.working);
        !pairs.into_iter().any(|(sums, working)| violated(sums, working, self.lambda, self.intercept))
    }

    /// Ascends from `start`.
    pub fn run(&self, start: Point, watch: Watch<'_>) -> Reached {
        let outputs = start.outputs.len();
        let mut at = self.visit(start, vec![Vec::new(); outputs]);
        let set = self.working(&at.statistics, &[&at.plan.point]);
        if set.iter().any(|s| !s.is_empty()) {
            at = self.visit(at.plan.point, set);
        }
        let mut trace = Vec::new();
        let mut rounds = 0;
        let mut previous = f64::INFINITY;
        let mut acceleration = Acceleration::default();
        let status = loop {
            if rounds >= self.stopping.max_rounds {
                break Status::MaxIterations;
            }
            rounds += 1;
            let (next, distance, full) = match self.round(&mut at, previous, &mut acceleration) {
                Step::Moved { next, distance, full } => (next, distance, full),
                Step::Stuck { distance } => {
                    trace.push(at.objective);
                    let small = distance <= self.stopping.tolerance && self.optimal(&at);
                    break if small { Status::Converged } else { Status::Stalled };
                }
            };
            previous = distance;
            let gain = next.objective - at.objective;
            at = next;
            trace.push(at.objective);
            if watch(rounds, at.objective, at.plan.point.kept()).is_break() {
                break Status::StoppedByCallback;
            }
            // Near a maximum the gain is of the order of the squared distances of the weights to it, in nats.
            let kept = at.plan.point.kept().max(1) as f64;
            let tolerance = self.stopping.tolerance;
            let small = distance <= tolerance || gain <= tolerance * tolerance * kept;
            if full && small && self.settled(&at) {
                break Status::Converged;
            }
        };
        Reached { point: at.plan.point, objective: at.objective, status, rounds, trace }
    }

    /// One round from `at`.
    fn round(&self, at: &mut Visited, previous: f64, acceleration: &mut Acceleration) -> Step {
        let inner = Inner {
            lambda: self.lambda,
            intercept: self.intercept,
            // A local model is not worth more than a fraction of the step that it is good for.
            tolerance: (0.01 * previous).clamp(0.1 * self.stopping.tolerance, 0.01),
            limit: 100,
        };
        let point = &at.plan.point;
        let mut coupled = (point.outputs.len() > 1)
            .then(|| Coupled::new(self.rows, std::mem::take(&mut at.states), point.outputs.len()));
        let goal = trial(&at.statistics, point, &at.plan.working, &inner, coupled.as_mut());
        let distance = self.distance(&at.statistics, point, &goal);
        let working = self.working(&at.statistics, &[point, &goal]);
        let noise = self.likelihood.noise() * (self.rows.count() as f64 + at.statistics.bound.abs());
        if let Some(better) = acceleration.propose(&at.statistics, point, &goal, self.intercept) {
            let next = self.visit(better, working.clone());
            if next.objective >= at.objective {
                return Step::Moved { next, distance, full: true };
            }
            acceleration.reset();
        }
        let steady = point.steady(&goal);
        let entries = point.entering(&goal);
        // Where the whole step fails, weights that enter and leave together are often at fault: their changes are tried apart.
        for (tried, halvings) in [(&goal, 3), (&steady, HALVINGS), (&entries, HALVINGS)] {
            let distance = self.distance(&at.statistics, point, tried);
            if distance == 0.0 {
                continue;
            }
            let mut share = 1.0;
            for halving in 0..halvings {
                let candidate = if halving == 0 { tried.clone() } else { point.towards(tried, share) };
                let next = self.visit(candidate, working.clone());
                if next.objective >= at.objective {
                    let full = halving == 0 && std::ptr::eq(tried, &goal);
                    return Step::Moved { next, distance, full };
                }
                if next.objective >= at.objective - noise && distance * share <= self.stopping.tolerance {
                    break;
                }
                share *= 0.5;
            }
        }
        Step::Stuck { distance: self.distance(&at.statistics, point, &steady) }
    }
}

enum Step {
    Moved { next: Visited, distance: f64, full: bool },
    Stuck { distance: f64 },
}

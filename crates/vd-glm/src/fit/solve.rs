//! The problems of a fit, solved one after the other or side by side: selection, and refit.

use core::ops::ControlFlow;

use estimator::Status;
use rayon::prelude::*;

use crate::error::Error;
use crate::fit::joint::Joint;
use crate::fit::problem::{Callback, Problem};
use crate::params::settings::{Settings, Slab};
use crate::pass::likelihood::Likelihood;
use crate::pass::point::Point;
use crate::progress::Progress;
use crate::solve::ascent::Reached;
use crate::solve::prior::{Prior, precision};

/// Solves every problem at the settings' λ from `starts`, or from the empty models: side by side where no one watches. A callback that
/// breaks leaves the later ones out.
pub(crate) fn select(
    problem: &Problem,
    joints: &[Joint],
    settings: &Settings,
    starts: Option<&[Point]>,
    progress: Option<Callback<'_>>,
) -> Result<Vec<Reached>, Error> {
    let start = |k: usize| starts.and_then(|s| s.get(k)).unwrap_or(&joints[k].empty).clone();
    let Some(progress) = progress else {
        let one =
            |k: usize| {
                solve(&Held { problem, joint: &joints[k] }, start(k), settings, &mut |_| {
                    ControlFlow::Continue(())
                })
            };
        return problem.on_threads(|| (0..joints.len()).into_par_iter().map(one).collect());
    };
    let mut all: Vec<Reached> = Vec::with_capacity(joints.len());
    for (k, joint) in joints.iter().enumerate() {
        let reached = solve(&Held { problem, joint }, start(k), settings, progress)?;
        let stopped = reached.status == Status::StoppedByCallback;
        all.push(reached);
        if stopped {
            break;
        }
    }
    Ok(all)
}

/// Fits that find the slab's precision at most, how exact they are, and the change of log a that ends them, and the
/// share of the slab in a weight's curvature below which it need not be found.
const LEARNING: usize = 8;
const LEARNING_TOLERANCE: f64 = 0.1;
const LEARNED: f64 = 0.05;
const IDLE: f64 = 1e-3;

/// The largest learned slab of columns that share α, as a share of the curvature S that a column has in the empty model. A column that is just
/// kept has weights near 0 for every class: they ask for a slab that drops more columns, and so on until none is left. So much of S decides
/// nothing where samples do.
const MOST: f64 = 0.01;

/// A problem that can be solved from a point under a prior, wherever its rows are.
pub(crate) trait Solvable {
    fn likelihood(&self) -> Likelihood;

    /// The largest precision that a learned slab may have.
    fn most_precision(&self, _: Prior) -> f64 {
        f64::INFINITY
    }

    fn ascend(
        &self,
        prior: Prior,
        start: Point,
        settings: &Settings,
        progress: Callback<'_>,
    ) -> Result<Reached, Error>;
}

/// A problem whose rows are in memory.
struct Held<'a> {
    problem: &'a Problem,
    joint: &'a Joint,
}

impl Solvable for Held<'_> {
    fn likelihood(&self) -> Likelihood {
        self.joint.likelihood
    }

    fn most_precision(&self, prior: Prior) -> f64 {
        if prior.is_shared() {
            MOST * self.joint.curvature(&self.problem.rows.weights)
        } else {
            f64::INFINITY
        }
    }

    fn ascend(
        &self,
        prior: Prior,
        start: Point,
        settings: &Settings,
        progress: Callback<'_>,
    ) -> Result<Reached, Error> {
        self.problem.solve(self.joint, prior, start, settings, progress)
    }
}

/// Solves one problem; a learned slab is found first, each fit starting from the one before, and then held.
pub(crate) fn solve(
    solvable: &impl Solvable,
    start: Point,
    settings: &Settings,
    progress: Callback<'_>,
) -> Result<Reached, Error> {
    let outputs = solvable.likelihood().outputs();
    let prior = |slab: f64| settings.prior(slab, outputs);
    let left = |rounds: usize| settings.max_rounds.saturating_sub(rounds);
    let mut start = start;
    let mut rounds = 0;
    let slab = match settings.slab {
        Slab::None => 0.0,
        Slab::Precision(a) => a,
        Slab::Learned => {
            let rough =
                Settings { tolerance: LEARNING_TOLERANCE.max(settings.tolerance), ..settings.clone() };
            let least = solvable.likelihood().least_precision();
            let most = solvable.most_precision(prior(1.0));
            let precision = |point: &Point| precision(point, least).map(|a| a.min(most));
            let mut a = precision(&start).unwrap_or(most.min(1.0));
            for _ in 0..LEARNING {
                let rough = Settings { max_rounds: left(rounds), ..rough.clone() };
                let reached = solvable.ascend(prior(a), start, &rough, &mut later(rounds, progress))?;
                rounds += reached.rounds;
                if reached.status == Status::StoppedByCallback {
                    return Ok(Reached { rounds, ..reached });
                }
                start = reached.point;
                let next = precision(&start).unwrap_or(a);
                let change = (next / a).ln();
                // σ² is at most 1/(S + a) of a weight: where aσ² is small, S ≫ a and the slab is nothing.
                let idle =
                    start.outputs.iter().flat_map(|o| &o.weights).all(|w| a.max(next) * w.variance < IDLE);
                a = next;
                if change.abs() < LEARNED || idle || left(rounds) == 0 {
                    break;
                }
            }
            a
        }
    };
    let rest = Settings { max_rounds: left(rounds), ..settings.clone() };
    let reached = solvable.ascend(prior(slab), start, &rest, &mut later(rounds, progress))?;
    Ok(Reached { rounds: rounds + reached.rounds, ..reached })
}

/// The callback of an ascent that follows on `rounds` rounds.
fn later<'c>(rounds: usize, progress: Callback<'c>) -> impl FnMut(&Progress) -> ControlFlow<()> + 'c {
    move |p| progress(&Progress { iteration: rounds + p.iteration, ..*p })
}

/// The kept weights again, under a normal prior whose precision is learned, one for each problem.
pub(crate) fn ridge(
    problem: &Problem,
    joints: &[Joint],
    settings: &Settings,
    points: &[Point],
) -> Result<Vec<Reached>, Error> {
    let one = |(joint, point): (&Joint, &Point)| refit(&Held { problem, joint }, settings, point);
    problem.on_threads(|| joints.par_iter().zip(points).map(one).collect())
}

/// One problem's kept weights again.
pub(crate) fn refit(solvable: &impl Solvable, settings: &Settings, point: &Point) -> Result<Reached, Error> {
    let prior = Prior::Normal { precision: 1.0 }.learned(point, solvable.likelihood().least_precision());
    solvable.ascend(prior, point.clone(), settings, &mut |_| ControlFlow::Continue(()))
}

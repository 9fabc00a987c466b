//! The search for λ and the refit: every fold down the path, the curve, the choice, and the fit to all data.

use core::ops::ControlFlow;

use estimator::{InputError, Status, Values, folds, mean_and_error};
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::params::{Params, Refit};
use crate::prepare::columns::Columns;
use crate::prepare::normalise::{Target, target};
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::progress::unwatched;
use crate::select::cross_validation::fold::{Fold, Step};
use crate::select::cross_validation::selection::Selection;
use crate::select::cross_validation::settings::{CrossValidation, CvPoint};
use crate::solve::descent::{Place, rho_max};
use crate::solve::operator::Thresholding;
use crate::solve::state::{Beta, State};
use crate::solve::swap_moves::SwapMoves;

/// Where a cross-validation stands after one λ.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CvProgress<'c> {
    /// Number of values of λ done, of at most [`CrossValidation::points`].
    pub done: usize,
    /// The curve so far, λ falling, every refit at every λ.
    pub curve: &'c [CvPoint],
}

type Callback<'c> = &'c mut dyn FnMut(&CvProgress<'_>) -> ControlFlow<()>;

impl<P: Thresholding + Clone> Params<P> {
    /// Chooses λ and the refit by cross-validation, then fits all data. `lambda`, `refit` and `algorithm` are not used.
    ///
    /// The noise level of the path is pre-estimated from all data, or the fixed one; it sets the scale of λ and nothing else, since θ
    /// depends on λ/β alone.
    ///
    /// # Errors
    /// As [`Params::fit`]; [`InputError::Folds`]; a value of `cv` out of range; [`InputError::Combination`] for a learned noise level.
    pub fn cross_validate<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        cv: &CrossValidation,
    ) -> Result<Selection, Error> {
        self.cross_validate_with(x, t, cv, |_| ControlFlow::Continue(()))
    }

    /// [`Params::cross_validate`] with a callback after every λ. A callback that breaks ends the curve there; the choice among its points
    /// is made and fitted, with the status [`Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`Params::cross_validate`].
    pub fn cross_validate_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        cv: &CrossValidation,
        mut progress: impl FnMut(&CvProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Selection, Error> {
        cv.check()?;
        solve(self, x.into(), t.into(), Search { cv, progress: &mut progress })
    }
}

struct Search<'a> {
    cv: &'a CrossValidation,
    progress: Callback<'a>,
}

/// The curve with the losses that its points average.
struct Curve {
    points: Vec<CvPoint>,
    losses: Vec<Vec<f64>>,
    stopped: bool,
}

impl<P: Thresholding + Clone> Task<P> for Search<'_> {
    type Output = Selection;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Selection, Error> {
        let cv = self.cv;
        let fold_of = folds(problem.rows.index.len(), cv.folds, cv.seed)?;
        let target = target(problem.t, problem.rows)?;
        let prepared = prepare(problem.rows)?;
        let job = Job { problem, target: &target };
        let empty = job.empty(&prepared);
        let top = rho_max(&empty);
        let mut swaps = SwapMoves::new();
        let beta = job.held_beta(&prepared, &mut empty.clone(), &mut swaps)?;
        let mut folds = (0..cv.folds)
            .into_par_iter()
            .map(|f| deal(problem, &prepare, &fold_of, f, (&target, 1.0 / beta)))
            .collect::<Result<Vec<_>, _>>()?;
        let Curve { points: curve, losses, stopped } = self.curve(problem, &mut folds, top * beta);
        let chosen = cv.rule.choose(&curve, &losses);
        let CvPoint { lambda, refit, .. } = curve[chosen];
        let mut state = empty;
        swaps.restrict(prepared.varying(), 1.0 / beta);
        job.descent(&prepared, &mut swaps).descend(&mut state, top, Place { rho: lambda / beta, lambda });
        let params = Params { lambda, refit: Refit::None, ..problem.params.clone() };
        let (mut selected, state) =
            job.with(&params).conclude(&prepared, state, Beta::Fixed(beta), &mut unwatched)?;
        let params = Params { refit, ..params };
        let (mut fit, _) = job.with(&params).conclude(&prepared, state, Beta::Fixed(beta), &mut unwatched)?;
        if stopped {
            selected.report.status = Status::StoppedByCallback;
            fit.report.status = Status::StoppedByCallback;
        }
        Ok(Selection { fit, selected, curve, chosen })
    }
}

/// Fold `f`, at its empty model; `whole` has the target and the noise variance of all data.
fn deal<C: Columns, P>(
    problem: Problem<'_, P>,
    prepare: &impl Fn(&Rows) -> Result<Prepared<C>, InputError>,
    fold_of: &[usize],
    f: usize,
    whole: (&Target, f64),
) -> Result<Fold<C>, Error> {
    let train = problem.rows.filtered(|k| fold_of[k] != f);
    let prepared = prepare(&train)?;
    let target = target(problem.t, &train)?;
    let state = State::empty(&prepared.columns, &target.values, train.n);
    let held_out = (0..fold_of.len()).filter(|&k| fold_of[k] == f).collect();
    let variance = whole.1 * (whole.0.scale / target.scale).powi(2);
    let mut swaps = SwapMoves::new();
    swaps.restrict(prepared.varying(), variance);
    Ok(Fold { prepared, target, held_out, state, swaps, variance })
}

impl Search<'_> {
    /// The held-out errors down the path.
    fn curve<C: Columns + Send, P: Thresholding + Clone>(
        self,
        problem: Problem<'_, P>,
        folds: &mut [Fold<C>],
        first: f64,
    ) -> Curve {
        let cv = self.cv;
        let first = first.max(cv.smallest);
        let ratio = (cv.smallest / first).min(0.999).powf(1.0 / (cv.points as f64 - 1.0));
        let (mut points, mut losses) = (Vec::new(), Vec::new());
        let mut lambda = first;
        for done in 1..=cv.points {
            let stepped: Vec<Step> =
                folds.par_iter_mut().map(|fold| fold.step(problem, &cv.refits, lambda)).collect();
            let kept = stepped.iter().map(|s| s.kept as f64).sum::<f64>() / folds.len() as f64;
            for (k, &refit) in cv.refits.iter().enumerate() {
                let loss: Vec<f64> = stepped.iter().flat_map(|s| s.losses[k].iter().copied()).collect();
                let (error, standard_error) = mean_and_error(&loss);
                points.push(CvPoint { lambda, refit, error, standard_error, kept });
                losses.push(loss);
            }
            if (self.progress)(&CvProgress { done, curve: &points }).is_break() {
                return Curve { points, losses, stopped: true };
            }
            if enough(&points, cv.refits.len(), kept / problem.rows.n) {
                break;
            }
            lambda *= ratio;
        }
        Curve { points, losses, stopped: false }
    }
}

/// Whether the path is past what could be chosen: more features than leave noise to estimate (`kept` is their number over the
/// number of samples), or every refit's error risen for good.
fn enough(curve: &[CvPoint], refits: usize, kept: f64) -> bool {
    if kept > 0.4 {
        return true;
    }
    (0..refits).all(|q| {
        let errors: Vec<f64> = curve.iter().skip(q).step_by(refits).map(|p| p.error).collect();
        let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let place = errors.iter().position(|e| *e == best).unwrap_or(0);
        errors.len() > place + 6 && errors.last().is_some_and(|now| *now > 1.03 * best)
    })
}

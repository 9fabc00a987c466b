//! The path of solutions from the empty model downwards.

use core::ops::ControlFlow;

use estimator::{Check, Fit, InputError, Report, Status, Values};

use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::model::Model;
use crate::params::Params;
use crate::prepare::columns::Columns;
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::progress::{Callback, Frame, Progress, unwatched};
use crate::solve::descent::{Place, rho_max};
use crate::solve::operator::Thresholding;
use crate::solve::state::Beta;
use crate::solve::swap_moves::SwapMoves;

/// Solutions at falling λ, each started from the one before.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Path {
    /// One fit per λ, in the order of the path: λ falling.
    pub fits: Vec<Fit<Model, Report>>,
    /// The λ above which the model is empty.
    pub empty_from: f64,
}

/// `points` values of λ from `largest` to `smallest`, evenly in log λ.
///
/// # Errors
/// [`estimator::InputError::Parameter`] unless 0 < smallest ≤ largest < ∞ and there are 1 to 1 000 000 points.
pub fn default_lambdas(largest: f64, smallest: f64, points: usize) -> Result<Vec<f64>, Error> {
    let ordered = smallest > 0.0 && smallest <= largest && largest.is_finite();
    Check::range("smallest", smallest, ordered, "a number above 0, at most `largest`, which is finite")?;
    Check::range("points", points as f64, (1..=1_000_000).contains(&points), "1 to 1 000 000")?;
    let step = if points > 1 { (smallest / largest).ln() / (points - 1) as f64 } else { 0.0 };
    Ok((0..points).map(|k| largest * (step * k as f64).exp()).collect())
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits at every λ of `lambdas` (sorted to fall), each started from the one before, with one noise level for all.
    ///
    /// The noise level is pre-estimated or fixed; a learned β would make each λ another noise level, so it is refused. `lambda` and
    /// `algorithm` of the parameters are not used: the path is coordinate ascent's.
    ///
    /// # Errors
    /// As [`Params::fit`]; [`InputError::Parameter`] for a λ out of range; [`InputError::Empty`] for an empty list;
    /// [`InputError::Combination`] for a learned noise level.
    pub fn path<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        lambdas: &[f64],
    ) -> Result<Path, Error> {
        self.path_with(x, t, lambdas, unwatched)
    }

    /// [`Params::path`] with a callback after every λ, whose progress counts the values of λ as iterations. A callback that breaks ends
    /// the path there: what has been fitted is returned, the last fit with the status [`Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`Params::path`].
    pub fn path_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        lambdas: &[f64],
        mut progress: impl FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Path, Error> {
        let mut lambdas = lambdas.to_vec();
        lambdas.sort_by(|a, b| b.total_cmp(a));
        if lambdas.is_empty() {
            return Err(InputError::Empty { what: "the list of λ", rows: 0, cols: 1 }.into());
        }
        for &lambda in &lambdas {
            Params { lambda, ..self.clone() }.check()?;
        }
        solve(self, x.into(), t.into(), Follow { lambdas, progress: &mut progress })
    }
}

struct Follow<'c> {
    lambdas: Vec<f64>,
    progress: Callback<'c>,
}

impl<P: Thresholding + Clone> Task<P> for Follow<'_> {
    type Output = Path;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Path, Error> {
        let prepared = prepare(problem.rows)?;
        let target = target(problem.t, problem.rows)?;
        let base = Job { problem, target: &target };
        let mut swaps = SwapMoves::new();
        let mut state = base.empty(&prepared);
        let top = rho_max(&state);
        let beta = base.held_beta(&prepared, &mut state.clone(), &mut swaps)?;
        swaps.restrict(prepared.varying(), 1.0 / beta);
        let frame = Frame { scales: &prepared.scales, unit: target.scale };
        let mut at = top;
        let mut fits = Vec::with_capacity(self.lambdas.len());
        for (k, &lambda) in self.lambdas.iter().enumerate() {
            let params = Params { lambda, ..problem.params.clone() };
            let job = base.with(&params);
            let rho = lambda / beta;
            job.descent(&prepared, &mut swaps).descend(&mut state, at, Place { rho, lambda });
            let (mut fit, reached) = job.conclude(&prepared, state, Beta::Fixed(beta), &mut unwatched)?;
            (state, at) = (reached, rho.min(at));
            let stop = (self.progress)(&Progress {
                iteration: k + 1,
                objective: fit.report.objective,
                kept: fit.model.kept(),
                noise_std: fit.model.noise_std(),
                state: &state,
                frame,
            })
            .is_break();
            if stop {
                fit.report.status = Status::StoppedByCallback;
            }
            fits.push(fit);
            if stop {
                break;
            }
        }
        Ok(Path { fits, empty_from: top * beta })
    }
}

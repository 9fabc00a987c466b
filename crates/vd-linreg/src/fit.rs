//! One fit: the methods of [`Params`] that fit, and the shared trait.

use core::ops::ControlFlow;

use estimator::{Estimator, Fit, InputError, Report, Values};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

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
use crate::progress::{Callback, Progress, unwatched};
use crate::solve::operator::Thresholding;

struct One<'c>(Callback<'c>);

impl<P: Thresholding + Clone> Task<P> for One<'_> {
    type Output = Fit<Model, Report>;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Self::Output, Error> {
        let target = target(problem.t, problem.rows)?;
        Job { problem, target: &target }.run(&prepare(problem.rows)?, self.0)
    }
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits t ≈ Xθ + b.
    ///
    /// `x` is N x D (`&DMatrix<f64>`, `&CscMatrix<f64>` or [`Design::from_row_major`]), `t` has N numbers (`&[f64]`, `&Vec<f64>`,
    /// `&DVector<f64>`). An iteration is a sweep over the working set, or a block update. The report's objective is
    /// [`crate::Objective::value`] at the returned model, in nats (of the model before the refit, if there is one); its residual is
    /// [`crate::Optimality::largest`], computed apart from the solver.
    ///
    /// # Errors
    /// A parameter out of range, shapes that disagree, an entry that is not finite, a target that does not vary (unless the
    /// noise is fixed), results outside the range of `f64`.
    pub fn fit<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
    ) -> Result<Fit<Model, Report>, Error> {
        self.fit_with(x, t, unwatched)
    }

    /// [`Params::fit`] with a callback after every iteration of the final ascent; a callback that breaks ends the fit with what has
    /// been reached.
    ///
    /// # Errors
    /// As [`Params::fit`].
    pub fn fit_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        mut progress: impl FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Fit<Model, Report>, Error> {
        solve(self, x.into(), t.into(), One(&mut progress))
    }

    /// Fits every column of `t` (N x K) on its own, in parallel.
    ///
    /// # Errors
    /// As [`Params::fit`]; the first column's error if several fail.
    pub fn fit_many<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DMatrix<f64>,
    ) -> Result<Vec<Fit<Model, Report>>, Error>
    where
        P: Send,
    {
        let x = x.into();
        let targets: Vec<DVector<f64>> = t.column_iter().map(|t| t.into_owned()).collect();
        let fits: Vec<_> = targets.par_iter().map(|t| self.fit(x, t)).collect();
        fits.into_iter().collect()
    }
}

impl<X, P> Estimator<X, [f64]> for Params<P>
where
    X: ?Sized,
    for<'x> &'x X: Into<Design<'x>>,
    P: Thresholding + Clone,
{
    type Model = Model;
    type Report = Report;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        Self::check(self)
    }

    fn fit_with(
        &self,
        x: &X,
        t: &[f64],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model, Report>, Error> {
        Self::fit_with(self, x, t, |p| progress(p))
    }
}

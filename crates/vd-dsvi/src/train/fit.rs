//! `fit` and `fit_with`, as methods of the parameters and as the trait that all estimators share.

use core::ops::ControlFlow;

use estimator::{Estimator, Fit, Labels, Values};
use nalgebra::DMatrix;

use crate::data::inputs::Inputs;
use crate::data::targets::Targets;
use crate::error::Error;
use crate::model::Model;
use crate::params::Params;
use crate::real::Real;
use crate::train::progress::Progress;
use crate::train::report::TrainingReport;
use crate::train::training::Training;

impl Params {
    /// Trains on `x` (N x D) and `t`, in the precision of `x`.
    ///
    /// # Errors
    /// Parameters, inputs or targets that are refused; [`Error::Diverged`] if the arithmetic breaks down.
    pub fn fit<'t, R: Real>(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        self.fit_with(x, t, |_| ControlFlow::Continue(()))
    }

    /// [`Params::fit`] with a progress callback, which can stop the fit and keep what it has.
    ///
    /// # Errors
    /// As for [`Params::fit`].
    pub fn fit_with<'t, R: Real>(
        &self,
        x: &(impl Inputs<R> + ?Sized),
        t: impl Into<Targets<'t, R>>,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        Training::new(self.clone(), x, t)?.run(progress)
    }
}

impl<R: Real> Estimator<DMatrix<R>, [usize]> for Params {
    type Model = Model<R>;
    type Report = TrainingReport;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &DMatrix<R>,
        t: &[usize],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        self.fit_with(x, Labels::from(t), |p| progress(p))
    }
}

impl<R: Real> Estimator<DMatrix<R>, [f64]> for Params {
    type Model = Model<R>;
    type Report = TrainingReport;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &DMatrix<R>,
        t: &[f64],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model<R>, TrainingReport>, Error> {
        self.fit_with(x, Values::from(t), |p| progress(p))
    }
}

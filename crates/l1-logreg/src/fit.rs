//! A fit at one C.

use core::ops::ControlFlow;

use estimator::{Estimator, Fit, Labels, Report, unwatched};

use crate::error::Error;
use crate::matrix::FeatureMatrix;
use crate::model::Model;
use crate::params::Params;
use crate::path::runner::Runner;
use crate::solver::algorithm::Progress;

impl Params {
    /// Fits W and b to features (N x D) and labels (N, classes 0 to K − 1).
    ///
    /// `report.objective` is C Σ f + Ω(W), `report.residual` the relative duality gap of the [`Certificate`](crate::Certificate),
    /// `report.status` is [`Converged`](estimator::Status::Converged) only if that gap is within the tolerance. An iteration is one of the
    /// solver's.
    ///
    /// # Errors
    /// A parameter out of range; features that are empty, not finite or above 1e300; labels that do not match them, of one class, or
    /// with a class that has no sample.
    ///
    /// ```
    /// # use l1_logreg::{nalgebra::DMatrix, Params};
    /// let x = DMatrix::from_row_slice(6, 1, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    /// let fit = Params::new().c(10.0).fit(&x, &[0, 0, 1, 0, 1, 1])?;
    /// let report = fit.report.require_converged().unwrap();
    /// assert!(fit.model.weights()[(0, 0)] > 0.0, "larger x: class 1 rather than class 0");
    /// # Ok::<(), l1_logreg::Error>(())
    /// ```
    pub fn fit<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
    ) -> Result<Fit<Model>, Error> {
        self.fit_with(x, labels, |p: &Progress| unwatched(p))
    }

    /// Fits with a callback that sees every iteration and may stop the fit ([`fit`](Self::fit)).
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model>, Error> {
        let labels = labels.into();
        let mut runner = Runner::new(*self, x, labels)?;
        Ok(runner.certified(self.c, x, labels.as_slice(), &mut progress).fit)
    }
}

impl<X: FeatureMatrix> Estimator<X, [usize]> for Params {
    type Model = Model;
    type Report = Report;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &X,
        t: &[usize],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model>, Error> {
        self.fit_with(x, t, |p: &Progress| progress(p))
    }
}

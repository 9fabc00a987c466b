//! The softmax machine from the caller's table to the fitted model.

use core::cell::RefCell;
use core::ops::ControlFlow;

use estimator::{Estimator, Fit, Labels};
use nalgebra::DMatrix;

use crate::classification::fit::fit as maximise;
use crate::classification::softmax::likelihood::Softmax;
use crate::classification::softmax::model::SoftmaxModel;
use crate::classification::softmax::params::SoftmaxParams;
use crate::design::features::Features;
use crate::design::{Design, check_features};
use crate::error::Error;
use crate::posterior::Posterior;
use crate::progress::Progress;
use crate::watch::Watch;

impl SoftmaxParams {
    /// Fits the joint softmax model on `x` (N x D) and `labels` 0, 1, …, K − 1.
    ///
    /// The Hessian is the full one over all classes, `diag(p) − p pᵀ` per sample, so that the precisions of a class know
    /// what the other classes explain. Memory O((K D)²), time O(N (K D)²) per linearisation, which is an iteration. The
    /// report's objective is Laplace's log evidence in nats; the residual is the largest gain in evidence that a single step on
    /// a freshly linearised model would still offer.
    ///
    /// # Errors
    /// Bad input, or results outside the range of `f64`; see [`Error`].
    pub fn fit<'t>(
        &self,
        x: &DMatrix<f64>,
        labels: impl Into<Labels<'t>>,
    ) -> Result<Fit<SoftmaxModel>, Error> {
        self.fit_with(x, labels, |_| ControlFlow::Continue(()))
    }

    /// Fits like [`fit`](Self::fit) and shows the [`Progress`]; on `Break` the model so far is returned.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with<'t>(
        &self,
        x: &DMatrix<f64>,
        labels: impl Into<Labels<'t>>,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<SoftmaxModel>, Error> {
        fit(self, x, labels.into(), progress)
    }
}

impl Estimator<DMatrix<f64>, [usize]> for SoftmaxParams {
    type Model = SoftmaxModel;
    type Report = estimator::Report;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &DMatrix<f64>,
        t: &[usize],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<SoftmaxModel>, Error> {
        self.fit_with(x, t, |p| progress(p))
    }
}

fn fit(
    params: &SoftmaxParams,
    x: &DMatrix<f64>,
    labels: Labels<'_>,
    progress: impl FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Fit<SoftmaxModel>, Error> {
    params.check()?;
    check_features(x)?;
    let classes = labels.classes(x.nrows(), params.classes)?;
    let progress = RefCell::new(progress);
    let ask = |p: &Progress| match progress.try_borrow_mut() {
        Ok(mut progress) => progress(p),
        Err(_) => ControlFlow::Continue(()),
    };
    let watch = Watch::new(&ask, None);
    let design = Features::new(x, params.intercept, params.centre)?;
    let likelihood = Softmax { design: &design, labels: labels.as_slice(), classes };
    let (fit, report) = maximise(&likelihood, &params.settings(), &watch)?;
    let (m, width) = (design.len(), x.ncols() + usize::from(params.intercept));
    let posterior = Posterior::unscale(
        fit,
        classes * width,
        false,
        |i| i / m * width + design.original(i % m),
        |i| design.exponent(i % m),
        0,
    )?;
    let (dimension, intercept, centre) = (x.ncols(), params.intercept, design.centre().cloned());
    Ok(Fit { model: SoftmaxModel { classes, dimension, intercept, centre, posterior }, report })
}

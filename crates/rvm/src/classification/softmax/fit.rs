//! The softmax machine from the caller's table to the fitted model.

use core::cell::RefCell;
use core::ops::ControlFlow;

use estimator::{Fit, Labels};
use nalgebra::DMatrix;

use crate::classification::softmax::likelihood::Softmax;
use crate::classification::softmax::model::SoftmaxModel;
use crate::classification::softmax::params::SoftmaxParams;
use crate::classification::state;
use crate::design::features::Features;
use crate::design::{Design, check_features};
use crate::error::Error;
use crate::posterior::Posterior;
use crate::progress::Progress;
use crate::watch::Watch;

pub(super) fn fit(
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
    let (fit, report) = state::fit(&likelihood, &params.settings(), &watch)?;
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

//! One-vs-rest from the caller's table to the fitted model.

use core::cell::{Cell, RefCell};
use core::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use estimator::{Estimator, Fit, Labels, Report};
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::basis::Basis;
use crate::classification::fit::fit as maximise;
use crate::classification::one_vs_rest::bernoulli::Bernoulli;
use crate::classification::one_vs_rest::model::OneVsRestModel;
use crate::classification::one_vs_rest::params::OneVsRestParams;
use crate::classification::one_vs_rest::report::OneVsRestReport;
use crate::design::features::Features;
use crate::design::kept::Kept;
use crate::design::kernel::KernelDesign;
use crate::design::{Design, check_features};
use crate::error::Error;
use crate::posterior::Posterior;
use crate::progress::Progress;
use crate::watch::Watch;

type Fitted = Fit<OneVsRestModel, OneVsRestReport>;
type ClassFit = Result<(Posterior, Report), Error>;
type Ask<'a> = &'a dyn Fn(&Progress) -> ControlFlow<()>;

/// In which order the classes are fitted; each fit is the same, to the bit.
trait Schedule {
    fn ask(&self, progress: &Progress) -> ControlFlow<()>;
    fn run(&self, classes: usize, one: impl Fn(usize, Ask<'_>) -> ClassFit + Sync) -> Vec<ClassFit>;
}

/// Side by side on rayon's pool.
struct SideBySide<F> {
    progress: Mutex<F>,
    stop: AtomicBool,
}

impl<F: FnMut(&Progress) -> ControlFlow<()> + Send> Schedule for SideBySide<F> {
    fn ask(&self, at: &Progress) -> ControlFlow<()> {
        if !self.stop.load(Ordering::Relaxed)
            && let Ok(mut progress) = self.progress.lock()
            && progress(at).is_break()
        {
            self.stop.store(true, Ordering::Relaxed);
        }
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn run(&self, classes: usize, one: impl Fn(usize, Ask<'_>) -> ClassFit + Sync) -> Vec<ClassFit> {
        (0..classes).into_par_iter().map(|class| one(class, &|at| self.ask(at))).collect()
    }
}

/// One after the other, for callbacks that cannot go to another thread.
struct InTurn<F> {
    progress: RefCell<F>,
    stop: Cell<bool>,
}

impl<F: FnMut(&Progress) -> ControlFlow<()>> Schedule for InTurn<F> {
    fn ask(&self, at: &Progress) -> ControlFlow<()> {
        if !self.stop.get()
            && let Ok(mut progress) = self.progress.try_borrow_mut()
            && progress(at).is_break()
        {
            self.stop.set(true);
        }
        if self.stop.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn run(&self, classes: usize, one: impl Fn(usize, Ask<'_>) -> ClassFit + Sync) -> Vec<ClassFit> {
        (0..classes).map(|class| one(class, &|at| self.ask(at))).collect()
    }
}

impl OneVsRestParams {
    /// Fits one machine per class on `x` (N x D) and `labels` 0, 1, …, K − 1.
    ///
    /// The classes run side by side on rayon's pool; the result does not depend on the number of threads. An iteration is one
    /// linearisation of one class.
    ///
    /// # Errors
    /// Bad input, or results outside the range of `f64`; see [`Error`].
    pub fn fit<'t>(
        &self,
        x: &DMatrix<f64>,
        labels: impl Into<Labels<'t>>,
    ) -> Result<Fit<OneVsRestModel, OneVsRestReport>, Error> {
        self.fit_with(x, labels, |_| ControlFlow::Continue(()))
    }

    /// Fits like [`fit`](Self::fit) and shows the [`Progress`]; on `Break` the model so far is returned, for every class.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with<'t>(
        &self,
        x: &DMatrix<f64>,
        labels: impl Into<Labels<'t>>,
        progress: impl FnMut(&Progress) -> ControlFlow<()> + Send,
    ) -> Result<Fit<OneVsRestModel, OneVsRestReport>, Error> {
        fit(self, x, labels.into(), progress)
    }
}

impl Estimator<DMatrix<f64>, [usize]> for OneVsRestParams {
    type Model = OneVsRestModel;
    type Report = OneVsRestReport;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &DMatrix<f64>,
        t: &[usize],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<OneVsRestModel, OneVsRestReport>, Error> {
        super::fit::fit_in_turn(self, x, t.into(), |p| progress(p))
    }
}

/// Fits the classes side by side.
fn fit(
    params: &OneVsRestParams,
    x: &DMatrix<f64>,
    labels: Labels<'_>,
    progress: impl FnMut(&Progress) -> ControlFlow<()> + Send,
) -> Result<Fitted, Error> {
    let stop = AtomicBool::new(false);
    fit_as(params, x, labels, &SideBySide { progress: Mutex::new(progress), stop })
}

/// Fits the classes one after the other.
pub(super) fn fit_in_turn(
    params: &OneVsRestParams,
    x: &DMatrix<f64>,
    labels: Labels<'_>,
    progress: impl FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Fitted, Error> {
    let stop = Cell::new(false);
    fit_as(params, x, labels, &InTurn { progress: RefCell::new(progress), stop })
}

fn fit_as(
    params: &OneVsRestParams,
    x: &DMatrix<f64>,
    labels: Labels<'_>,
    schedule: &impl Schedule,
) -> Result<Fitted, Error> {
    params.check()?;
    check_features(x)?;
    let classes = labels.classes(x.nrows(), params.classes)?;
    let labels = labels.as_slice();
    match &params.basis {
        Basis::Features => {
            let design = Features::new(x, params.intercept, params.centre)?;
            let kept = Kept::Features { dimension: x.ncols(), centre: design.centre().cloned() };
            let fits = schedule.run(classes, |class, ask| {
                fit_class(params, &design, labels, x.ncols(), &Watch::new(ask, Some(class)))
            });
            collect(fits, |_| kept.clone())
        }
        Basis::Kernel(kernel) => {
            let ask = |at: &Progress| schedule.ask(at);
            let watch = Watch::new(&ask, None);
            watch.set(1, -((classes * x.nrows()) as f64) * core::f64::consts::LN_2, 0);
            let design = KernelDesign::new(kernel, x, params.intercept, params.cache_bytes, &watch)?;
            let fits = schedule.run(classes, |class, ask| {
                fit_class(params, &design, labels, x.nrows(), &Watch::new(ask, Some(class)))
            });
            collect(fits, |kept| Kept::kernel(kernel, x, kept))
        }
    }
}

fn fit_class<D: Design>(
    params: &OneVsRestParams,
    design: &D,
    labels: &[usize],
    functions: usize,
    watch: &Watch<'_>,
) -> ClassFit {
    let class = watch.class();
    let t: Vec<f64> = labels.iter().map(|&l| if Some(l) == class { 1.0 } else { 0.0 }).collect();
    watch.set(1, -(t.len() as f64) * core::f64::consts::LN_2, 0);
    let (scaled, report) = maximise(&Bernoulli { design, t: &t }, &params.settings(), watch)?;
    let posterior = Posterior::unscale(
        scaled,
        functions + usize::from(params.intercept),
        params.intercept,
        |i| design.original(i),
        |i| design.exponent(i),
        0,
    )?;
    Ok((posterior, report))
}

fn collect(fits: Vec<ClassFit>, kept: impl Fn(&[usize]) -> Kept) -> Result<Fitted, Error> {
    let mut model = OneVsRestModel { kept: Vec::new(), posteriors: Vec::new() };
    let mut reports = Vec::new();
    for fit in fits {
        let (posterior, report) = fit?;
        model.kept.push(kept(posterior.indices()));
        model.posteriors.push(posterior);
        reports.push(report);
    }
    Ok(Fit { model, report: OneVsRestReport { classes: reports } })
}

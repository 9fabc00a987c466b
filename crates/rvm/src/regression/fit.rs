//! A regression from the caller's table to the fitted model: checks, units, algorithm.

use core::cell::RefCell;
use core::ops::ControlFlow;

use estimator::{Estimator, Fit, InputError, NoiseModel, Report, Status, Values};
use nalgebra::DMatrix;

use crate::basis::Basis;
use crate::design::features::Features;
use crate::design::gram::Gram;
use crate::design::kept::Kept;
use crate::design::kernel::KernelDesign;
use crate::design::{Design, check_features, exponent_of};
use crate::engine::algorithm::Algorithm;
use crate::engine::quality::Quality;
use crate::engine::sequential::Sequential;
use crate::error::{Error, range};
use crate::posterior::{Posterior, Scaled};
use crate::progress::Progress;
use crate::regression::model::RegressionModel;
use crate::regression::params::RegressionParams;
use crate::regression::state::{Settings, State, empty_evidence};
use crate::regression::{fixed_point, sequential};
use crate::watch::{Halt, Watch};

/// Learned noise starts at this share of the target's variance.
const FIRST_NOISE: f64 = 0.1;

/// The target in a unit in which its largest entry is in [1, 2), and how the noise is found there.
struct Target {
    t: Vec<f64>,
    /// `t = 2^unit · target`.
    unit: i32,
    beta: f64,
    learn: Option<(f64, f64)>,
}

impl Target {
    fn new(params: &RegressionParams, t: Values<'_>) -> Result<Self, Error> {
        let t = t.as_slice();
        let unit = exponent_of(t.iter().fold(0.0_f64, |m, v| m.max(v.abs())));
        let scaled: Vec<f64> = t.iter().map(|&v| libm::scalbn(v, -unit)).collect();
        let n = scaled.len() as f64;
        let (beta, learn) = match params.noise {
            NoiseModel::Fixed { std } => {
                let beta = 1.0 / libm::scalbn(std * std, -2 * unit);
                if !(beta.is_normal() && (n * beta).is_finite()) {
                    return Err(range("the fixed noise variance in units of the target"));
                }
                (beta, None)
            }
            _ => {
                if t.iter().all(|v| *v == t[0]) {
                    return Err(InputError::ConstantTarget { value: t[0] }.into());
                }
                let centred = params.centre && params.intercept && params.basis == Basis::Features;
                let zero = if centred { scaled.iter().sum::<f64>() / n } else { 0.0 };
                let power = scaled.iter().map(|v| (v - zero) * (v - zero)).sum::<f64>() / n;
                let power = if power > 0.0 { power } else { f64::MIN_POSITIVE };
                (1.0 / (FIRST_NOISE * power), Some((1e-2 / power, 1.0 / (params.noise_floor * power))))
            }
        };
        Ok(Self { t: scaled, unit, beta, learn })
    }
}

impl RegressionParams {
    /// Fits `t` (N numbers) on `x` (N x D) by maximising the evidence.
    ///
    /// The report's objective is the exact log evidence in nats, of the target and the (centred) columns. It is traced whenever
    /// the active functions have settled, after the noise and after every addition, each time computed afresh, and never falls.
    /// An iteration is one update of a precision. The residual is the largest slope of the evidence in a log precision, or gain
    /// of an addition, at the returned model. The status is `Interpolated` where the learned noise ended at its floor.
    ///
    /// # Errors
    /// Bad input, or results outside the range of `f64`; see [`Error`].
    pub fn fit<'t>(&self, x: &DMatrix<f64>, t: impl Into<Values<'t>>) -> Result<Fit<RegressionModel>, Error> {
        self.fit_with(x, t, |_| ControlFlow::Continue(()))
    }

    /// Fits like [`fit`](Self::fit) and shows the [`Progress`]; on `Break` the model so far is returned.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_with<'t>(
        &self,
        x: &DMatrix<f64>,
        t: impl Into<Values<'t>>,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<RegressionModel>, Error> {
        fit(self, x, t.into(), progress)
    }
}

impl Estimator<DMatrix<f64>, [f64]> for RegressionParams {
    type Model = RegressionModel;
    type Report = estimator::Report;
    type Error = Error;

    fn check(&self) -> Result<(), Error> {
        self.check()
    }

    fn fit_with(
        &self,
        x: &DMatrix<f64>,
        t: &[f64],
        progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
    ) -> Result<Fit<RegressionModel>, Error> {
        self.fit_with(x, t, |p| progress(p))
    }
}

fn fit(
    params: &RegressionParams,
    x: &DMatrix<f64>,
    t: Values<'_>,
    progress: impl FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Fit<RegressionModel>, Error> {
    params.check()?;
    check_features(x)?;
    t.check(x.nrows())?;
    let target = Target::new(params, t)?;
    // p(t) dt is the same in either unit: log p(t) = log p(t′) − N f log 2.
    let shift = target.t.len() as f64 * f64::from(target.unit) * core::f64::consts::LN_2;
    let progress = RefCell::new(progress);
    let ask = |p: &Progress| match progress.try_borrow_mut() {
        Ok(mut progress) => progress(&Progress { objective: p.objective - shift, ..*p }),
        Err(_) => ControlFlow::Continue(()),
    };
    let watch = Watch::new(&ask, None);
    watch.set(1, empty_evidence(&target.t, target.beta), 0);
    match &params.basis {
        Basis::Features => {
            let design = Features::new(x, params.intercept, params.centre)?;
            let kept = Kept::Features { dimension: x.ncols(), centre: design.centre().cloned() };
            finish(params, &design, &target, (x.ncols(), shift), |_| kept, &watch)
        }
        Basis::Kernel(kernel) => {
            let kept = |kept: &[usize]| Kept::kernel(kernel, x, kept);
            let design = KernelDesign::new(kernel, x, params.intercept, params.cache_bytes, &watch)?;
            finish(params, &design, &target, (x.nrows(), shift), kept, &watch)
        }
    }
}

/// Fits on the design, and puts the result into the caller's units.
fn finish<D: Design>(
    params: &RegressionParams,
    design: &D,
    target: &Target,
    (functions, shift): (usize, f64),
    kept: impl FnOnce(&[usize]) -> Kept,
    watch: &Watch<'_>,
) -> Result<Fit<RegressionModel>, Error> {
    let settings = Settings {
        algorithm: params.algorithm,
        max_steps: params.max_steps,
        tolerance: params.tolerance,
        entry_gain: params.entry_gain,
        beta: target.beta,
        learn: target.learn,
    };
    let (fit, beta, mut report) = maximise(design, &target.t, &settings, watch)?;
    report.objective -= shift;
    report.trace.iter_mut().for_each(|e| *e -= shift);
    let posterior = Posterior::unscale(
        fit,
        functions + usize::from(params.intercept),
        params.intercept,
        |i| design.original(i),
        |i| design.exponent(i),
        target.unit,
    )?;
    let noise_variance = libm::scalbn(1.0 / beta, 2 * target.unit);
    if !noise_variance.is_finite() {
        return Err(range("the noise variance in the units of the data"));
    }
    let noise_at_floor = target.learn.is_some_and(|(_, high)| beta >= high);
    if noise_at_floor && report.status == Status::Converged {
        report.status = Status::Interpolated;
    }
    let kept = kept(posterior.indices());
    Ok(Fit { model: RegressionModel { kept, posterior, noise_variance, noise_at_floor }, report })
}

/// The precisions that maximise the evidence, the noise precision and the report.
fn maximise<D: Design>(
    design: &D,
    t: &[f64],
    settings: &Settings,
    watch: &Watch<'_>,
) -> Result<(Scaled, f64, Report), Error> {
    let nothing = || {
        let quality = vec![Quality { sparsity: 0.0, quality: 0.0 }; design.len()];
        let (active, alpha, mean, covariance) = (Vec::new(), Vec::new(), Vec::new(), DMatrix::zeros(0, 0));
        let scaled = Scaled { active, alpha, mean, covariance, quality };
        let objective = empty_evidence(t, settings.beta);
        let (status, residual, trace) = (Status::StoppedByCallback, f64::INFINITY, vec![objective]);
        Ok((scaled, settings.beta, Report { status, objective, residual, iterations: 0, trace }))
    };
    let quadratic = match design.quadratic(None, t, watch) {
        Ok(quadratic) => quadratic,
        Err(Halt::Stopped) => return nothing(),
        Err(Halt::Failed(error)) => return Err(error),
    };
    if !quadratic.diagonal().iter().chain(quadratic.linear()).all(|v| v.is_finite()) {
        return Err(range("a product of basis functions"));
    }
    let floor = vec![0.0; quadratic.len()];
    let full = settings.algorithm != Algorithm::Sequential;
    let active: Vec<usize> = if full { (0..quadratic.len()).collect() } else { Vec::new() };
    // The fixed points start where prior and data weigh the same.
    let mean = quadratic.diagonal().iter().sum::<f64>() / quadratic.len() as f64;
    let alpha = vec![(settings.beta * mean).max(f64::MIN_POSITIVE); active.len()];
    let engine =
        match Sequential::new(&quadratic, settings.beta, &floor, settings.entry_gain, &active, &alpha) {
            Ok(engine) => engine,
            Err(Halt::Stopped) => return nothing(),
            Err(Halt::Failed(error)) => return Err(error),
        };
    let mut state = State::new(design, t, engine, (&quadratic, &floor), settings.beta, watch)?;
    let run =
        if full { fixed_point::run(&mut state, settings) } else { sequential::run(&mut state, settings) };
    let status = match run {
        Ok(status) => status,
        Err(Halt::Stopped) => Status::StoppedByCallback,
        Err(Halt::Failed(error)) => return Err(error),
    };
    state.move_to(state.beta)?;
    let residual = state.residual(settings.learn);
    let (objective, iterations) = (state.evidence, state.steps);
    let (scaled, trace) = (state.scaled(), core::mem::take(&mut state.trace));
    Ok((scaled, state.beta, Report { status, objective, residual, iterations, trace }))
}

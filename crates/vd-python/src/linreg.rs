//! Linear regression: `vd-linreg`.

use estimator::{Fit, NoiseModel, Report};
use methods::{Method, Unit};
use nalgebra::DMatrix;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use vd_linreg::{Averaging, CrossValidation, Design, Params, Refit};

use crate::arrays::{matrix, vector};
use crate::choice::{Choice, total};
use crate::fitted::Fitted;
use crate::input::{Features, numbers, weights};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};
use crate::worker::{Listener, run, stage};

/// What a path comes to: λ, coefficients (features x λ), intercepts, and the λ above which the model is empty.
type PathArrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>, f64);

fn design(x: &Features) -> Result<Design<'_>, Refusal> {
    match x {
        Features::Dense(x) => Ok(x.into()),
        Features::Columns(x) => Ok(x.into()),
        Features::Rows(_) => Err(Refusal::of("sparse features come by columns here")),
    }
}

/// From Python's word or number.
fn noise(noise: &Bound<'_, PyAny>) -> PyResult<NoiseModel> {
    match noise.extract::<String>().ok().as_deref() {
        Some("pre-estimated") => Ok(NoiseModel::PreEstimated),
        Some("learned") => Ok(NoiseModel::Learned),
        Some(other) => Err(Refusal::of(format!("noise='{other}' is no noise model")).into()),
        None => Ok(NoiseModel::Fixed { std: noise.extract()? }),
    }
}

/// From Python's word; none lets the choice of λ decide.
fn refit(refit: Option<&str>) -> Result<Option<Refit>, Refusal> {
    match refit {
        Some("auto") => Ok(None),
        Some("least_squares") => Ok(Some(Refit::LeastSquares)),
        None => Ok(Some(Refit::None)),
        Some(other) => Err(Refusal::of(format!("refit='{other}' is no refit"))),
    }
}

/// A fit of numbers. `rows` is how many rows there were where `x` stands for others.
#[pyfunction]
#[pyo3(signature = (x, t, weights, *, rows=None, groups, lam, false_keeps, refit, intercept, noise, folds, tolerance, max_iterations, seed, threads, callback))]
pub(crate) fn fit_linear(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<f64>>,
    weights: Option<&Bound<'_, PyArray1<f64>>>,
    rows: Option<u64>,
    groups: Option<Vec<usize>>,
    lam: &Bound<'_, PyAny>,
    false_keeps: Option<f64>,
    refit: Option<&str>,
    intercept: bool,
    noise: &Bound<'_, PyAny>,
    folds: usize,
    tolerance: f64,
    max_iterations: usize,
    seed: u64,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let (choice, refit) = (Choice::read(lam, false_keeps)?, self::refit(refit)?);
    let params = Params::new()
        .noise(self::noise(noise)?)
        .intercept(intercept)
        .tolerance(tolerance)
        .max_iterations(max_iterations);
    let cv = CrossValidation::new().folds(folds).seed(seed);
    let cv = match refit {
        Some(refit) => cv.refits(&[refit]),
        None => cv,
    };
    let (x, t, w) = (Features::read(x)?, numbers(t)?, self::weights(weights)?);
    if choice == Choice::Average {
        let averaging = Averaging::new().seed(seed);
        let job = move |listener: &Listener| {
            average(&x, &t, w.as_deref(), groups.as_deref(), params, &averaging, listener)
        };
        return run(py, threads, callback, job).map(|done| Fitted::of(done).of_rows(rows));
    }
    let job = move |listener: &Listener| fit(&x, &t, w.as_deref(), params, choice, refit, &cv, listener);
    run(py, threads, callback, job).map(|done| Fitted::of(done).of_rows(rows))
}

fn average(
    x: &Features,
    t: &[f64],
    w: Option<&[f64]>,
    groups: Option<&[usize]>,
    params: Params,
    averaging: &Averaging,
    listener: &Listener,
) -> Result<State, Refusal> {
    let params = match w {
        Some(w) => params.weights(w),
        None => params,
    };
    let progress = |p: &vd_linreg::AveragingProgress| {
        listener.tell(methods::Stage { objective: Some(p.objective), kept: Some(p.kept), ..stage(p.steps) })
    };
    let averaged = match groups {
        None => params.fit_averaged_with(design(x)?, t, averaging, progress),
        Some(groups) => params.fit_averaged_groups_with(design(x)?, t, groups, averaging, progress),
    };
    let averaged = averaged.map_err(Refusal::of)?;
    let z = z_scores(x, t, w, &averaged.fit.model)?;
    let outcome = methods::linreg::averaged(&averaged, &z, Unit::ONE).map_err(Refusal::of)?;
    Ok(state(x, averaged.fit, z, outcome))
}

fn z_scores(
    x: &Features,
    t: &[f64],
    w: Option<&[f64]>,
    model: &vd_linreg::Model,
) -> Result<Vec<f64>, Refusal> {
    let z = vd_linreg::analysis::z_scores(design(x)?, t, w, model).map_err(Refusal::of)?;
    Ok(z.iter().map(|r| r.z).collect())
}

fn fit(
    x: &Features,
    t: &[f64],
    w: Option<&[f64]>,
    params: Params,
    choice: Choice,
    refit: Option<Refit>,
    cv: &CrossValidation,
    listener: &Listener,
) -> Result<State, Refusal> {
    let params = match w {
        Some(w) => params.weights(w),
        None => params,
    };
    let design = design(x)?;
    let fit = match choice.lambda(total(w, t.len()), x.varying())? {
        None => {
            let progress = |p: &vd_linreg::CvProgress<'_>| listener.tell(stage(p.done));
            params.cross_validate_with(design, t, cv, progress).map_err(Refusal::of)?.fit
        }
        Some(lambda) => {
            let progress = |p: &vd_linreg::Progress<'_>| {
                listener.tell(methods::Stage {
                    objective: Some(p.objective),
                    kept: Some(p.kept),
                    ..stage(p.iteration)
                })
            };
            let by_rate = if choice.is_rate() { Refit::LeastSquares } else { Refit::None };
            let params = params.lambda(lambda).refit(refit.unwrap_or(by_rate));
            params.fit_with(design, t, progress).map_err(Refusal::of)?
        }
    };
    let z = z_scores(x, t, w, &fit.model)?;
    let outcome = methods::linreg::outcome(&fit, &z, Unit::ONE).map_err(Refusal::of)?;
    Ok(state(x, fit, z, outcome))
}

fn state(x: &Features, fit: Fit<vd_linreg::Model, Report>, z: Vec<f64>, outcome: methods::Outcome) -> State {
    let Fit { model, report } = fit;
    let deviations = if model.has_intercept() {
        model.feature_norms().iter().map(|norm| norm / model.samples().sqrt()).collect()
    } else {
        x.deviations()
    };
    let beside = Beside {
        warnings: State::not_converged(report.status, report.iterations),
        trace: report.trace,
        deviations,
        rows: x.rows(),
    };
    State::new(Method::Linreg, Model::Linear(model, z), outcome, beside)
}

/// Fits at every λ, each started from the one before.
#[pyfunction]
#[pyo3(signature = (x, t, weights, lambdas, *, refit, intercept, noise, tolerance, max_iterations, threads, callback))]
pub(crate) fn path_linear<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    t: &Bound<'py, PyArray1<f64>>,
    weights: Option<&Bound<'py, PyArray1<f64>>>,
    lambdas: &Bound<'py, PyArray1<f64>>,
    refit: Option<&str>,
    intercept: bool,
    noise: &Bound<'py, PyAny>,
    tolerance: f64,
    max_iterations: usize,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<PathArrays<'py>> {
    let mut params = Params::new()
        .noise(self::noise(noise)?)
        .intercept(intercept)
        .tolerance(tolerance)
        .max_iterations(max_iterations)
        .refit(self::refit(refit)?.unwrap_or(Refit::None));
    let (x, t, lambdas) = (Features::read(x)?, numbers(t)?, numbers(lambdas)?);
    if let Some(w) = self::weights(weights)? {
        params = params.weights(&w);
    }
    let job = move |listener: &Listener| {
        let progress = |p: &vd_linreg::Progress<'_>| {
            listener.tell(methods::Stage {
                objective: Some(p.objective),
                kept: Some(p.kept),
                ..stage(p.iteration)
            })
        };
        params.path_with(design(&x)?, &t, &lambdas, progress).map_err(Refusal::of)
    };
    let (path, _) = run(py, threads, callback, job)?;
    let lambdas = path.fits.iter().map(|f| f.model.lambda()).collect();
    let columns: Vec<_> = path.fits.iter().map(|f| f.model.coefficients().clone()).collect();
    let intercepts = path.fits.iter().map(|f| f.model.intercept()).collect();
    let coefficients = matrix(py, DMatrix::from_columns(&columns))?;
    Ok((vector(py, lambdas), coefficients, vector(py, intercepts), path.empty_from))
}

pub(crate) fn predict(model: &vd_linreg::Model, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict(design(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn predict_std(model: &vd_linreg::Model, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict_std(design(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn attributes(dict: &Bound<'_, PyDict>, model: &vd_linreg::Model, z: &[f64]) -> PyResult<()> {
    let py = dict.py();
    dict.set_item("coef", vector(py, model.coefficients().as_slice().to_vec()))?;
    dict.set_item("intercept", model.intercept())?;
    dict.set_item("log_alpha", vector(py, model.log_alpha().as_slice().to_vec()))?;
    dict.set_item("sigma", vector(py, model.posterior_variance().iter().map(|v| v.sqrt()).collect()))?;
    dict.set_item("z", vector(py, z.to_vec()))?;
    dict.set_item("lambda", model.lambda())?;
    dict.set_item("noise_std", model.noise_std())
}

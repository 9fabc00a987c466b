//! Relevance vector machines: the crate `rvm`.

use estimator::{Kernel, NoiseModel};
use methods::{Method, Stage, Unit};
use nalgebra::DMatrix;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rvm::{Basis, OneVsRestModel, OneVsRestParams, Posterior, RegressionModel, RegressionParams};

use crate::arrays::{matrix, transposed, vector};
use crate::fitted::Fitted;
use crate::input::{Features, labels, numbers};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};
use crate::worker::{Listener, run, stage};

fn dense(x: &Features) -> Result<&DMatrix<f64>, Refusal> {
    match x {
        Features::Dense(x) => Ok(x),
        _ => Err(Refusal::of("a relevance vector machine takes dense features")),
    }
}

/// From Python's name and numbers; none for the features themselves.
fn kernel(name: Option<&str>, gamma: f64, degree: u32, coef0: f64) -> Result<Option<Kernel>, Refusal> {
    let kernel = match name {
        None => return Ok(None),
        Some("linear") => Kernel::Linear,
        Some("rbf") => Kernel::Rbf { gamma },
        Some("laplacian") => Kernel::Laplacian { gamma },
        Some("poly") => Kernel::Polynomial { degree, gamma, coef0 },
        Some(other) => return Err(Refusal::of(format!("kernel='{other}' is no kernel"))),
    };
    kernel.check().map_err(Refusal::of)?;
    Ok(Some(kernel))
}

fn basis(kernel: Option<Kernel>) -> Basis {
    let of = |kernel| match kernel {
        Kernel::Rbf { gamma } => rvm::Kernel::Rbf { gamma },
        Kernel::Laplacian { gamma } => rvm::Kernel::Laplacian { gamma },
        Kernel::Polynomial { degree, gamma, coef0 } => rvm::Kernel::Polynomial { degree, gamma, coef0 },
        _ => rvm::Kernel::Linear,
    };
    kernel.map_or(Basis::Features, |kernel| Basis::Kernel(of(kernel)))
}

fn shown(p: &rvm::Progress) -> Stage {
    Stage { objective: Some(p.objective), kept: Some(p.kept), class: p.class, ..stage(p.iteration) }
}

/// A fit of numbers.
#[pyfunction]
#[pyo3(signature = (x, t, *, kernel, gamma, degree, coef0, intercept, noise, tolerance, max_iterations, threads, callback))]
pub(crate) fn fit_rvm_regressor(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<f64>>,
    kernel: Option<&str>,
    gamma: f64,
    degree: u32,
    coef0: f64,
    intercept: bool,
    noise: Option<f64>,
    tolerance: f64,
    max_iterations: usize,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let kernel = self::kernel(kernel, gamma, degree, coef0)?;
    let params = RegressionParams::new()
        .basis(basis(kernel))
        .intercept(intercept)
        .noise(noise.map_or(NoiseModel::Learned, |std| NoiseModel::Fixed { std }))
        .tolerance(tolerance)
        .max_steps(max_iterations);
    let (x, t) = (Features::read(x)?, numbers(t)?);
    let job = move |listener: &Listener| {
        let rows = dense(&x)?;
        let fit = params.fit_with(rows, &t, |p| listener.tell(shown(p))).map_err(Refusal::of)?;
        let outcome = methods::rvm::regression(&fit.model, &fit.report, rows, kernel, Unit::ONE);
        let beside = Beside {
            warnings: State::not_converged(fit.report.status, fit.report.iterations),
            trace: fit.report.trace,
            deviations: x.deviations(),
            rows: x.rows(),
        };
        Ok(State::new(Method::Rvm, Model::RvmRegressor(fit.model), outcome.map_err(Refusal::of)?, beside))
    };
    run(py, threads, callback, job).map(Fitted::of)
}

/// A fit of classes, one machine each.
#[pyfunction]
#[pyo3(signature = (x, t, *, classes, kernel, gamma, degree, coef0, intercept, tolerance, max_iterations, threads, callback))]
pub(crate) fn fit_rvm_classifier(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<i64>>,
    classes: usize,
    kernel: Option<&str>,
    gamma: f64,
    degree: u32,
    coef0: f64,
    intercept: bool,
    tolerance: f64,
    max_iterations: usize,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let kernel = self::kernel(kernel, gamma, degree, coef0)?;
    let params = OneVsRestParams::new()
        .basis(basis(kernel))
        .classes(classes)
        .intercept(intercept)
        .tolerance(tolerance)
        .max_linearisations(max_iterations);
    let (x, t) = (Features::read(x)?, labels(t)?);
    let job = move |listener: &Listener| {
        let rows = dense(&x)?;
        let fit = params.fit_with(rows, &t, |p| listener.tell(shown(p))).map_err(Refusal::of)?;
        let outcome = methods::rvm::classification(&fit.model, &fit.report, rows, kernel);
        let report = fit.report.summary();
        let beside = Beside {
            warnings: State::not_converged(report.status, report.iterations),
            trace: report.trace,
            deviations: x.deviations(),
            rows: x.rows(),
        };
        Ok(State::new(Method::Rvm, Model::RvmClassifier(fit.model), outcome.map_err(Refusal::of)?, beside))
    };
    run(py, threads, callback, job).map(Fitted::of)
}

pub(crate) fn predict(model: &RegressionModel, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict(dense(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn predict_std(model: &RegressionModel, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict_std(dense(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn predict_labels(model: &OneVsRestModel, x: &Features) -> Result<Vec<usize>, Refusal> {
    model.predict(dense(x)?).map_err(Refusal::of)
}

pub(crate) fn predict_proba(model: &OneVsRestModel, x: &Features) -> Result<DMatrix<f64>, Refusal> {
    model.predict_proba(dense(x)?).map_err(Refusal::of)
}

/// One number of every kept weight but the intercept's; `empty` elsewhere.
fn spread(posterior: &Posterior, empty: f64, of: impl Fn(&rvm::KeptWeight) -> f64) -> Vec<f64> {
    let mut out = vec![empty; posterior.weights().len()];
    posterior.kept_weights().iter().filter(|w| !w.is_intercept).for_each(|w| out[w.index] = of(w));
    out
}

pub(crate) fn regressor_attributes(dict: &Bound<'_, PyDict>, model: &RegressionModel) -> PyResult<()> {
    let (py, posterior) = (dict.py(), model.posterior());
    dict.set_item("intercept", model.intercept())?;
    dict.set_item("noise_std", model.noise_std())?;
    let weights: Vec<f64> = posterior.weights().data.into();
    let Some(vectors) = model.relevance_vectors() else {
        dict.set_item("coef", vector(py, weights))?;
        dict.set_item("z", vector(py, spread(posterior, 0.0, |w| w.z_score)))?;
        return dict
            .set_item("log_precision", vector(py, spread(posterior, f64::INFINITY, |w| w.log_precision)));
    };
    let used: Vec<i64> = (0..weights.len()).filter(|&n| weights[n] != 0.0).map(|n| n as i64).collect();
    dict.set_item("dual_coef", vector(py, used.iter().map(|&n| weights[n as usize]).collect()))?;
    dict.set_item("relevance_indices", PyArray1::from_vec(py, used))?;
    dict.set_item("relevance_vectors", matrix(py, vectors.clone())?)
}

pub(crate) fn classifier_attributes(dict: &Bound<'_, PyDict>, model: &OneVsRestModel) -> PyResult<()> {
    let py = dict.py();
    // Of two classes the machines are mirror images: the second speaks for the second class.
    let first = usize::from(model.classes() == 2);
    let machines = &model.posteriors()[first..];
    let weights = model.weights();
    let weights = weights.columns(first, machines.len()).into_owned();
    dict.set_item("intercept", vector(py, model.intercept().iter().skip(first).copied().collect()))?;
    if model.relevance_vectors(first).is_none() {
        let table = |empty, of: fn(&rvm::KeptWeight) -> f64| {
            let columns = machines.iter().flat_map(|p| spread(p, empty, of)).collect();
            transposed(py, &DMatrix::from_vec(weights.nrows(), machines.len(), columns))
        };
        dict.set_item("coef", transposed(py, &weights)?)?;
        dict.set_item("z", table(0.0, |w| w.z_score)?)?;
        return dict.set_item("log_precision", table(f64::INFINITY, |w| w.log_precision)?);
    }
    let used: Vec<usize> =
        (0..weights.nrows()).filter(|&n| weights.row(n).iter().any(|w| *w != 0.0)).collect();
    let row = |n: usize| {
        machines.iter().enumerate().find_map(|(k, p)| {
            let at = p.indices().iter().position(|&i| i == n)?;
            Some(model.relevance_vectors(first + k)?.row(at).into_owned())
        })
    };
    let rows: Vec<_> = used.iter().filter_map(|&n| row(n)).collect();
    if !rows.is_empty() {
        dict.set_item("relevance_vectors", matrix(py, DMatrix::from_rows(&rows))?)?;
    }
    dict.set_item("dual_coef", transposed(py, &weights.select_rows(&used))?)?;
    dict.set_item("relevance_indices", PyArray1::from_iter(py, used.into_iter().map(|n| n as i64)))
}

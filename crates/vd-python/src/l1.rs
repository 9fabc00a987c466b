//! L1 logistic regression: `l1-logreg`.

use l1_logreg::{CrossValidation, FeatureMatrix, Params};
use methods::{Method, Stage};
use nalgebra::DMatrix;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{transposed, vector};
use crate::fitted::Fitted;
use crate::input::{Features, labels};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};
use crate::worker::{Listener, run, stage};

/// A fit of classes; without `c` it is chosen by cross-validation.
#[pyfunction]
#[pyo3(signature = (x, t, *, classes, c, folds, intercept, tolerance, max_iterations, seed, threads, callback))]
pub(crate) fn fit_l1(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<i64>>,
    classes: usize,
    c: Option<f64>,
    folds: usize,
    intercept: bool,
    tolerance: f64,
    max_iterations: usize,
    seed: u64,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let params = Params::new()
        .classes(classes)
        .intercept(intercept)
        .tolerance(tolerance)
        .max_iterations(max_iterations);
    let cv = CrossValidation::new().folds(folds).seed(seed);
    let (x, t) = (Features::read(x)?, labels(t)?);
    let job = move |listener: &Listener| match &x {
        Features::Dense(dense) => fit(dense, &x, &t, params, c, &cv, listener),
        Features::Rows(rows) => fit(rows, &x, &t, params, c, &cv, listener),
        Features::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
    };
    run(py, threads, callback, job).map(Fitted::of)
}

fn fit<X: FeatureMatrix>(
    x: &X,
    features: &Features,
    t: &[usize],
    params: Params,
    c: Option<f64>,
    cv: &CrossValidation,
    listener: &Listener,
) -> Result<State, Refusal> {
    let (fit, found) = match c {
        Some(c) => {
            let progress = |p: &l1_logreg::Progress| {
                listener.tell(Stage { objective: Some(p.objective), ..stage(p.iteration) })
            };
            (params.c(c).fit_with(x, t, progress).map_err(Refusal::of)?, c)
        }
        None => {
            let progress = |p: &l1_logreg::CvProgress| listener.tell(stage(p.iteration));
            let chosen = params.cross_validate_with(x, t, cv, progress).map_err(Refusal::of)?;
            let c = chosen.c();
            (chosen.fit, c)
        }
    };
    let outcome = methods::l1::outcome(&fit, vec![("C".to_owned(), found)]).map_err(Refusal::of)?;
    let beside = Beside {
        warnings: State::not_converged(fit.report.status, fit.report.iterations),
        trace: fit.report.trace,
        deviations: features.deviations(),
        rows: features.rows(),
    };
    Ok(State::new(Method::L1, Model::L1(fit.model), outcome, beside))
}

pub(crate) fn scores(model: &l1_logreg::Model, x: &Features) -> Result<DMatrix<f64>, Refusal> {
    match x {
        Features::Dense(x) => model.scores(x).map_err(Refusal::of),
        Features::Rows(x) => model.scores(x).map_err(Refusal::of),
        Features::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
    }
}

pub(crate) fn predict_labels(model: &l1_logreg::Model, x: &Features) -> Result<Vec<usize>, Refusal> {
    match x {
        Features::Dense(x) => model.predict(x).map_err(Refusal::of),
        Features::Rows(x) => model.predict(x).map_err(Refusal::of),
        Features::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
    }
}

pub(crate) fn predict_proba(model: &l1_logreg::Model, x: &Features) -> Result<DMatrix<f64>, Refusal> {
    match x {
        Features::Dense(x) => model.predict_proba(x).map_err(Refusal::of),
        Features::Rows(x) => model.predict_proba(x).map_err(Refusal::of),
        Features::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
    }
}

pub(crate) fn attributes(dict: &Bound<'_, PyDict>, model: &l1_logreg::Model) -> PyResult<()> {
    let py = dict.py();
    dict.set_item("coef", transposed(py, model.weights())?)?;
    dict.set_item("intercept", vector(py, model.intercept().as_slice().to_vec()))?;
    dict.set_item("C", model.c())
}

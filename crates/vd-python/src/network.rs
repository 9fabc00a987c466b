//! Networks and linear models trained by stochastic gradients: `vd-dsvi`, with the settings of `methods`.

use methods::dsvi::{Reading, outcome, params, summary};
use methods::{LambdaChoice, Method, Options, Stage, Unit};
use nalgebra::DMatrix;
use numpy::PyArray1;
use predictor::{Function, Prediction};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use vd_dsvi::{Rows, Status};

use crate::arrays::{matrix, vector};
use crate::fitted::Fitted;
use crate::input::{Features, labels, numbers};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};
use crate::worker::{Listener, run, stage};

/// A fit of numbers (`classes` is none) or of classes. `t` has numbers or class indices.
#[pyfunction]
#[pyo3(signature = (x, t, *, classes, lam, hidden, epochs, tolerance, batch, learning_rate, threshold, seed, threads, callback))]
pub(crate) fn fit_network(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyAny>,
    classes: Option<usize>,
    lam: f64,
    hidden: Vec<usize>,
    epochs: Option<usize>,
    tolerance: Option<f64>,
    batch: Option<usize>,
    learning_rate: Option<f64>,
    threshold: f64,
    seed: u64,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let options = Options {
        lambda: Some(LambdaChoice::Value(lam)),
        hidden,
        epochs,
        tolerance,
        batch,
        learning_rate,
        threshold,
        seed,
        threads: Some(threads),
        ..Options::default()
    };
    let x = Features::read(x)?;
    let target = match classes {
        Some(_) => Target::Classes(labels(t.cast::<PyArray1<i64>>()?)?),
        None => Target::Numbers(numbers(t.cast::<PyArray1<f64>>()?)?),
    };
    let job = move |listener: &Listener| fit(&x, &target, classes, &options, listener);
    run(py, threads, callback, job).map(Fitted::of)
}

enum Target {
    Numbers(Vec<f64>),
    Classes(Vec<usize>),
}

/// Rows in single precision, as the trainer reads them.
fn rows(x: &Features) -> Result<Rows<f32>, Refusal> {
    match x {
        Features::Dense(x) => Rows::from_dense(&x.map(|v| v as f32)).map_err(Refusal::of),
        Features::Rows(x) => {
            let (offsets, index) = (x.row_offsets().to_vec(), x.col_indices().to_vec());
            let values = x.values().iter().map(|&v| v as f32).collect();
            let single =
                nalgebra_sparse::CsrMatrix::try_from_csr_data(x.nrows(), x.ncols(), offsets, index, values);
            Rows::from_csr(&single.map_err(Refusal::of)?).map_err(Refusal::of)
        }
        Features::Columns(_) => Err(Refusal::of("sparse features come by rows here")),
    }
}

fn fit(
    x: &Features,
    target: &Target,
    classes: Option<usize>,
    options: &Options,
    listener: &Listener,
) -> Result<State, Refusal> {
    let params = params(classes, x.rows(), x.columns(), options, Reading::Memory).map_err(Refusal::of)?;
    let limit = Some(params.max_epochs());
    let progress = |p: &vd_dsvi::Progress| {
        listener.tell(Stage { limit, objective: Some(p.elbo), kept: Some(p.kept), ..stage(p.epoch) })
    };
    let rows = rows(x)?;
    let (fit, unit) = match target {
        Target::Numbers(t) => {
            let unit = Unit::of(t).map_err(Refusal::of)?;
            let t = DMatrix::from_iterator(t.len(), 1, unit.scaled(t).into_iter().map(|t| t as f32));
            (params.fit_with(&rows, &t, progress), unit)
        }
        Target::Classes(t) => (params.fit_with(&rows, t, progress), Unit::ONE),
    };
    let fit = fit.map_err(Refusal::of)?;
    let ended = summary(&fit.report);
    let made = outcome(&fit.model, classes, unit, options.threshold, ended).map_err(Refusal::of)?;
    let mut warnings = fit.report.warnings();
    // Without a rule to stop by, a fit takes all its epochs.
    if options.tolerance.is_some() && fit.report.status == Status::MaxIterations {
        warnings.extend(State::not_converged(fit.report.status, fit.report.last.epoch));
    }
    let beside =
        Beside { trace: fit.report.summary().trace, warnings, deviations: x.deviations(), rows: x.rows() };
    Ok(State::new(Method::Dsvi, Model::Network, made, beside))
}

/// One thing of the prediction of every row.
pub(crate) fn each<T>(state: &State, x: &Features, of: impl Fn(&Prediction) -> T) -> Result<Vec<T>, Refusal> {
    let (mut out, mut scratch) = (Vec::with_capacity(x.rows()), Vec::new());
    x.each_row(|row| {
        out.push(of(&state.predictor.predict(row, &mut scratch).map_err(Refusal::of)?));
        Ok(())
    })?;
    Ok(out)
}

pub(crate) fn predict_proba(state: &State, x: &Features) -> Result<DMatrix<f64>, Refusal> {
    let rows = each(state, x, |p| p.outputs.clone())?;
    let classes = state.predictor.classes().unwrap_or(1);
    Ok(DMatrix::from_fn(rows.len(), classes, |n, k| rows[n][k]))
}

pub(crate) fn attributes(dict: &Bound<'_, PyDict>, state: &State) -> PyResult<()> {
    let py = dict.py();
    let Function::Layers(layers) = state.predictor.function() else { return Ok(()) };
    let (coefs, intercepts) = (PyList::empty(py), PyList::empty(py));
    for layer in layers.layers() {
        let mut weights = DMatrix::zeros(layer.inputs(), layer.outputs());
        for k in 0..layer.outputs() {
            layer.row(k).for_each(|(j, w)| weights[(j, k)] = w);
        }
        coefs.append(matrix(py, weights)?)?;
        intercepts.append(vector(py, layer.bias().to_vec()))?;
    }
    dict.set_item("coefs", coefs)?;
    dict.set_item("intercepts", intercepts)?;
    let of = |f: fn(&predictor::FeatureRelevance) -> f64| vector(py, state.relevance.iter().map(f).collect());
    dict.set_item("log_alpha", of(|r| r.log_alpha.unwrap_or(f64::INFINITY)))?;
    dict.set_item("z", of(|r| r.z.unwrap_or(0.0)))?;
    dict.set_item("lambda", state.summary.found("λ"))
}

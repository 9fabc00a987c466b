//! Classes and counts: `vd-glm`.

use methods::glm::Decisions;
use methods::{Method, Stage};
use nalgebra::DMatrix;
use numpy::PyArray1;
use predictor::Link;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vd_glm::{
    ClassificationParams, Coding, CrossValidation, Design, Family, Refit, RegressionParams, Report, Slab,
};

use crate::arrays::{transposed, vector};
use crate::choice::{Choice, total};
use crate::fitted::Fitted;
use crate::input::{Features, labels, numbers, weights};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};
use crate::worker::{Listener, run, stage};

fn design(x: &Features) -> Result<Design<'_>, Refusal> {
    match x {
        Features::Dense(x) => Ok(x.into()),
        Features::Columns(x) => Ok(x.into()),
        Features::Rows(_) => Err(Refusal::of("sparse features come by columns here")),
    }
}

fn shown(p: &vd_glm::Progress) -> Stage {
    Stage { objective: Some(p.objective), kept: Some(p.kept), class: p.class, ..stage(p.iteration) }
}

/// The slab that the caller asks for, checked there: 'learned', a precision or nothing.
pub(crate) fn slab(slab: &Bound<'_, PyAny>) -> PyResult<Slab> {
    Ok(match slab {
        s if s.is_none() => Slab::None,
        s if s.is_instance_of::<PyString>() => Slab::Learned,
        s => Slab::Precision(s.extract()?),
    })
}

/// The refit that the caller asks for, or the one that `vd fit` takes.
pub(crate) fn refit(refit: Option<&str>, choice: Choice) -> Refit {
    match refit {
        Some("auto") => methods::glm::refit(matches!(choice, Choice::Value(_))),
        Some(_) => Refit::Ridge,
        None => Refit::None,
    }
}

fn number(choice: Choice, x: &Features, w: Option<&[f64]>, decisions: Decisions) -> Result<f64, Refusal> {
    choice.grouped_lambda(total(w, x.rows()), x.varying(), decisions.group())?.ok_or_else(|| {
        Refusal::of(
            "lam='cv' is for VDRegressor and VDClassifier; here give a number, 'auto' or 'bic', or search with GridSearchCV",
        )
    })
}

fn beside(report: Report, x: &Features) -> Beside {
    Beside {
        warnings: State::not_converged(report.status, report.iterations),
        trace: report.trace,
        deviations: x.deviations(),
        rows: x.rows(),
    }
}

/// A fit of classes.
#[pyfunction]
#[pyo3(signature = (x, t, weights, *, classes, lam, false_keeps, slab, refit, coding, by_class, link, intercept, folds, tolerance, max_iterations, seed, threads, callback))]
pub(crate) fn fit_classifier(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<i64>>,
    weights: Option<&Bound<'_, PyArray1<f64>>>,
    classes: usize,
    lam: &Bound<'_, PyAny>,
    false_keeps: Option<f64>,
    slab: &Bound<'_, PyAny>,
    refit: Option<&str>,
    coding: &str,
    by_class: bool,
    link: &str,
    intercept: bool,
    folds: usize,
    tolerance: f64,
    max_iterations: usize,
    seed: u64,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let choice = Choice::read(lam, false_keeps)?;
    let (coding, outputs) = match (classes, coding) {
        (2, _) => (Coding::Softmax, Link::Logistic),
        (_, "softmax") => (Coding::Softmax, Link::Softmax),
        _ => (Coding::OneVsRest, Link::OneVsRest),
    };
    let decisions = Decisions::of(classes, coding, by_class);
    let mut params = ClassificationParams::new()
        .classes(classes)
        .coding(coding)
        .slab(self::slab(slab)?)
        .link(if link == "probit" { vd_glm::Link::Probit } else { vd_glm::Link::Logit })
        .intercept(intercept)
        .tolerance(tolerance)
        .max_rounds(max_iterations);
    let cv = CrossValidation::new().folds(folds).seed(seed);
    let cv = if refit == Some("auto") { cv } else { cv.refits(&[self::refit(refit, choice)]) };
    params = params.refit(self::refit(refit, choice));
    let (x, t, w) = (Features::read(x)?, labels(t)?, self::weights(weights)?);
    let job = move |listener: &Listener| {
        if let Some(w) = &w {
            params = params.weights(w);
        }
        let (decisions, fit) = match choice {
            Choice::CrossValidation => {
                let told = |p: &vd_glm::CvProgress<'_>| listener.tell(stage(p.done));
                let found = methods::glm::search(&params, decisions, (design(&x)?, &t), &cv, told);
                found.map(|(decisions, s)| (decisions, s.fit)).map_err(Refusal::of)?
            }
            _ => {
                params = params.lambda(number(choice, &x, w.as_deref(), decisions)?);
                params = params.by_column(decisions != Decisions::Weights);
                let fit = params.fit_with(design(&x)?, &t, |p| listener.tell(shown(p)));
                (decisions, fit.map_err(Refusal::of)?)
            }
        };
        let lambda = fit.model.lambda();
        let outcome = methods::glm::outcome(
            fit.model.predictors(),
            outputs,
            x.columns(),
            (lambda, decisions),
            &fit.report,
        );
        let outcome = outcome.map_err(Refusal::of)?;
        let beside = beside(fit.report, &x);
        Ok(State::new(Method::Glm, Model::Classifier(fit.model), outcome, beside))
    };
    run(py, threads, callback, job).map(Fitted::of)
}

/// A fit of counts.
#[pyfunction]
#[pyo3(signature = (x, t, weights, offsets, *, dispersion, lam, false_keeps, slab, refit, intercept, tolerance, max_iterations, threads, callback))]
pub(crate) fn fit_counts(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    t: &Bound<'_, PyArray1<f64>>,
    weights: Option<&Bound<'_, PyArray1<f64>>>,
    offsets: Option<&Bound<'_, PyArray1<f64>>>,
    dispersion: Option<f64>,
    lam: &Bound<'_, PyAny>,
    false_keeps: Option<f64>,
    slab: &Bound<'_, PyAny>,
    refit: Option<&str>,
    intercept: bool,
    tolerance: f64,
    max_iterations: usize,
    threads: usize,
    callback: Option<Py<PyAny>>,
) -> PyResult<Fitted> {
    let choice = Choice::read(lam, false_keeps)?;
    let family = dispersion.map_or(Family::Poisson, |dispersion| Family::NegativeBinomial { dispersion });
    let mut params = RegressionParams::new()
        .family(family)
        .slab(self::slab(slab)?)
        .refit(self::refit(refit, choice))
        .intercept(intercept)
        .tolerance(tolerance)
        .max_rounds(max_iterations);
    if let Some(offsets) = offsets {
        params = params.offsets(&numbers(offsets)?);
    }
    let (x, t, w) = (Features::read(x)?, numbers(t)?, self::weights(weights)?);
    let job = move |listener: &Listener| {
        let lambda = number(choice, &x, w.as_deref(), Decisions::Weights)?;
        params = params.lambda(lambda);
        if let Some(w) = &w {
            params = params.weights(w);
        }
        let fit = params.fit_with(design(&x)?, &t, |p| listener.tell(shown(p))).map_err(Refusal::of)?;
        let output = core::slice::from_ref(fit.model.predictor());
        let outcome =
            methods::glm::outcome(output, Link::Log, x.columns(), (lambda, Decisions::Weights), &fit.report);
        let outcome = outcome.map_err(Refusal::of)?;
        let beside = beside(fit.report, &x);
        Ok(State::new(Method::Glm, Model::Counts(fit.model), outcome, beside))
    };
    run(py, threads, callback, job).map(Fitted::of)
}

pub(crate) fn predict(model: &vd_glm::Regressor, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict(design(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn predict_std(model: &vd_glm::Regressor, x: &Features) -> Result<Vec<f64>, Refusal> {
    Ok(model.predict_std(design(x)?).map_err(Refusal::of)?.data.into())
}

pub(crate) fn predict_labels(model: &vd_glm::Classifier, x: &Features) -> Result<Vec<usize>, Refusal> {
    model.predict(design(x)?).map_err(Refusal::of)
}

pub(crate) fn predict_proba(model: &vd_glm::Classifier, x: &Features) -> Result<DMatrix<f64>, Refusal> {
    model.predict_proba(design(x)?).map_err(Refusal::of)
}

/// One number of every weight, features x outputs; `empty` where a weight is pruned.
fn table(
    outputs: &[vd_glm::Predictor],
    columns: usize,
    empty: f64,
    of: impl Fn(&vd_glm::Weight) -> f64,
) -> DMatrix<f64> {
    let mut out = DMatrix::from_element(columns, outputs.len(), empty);
    for (k, output) in outputs.iter().enumerate() {
        output.weights.iter().for_each(|w| out[(w.column, k)] = of(w));
    }
    out
}

fn z(w: &vd_glm::Weight) -> f64 {
    w.mean / w.variance.sqrt()
}

pub(crate) fn classifier_attributes(dict: &Bound<'_, PyDict>, model: &vd_glm::Classifier) -> PyResult<()> {
    let (py, outputs, d) = (dict.py(), model.predictors(), model.features());
    dict.set_item("coef", transposed(py, &model.weights())?)?;
    dict.set_item("intercept", vector(py, model.intercept().data.into()))?;
    dict.set_item("log_alpha", transposed(py, &model.log_alpha())?)?;
    dict.set_item("sigma", transposed(py, &table(outputs, d, 0.0, |w| w.variance.sqrt()))?)?;
    dict.set_item("z", transposed(py, &table(outputs, d, 0.0, z))?)?;
    dict.set_item("lambda", model.lambda())
}

pub(crate) fn counts_attributes(dict: &Bound<'_, PyDict>, model: &vd_glm::Regressor) -> PyResult<()> {
    let (py, d) = (dict.py(), model.features());
    let output = core::slice::from_ref(model.predictor());
    let column = |m: DMatrix<f64>| vector(py, m.data.into());
    dict.set_item("coef", vector(py, model.weights().data.into()))?;
    dict.set_item("intercept", model.intercept())?;
    dict.set_item("log_alpha", vector(py, model.log_alpha().data.into()))?;
    dict.set_item("sigma", column(table(output, d, 0.0, |w| w.variance.sqrt())))?;
    dict.set_item("z", column(table(output, d, 0.0, z)))?;
    dict.set_item("lambda", model.lambda())
}

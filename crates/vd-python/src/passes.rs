//! Passes over rows that lie elsewhere: what a holder of some rows makes, what is sent, merged, and fitted where all of it comes together.
//!
//! Everything here is picklable. `vd_ard.dask` drives it.

use methods::Method;
use methods::glm::Decisions;
use numpy::{PyArray1, PyArray2};
use predictor::Link as Response;
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use serde::{Deserialize, Serialize};
use vd_glm::pass::{Pass, Plan, Targets};
use vd_glm::{Block, ClassificationParams, Coding, Family, FarRows, RegressionParams, Report};
use vd_linreg::Statistics;

use crate::arrays::{matrix, vector};
use crate::choice::Choice;
use crate::fitted::Fitted;
use crate::glm::{refit, slab};
use crate::input::{Features, numbers, weights};
use crate::refusal::Refusal;
use crate::state::{Beside, Model, State};

const LINEAR: model_file::Kind = model_file::Kind::new("vd.python.linear-pass", 1);
const PLAN: model_file::Kind = model_file::Kind::new("vd.python.plan", 1);
const GLM: model_file::Kind = model_file::Kind::new("vd.python.glm-pass", 1);

/// Features, targets and weights of a table's rows.
type Table<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// What a pickle of an object is: its type, called with its bytes.
type Pickle<'py> = (Bound<'py, PyType>, (Bound<'py, PyBytes>,));

fn pickle<'py, T: PyTypeInfo>(
    py: Python<'py>,
    kind: model_file::Kind,
    value: &impl Serialize,
) -> PyResult<Pickle<'py>> {
    let bytes = model_file::encode_as(kind, value).map_err(Refusal::of)?;
    Ok((py.get_type::<T>(), (PyBytes::new(py, &bytes),)))
}

/// Means and centred products of some rows of features and a target.
#[pyclass(module = "vd_ard._vd_ard")]
pub(crate) struct LinearPass(Statistics);

#[pymethods]
impl LinearPass {
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        Ok(Self(model_file::decode_as(LINEAR, bytes).map_err(Refusal::of)?))
    }

    fn __reduce__(slf: PyRef<'_, Self>) -> PyResult<Pickle<'_>> {
        pickle::<Self>(slf.py(), LINEAR, &slf.0)
    }

    /// The pass over some rows.
    #[staticmethod]
    fn over(
        x: &Bound<'_, PyAny>,
        t: &Bound<'_, PyArray1<f64>>,
        w: Option<&Bound<'_, PyArray1<f64>>>,
    ) -> PyResult<Self> {
        let (features, t, w) = (Features::read(x)?, numbers(t)?, weights(w)?);
        let Features::Dense(rows) = features else { return Err(Refusal::of("rows are dense here").into()) };
        let made = x.py().detach(|| {
            let mut statistics = Statistics::new(rows.ncols())?;
            match &w {
                None => statistics.update(&rows, &t),
                Some(w) => statistics.update_weighted(&rows, &t, w),
            }?;
            Ok(statistics)
        });
        Ok(Self(made.map_err(|e: vd_linreg::Error| Refusal::of(e))?))
    }

    /// Takes in another pass.
    fn merge(&mut self, other: PyRef<'_, Self>) -> PyResult<()> {
        Ok(self.0.merge(&other.0).map_err(Refusal::of)?)
    }

    /// Σ w.
    #[getter]
    fn samples(&self) -> f64 {
        self.0.samples()
    }

    /// The number of rows of positive weight.
    #[getter]
    fn rows(&self) -> u64 {
        self.0.rows()
    }

    /// The target's mean.
    #[getter]
    fn target_mean(&self) -> f64 {
        self.0.target_mean()
    }

    /// What standardises the features: means and standard deviations, or 0 and root mean squares without an intercept; a scale of 0 where a
    /// column does not vary.
    fn units<'py>(
        &self,
        py: Python<'py>,
        intercept: bool,
    ) -> (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>) {
        let (s, n) = (&self.0, self.0.samples());
        let means = s.feature_means();
        let scale = |(j, mean): (usize, &f64)| {
            let square = s.product(j, j) / n + if intercept { 0.0 } else { mean * mean };
            // A column that varies by less than the rounding of its values is constant.
            if square.sqrt() <= 8.0 * f64::EPSILON * mean.abs() { 0.0 } else { square.sqrt() }
        };
        let scales = means.iter().enumerate().map(scale).collect();
        (vector(py, if intercept { means.to_vec() } else { vec![0.0; means.len()] }), vector(py, scales))
    }

    /// The smallest table that has these statistics: features, targets, and the weight of each row.
    fn table<'py>(&self, py: Python<'py>, intercept: bool) -> PyResult<Table<'py>> {
        let (x, t, w) = py.detach(|| self.0.table(intercept)).map_err(Refusal::of)?;
        Ok((matrix(py, x)?, vector(py, t), vector(py, w)))
    }
}

/// What a pass of a round is to compute.
#[pyclass(frozen, module = "vd_ard._vd_ard")]
pub(crate) struct RoundPlan(Plan);

#[pymethods]
impl RoundPlan {
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        let plan: Plan = model_file::decode_as(PLAN, bytes).map_err(Refusal::of)?;
        plan.check().map_err(Refusal::of)?;
        Ok(Self(plan))
    }

    fn __reduce__(slf: PyRef<'_, Self>) -> PyResult<Pickle<'_>> {
        pickle::<Self>(slf.py(), PLAN, &slf.0)
    }
}

/// What a pass over some rows found.
#[pyclass(module = "vd_ard._vd_ard")]
pub(crate) struct GlmPass(Held);

/// A pass with the plan that it follows.
#[derive(Serialize, Deserialize)]
struct Held {
    pass: Pass,
}

#[pymethods]
impl GlmPass {
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        Ok(Self(model_file::decode_as(GLM, bytes).map_err(Refusal::of)?))
    }

    fn __reduce__(slf: PyRef<'_, Self>) -> PyResult<Pickle<'_>> {
        pickle::<Self>(slf.py(), GLM, &slf.0)
    }

    /// The pass over some rows, whose columns it standardises; without those of scale 0. `t` are class indices, of which `class_` counts as
    /// 1 and every other as 0 where it is given, or counts.
    #[staticmethod]
    fn over(
        plan: PyRef<'_, RoundPlan>,
        x: &Bound<'_, PyAny>,
        t: &Bound<'_, PyArray1<f64>>,
        w: Option<&Bound<'_, PyArray1<f64>>>,
        means: &Bound<'_, PyArray1<f64>>,
        scales: &Bound<'_, PyArray1<f64>>,
        class_: Option<usize>,
    ) -> PyResult<Self> {
        let (features, mut t, w) = (Features::read(x)?, numbers(t)?, weights(w)?);
        let (means, scales) = (numbers(means)?, numbers(scales)?);
        let Features::Dense(rows) = features else { return Err(Refusal::of("rows are dense here").into()) };
        if let Some(class) = class_ {
            t.iter_mut().for_each(|t| *t = f64::from(u8::from(*t == class as f64)));
        }
        let plan = &plan.0;
        let made = x.py().detach(|| over(plan, &rows, (&t, w.as_deref()), &means, &scales));
        Ok(Self(Held { pass: made? }))
    }

    /// Takes in another pass of the same plan.
    fn merge(&mut self, other: PyRef<'_, Self>) {
        self.0.pass.merge(&other.0.pass);
    }
}

/// Rows that are standardised at a time.
const ROWS: usize = 4096;

fn over(
    plan: &Plan,
    rows: &nalgebra::DMatrix<f64>,
    (t, w): (&[f64], Option<&[f64]>),
    means: &[f64],
    scales: &[f64],
) -> Result<Pass, Refusal> {
    if means.len() != rows.ncols() || scales.len() != rows.ncols() {
        return Err(Refusal::of("a part of the rows has another number of columns than the others"));
    }
    let used: Vec<usize> = (0..rows.ncols()).filter(|&j| scales[j] > 0.0).collect();
    let mut pass = Pass::new(plan);
    let values = rows.as_slice();
    for from in (0..rows.nrows()).step_by(ROWS) {
        let count = ROWS.min(rows.nrows() - from);
        let column = |&j: &usize| {
            let (mean, scale) = (means[j], scales[j]);
            let from = j * rows.nrows() + from;
            values[from..from + count].iter().map(move |v| (v - mean) / scale)
        };
        let block = Block::dense(count, used.len(), used.iter().flat_map(column).collect());
        let block = block.ok_or_else(|| Refusal::of("a block of rows that does not fit"))?;
        let targets = Targets { values: t, weights: w, offsets: None }.rows(from..from + count);
        pass.update(plan, &block, targets).map_err(Refusal::of)?;
    }
    Ok(pass)
}

/// Asks Python for the pass of a round.
fn ask(make: &Py<PyAny>, plan: &Plan, class: Option<usize>) -> Result<vd_glm::pass::Statistics, String> {
    Python::attach(|py| {
        let plan = Bound::new(py, RoundPlan(plan.clone()))?;
        let made = make.bind(py).call1((plan, class))?;
        let held: PyRef<'_, GlmPass> = made.extract().map_err(PyErr::from)?;
        PyResult::Ok(held.0.pass.clone().finish())
    })
    .map_err(|error: PyErr| error.to_string())
}

/// Rows that lie elsewhere, as Python knows them: their number, means, scales.
type Away<'py> = (usize, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

fn away((rows, means, scales): &Away<'_>) -> PyResult<FarRows> {
    Ok(FarRows { rows: *rows, means: numbers(means)?, scales: numbers(scales)? })
}

fn lambda(choice: Choice, rows: &FarRows) -> Result<f64, Refusal> {
    let varying = rows.scales.iter().filter(|s| **s > 0.0).count().max(1);
    choice.lambda(rows.rows as f64, varying)?.ok_or_else(|| {
        Refusal::of("λ by cross-validation needs rows in memory: give lam a number, 'auto' or 'bic'")
    })
}

fn beside(report: Report, rows: &FarRows) -> Beside {
    Beside {
        warnings: State::not_converged(report.status, report.iterations),
        trace: report.trace,
        deviations: rows.scales.clone(),
        rows: rows.rows,
    }
}

/// A fit of classes to rows that lie elsewhere: `make(plan, class)` gives the merged pass over all of them.
#[pyfunction]
#[pyo3(signature = (make, rows, counts, *, lam, false_keeps, slab, refit, link, intercept, tolerance, max_iterations))]
pub(crate) fn fit_classifier_far(
    py: Python<'_>,
    make: Py<PyAny>,
    rows: Away<'_>,
    counts: Vec<usize>,
    lam: &Bound<'_, PyAny>,
    false_keeps: Option<f64>,
    slab: &Bound<'_, PyAny>,
    refit: Option<&str>,
    link: &str,
    intercept: bool,
    tolerance: f64,
    max_iterations: usize,
) -> PyResult<Fitted> {
    let (choice, rows) = (Choice::read(lam, false_keeps)?, away(&rows)?);
    let params = ClassificationParams::new()
        .classes(counts.len())
        .coding(Coding::OneVsRest)
        .slab(self::slab(slab)?)
        .link(if link == "probit" { vd_glm::Link::Probit } else { vd_glm::Link::Logit })
        .refit(self::refit(refit, choice))
        .intercept(intercept)
        .tolerance(tolerance)
        .max_rounds(max_iterations)
        .lambda(lambda(choice, &rows)?);
    let start = std::time::Instant::now();
    let fit = py
        .detach(|| params.fit_passes(&rows, &counts, |plan, class| ask(&make, plan, class)))
        .map_err(Refusal::of)?;
    let outputs = if counts.len() == 2 { Response::Logistic } else { Response::OneVsRest };
    let lambda = fit.model.lambda();
    let outcome = methods::glm::outcome(
        fit.model.predictors(),
        outputs,
        rows.means.len(),
        (lambda, Decisions::Weights),
        &fit.report,
    )
    .map_err(Refusal::of)?;
    let beside = beside(fit.report, &rows);
    let state = State::new(Method::Glm, Model::Classifier(fit.model), outcome, beside);
    Ok(Fitted::of((state, start.elapsed())))
}

/// A fit of counts to rows that lie elsewhere, whose targets have this mean.
#[pyfunction]
#[pyo3(signature = (make, rows, mean, *, dispersion, lam, false_keeps, slab, refit, intercept, tolerance, max_iterations))]
pub(crate) fn fit_counts_far(
    py: Python<'_>,
    make: Py<PyAny>,
    rows: Away<'_>,
    mean: f64,
    dispersion: Option<f64>,
    lam: &Bound<'_, PyAny>,
    false_keeps: Option<f64>,
    slab: &Bound<'_, PyAny>,
    refit: Option<&str>,
    intercept: bool,
    tolerance: f64,
    max_iterations: usize,
) -> PyResult<Fitted> {
    let (choice, rows) = (Choice::read(lam, false_keeps)?, away(&rows)?);
    let family = dispersion.map_or(Family::Poisson, |dispersion| Family::NegativeBinomial { dispersion });
    let lambda = lambda(choice, &rows)?;
    let params = RegressionParams::new()
        .family(family)
        .slab(self::slab(slab)?)
        .refit(self::refit(refit, choice))
        .intercept(intercept)
        .tolerance(tolerance)
        .max_rounds(max_iterations)
        .lambda(lambda);
    let start = std::time::Instant::now();
    let fit = py
        .detach(|| params.fit_passes(&rows, mean, |plan, class| ask(&make, plan, class)))
        .map_err(Refusal::of)?;
    let output = core::slice::from_ref(fit.model.predictor());
    let outcome = methods::glm::outcome(
        output,
        Response::Log,
        rows.means.len(),
        (lambda, Decisions::Weights),
        &fit.report,
    )
    .map_err(Refusal::of)?;
    let beside = beside(fit.report, &rows);
    let state = State::new(Method::Glm, Model::Counts(fit.model), outcome, beside);
    Ok(Fitted::of((state, start.elapsed())))
}

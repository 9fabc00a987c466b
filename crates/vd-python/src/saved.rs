//! Model files: written from a fitted model, and read again, whoever wrote them.

use methods::Task;
use nalgebra::DMatrix;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use predictor::{
    Column, ColumnKind, Feature, InputColumn, Parts, Prediction, Preprocessing, Provenance, SavedModel,
    Table, Target, Values, notation::Notation,
};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::arrays::{matrix, vector};
use crate::refusal::Refusal;
use crate::state::{Model, State};

/// What a model file says beside the fit.
pub(crate) struct Sheet {
    /// Every input column: its name, and the names of its levels where it has some.
    pub columns: Vec<(String, Option<Vec<String>>)>,
    /// Every feature: its name, its column, its level.
    pub terms: Vec<(String, u32, Option<u32>)>,
    pub target: String,
    pub classes: Vec<String>,
    pub seed: u64,
    pub options: Vec<String>,
}

/// What Python is told of a file that cannot be written or read: `OSError` for the system's reasons, `ValueError` for what is in it.
pub(crate) fn refused(error: model_file::Error) -> PyErr {
    match error.root() {
        model_file::Error::Io { source, .. } => match source.raw_os_error() {
            Some(number) => PyOSError::new_err((number, error.to_string())),
            None => PyOSError::new_err(error.to_string()),
        },
        _ => Refusal::of(error).into(),
    }
}

/// The model that a file holds.
pub(crate) fn model(state: &State, sheet: Sheet) -> Result<SavedModel, Refusal> {
    check(state)?;
    let columns = sheet.columns.into_iter().map(|(name, levels)| {
        let kind = match levels {
            None => ColumnKind::Number { fill: None },
            Some(levels) => ColumnKind::Category { levels, fill: None },
        };
        InputColumn { name, kind, notation: Notation::default() }
    });
    let features =
        sheet.terms.into_iter().zip(&state.deviations).map(|((name, column, level), &deviation)| Feature {
            name,
            column,
            level,
            mean: 0.0,
            scale: 1.0,
            deviation,
        });
    let preprocessing = Preprocessing::from_features(columns.collect(), features.collect());
    let parts = Parts {
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: state.method.clone(),
            options: sheet.options,
            data: "arrays in Python".to_owned(),
            data_sha256: String::new(),
            rows: state.rows,
            seed: sheet.seed,
        },
        target: Target { name: sheet.target, levels: sheet.classes },
        preprocessing: preprocessing.map_err(Refusal::of)?,
        predictor: state.predictor.clone(),
        relevance: state.relevance.clone(),
        weights_before: state.weights_before,
        threshold: state.threshold,
        summary: state.summary.clone(),
        score: None,
    };
    SavedModel::new(parts).map_err(Refusal::of)
}

/// What a model file cannot say.
fn check(state: &State) -> Result<(), Refusal> {
    match &state.model {
        Model::Counts(model) if model.family() != vd_glm::Family::Poisson => {
            Err(Refusal::of("a model file holds Poisson counts only; pickle this model instead"))
        }
        // Its probabilities would be read back as a logit model's.
        Model::Classifier(model) if model.is_probit() => Err(Refusal::of(
            "a model file holds logit models only, not probit ones; pickle this model instead",
        )),
        _ => Ok(()),
    }
}

/// A model file in memory.
#[pyclass(frozen, module = "vd_ard._vd_ard")]
pub(crate) struct Saved {
    model: SavedModel,
}

impl Saved {
    fn predictions(&self, py: Python<'_>, columns: &Bound<'_, PyDict>) -> PyResult<Vec<Prediction>> {
        let mut made = Vec::new();
        for (name, values) in columns {
            made.push(Column { name: name.extract()?, values: read(&values)? });
        }
        let model = &self.model;
        let work = || -> Result<_, Refusal> {
            let table = Table::new(made).map_err(Refusal::of)?;
            model.predict(&table).map_err(Refusal::of)
        };
        Ok(py.detach(work)?)
    }
}

/// A column: an array of numbers, or codes and the names that they stand for.
fn read(values: &Bound<'_, PyAny>) -> PyResult<Values> {
    if let Ok(numbers) = values.cast::<PyArray1<f64>>() {
        return Ok(Values::Numbers(numbers.readonly().as_array().to_vec()));
    }
    let (codes, levels) = values.extract::<(Vec<u32>, Vec<String>)>()?;
    Ok(Values::Codes { codes, levels })
}

#[pymethods]
impl Saved {
    /// The model in the bytes of a file.
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        Ok(Self { model: model_file::decode(bytes).map_err(Refusal::of)? })
    }

    /// The model in a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: std::path::PathBuf) -> PyResult<Self> {
        let model = py.detach(|| model_file::load(path)).map_err(refused)?;
        Ok(Self { model })
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyBytes>,))> {
        let py = slf.py();
        let bytes = model_file::encode(&slf.model).map_err(refused)?;
        Ok((py.get_type::<Self>(), (PyBytes::new(py, &bytes),)))
    }

    /// What the file says: names, classes, relevance, how the fit ended.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (model, dict) = (&self.model, PyDict::new(py));
        let task = match model.task() {
            Task::Regression => "regression",
            Task::Counts => "counts",
            Task::Classification => "classification",
        };
        dict.set_item("task", task)?;
        dict.set_item("method", &model.provenance.model)?;
        dict.set_item("version", &model.provenance.version)?;
        dict.set_item("target", &model.target.name)?;
        dict.set_item("classes", &model.target.levels)?;
        let columns = model.preprocessing.columns();
        dict.set_item("columns", columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>())?;
        let levels = columns.iter().map(|c| match &c.kind {
            ColumnKind::Number { .. } => None,
            ColumnKind::Category { levels, .. } => Some(levels.clone()),
        });
        dict.set_item("levels", levels.collect::<Vec<_>>())?;
        let used: Vec<String> = model.columns().iter().map(|&c| columns[c].name.clone()).collect();
        dict.set_item("used_columns", used)?;
        let features = model.preprocessing.features();
        dict.set_item("features", features.iter().map(|f| f.name.clone()).collect::<Vec<_>>())?;
        let strengths = |i: usize| if model.relevance[i].kept > 0 { model.strength(i) } else { 0.0 };
        dict.set_item("relevance", vector(py, (0..model.relevance.len()).map(strengths).collect()))?;
        let weights = model.relevance.iter().map(|r| r.weight).collect();
        dict.set_item("weights", vector(py, weights))?;
        dict.set_item("status", model.summary.status.to_string())?;
        dict.set_item("rows", model.provenance.rows)?;
        Ok(dict)
    }

    /// Means, one per row.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let all = self.predictions(py, columns)?;
        Ok(vector(py, all.iter().map(Prediction::value).collect()))
    }

    /// Standard deviations of the target, one per row; NaN where the model has none.
    fn predict_std<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let all = self.predictions(py, columns)?;
        Ok(vector(py, all.iter().map(|p| p.deviation.unwrap_or(f64::NAN)).collect()))
    }

    /// The index of the most probable class of every row.
    fn predict_labels<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let all = self.predictions(py, columns)?;
        Ok(PyArray1::from_iter(py, all.iter().map(|p| p.class as i64)))
    }

    /// Probability of every class, N x K.
    fn predict_proba<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let all = self.predictions(py, columns)?;
        let classes = self.model.target.levels.len();
        matrix(py, DMatrix::from_fn(all.len(), classes, |n, k| all[n].outputs[k]))
    }
}

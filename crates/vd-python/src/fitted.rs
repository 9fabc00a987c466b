//! A fitted model in Python's hands.

use core::time::Duration;

use nalgebra::DMatrix;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::arrays::{matrix, vector};
use crate::input::Features;
use crate::refusal::Refusal;
use crate::state::{Model, State};

/// What a pickle of a fitted model is sealed as.
const KIND: model_file::Kind = model_file::Kind::new("vd.python", 1);

/// A fitted model. The estimators of `vd_ard` hold one; its methods take what they have checked.
#[pyclass(frozen, module = "vd_ard._vd_ard")]
pub(crate) struct Fitted {
    pub(crate) state: State,
    /// How long the crate worked on the fit; nothing for a model from a pickle.
    seconds: f64,
}

impl Fitted {
    /// What a worker made.
    pub(crate) fn of((state, took): (State, Duration)) -> Self {
        Self { state, seconds: took.as_secs_f64() }
    }

    /// The same, of so many rows where their number is given.
    pub(crate) fn of_rows(mut self, rows: Option<u64>) -> Self {
        self.state.rows = rows.unwrap_or(self.state.rows);
        self
    }

    /// Reads the features and works on them without the interpreter lock.
    fn with<T: Send>(
        &self,
        x: &Bound<'_, PyAny>,
        work: impl FnOnce(&State, &Features) -> Result<T, Refusal> + Send,
    ) -> PyResult<T> {
        let features = Features::read(x)?;
        Ok(x.py().detach(|| work(&self.state, &features))?)
    }
}

#[pymethods]
impl Fitted {
    /// The model in the bytes of a pickle.
    #[new]
    fn new(bytes: &[u8]) -> PyResult<Self> {
        let state = model_file::decode_as(KIND, bytes).map_err(Refusal::of)?;
        Ok(Self { state, seconds: f64::NAN })
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyBytes>,))> {
        let py = slf.py();
        let bytes = model_file::encode_as(KIND, &slf.state).map_err(Refusal::of)?;
        Ok((py.get_type::<Self>(), (PyBytes::new(py, &bytes),)))
    }

    /// Means, one per row.
    fn predict<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(vector(x.py(), self.with(x, State::predict)?))
    }

    /// Standard deviations of the target, noise included, one per row.
    fn predict_std<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(vector(x.py(), self.with(x, State::predict_std)?))
    }

    /// The index of the most probable class of every row.
    fn predict_labels<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let labels = self.with(x, State::predict_labels)?;
        Ok(PyArray1::from_iter(x.py(), labels.into_iter().map(|k| k as i64)))
    }

    /// Probability of every class, N x K.
    fn predict_proba<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        matrix(x.py(), self.with(x, State::predict_proba)?)
    }

    /// Log odds, N x 1 or N x K.
    fn scores<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let Model::L1(model) = &self.state.model else {
            return Err(Refusal::of("this model has no scores").into());
        };
        let features = Features::read(x)?;
        let scores: DMatrix<f64> = x.py().detach(|| crate::l1::scores(model, &features))?;
        matrix(x.py(), scores)
    }

    /// What the estimator shows of the fit, by name, without the underscores.
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (state, dict) = (&self.state, PyDict::new(py));
        dict.set_item("n_iter", state.summary.iterations)?;
        dict.set_item("status", state.summary.status.to_string())?;
        dict.set_item("objective", state.summary.objective)?;
        dict.set_item("residual", state.summary.residual)?;
        dict.set_item("false_keeps", state.summary.false_keeps)?;
        dict.set_item("trace", vector(py, state.trace.clone()))?;
        let strength = |(r, d): (&predictor::FeatureRelevance, &f64)| {
            if r.kept > 0 { r.strength(*d) } else { 0.0 }
        };
        if !state.relevance.is_empty() {
            let strengths = state.relevance.iter().zip(&state.deviations).map(strength).collect();
            dict.set_item("relevance", vector(py, strengths))?;
            dict.set_item("kept", state.relevance.iter().map(|r| r.kept > 0).collect::<Vec<_>>())?;
        }
        let inclusion: Option<Vec<f64>> = state.relevance.iter().map(|r| r.inclusion).collect();
        if let Some(inclusion) = inclusion.filter(|p| !p.is_empty()) {
            dict.set_item("inclusion", vector(py, inclusion))?;
            let pairs = state.relevance.iter().enumerate();
            let of = |(i, r): (usize, &predictor::FeatureRelevance)| {
                r.stand_ins.iter().map(move |s| (i, s.feature, s.correlation)).collect::<Vec<_>>()
            };
            dict.set_item("stand_ins", pairs.flat_map(of).collect::<Vec<_>>())?;
        }
        match &state.model {
            Model::Linear(model, z) => crate::linreg::attributes(&dict, model, z)?,
            Model::Classifier(model) => crate::glm::classifier_attributes(&dict, model)?,
            Model::Counts(model) => crate::glm::counts_attributes(&dict, model)?,
            Model::RvmRegressor(model) => crate::rvm::regressor_attributes(&dict, model)?,
            Model::RvmClassifier(model) => crate::rvm::classifier_attributes(&dict, model)?,
            Model::L1(model) => crate::l1::attributes(&dict, model)?,
            Model::Network => crate::network::attributes(&dict, state)?,
        }
        Ok(dict)
    }

    /// How long the crate worked on the fit: what is left of a call is the border's.
    fn seconds(&self) -> f64 {
        self.seconds
    }

    /// What a user should know about the fit, one sentence each.
    fn warnings(&self) -> Vec<String> {
        self.state.warnings.clone()
    }

    /// Writes a model file, whole or not at all. `terms` has for every feature its name, its column's index and its level's (none for
    /// a number); `columns` for every column its name and its levels' (none for a column of numbers).
    fn save(
        &self,
        py: Python<'_>,
        path: std::path::PathBuf,
        columns: Vec<(String, Option<Vec<String>>)>,
        terms: Vec<(String, u32, Option<u32>)>,
        target: String,
        classes: Vec<String>,
        seed: u64,
        options: Vec<String>,
    ) -> PyResult<()> {
        let sheet = crate::saved::Sheet { columns, terms, target, classes, seed, options };
        let model = py.detach(|| crate::saved::model(&self.state, sheet))?;
        py.detach(|| model_file::save(path, &model)).map_err(crate::saved::refused)
    }
}

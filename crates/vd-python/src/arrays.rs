//! From nalgebra to numpy.

use nalgebra::DMatrix;
use numpy::ndarray::{Array2, ShapeBuilder};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::refusal::Refusal;

/// A vector, moved and not copied.
pub(crate) fn vector(py: Python<'_>, values: Vec<f64>) -> Bound<'_, PyArray1<f64>> {
    PyArray1::from_vec(py, values)
}

/// A matrix, moved and not copied: in column order, as nalgebra's are.
pub(crate) fn matrix(py: Python<'_>, m: DMatrix<f64>) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let shape = m.shape();
    let made = Array2::from_shape_vec(shape.f(), m.data.into());
    Ok(PyArray2::from_owned_array(py, made.map_err(|e| Refusal::Run(e.to_string()))?))
}

/// The matrix with its rows as columns: scikit-learn has a row of weights for each class.
pub(crate) fn transposed<'py>(py: Python<'py>, m: &DMatrix<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
    matrix(py, m.transpose())
}

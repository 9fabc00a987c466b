//! The divergence on arrays: `kl-approx`.

use kl_approx::ard;
use kl_approx::{Divergence, EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::refusal::Refusal;

/// Every divergence by the name that Python knows it by.
const ALL: [(&str, &(dyn Divergence + Sync)); 7] = [
    ("exact", &Exact),
    ("sigmoid-minimax", &Sigmoid::MINIMAX),
    ("sigmoid-2017", &Sigmoid::ICML_2017),
    ("sigmoid-poster", &Sigmoid::POSTER),
    ("kingma-cubic", &KingmaCubic),
    ("kingma-bound", &KingmaBound),
    ("empirical-bayes", &EmpiricalBayes),
];

/// Name and domain (smallest and largest log α) of every divergence.
#[pyfunction]
pub(crate) fn approximations() -> Vec<(&'static str, f64, f64)> {
    ALL.iter().map(|(name, d)| (*name, d.domain().lower, d.domain().upper)).collect()
}

fn named(name: &str) -> Result<&'static (dyn Divergence + Sync), Refusal> {
    let found = ALL.iter().find(|(known, _)| *known == name).map(|(_, divergence)| *divergence);
    found.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        Refusal::of(format!("'{name}' is no divergence; choose from {}", names.join(", ")))
    })
}

/// KL and its slope dKL/d log α at every entry, in the precision of the entries.
#[pyfunction]
pub(crate) fn kl<'py>(
    log_alpha: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (py, divergence) = (log_alpha.py(), named(name)?);
    if let Ok(single) = log_alpha.cast::<PyArray1<f32>>() {
        let l = single.readonly().as_array().to_vec();
        let (mut value, mut slope) = (vec![0.0; l.len()], vec![0.0; l.len()]);
        py.detach(|| divergence.value_grad_slice_f32(&l, &mut value, &mut slope)).map_err(Refusal::of)?;
        return Ok((PyArray1::from_vec(py, value).into_any(), PyArray1::from_vec(py, slope).into_any()));
    }
    let Ok(double) = log_alpha.cast::<PyArray1<f64>>() else {
        return Err(PyTypeError::new_err("log_alpha is an array of float32 or float64 with one axis"));
    };
    let l = double.readonly().as_array().to_vec();
    let (mut value, mut slope) = (vec![0.0; l.len()], vec![0.0; l.len()]);
    py.detach(|| divergence.value_grad_slice(&l, &mut value, &mut slope)).map_err(Refusal::of)?;
    Ok((PyArray1::from_vec(py, value).into_any(), PyArray1::from_vec(py, slope).into_any()))
}

/// λ for q false keeps of so many columns of noise, whose weights share an α by groups.
#[pyfunction]
pub(crate) fn lambda_for_false_keeps(q: f64, columns: usize, group: usize) -> PyResult<f64> {
    Ok(ard::lambda_for_false_keeps(q, columns, group).map_err(Refusal::of)?)
}

/// The probability that a column of noise is kept at λ.
#[pyfunction]
pub(crate) fn false_keeps(lam: f64, group: usize) -> PyResult<f64> {
    Ok(ard::false_keep_probability(lam, group).map_err(Refusal::of)?)
}

/// log α and the shrinkage factor of a weight with this squared z-score over λ; none where it is pruned.
#[pyfunction]
pub(crate) fn optimum(z2: f64) -> Option<(f64, f64)> {
    ard::threshold_u(z2).map(|u| (-(2.0 * u).ln(), ard::shrinkage(u)))
}

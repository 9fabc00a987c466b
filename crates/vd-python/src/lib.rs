//! The compiled half of the Python package `vd_ard`: it reads numpy's arrays, runs the estimators of the workspace's crates away from
//! the interpreter lock, and hands arrays back. It has no numerics of its own; everything that scikit-learn expects of an estimator is
//! in `python/vd_ard`.

mod arrays;
mod choice;
mod fitted;
mod glm;
mod input;
mod kl;
mod l1;
mod linreg;
mod network;
mod passes;
mod refusal;
mod rvm;
mod saved;
mod state;
mod worker;

use pyo3::prelude::*;

/// The compiled module; `vd_ard` is the package to import.
#[pymodule]
mod _vd_ard {
    #[pymodule_export]
    use crate::fitted::Fitted;
    #[pymodule_export]
    use crate::glm::{fit_classifier, fit_counts};
    #[pymodule_export]
    use crate::kl::{approximations, false_keeps, kl, lambda_for_false_keeps, optimum};
    #[pymodule_export]
    use crate::l1::fit_l1;
    #[pymodule_export]
    use crate::linreg::{fit_linear, path_linear};
    #[pymodule_export]
    use crate::network::fit_network;
    #[pymodule_export]
    use crate::passes::{GlmPass, LinearPass, RoundPlan, fit_classifier_far, fit_counts_far};
    #[pymodule_export]
    use crate::rvm::{fit_rvm_classifier, fit_rvm_regressor};
    #[pymodule_export]
    use crate::saved::Saved;
}

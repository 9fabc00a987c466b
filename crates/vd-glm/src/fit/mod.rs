//! From parameters and data to a model and its report.

pub(crate) mod classify;
pub(crate) mod cross_validate;
pub(crate) mod far;
pub(crate) mod joint;
pub(crate) mod problem;
pub(crate) mod regress;
pub(crate) mod solve;

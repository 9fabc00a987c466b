//! From parameters and data to a model and its report.

pub(crate) mod classify;
pub(crate) mod problem;
pub(crate) mod regress;

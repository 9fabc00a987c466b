//! The updates of the precisions on one quadratic model.

pub(crate) mod algorithm;
pub(crate) mod fixed_point;
mod joint;
pub(crate) mod quality;
mod search;
pub(crate) mod sequential;

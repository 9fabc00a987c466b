//! Inputs and targets, checked when they come in.

pub(crate) mod inputs;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod targets;

//! Fits along growing C, each from the one before.

mod along;
pub(crate) mod grid;
pub(crate) mod point;
pub(crate) mod runner;

//! The training loop: one driver over one stepper; a table in memory and blocks are its two sources of data.

#[cfg(feature = "checkpoints")]
pub(crate) mod checkpoint;
pub(crate) mod convergence;
pub(crate) mod driver;
pub(crate) mod fit;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod stepper;
pub(crate) mod stream;
pub(crate) mod training;
pub(crate) mod undecided;

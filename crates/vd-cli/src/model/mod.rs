//! What `vd fit` keeps: how to read the columns, the small predictor, and the account of the fit.

mod check;
mod kernel;
mod layers;
mod predictor;
mod prep;
mod saved;

pub use kernel::{Kernel, KernelKind};
pub use layers::{Layer, Layers};
pub use predictor::{Link, Prediction, Predictor, Uncertainty};
pub use prep::{ColumnKind, Feature, InputColumn, Prep};
pub use saved::{Account, Metric, Provenance, Relevance, Saved, Score, Target, Task};

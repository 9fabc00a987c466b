//! A layer as it is stored.

use serde::{Deserialize, Serialize};

/// A layer, column by column. log σ² = −∞, which JSON cannot write, is stored as nothing.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredLayer<R> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) theta: Vec<R>,
    pub(crate) log_sigma2: Vec<Option<R>>,
    pub(crate) intercept: Option<Vec<R>>,
}

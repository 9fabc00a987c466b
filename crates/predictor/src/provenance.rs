//! Where a model comes from.

use serde::{Deserialize, Serialize};

/// Where a model comes from: what somebody needs to fit it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the program that fitted it.
    pub version: String,
    /// The estimator's name.
    pub model: String,
    /// The options of the fit.
    pub options: Vec<String>,
    /// The data's name: a file's name without its directory.
    pub data: String,
    /// SHA-256 of the data's bytes, in hexadecimal; empty where the data came from memory.
    pub data_sha256: String,
    /// Rows that were fitted.
    pub rows: u64,
    /// The seed.
    pub seed: u64,
}

//! One point of a path.

use estimator::Fit;

use crate::certificate::Certificate;
use crate::model::Model;

/// One point of a path.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PathPoint {
    /// C.
    pub c: f64,
    /// The model and its report.
    pub fit: Fit<Model>,
    /// Its optimality certificate.
    pub certificate: Certificate,
}

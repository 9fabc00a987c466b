//! What a round asks of its local model.

use crate::solve::prior::Prior;

/// How exactly a local model is maximised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inner {
    pub prior: Prior,
    /// μ.
    pub damping: f64,
    /// Whether μ multiplies at least what S would be if all rows were as uncertain.
    pub cautious: bool,
    /// Largest move, in standard errors, at which a sweep ends the ascent.
    pub tolerance: f64,
    /// Sweeps over the columns at most.
    pub sweeps: usize,
    /// Cycles over coupled classes at most.
    pub cycles: usize,
}

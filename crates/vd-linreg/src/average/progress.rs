//! What a running average shows to its caller.

use core::ops::ControlFlow;

/// Where an average stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AveragingProgress {
    /// Steps that each walk has taken.
    pub steps: usize,
    /// Columns of the most probable support so far.
    pub kept: usize,
    /// Its log posterior probability, relative to that of no column.
    pub objective: f64,
}

pub(crate) type Callback<'c> = &'c mut dyn FnMut(&AveragingProgress) -> ControlFlow<()>;

//! Samples in memory: a whole table, or one block of it.

use std::borrow::Cow;

use crate::data::rows::Rows;
use crate::data::targets::TargetTable;
use crate::real::Real;

/// Inputs and targets of some samples.
pub(crate) struct Samples<'x, R: Real> {
    /// Another number for other samples: the engine keeps its own form of the data by this number.
    pub id: u64,
    pub rows: Cow<'x, Rows<R>>,
    pub targets: TargetTable<R>,
}

impl<R: Real> Samples<'_, R> {
    pub fn count(&self) -> usize {
        self.rows.samples()
    }
}

//! Passes over the rows of one query.

use datafusion::arrow::array::ArrayRef;

use crate::engine::{Engine, Rows};
use crate::error::Result;
use crate::work::{Request, State};

/// Passes over the rows of one query.
pub(crate) struct Passes<'a> {
    engine: &'a Engine,
    rows: &'a Rows,
    columns: Vec<String>,
    /// How many were made.
    pub made: usize,
}

impl<'a> Passes<'a> {
    /// None yet; the rows' columns are taken in this order.
    pub fn new(engine: &'a Engine, rows: &'a Rows, columns: Vec<String>) -> Self {
        Self { engine, rows, columns, made: 0 }
    }

    /// The rows themselves, batch by batch, in the order of their parts.
    pub fn read(&mut self, take: &mut dyn FnMut(&[ArrayRef]) -> Result<()>) -> Result<()> {
        self.made += 1;
        self.engine.read(self.rows, &self.columns, take)
    }

    /// One pass.
    pub fn make(&mut self, request: &Request) -> Result<State> {
        self.made += 1;
        self.engine.pass(self.rows, &self.columns, request)
    }
}

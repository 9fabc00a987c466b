//! Everything that is wrong with a table, found in one run.

use crate::error::{Error, Place, Result};

/// The problems of a file, at most one a column.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(usize, Error)>,
}

impl Problems {
    /// Adds a problem in a file, at a line or at none, of the column at a position (from 0).
    pub fn push(&mut self, place: Place, position: usize, name: &str, what: String) {
        self.found.push((position, Error::data(place.at(position, name), what)));
    }

    /// Whether the column at a position has a problem.
    pub fn has(&self, position: usize) -> bool {
        self.found.iter().any(|(at, _)| *at == position)
    }

    /// The problems as one error, if there are any.
    ///
    /// # Errors
    /// The one problem, or [`Error::Several`].
    pub fn done(self) -> Result<()> {
        let mut errors: Vec<Error> = self.found.into_iter().map(|(_, error)| error).collect();
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Error::Several(errors)),
        }
    }
}

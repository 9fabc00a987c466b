//! Everything that is wrong with a table, found in one run.

use crate::error::{Error, Place, Result};

/// The problems of a file, at most one a column.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<(usize, Error)>,
}

impl Problems {
    /// Adds a problem at a line (0 for none) of the column at a position (from 0).
    pub fn push(&mut self, file: &str, line: u64, position: usize, name: &str, what: String) {
        let place = Place { file: file.to_owned(), line, column: Some((position + 1, name.to_owned())) };
        self.found.push((position, Error::Data { place, what }));
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

//! What a pass over rows is to compute.

use estimator::{Check, InputError};

use crate::pass::likelihood::Likelihood;
use crate::pass::point::Point;

/// What a pass over rows is to compute: the bound and its derivatives at a point, and the curvature among some columns.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Plan {
    /// The distribution of the targets.
    pub likelihood: Likelihood,
    /// Where.
    pub point: Point,
    /// For every output the columns whose curvature is wanted ([`Sums::gram`](crate::pass::Sums::gram)), ascending.
    pub working: Vec<Vec<usize>>,
    /// Number of columns of the rows.
    pub columns: usize,
}

impl Plan {
    /// Checks that outputs agree in number and that columns ascend below the number of columns.
    ///
    /// # Errors
    /// [`InputError`] with what contradicts itself.
    pub fn check(&self) -> Result<(), InputError> {
        let outputs = self.likelihood.outputs();
        for found in [self.point.outputs.len(), self.working.len()] {
            if found != outputs || outputs == 0 {
                return Err(InputError::entries("the plan's outputs", outputs, found));
            }
        }
        for (output, working) in self.point.outputs.iter().zip(&self.working) {
            self.ascending(output.weights.iter().map(|w| w.column))?;
            self.ascending(working.iter().copied())?;
        }
        Ok(())
    }

    fn ascending(&self, columns: impl Iterator<Item = usize>) -> Result<(), InputError> {
        let mut next = 0;
        for c in columns {
            let fine = (next..self.columns).contains(&c);
            Check::range("the plan's column", c as f64, fine, "ascending, below the number of columns")?;
            next = c + 1;
        }
        Ok(())
    }
}

/// The targets of a block of rows.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'t> {
    /// Labels (as numbers), counts or amounts.
    pub values: &'t [f64],
    /// Sample weights; 1 where absent.
    pub weights: Option<&'t [f64]>,
    /// What is added to the linear predictor, log exposures for counts; 0 where absent.
    pub offsets: Option<&'t [f64]>,
}

impl Targets<'_> {
    /// The targets of some consecutive rows.
    #[must_use]
    pub fn rows(&self, range: core::ops::Range<usize>) -> Self {
        Self {
            values: &self.values[range.clone()],
            weights: self.weights.map(|w| &w[range.clone()]),
            offsets: self.offsets.map(|o| &o[range.clone()]),
        }
    }
}

//! A certified path over C.

use core::ops::ControlFlow;

use estimator::{Labels, Status, unwatched};

use crate::error::Error;
use crate::matrix::FeatureMatrix;
use crate::params::Params;
use crate::path::grid::Grid;
use crate::path::point::PathPoint;
use crate::path::runner::Runner;
use crate::prepare::c_min::first_c;
use crate::solver::algorithm::Progress;

impl Params {
    /// Fits at every C of the grid, each from the one before, each certified. `Params::c` is not used.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); a grid that is out of range; [`Error::NoCMin`].
    pub fn path<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
        grid: &Grid,
    ) -> Result<Vec<PathPoint>, Error> {
        self.path_with(x, labels, grid, |p: &Progress| unwatched(p))
    }

    /// Fits a path ([`path`](Self::path)) with a callback that sees every iteration. Stopping ends the path with the point it stopped in.
    ///
    /// # Errors
    /// As [`path`](Self::path).
    pub fn path_with<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
        grid: &Grid,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Vec<PathPoint>, Error> {
        let labels = labels.into();
        let mut runner = Runner::new(*self, x, labels)?;
        let values = grid.values(|| first_c(self, x, runner.targets()))?;
        let mut points: Vec<PathPoint> = Vec::with_capacity(values.len());
        for c in values {
            points.push(runner.certified(c, x, labels.as_slice(), &mut progress));
            if points.last().is_some_and(|point| point.fit.report.status == Status::StoppedByCallback) {
                break;
            }
        }
        Ok(points)
    }
}

//! What every method is: a name, what it predicts, and a fit.

use predictor::Task;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::problem::Problem;
use crate::stage::Watch;
use crate::walk::Walk;

/// What every method is. To add an estimator, implement this trait in a file of its own and name the file in
/// [`Method`](crate::Method).
pub trait Adapter: Sync {
    /// Its name on a command line.
    fn name(&self) -> &'static str;

    /// What it is, in one line.
    fn about(&self) -> &'static str;

    /// What it predicts.
    fn tasks(&self) -> &'static [Task];

    /// For which of these it is the one to begin with.
    fn default_for(&self) -> &'static [Task] {
        &[]
    }

    /// The names of the [`Options`](crate::Options) that it reads, beside `seed` and `threads`.
    fn options(&self) -> &'static [&'static str];

    /// Whether a fit takes long, so that it is scored on one held-out part instead of by cross-validation.
    fn is_slow(&self) -> bool {
        false
    }

    /// Fits the problem.
    ///
    /// # Errors
    /// What the estimator refuses, or numerical breakdown. Not converging is no error.
    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error>;

    /// The models on the way from no column to many; none where the method has no such way. It costs about as much as a choice by
    /// cross-validation.
    ///
    /// # Errors
    /// As [`Adapter::fit`].
    fn walk(&self, _problem: &Problem<'_>, _watch: &mut Watch<'_>) -> Result<Option<Walk>, Error> {
        Ok(None)
    }
}

//! The z-scores of a model's features from statistics.

use estimator::InputError;

use crate::analysis::{ZScore, z_scores};
use crate::error::Error;
use crate::model::Model;
use crate::statistics::pass::Statistics;
use crate::statistics::reduced::Reduced;

/// [`z_scores`] of rows of which only the statistics are known.
///
/// # Errors
/// [`InputError::Shape`] for a model of another number of features; [`InputError::Empty`] for statistics of no rows.
pub fn z_scores_statistics(statistics: &Statistics, model: &Model) -> Result<Vec<ZScore>, Error> {
    let (features, found) = (statistics.features(), model.coefficients().len());
    if features != found {
        return Err(InputError::columns("the statistics of a model's rows", found, features).into());
    }
    let table = Reduced::new(statistics, model.has_intercept)?;
    let mut centred = model.clone();
    if model.has_intercept {
        // The table's columns and target sum to zero.
        centred.intercept = 0.0;
        centred.means.fill(0.0);
    }
    z_scores(&table.x, &table.t, Some(&table.weights), &centred)
}

//! Fits to statistics.

use estimator::{Fit, InputError, NoiseModel, Report};

use crate::average::averaged::Averaged;
use crate::average::settings::Averaging;
use crate::error::Error;
use crate::model::Model;
use crate::params::Params;
use crate::select::path::Path;
use crate::solve::operator::Thresholding;
use crate::statistics::pass::Statistics;
use crate::statistics::reduced::Reduced;

impl<P: Thresholding + Clone> Params<P> {
    /// [`Params::fit`] to rows of which only the statistics are known: the same model, to rounding.
    ///
    /// Weights go into the statistics, not into the parameters. It takes O(D³) time.
    ///
    /// # Errors
    /// As [`Params::fit`]; [`InputError::Combination`] for parameters with weights; [`InputError::Empty`] for statistics of no rows.
    pub fn fit_statistics(&self, statistics: &Statistics) -> Result<Fit<Model, Report>, Error> {
        let (params, table) = self.reduce(statistics)?;
        let mut fit = params.fit(&table.x, &table.t)?;
        place(&mut fit.model, statistics);
        Ok(fit)
    }

    /// [`Params::path`] for statistics.
    ///
    /// # Errors
    /// As [`Params::path`] and [`Params::fit_statistics`].
    pub fn path_statistics(&self, statistics: &Statistics, lambdas: &[f64]) -> Result<Path, Error> {
        let (params, table) = self.reduce(statistics)?;
        let mut path = params.path(&table.x, &table.t, lambdas)?;
        path.fits.iter_mut().for_each(|fit| place(&mut fit.model, statistics));
        Ok(path)
    }

    /// [`Params::fit_averaged`] for statistics.
    ///
    /// # Errors
    /// As [`Params::fit_averaged`] and [`Params::fit_statistics`].
    pub fn average_statistics(
        &self,
        statistics: &Statistics,
        averaging: &Averaging,
    ) -> Result<Averaged, Error> {
        let (params, table) = self.reduce(statistics)?;
        let mut averaged = params.fit_averaged(&table.x, &table.t, averaging)?;
        place(&mut averaged.fit.model, statistics);
        Ok(averaged)
    }

    /// [`Params::fit_averaged_groups`] for statistics.
    ///
    /// # Errors
    /// As [`Params::fit_averaged_groups`] and [`Params::fit_statistics`].
    pub fn average_statistics_groups(
        &self,
        statistics: &Statistics,
        groups: &[usize],
        averaging: &Averaging,
    ) -> Result<Averaged, Error> {
        let (params, table) = self.reduce(statistics)?;
        let mut averaged = params.fit_averaged_groups(&table.x, &table.t, groups, averaging)?;
        place(&mut averaged.fit.model, statistics);
        Ok(averaged)
    }

    pub(super) fn reduce(&self, statistics: &Statistics) -> Result<(Self, Reduced), Error> {
        if self.weights.is_some() {
            return Err(InputError::Combination {
                choice: "sample weights among the parameters",
                with: "statistics",
                instead: "give the weights to Statistics::update_weighted",
            }
            .into());
        }
        self.check()?;
        let table = Reduced::new(statistics, self.intercept)?;
        let fixed = matches!(self.noise, NoiseModel::Fixed { .. });
        if !fixed && table.t.iter().all(|t| *t == 0.0) {
            return Err(InputError::ConstantTarget { value: statistics.target_mean() }.into());
        }
        let mut params = self.clone();
        params.weights = Some(table.weights.clone());
        Ok((params, table))
    }
}

/// Moves a model of centred columns to where the columns are.
pub(super) fn place(model: &mut Model, statistics: &Statistics) {
    if !model.has_intercept {
        return;
    }
    let means = statistics.feature_means();
    let shift: f64 = model.support().iter().map(|&j| model.coefficients[j] * means[j]).sum();
    model.intercept = statistics.target_mean() - shift;
    model.means.copy_from_slice(means);
}

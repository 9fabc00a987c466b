//! Cross-validation from the statistics of folds.

use estimator::{InputError, NoiseModel, mean_and_error};

use crate::error::Error;
use crate::params::{Params, Refit};
use crate::select::cross_validation::selection::Selection;
use crate::select::cross_validation::settings::{CrossValidation, CvPoint};
use crate::select::path::{Path, default_lambdas};
use crate::solve::operator::Thresholding;
use crate::statistics::folds::FoldStatistics;
use crate::statistics::pass::Statistics;

impl<P: Thresholding + Clone> Params<P> {
    /// [`Params::cross_validate`] for the statistics of folds: one pass over the rows serves every fold and every λ.
    ///
    /// The folds, their number and their seed are those of the statistics; those of `cv` are not used. Single rows are gone, so standard
    /// errors are over the folds' mean squared errors and not over rows: with few folds they are coarse, and a rule other than
    /// [`Rule::Minimum`](crate::Rule::Minimum) can choose another point than it does from rows.
    ///
    /// # Errors
    /// As [`Params::cross_validate`] and [`Params::fit_statistics`]; [`InputError::Folds`] for a fold without rows.
    pub fn cross_validate_statistics(
        &self,
        folds: &FoldStatistics,
        cv: &CrossValidation,
    ) -> Result<Selection, Error> {
        cv.check()?;
        let parts = folds.folds();
        if parts.iter().any(|fold| fold.rows() == 0) {
            let samples = parts.iter().map(|fold| fold.rows() as usize).sum();
            return Err(InputError::Folds { folds: parts.len(), samples }.into());
        }
        let whole = folds.total()?;
        let plain = Self { refit: Refit::None, ..self.clone() };
        // A path to far above every threshold says where the model is empty, and the noise level.
        let first = plain.path_statistics(&whole, &[1e100])?;
        let std = first.fits.first().map_or(f64::NAN, |fit| fit.model.noise_std());
        let held = Self { noise: NoiseModel::Fixed { std }, ..plain };
        let largest = first.empty_from.max(cv.smallest);
        let lambdas = default_lambdas(largest, cv.smallest.min(0.999 * largest), cv.points)?;
        let (mut curve, mut losses) = (Vec::new(), Vec::new());
        let mut paths = Vec::new();
        for f in 0..parts.len() {
            let train = folds.without(f)?;
            let path = |&refit: &Refit| Self { refit, ..held.clone() }.path_statistics(&train, &lambdas);
            paths.push(cv.refits.iter().map(path).collect::<Result<Vec<Path>, Error>>()?);
        }
        for (k, &lambda) in lambdas.iter().enumerate() {
            for (q, &refit) in cv.refits.iter().enumerate() {
                let model = |f: usize| &paths[f][q].fits[k].model;
                let loss: Vec<f64> = (0..parts.len()).map(|f| error(&parts[f], model(f))).collect();
                let kept = (0..parts.len()).map(|f| model(f).kept() as f64).sum::<f64>() / parts.len() as f64;
                let (_, standard_error) = mean_and_error(&loss);
                let summed: f64 = loss.iter().zip(parts).map(|(loss, fold)| loss * fold.samples()).sum();
                curve.push(CvPoint { lambda, refit, error: summed / whole.samples(), standard_error, kept });
                losses.push(loss);
            }
        }
        let chosen = cv.rule.choose(&curve, &losses);
        let CvPoint { lambda, refit, .. } = curve[chosen];
        // Down the path to the chosen λ, as the folds went.
        let down: Vec<f64> = lambdas.into_iter().filter(|l| *l >= lambda).collect();
        let last = |refit: Refit| {
            let mut path =
                Self { refit, noise: self.noise, ..held.clone() }.path_statistics(&whole, &down)?;
            path.fits
                .pop()
                .ok_or(Error::Input(InputError::Empty { what: "the list of λ", rows: 0, cols: 1 }))
        };
        Ok(Selection { fit: last(refit)?, selected: last(Refit::None)?, curve, chosen })
    }
}

/// The mean squared error of a model on a fold.
fn error(fold: &Statistics, model: &crate::model::Model) -> f64 {
    fold.squared_error(model.coefficients.as_slice(), model.intercept) / fold.samples()
}

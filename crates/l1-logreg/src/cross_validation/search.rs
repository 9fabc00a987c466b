//! The search over C.

use core::ops::ControlFlow;

use estimator::{InputError, Labels, Status, stratified_folds};
use rayon::prelude::*;

use crate::cross_validation::choice::{CvFit, Scores};
use crate::cross_validation::fold::{Fold, Scored};
use crate::cross_validation::params::{CrossValidation, Rule, Score};
use crate::error::Error;
use crate::matrix::FeatureMatrix;
use crate::params::Params;
use crate::prepare::c_min::first_c;
use crate::prepare::columns::checked_magnitudes;
use crate::prepare::targets::Targets;

/// A score that is better by less than this share of its magnitude counts as no better.
const RISE: f64 = 1e-3;

/// Where a running cross-validation stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CvProgress {
    /// Number of values of C that have been scored.
    pub iteration: usize,
    /// Number of values of C in the grid.
    pub points: usize,
    /// The C that was scored last.
    pub c: f64,
    /// Its mean score.
    pub mean: f64,
    /// The standard error of that mean.
    pub standard_error: f64,
}

impl Params {
    /// Chooses C by cross-validation and fits to all samples with it. `Params::c` is not used.
    ///
    /// The folds run side by side, each warm-started along growing C; the result does not depend on the number of threads. A class with
    /// fewer samples than there are folds is absent from some held-out parts, never from a training part.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`InputError::Folds`] for more folds than samples; [`InputError::RareClass`] for a class of one sample;
    /// a parameter of the cross-validation that is out of range.
    ///
    /// ```
    /// # use l1_logreg::{nalgebra::DMatrix, CrossValidation, Params, Rule};
    /// let x = DMatrix::from_fn(40, 2, |i, j| ((i * (7 + 4 * j)) % 13) as f64);
    /// let labels: Vec<usize> = (0..40).map(|i| usize::from(x[(i, 0)] + 3.0 * (i % 2) as f64 > 7.0)).collect();
    /// let found = Params::new().cross_validate(&x, &labels, &CrossValidation::new())?;
    /// println!("C = {} by the rule {:?} on {:?}", found.c(), found.rule, found.score);
    /// assert_eq!(found.rule, Rule::Best);
    /// assert!(found.one_standard_error <= found.best);
    /// # Ok::<(), l1_logreg::Error>(())
    /// ```
    pub fn cross_validate<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
        cv: &CrossValidation,
    ) -> Result<CvFit, Error> {
        self.cross_validate_with(x, labels, cv, |_| ControlFlow::Continue(()))
    }

    /// Chooses C ([`cross_validate`](Self::cross_validate)) with a callback that sees every value of C that has been scored. Stopping
    /// ends the search: the choice is made among the values that were scored, and the fit says [`Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`cross_validate`](Self::cross_validate).
    pub fn cross_validate_with<'t, X: FeatureMatrix>(
        &self,
        x: &X,
        labels: impl Into<Labels<'t>>,
        cv: &CrossValidation,
        mut progress: impl FnMut(&CvProgress) -> ControlFlow<()>,
    ) -> Result<CvFit, Error> {
        self.check()?;
        cv.check()?;
        let labels = labels.into();
        checked_magnitudes(x)?;
        let targets = Targets::new(labels, x.samples(), self.classes, self.loss)?;
        let t = labels.as_slice();
        check_classes(t, targets.classes)?;
        let mut grid = cv.grid.values(|| first_c(self, x, &targets))?;
        let known = self.classes(targets.classes);
        let fold = stratified_folds(t, cv.folds, cv.seed)?;
        let mut folds: Vec<Fold<'_, X>> = (0..cv.folds)
            .into_par_iter()
            .map(|number| Fold::new(known.tolerance(cv.tolerance), x, t, &fold, number))
            .collect::<Result<_, _>>()?;
        let found = search(&mut folds, &grid, cv, &mut progress)?;
        drop(folds);
        let (best, one_standard_error) = found.scores.choices();
        let chosen = match cv.rule {
            Rule::Best => best,
            Rule::OneStandardError => one_standard_error,
        };
        let mut fit = known.c(grid[chosen]).fit(x, labels)?;
        if found.stopped {
            fit.report.status = Status::StoppedByCallback;
        }
        let skipped = grid.len() - found.statuses.len();
        grid.truncate(found.statuses.len());
        let Scores { by_c: scores, mean, standard_error } = found.scores;
        let (score, rule, statuses) = (cv.score, cv.rule, found.statuses);
        Ok(CvFit {
            grid,
            skipped,
            score,
            rule,
            scores,
            statuses,
            mean,
            standard_error,
            best,
            one_standard_error,
            chosen,
            fit,
        })
    }
}

/// Scores of the values of C that were tried.
#[derive(Default)]
struct Found {
    scores: Scores,
    statuses: Vec<Vec<Status>>,
    stopped: bool,
}

/// Tries one C after the other on all folds until the score has stopped to rise.
fn search<X: FeatureMatrix>(
    folds: &mut [Fold<'_, X>],
    grid: &[f64],
    cv: &CrossValidation,
    progress: &mut impl FnMut(&CvProgress) -> ControlFlow<()>,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut likelihoods = Scores::default();
    for (at, &c) in grid.iter().enumerate() {
        let scored: Vec<Scored> =
            folds.par_iter_mut().map(|fold| fold.scored(c)).collect::<Result<_, _>>()?;
        found.scores.push(scored.iter().map(|s| s.score(cv.score)).collect());
        found.statuses.push(scored.iter().map(|s| s.status).collect());
        likelihoods.push(scored.iter().map(|s| s.score(Score::LogLikelihood)).collect());
        let (mean, standard_error) = (found.scores.mean[at], found.scores.standard_error[at]);
        let now = CvProgress { iteration: at + 1, points: grid.len(), c, mean, standard_error };
        if progress(&now).is_break() {
            found.stopped = true;
            break;
        }
        // The accuracy is flat where the first weights enter, so that the log-likelihood must have ceased to rise as well.
        if found.scores.idle(RISE).min(likelihoods.idle(RISE)) >= cv.patience {
            break;
        }
    }
    Ok(found)
}

/// Every class in two samples at least: dealt into different folds, they leave one for every training part.
fn check_classes(labels: &[usize], classes: usize) -> Result<(), InputError> {
    let mut counts = vec![0_usize; classes];
    for &t in labels {
        counts[t] += 1;
    }
    match counts.iter().position(|&c| c < 2) {
        Some(class) => Err(InputError::RareClass { class, found: counts[class], needed: 2 }),
        None => Ok(()),
    }
}

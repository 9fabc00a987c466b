//! What a cross-validation found, and the choice from its scores.

use estimator::{Fit, Status};

use crate::cross_validation::params::{Rule, Score};
use crate::model::Model;

/// What a cross-validation found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredCvFit")
)]
#[non_exhaustive]
pub struct CvFit {
    /// The values of C that were tried, ascending.
    pub grid: Vec<f64>,
    /// Number of larger values of the grid that were not tried, since the score had stopped to rise or the callback stopped the search.
    pub skipped: usize,
    /// What held-out samples were scored by.
    pub score: Score,
    /// The rule that chose.
    pub rule: Rule,
    /// The score of every C (rows) on every fold (inner).
    pub scores: Vec<Vec<f64>>,
    /// How every fit on every fold ended, in the same order.
    pub statuses: Vec<Vec<Status>>,
    /// The mean score of every C.
    pub mean: Vec<f64>,
    /// The standard error of every mean: the folds' standard deviation by the root of their number.
    pub standard_error: Vec<f64>,
    /// The place of the best C in the grid: what [`Rule::Best`] chooses.
    pub best: usize,
    /// The place of the smallest C within one standard error of the best: what [`Rule::OneStandardError`] chooses.
    pub one_standard_error: usize,
    /// The place of the C that the rule chose.
    pub chosen: usize,
    /// The fit to all samples at that C. Its status is [`Status::StoppedByCallback`] where the callback stopped the search.
    pub fit: Fit<Model>,
}

impl CvFit {
    /// The C that was chosen.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.grid[self.chosen]
    }

    /// The result, if its parts fit together.
    #[cfg(feature = "serde")]
    fn checked(self) -> Result<Self, estimator::InputError> {
        let points = self.grid.len();
        let extents = [
            ("scores of a cross-validation", self.scores.len()),
            ("statuses of a cross-validation", self.statuses.len()),
            ("mean scores of a cross-validation", self.mean.len()),
            ("standard errors of a cross-validation", self.standard_error.len()),
        ];
        if let Some((what, found)) = extents.into_iter().find(|e| e.1 != points) {
            return Err(estimator::InputError::entries(what, points, found));
        }
        for (name, at) in
            [("best", self.best), ("one_standard_error", self.one_standard_error), ("chosen", self.chosen)]
        {
            estimator::Check::range(name, at as f64, at < points, "a place in the grid")?;
        }
        Ok(self)
    }
}

/// Scores by fold, as they come in for one C after the other.
#[derive(Debug, Default)]
pub(super) struct Scores {
    pub by_c: Vec<Vec<f64>>,
    pub mean: Vec<f64>,
    pub standard_error: Vec<f64>,
}

impl Scores {
    pub fn push(&mut self, scores: Vec<f64>) {
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let variance = scores.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        self.by_c.push(scores);
        self.mean.push(mean);
        self.standard_error.push((variance / n).sqrt());
    }

    /// (the place of the best, that of the smallest C within one standard error of the best); ties go to the smallest C.
    pub fn choices(&self) -> (usize, usize) {
        let better = |best: usize, c: usize| if self.mean[c] > self.mean[best] { c } else { best };
        let best = (1..self.mean.len()).fold(0, better);
        let floor = self.mean[best] - self.standard_error[best];
        let simplest = self.mean.iter().position(|&m| m >= floor).unwrap_or(best);
        (best, simplest)
    }

    /// How many of the last values in a row brought no mean above the earlier ones by `share` of its magnitude.
    pub fn idle(&self, share: f64) -> usize {
        let (mut best, mut idle) = (f64::NEG_INFINITY, 0);
        for &mean in &self.mean {
            if best == f64::NEG_INFINITY || mean > best + share * best.abs() {
                best = mean;
                idle = 0;
            } else {
                idle += 1;
            }
        }
        idle
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{CvFit, Fit, Model, Rule, Score, Status};
    use estimator::InputError;

    /// A result as it is stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "CvFit")]
    pub(super) struct StoredCvFit {
        grid: Vec<f64>,
        skipped: usize,
        score: Score,
        rule: Rule,
        scores: Vec<Vec<f64>>,
        statuses: Vec<Vec<Status>>,
        mean: Vec<f64>,
        standard_error: Vec<f64>,
        best: usize,
        one_standard_error: usize,
        chosen: usize,
        fit: Fit<Model>,
    }

    impl TryFrom<StoredCvFit> for CvFit {
        type Error = InputError;

        fn try_from(stored: StoredCvFit) -> Result<Self, InputError> {
            let StoredCvFit {
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
            } = stored;
            let found = Self {
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
            };
            found.checked()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(mean: &[f64], standard_error: &[f64]) -> Scores {
        Scores { by_c: Vec::new(), mean: mean.to_vec(), standard_error: standard_error.to_vec() }
    }

    #[test]
    fn the_rules_choose_as_defined() {
        assert_eq!(scores(&[0.5, 0.8, 0.9, 0.9], &[0.1, 0.1, 0.11, 0.1]).choices(), (2, 1));
        assert_eq!(scores(&[0.5, 0.8, 0.9, 0.85], &[0.1, 0.1, 0.05, 0.1]).choices(), (2, 2));
    }

    #[test]
    fn a_score_is_idle_while_it_does_not_rise() {
        assert_eq!(scores(&[-3.0, -2.0, -1.0], &[]).idle(1e-4), 0);
        assert_eq!(scores(&[-3.0, -1.0, -0.99999, -1.5], &[]).idle(1e-4), 2);
        assert_eq!(scores(&[0.5, 0.5, 0.5, 0.6], &[]).idle(1e-4), 0);
    }
}

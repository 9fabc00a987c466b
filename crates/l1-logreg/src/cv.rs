//! The choice of C by cross-validation.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use estimator::{Fit, Status};

use crate::error::Error;
use crate::features::Features;
use crate::fit::Grid;
use crate::model::Model;
use crate::params::LogisticRegression;
use crate::prepared::check_labels;

/// What held-out rows are scored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Score {
    /// The share of right predictions.
    #[default]
    Accuracy,
    /// Minus the mean of −log p(label).
    LogLikelihood,
}

/// How a C is chosen from the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rule {
    /// The best mean score; of equal ones the smallest C.
    #[default]
    Best,
    /// The smallest C whose mean score is within one standard error of the best (Breiman et al. 1984).
    OneStandardError,
}

/// Parameters of a cross-validation.
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `folds` | 3 | 2 to N, and at most the size of the rarest class | stratified folds |
/// | `seed` | 0 | | shuffles the rows of each class before they are dealt out |
/// | `grid` | 10 values from 1e-4 to 1e4 | | values of C |
/// | `score` | accuracy | | |
/// | `rule` | best | | |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CrossValidation {
    folds: usize,
    seed: u64,
    grid: Grid,
    score: Score,
    rule: Rule,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self {
            folds: 3,
            seed: 0,
            grid: Grid::geometric(1e-4, 1e4, 10),
            score: Score::default(),
            rule: Rule::default(),
        }
    }
}

impl CrossValidation {
    /// The defaults: three folds, ten values of C from 1e-4 to 1e4, accuracy, the best.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The number of folds.
    #[must_use]
    pub fn folds(self, folds: usize) -> Self {
        Self { folds, ..self }
    }
    /// The seed of the split.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
    /// The values of C.
    #[must_use]
    pub fn grid(self, grid: Grid) -> Self {
        Self { grid, ..self }
    }
    /// What held-out rows are scored by.
    #[must_use]
    pub fn score(self, score: Score) -> Self {
        Self { score, ..self }
    }
    /// How C is chosen.
    #[must_use]
    pub fn rule(self, rule: Rule) -> Self {
        Self { rule, ..self }
    }
}

/// What a cross-validation found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CvFit {
    /// The values of C.
    pub grid: Vec<f64>,
    /// The score of every C (rows) on every fold (inner).
    pub scores: Vec<Vec<f64>>,
    /// How every fit on every fold ended, in the same order.
    pub statuses: Vec<Vec<Status>>,
    /// The mean score of every C.
    pub mean: Vec<f64>,
    /// The standard error of every mean: the folds' standard deviation by the root of their number.
    pub standard_error: Vec<f64>,
    /// The place of the best C in the grid.
    pub best: usize,
    /// The place of the smallest C within one standard error of it.
    pub one_standard_error: usize,
    /// The place of the C that the rule chose.
    pub chosen: usize,
    /// The fit to all rows at that C.
    pub fit: Fit<Model>,
}

impl CvFit {
    /// The C that was chosen.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.grid[self.chosen]
    }
}

/// The fold of every row: each class's rows are shuffled and dealt out in turn, so that folds differ by at most one row a class.
#[must_use]
pub fn stratified_folds(labels: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut rng);
    order.sort_by_key(|&i| labels[i]);
    let mut fold = vec![0; labels.len()];
    for (turn, i) in order.into_iter().enumerate() {
        fold[i] = turn % folds.max(1);
    }
    fold
}

impl LogisticRegression {
    /// Chooses C by cross-validation and fits to all rows with it. The folds run side by side; the result does not depend on how.
    /// `Params::c` is not used.
    ///
    /// # Errors
    /// Any [`Error`] about features, labels, folds or the grid; [`Error::RareClass`] when a class has fewer rows than there are folds.
    pub fn cross_validate<X: Features + Send>(
        &self,
        x: &X,
        labels: &[usize],
        cv: &CrossValidation,
    ) -> Result<CvFit, Error> {
        let (_, classes) = check_labels(labels, x.rows(), self.params.classes)?;
        check_folds(labels, classes, cv.folds)?;
        let grid = self.grid_values(x, labels, &cv.grid)?;
        let fold = stratified_folds(labels, cv.folds, cv.seed);
        let by_fold: Vec<Vec<(f64, Status)>> = (0..cv.folds)
            .into_par_iter()
            .map(|held| self.fold_scores(x, labels, &grid, &fold, held, classes, cv.score))
            .collect::<Result<_, _>>()?;
        let column = |c: usize| by_fold.iter().map(move |fold| fold[c]);
        let scores: Vec<Vec<f64>> = (0..grid.len()).map(|c| column(c).map(|s| s.0).collect()).collect();
        let statuses = (0..grid.len()).map(|c| column(c).map(|s| s.1).collect()).collect();
        let (mean, standard_error) = moments(&scores);
        let (best, one_standard_error) = choose(&mean, &standard_error);
        let chosen = match cv.rule {
            Rule::Best => best,
            Rule::OneStandardError => one_standard_error,
        };
        let fit = Self { params: self.params.c(grid[chosen]).classes(classes) }.fit(x, labels)?;
        Ok(CvFit { grid, scores, statuses, mean, standard_error, best, one_standard_error, chosen, fit })
    }

    fn fold_scores<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        grid: &[f64],
        fold: &[usize],
        held: usize,
        classes: usize,
        score: Score,
    ) -> Result<Vec<(f64, Status)>, Error> {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&i| fold[i] == held);
        let pick = |rows: &[usize]| rows.iter().map(|&i| labels[i]).collect::<Vec<usize>>();
        let (x_train, x_test) = (x.select_rows(&train)?, x.select_rows(&test)?);
        let (t_train, t_test) = (pick(&train), pick(&test));
        let points = Self { params: self.params.classes(classes) }.models(&x_train, &t_train, grid)?;
        points
            .iter()
            .map(|point| {
                let value = match score {
                    Score::Accuracy => point.fit.model.accuracy(&x_test, &t_test)?,
                    Score::LogLikelihood => -point.fit.model.log_loss(&x_test, &t_test)?,
                };
                Ok((value, point.fit.report.status))
            })
            .collect()
    }
}

fn check_folds(labels: &[usize], classes: usize, folds: usize) -> Result<(), Error> {
    if folds < 2 || folds > labels.len() {
        return Err(Error::Parameter {
            name: "folds",
            value: folds as f64,
            allowed: "2 to the number of rows",
        });
    }
    let mut counts = vec![0_usize; classes];
    for &t in labels {
        counts[t] += 1;
    }
    match counts.iter().position(|&c| c < 2) {
        Some(class) => Err(Error::RareClass { class, found: counts[class], needed: 2 }),
        None => Ok(()),
    }
}

fn moments(scores: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    scores
        .iter()
        .map(|s| {
            let n = s.len() as f64;
            let mean = s.iter().sum::<f64>() / n;
            let variance = s.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            (mean, (variance / n).sqrt())
        })
        .unzip()
}

/// (the best, the smallest within one standard error of the best); ties go to the smallest C.
fn choose(mean: &[f64], standard_error: &[f64]) -> (usize, usize) {
    let mut best = 0;
    for c in 1..mean.len() {
        if mean[c] > mean[best] {
            best = c;
        }
    }
    let floor = mean[best] - standard_error[best];
    let simplest = mean.iter().position(|&m| m >= floor).unwrap_or(best);
    (best, simplest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_choose_as_defined() {
        assert_eq!(choose(&[0.5, 0.8, 0.9, 0.9], &[0.1, 0.1, 0.11, 0.1]), (2, 1));
        assert_eq!(choose(&[0.5, 0.8, 0.9, 0.85], &[0.1, 0.1, 0.05, 0.1]), (2, 2));
    }

    #[test]
    fn folds_are_balanced_within_every_class() {
        let labels: Vec<usize> = (0..100).map(|i| (i * i) % 7 % 3).collect();
        let fold = stratified_folds(&labels, 3, 5);
        for class in 0..3 {
            let count = |f: usize| (0..100).filter(|&i| labels[i] == class && fold[i] == f).count();
            let counts: Vec<usize> = (0..3).map(count).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        }
        assert_ne!(fold, stratified_folds(&labels, 3, 6));
    }
}

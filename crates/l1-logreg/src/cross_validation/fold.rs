//! One fold: fitted without its samples, scored on them.

use estimator::{InputError, Labels, Status};

use crate::cross_validation::params::Score;
use crate::error::Error;
use crate::loss::Loss;
use crate::matrix::FeatureMatrix;
use crate::model::{mean_log_loss, share_right};
use crate::params::Params;
use crate::path::runner::Runner;
use crate::prepare::targets::Targets;

/// The training part of a fold in the solvers' layout, and which samples are held out.
pub(super) struct Fold<'a, X: FeatureMatrix> {
    x: &'a X,
    runner: Runner<'static, X::Scalar>,
    held_out: Vec<usize>,
    labels: Vec<usize>,
    loss: Loss,
}

/// What one fit on a fold was worth.
pub(super) struct Scored {
    pub accuracy: f64,
    pub log_likelihood: f64,
    pub status: Status,
}

impl Scored {
    pub fn score(&self, score: Score) -> f64 {
        match score {
            Score::Accuracy => self.accuracy,
            Score::LogLikelihood => self.log_likelihood,
        }
    }
}

impl<'a, X: FeatureMatrix> Fold<'a, X> {
    /// Fold number `number` of checked data; `fold` is the fold of every sample, `params` states the number of classes.
    pub fn new(
        params: Params,
        x: &'a X,
        labels: &[usize],
        fold: &[usize],
        number: usize,
    ) -> Result<Self, Error> {
        let (held_out, train): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&i| fold[i] == number);
        let pick = |rows: &[usize]| rows.iter().map(|&i| labels[i]).collect::<Vec<usize>>();
        let design = x.design_of(&train);
        let largest = design.column_max();
        let train = pick(&train);
        let targets = Targets::new(Labels::from(&train), train.len(), params.classes, params.loss)?;
        let runner = Runner::of_checked(params, design, targets, &largest);
        let labels = pick(&held_out);
        Ok(Self { x, runner, held_out, labels, loss: params.loss })
    }

    /// Fits at C, from the fit before, and scores the held-out samples.
    pub fn scored(&mut self, c: f64) -> Result<Scored, Error> {
        let fit = self.runner.uncertified(c, &mut |p| estimator::unwatched(p));
        let scores = self.x.scores_of(&self.held_out, fit.model.weights(), fit.model.intercept());
        if !scores.iter().all(|z| z.is_finite()) {
            return Err(InputError::Range { what: "a score of a held-out sample" }.into());
        }
        Ok(Scored {
            accuracy: share_right(&scores, &self.labels),
            log_likelihood: -mean_log_loss(self.loss, &scores, &self.labels),
            status: fit.status,
        })
    }
}

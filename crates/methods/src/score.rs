//! How well rows that were not fitted are predicted.

use core::ops::ControlFlow;

use predictor::{Prediction, Preprocessing, Score};

use crate::error::Error;
use crate::measure::{Measures, Sums, metrics};
use crate::outcome::Outcome;
use crate::problem::{Problem, groups};
use crate::request::Request;
use crate::stage::{Activity, Stage, Watch};

/// A part that was held out, and what the fit to the other rows came to.
#[derive(Debug, Clone, Copy)]
pub struct HeldOut<'a> {
    /// The rows of the part, as indices into the request's `t`.
    pub rows: &'a [usize],
    /// Their predictions.
    pub predictions: &'a [Prediction],
    /// How the columns became features in this fit.
    pub preprocessing: &'a Preprocessing,
    /// The fit.
    pub outcome: &'a Outcome,
}

/// Fits without each part of the request's split and predicts it. A part that cannot be fitted or predicted is told in
/// [`Score::failures`]; the others count. Nothing where the split has no part, or the watcher broke.
#[must_use]
pub fn score(request: &Request<'_>, watch: &mut Watch<'_>) -> Option<Score> {
    score_with(request, watch, &mut |_| {})
}

/// [`score`] with a callback that sees every part that was fitted and predicted.
#[must_use]
pub fn score_with(
    request: &Request<'_>,
    watch: &mut Watch<'_>,
    held_out: &mut dyn FnMut(&HeldOut<'_>),
) -> Option<Score> {
    let tell = held_out;
    let held_out = request.split.parts(request.t, request.options.seed);
    let parts = held_out.len();
    let (mut results, mut failures): (Vec<Measures>, Vec<String>) = (Vec::new(), Vec::new());
    for (i, test) in held_out.iter().enumerate() {
        let mut stopped = false;
        let mut listen = |stage: &Stage| {
            let flow = watch(stage);
            stopped |= flow.is_break();
            flow
        };
        let activity = Activity::Scoring { part: i + 1, parts };
        let result = part(request, test, activity, &mut listen, tell);
        // A method that chose a parameter by itself may not have asked for a while.
        let _ = listen(&Stage { activity, ..Stage::at(0) });
        if stopped {
            return None;
        }
        match result {
            Ok(measures) => results.push(measures),
            Err(error) => failures.push(format!("part {} of {parts}: {error}", i + 1)),
        }
    }
    (parts > 0).then(|| Score { method: request.split.method(), metrics: metrics(&results), failures })
}

/// The measures of the rows `test`, by a fit to the others.
fn part(
    request: &Request<'_>,
    test: &[usize],
    activity: Activity,
    watch: &mut (dyn FnMut(&Stage) -> ControlFlow<()> + Send),
    tell: &mut dyn FnMut(&HeldOut<'_>),
) -> Result<Measures, Error> {
    let mut is_test = vec![false; request.t.len()];
    test.iter().for_each(|&i| is_test[i] = true);
    let train: Vec<usize> = (0..is_test.len()).filter(|&i| !is_test[i]).collect();
    let t = request.t.rows(&train);
    if let Some(class) = t.class_counts().iter().position(|&n| n == 0) {
        let class = t.names()[class].clone();
        return Err(Error::RareClass { class, found: 0, rows: train.len(), needed: 1 });
    }
    let table_rows = |part: &[usize]| part.iter().map(|&i| request.rows[i]).collect::<Vec<_>>();
    let (train_rows, test_rows) = (table_rows(&train), table_rows(test));
    let (columns, impute, standardise) = (request.columns, request.impute, request.standardise);
    let preprocessing = Preprocessing::from_columns(columns, &train_rows, impute, standardise)?;
    let x = preprocessing.design(columns, &train_rows);
    let weights: Option<Vec<f64>> = request.weights.map(|w| train.iter().map(|&i| w[i]).collect());
    let groups = groups(&preprocessing, request.options);
    let problem = Problem {
        x: &x,
        t: &t,
        weights: weights.as_deref(),
        groups: groups.as_deref(),
        options: request.options,
        activity,
    };
    let outcome = request.method.fit(&problem, watch)?;
    let test_x = preprocessing.design(columns, &test_rows).transpose();
    let mut scratch = Vec::new();
    let mut predict =
        |x: nalgebra::DVectorView<'_, f64>| outcome.predictor.predict(x.as_slice(), &mut scratch);
    let predictions: Vec<Prediction> = test_x.column_iter().map(&mut predict).collect::<Result<_, _>>()?;
    let mut sums = Sums::new(request.t.task());
    for (prediction, &i) in predictions.iter().zip(test) {
        let weight = request.weights.map_or(1.0, |w| w[i]);
        sums.push(prediction, request.t.value(i), weight);
    }
    tell(&HeldOut {
        rows: test,
        predictions: &predictions,
        preprocessing: &preprocessing,
        outcome: &outcome,
    });
    Ok(sums.measures())
}

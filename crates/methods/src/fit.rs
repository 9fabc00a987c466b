//! From a table to a fitted model and its score.

use predictor::{Preprocessing, Score};

use crate::error::Error;
use crate::outcome::Outcome;
use crate::problem::{Problem, groups};
use crate::request::Request;
use crate::score::{HeldOut, score_with};
use crate::stage::{Activity, Watch};

/// A fit of all rows, and its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// How the columns became features.
    pub preprocessing: Preprocessing,
    /// What the estimator answered.
    pub outcome: Outcome,
    /// How well held-out rows are predicted by fits to the others; none where nothing was held out or the fit was stopped.
    pub score: Option<Score>,
}

/// Fits all rows, then scores: what cannot be scored is said in the score, and the fit is kept.
///
/// ```
/// use methods::{Method, Options, Request, Response, Split, fit, unwatched};
/// use methods::predictor::Column;
///
/// let numbers = |step: usize| (0..60).map(|n| ((n * step) % 23) as f64 - 11.0).collect::<Vec<f64>>();
/// let columns = [Column::numbers("a", numbers(7)), Column::numbers("b", numbers(11))];
/// let target = numbers(7).iter().zip(numbers(5)).map(|(a, noise)| 3.0 * a + 0.1 * noise).collect();
/// let rows: Vec<usize> = (0..60).collect();
/// let request = Request {
///     method: Method::Linreg,
///     columns: &columns,
///     rows: &rows,
///     t: &Response::Numbers(target),
///     weights: None,
///     options: &Options::default(),
///     impute: false,
///     standardise: true,
///     split: Split::Folds(5),
/// };
/// let fitted = fit(&request, &mut unwatched)?;
/// assert_eq!(fitted.outcome.relevance[0].kept, 1);
/// assert!(fitted.score.is_some_and(|score| score.failures.is_empty() && score.metrics[0].name == "RMSE"));
/// # Ok::<(), methods::Error>(())
/// ```
///
/// # Errors
/// What the method refuses, or a split that leaves too few rows.
pub fn fit(request: &Request<'_>, watch: &mut Watch<'_>) -> Result<Fitted, Error> {
    fit_with(request, watch, &mut |_| {})
}

/// [`fit`] with a callback that sees every held-out part of the score.
///
/// # Errors
/// As [`fit`].
pub fn fit_with(
    request: &Request<'_>,
    watch: &mut Watch<'_>,
    held_out: &mut dyn FnMut(&HeldOut<'_>),
) -> Result<Fitted, Error> {
    request.method.require(request.t.task())?;
    request.split.check(request.t.len())?;
    let (columns, rows) = (request.columns, request.rows);
    let preprocessing = Preprocessing::from_columns(columns, rows, request.impute, request.standardise)?;
    let x = preprocessing.design(columns, rows);
    let groups = groups(&preprocessing, request.options);
    let problem = Problem {
        groups: groups.as_deref(),
        x: &x,
        t: request.t,
        weights: request.weights,
        options: request.options,
        activity: Activity::Fitting,
    };
    let outcome = request.method.fit(&problem, watch)?;
    drop(x);
    let score = score_with(request, watch, held_out);
    Ok(Fitted { preprocessing, outcome, score })
}

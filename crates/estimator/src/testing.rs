//! The conformance test that every estimator of this workspace passes (feature `testing`).
//!
//! [`regression`] and [`classification`] make, check, fit, watch, stop, report, predict and refuse, through the traits alone.
//! A crate's own tests call them with its parameters:
//!
//! ```ignore
//! #[test]
//! fn it_speaks_the_shared_language() {
//!     estimator::testing::regression(&Params::new()).unwrap();
//! }
//! ```

use core::fmt::{Debug, Display};
use core::ops::ControlFlow;

use nalgebra::DMatrix;

use crate::input::{AsInputError, InputError};
use crate::relevance::SparseModel;
use crate::report::{Report, Summary};
use crate::status::Status;
use crate::traits::{Estimator, Predict, PredictProba, PredictStd};

/// What went wrong, in words.
pub type Verdict = Result<(), String>;

/// Samples of the test problem.
const SAMPLES: usize = 120;
/// Features of the test problem; the first two decide the target.
const FEATURES: usize = 6;

fn require(holds: bool, what: impl Display) -> Verdict {
    if holds { Ok(()) } else { Err(what.to_string()) }
}

fn told<T, E: Display>(result: Result<T, E>, what: &str) -> Result<T, String> {
    result.map_err(|e| format!("{what}: {e}"))
}

/// Numbers between −1 and 1 without a pattern that a fit could find: fractional parts of multiples of the golden ratio, hashed.
fn noise(at: usize) -> f64 {
    let mut bits = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Features of the test problem, N x D.
#[must_use]
pub fn features() -> DMatrix<f64> {
    DMatrix::from_fn(SAMPLES, FEATURES, |n, d| 2.0 * noise(n * FEATURES + d))
}

/// The first two features as a score; the noise decides near its zero.
fn score(x: &DMatrix<f64>, n: usize) -> f64 {
    2.0 * x[(n, 0)] - 1.5 * x[(n, 1)] + 0.4 * noise(1_000_000 + n)
}

/// Numbers to predict.
#[must_use]
pub fn values(x: &DMatrix<f64>) -> Vec<f64> {
    (0..x.nrows()).map(|n| 3.0 + score(x, n)).collect()
}

/// Labels of `classes` classes to predict: the score in bands.
#[must_use]
pub fn labels(x: &DMatrix<f64>, classes: usize) -> Vec<usize> {
    let band = |n: usize| ((score(x, n) + 3.0) / 6.0 * classes as f64).clamp(0.0, classes as f64 - 1.0);
    (0..x.nrows()).map(|n| band(n) as usize).collect()
}

fn report_holds<R: Summary + Clone>(report: &R) -> Verdict {
    let Report { status, objective, residual, iterations, trace } = report.summary();
    require(
        status == Status::Converged,
        format!("the easy problem ended otherwise than converged: {status}"),
    )?;
    told(report.clone().require_converged(), "require_converged of a converged fit")?;
    require(objective.is_finite() && residual.is_finite(), "objective or residual is not finite")?;
    require(iterations >= 1 && !trace.is_empty(), "no iteration in the report, or no trace")
}

fn sparse_holds<M: SparseModel>(model: &M) -> Verdict {
    let relevance = model.relevance();
    require(relevance.len() == model.kept(), "relevance lists another number of weights than kept()")?;
    require(relevance.windows(2).all(|w| w[0].strength >= w[1].strength), "relevance is not sorted")?;
    require(relevance.iter().all(|r| r.weight != 0.0), "relevance lists a weight of zero")?;
    let share = 1.0 - model.kept() as f64 / model.weight_count() as f64;
    require((model.sparsity() - share).abs() < 1e-12, "sparsity() is not the share of zeros")?;
    let support = model.support();
    require(
        support.contains(&0) && support.contains(&1),
        format!("support {support:?} lacks features 0 and 1"),
    )?;
    let strongest = relevance.first().map(|r| r.feature);
    require(strongest.is_some_and(|f| f < 2), format!("the strongest feature is {strongest:?}, not 0 or 1"))
}

fn refuses<T, E: Debug + AsInputError>(
    result: Result<T, E>,
    what: &str,
    right: impl Fn(&InputError) -> bool,
) -> Verdict {
    match result {
        Ok(_) => Err(format!("{what}: accepted")),
        Err(e) => require(e.as_input().is_some_and(right), format!("{what}: refused with {e:?}")),
    }
}

/// Fits that every estimator refuses, whatever its target; `t` fits the right features.
fn bad_features<E, T>(estimator: &E, x: &DMatrix<f64>, t: &T) -> Verdict
where
    T: ?Sized,
    E: Estimator<DMatrix<f64>, T>,
{
    for (rows, cols) in [(0, FEATURES), (SAMPLES, 0), (0, 0)] {
        let empty = DMatrix::zeros(rows, cols);
        refuses(estimator.fit(&empty, t), &format!("{rows} x {cols} features"), |e| {
            matches!(e, InputError::Empty { .. })
        })?;
    }
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = x.clone();
        bad[(7, 3)] = value;
        refuses(estimator.fit(&bad, t), &format!("a feature that is {value}"), |e| {
            matches!(e, InputError::NotFinite { row: 7, col: 3, .. })
        })?;
    }
    refuses(estimator.fit(&x.rows(0, SAMPLES - 1).into_owned(), t), "one target too many", |e| {
        matches!(e, InputError::Shape { .. })
    })
}

/// Features that every model refuses.
fn bad_prediction<T, E: Debug + AsInputError>(
    x: &DMatrix<f64>,
    predict: impl Fn(&DMatrix<f64>) -> Result<T, E>,
) -> Verdict {
    for cols in [FEATURES - 1, FEATURES + 1] {
        let wrong = DMatrix::zeros(3, cols);
        refuses(
            predict(&wrong),
            &format!("prediction from {cols} columns"),
            |e| matches!(e, InputError::Shape { expected: FEATURES, found, .. } if *found == cols),
        )?;
    }
    for (col, value) in [(0, f64::NAN), (FEATURES - 1, f64::NAN), (0, f64::INFINITY)] {
        let mut bad = x.rows(0, 5).into_owned();
        bad[(2, col)] = value;
        refuses(
            predict(&bad),
            &format!("prediction from {value} in column {col}"),
            |e| matches!(e, InputError::NotFinite { row: 2, col: c, .. } if *c == col),
        )?;
    }
    Ok(())
}

/// A fit that is stopped after its first iteration; a fit may also converge in one iteration.
fn stops_early<E, T>(estimator: &E, x: &DMatrix<f64>, t: &T) -> Verdict
where
    T: ?Sized,
    E: Estimator<DMatrix<f64>, T>,
{
    let mut seen = Vec::new();
    let stopped = estimator.fit_with(x, t, &mut |progress| {
        seen.push((progress.iteration(), progress.objective().is_finite(), progress.kept()));
        ControlFlow::Break(())
    });
    let summary = told(stopped, "a fit that its callback stops")?.report.summary();
    require(!seen.is_empty(), "the callback was never called")?;
    require(seen.iter().all(|s| s.0 >= 1 && s.1), format!("progress says {seen:?}"))?;
    require(summary.status == Status::StoppedByCallback, format!("a stopped fit says: {}", summary.status))?;
    require(summary.require_converged().is_err(), "a stopped fit passes for converged")
}

/// Holds a regression to the shared language.
///
/// # Errors
/// What went wrong, in words.
pub fn regression<E>(estimator: &E) -> Verdict
where
    E: Estimator<DMatrix<f64>, [f64]>,
    E::Report: Clone,
    E::Model: SparseModel
        + Predict<DMatrix<f64>, [f64], Error = E::Error>
        + PredictStd<DMatrix<f64>, Error = E::Error>,
{
    let x = features();
    let t = values(&x);
    told(estimator.check(), "check() of the parameters")?;
    let fit = told(estimator.fit(&x, &t), "the easy problem")?;
    report_holds(&fit.report)?;
    sparse_holds(&fit.model)?;
    let mean = told(fit.model.predict(&x), "predict")?;
    let mse = mean.iter().zip(&t).map(|(m, t)| (m - t).powi(2)).sum::<f64>() / t.len() as f64;
    require(
        mean.len() == SAMPLES && mse < 0.25,
        format!("mean squared error {mse} where the noise has 0.05"),
    )?;
    let std = told(fit.model.predict_std(&x), "predict_std")?;
    require(std.iter().all(|s| *s > 0.05 && *s < 1.0), "predict_std is far from the noise level 0.23")?;
    stops_early(estimator, &x, &t)?;
    bad_features(estimator, &x, t.as_slice())?;
    for value in [f64::NAN, f64::INFINITY] {
        let mut bad = t.clone();
        bad[11] = value;
        refuses(estimator.fit(&x, &bad), &format!("a target that is {value}"), |e| {
            matches!(e, InputError::NotFinite { row: 11, .. })
        })?;
    }
    bad_prediction(&x, |x| fit.model.predict(x))?;
    bad_prediction(&x, |x| fit.model.predict_std(x))
}

/// Holds a classification to the shared language, with two classes and with three.
///
/// # Errors
/// What went wrong, in words.
pub fn classification<E>(estimator: &E) -> Verdict
where
    E: Estimator<DMatrix<f64>, [usize]>,
    E::Report: Clone,
    E::Model: SparseModel
        + Predict<DMatrix<f64>, [usize], Error = E::Error>
        + PredictProba<DMatrix<f64>, Error = E::Error>,
{
    told(estimator.check(), "check() of the parameters")?;
    let x = features();
    for classes in [2, 3] {
        let t = labels(&x, classes);
        let fit = told(estimator.fit(&x, &t), "the easy problem")?;
        report_holds(&fit.report)?;
        sparse_holds(&fit.model)?;
        let predicted = told(fit.model.predict(&x), "predict")?;
        let right = predicted.iter().zip(&t).filter(|(p, t)| p == t).count();
        require(right * 10 >= SAMPLES * 8, format!("{right} of {SAMPLES} right with {classes} classes"))?;
        let p = told(fit.model.predict_proba(&x), "predict_proba")?;
        require(p.shape() == (SAMPLES, classes), format!("{:?} probabilities", p.shape()))?;
        require(p.row_iter().all(|row| (row.sum() - 1.0).abs() < 1e-6), "probabilities do not sum to 1")?;
        let most_probable = |n: usize| (0..classes).all(|k| p[(n, k)] <= p[(n, predicted[n])]);
        require((0..SAMPLES).all(most_probable), "a label is not the most probable class")?;
        stops_early(estimator, &x, &t)?;
        bad_features(estimator, &x, t.as_slice())?;
        bad_prediction(&x, |x| fit.model.predict(x))?;
        bad_prediction(&x, |x| fit.model.predict_proba(x))?;
    }
    refuses(estimator.fit(&x, &[0; SAMPLES]), "one class", |e| {
        matches!(e, InputError::OneClass { found: 1 })
    })?;
    let mut stray = labels(&x, 2);
    stray[9] = 5_000_000;
    refuses(estimator.fit(&x, &stray), "a stray label", |e| {
        matches!(e, InputError::MissingClass { class: 2, largest: 5_000_000 })
    })
}

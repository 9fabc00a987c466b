//! The baselines on the standard split: L1, ridge, RVM.

use std::time::Instant;

use l1_logreg::{FeatureMatrix, Grid, Intercept, Loss, PathPoint, Penalty};
use nalgebra::DMatrix;
use vd_glm::{Coding, Slab};

use super::{ID, Single, inputs, note, run_id};
use crate::data::Classification;
use crate::data::mnist::{Images, Mnist};
use crate::error::{Error, Result};
use crate::experiment::Output;
use crate::fits::{self, Fitted};
use crate::protocol::{CURVE, POSTER, Prepared};

/// C of the L1 softmax path, ascending (inputs of about unit size).
pub(super) const C: [f64; 10] = [2e-3, 4e-3, 7e-3, 1e-2, 2e-2, 4e-2, 7e-2, 0.1, 0.2, 0.4];
/// The first six of the poster's ten values of C, 1e-4 to 1e4: a one-vs-rest fit at the sixth takes three times as long as the three
/// before it together. The four above were not tried.
const POSTER_C: (f64, f64, usize) = (1e-4, 2.782_559_402_207_126, 6);
/// C of the ridge fit, not tuned.
const RIDGE_C: f64 = 0.1;
/// Relative duality gap of the ridge fit.
const RIDGE_TOLERANCE: f64 = 1e-2;
/// Relative duality gap.
const TOLERANCE: f64 = 1e-3;

/// L1 softmax at the tolerance of this experiment.
pub(super) fn lasso() -> l1_logreg::Params {
    fits::logistic_params(10, TOLERANCE)
}

/// Softmax fits at `values` of C, ascending and warm-started, each judged on the test part.
pub(super) fn path<X: FeatureMatrix>(
    train: &X,
    labels: &[usize],
    test: &X,
    test_labels: &[usize],
    params: l1_logreg::Params,
    values: &[f64],
) -> Result<Vec<Fitted>> {
    let fault = || Error::fit("l1-logreg");
    let started = Instant::now();
    let grid = Grid::Values(values.to_vec());
    let points = params.path(train, labels, &grid).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64() / points.len().max(1) as f64;
    let fitted = |point: PathPoint| {
        Ok(Fitted {
            weights: point.fit.model.weights().clone(),
            train_accuracy: point.fit.model.accuracy(train, labels).map_err(fault())?,
            accuracy: point.fit.model.accuracy(test, test_labels).map_err(fault())?,
            status: fits::status(point.fit.report.status),
            parameter: ("C", point.c),
            seconds,
        })
    };
    points.into_iter().map(fitted).collect()
}

/// The index of the best accuracy on the last `held` train objects, by a path on the others; of equal ones the smallest C.
pub(super) fn choose(train: &DMatrix<f32>, labels: &[usize], held: usize, values: &[f64]) -> Result<usize> {
    let inner = labels.len() - held;
    let (fit, rest) = (train.rows(0, inner).into_owned(), train.rows(inner, held).into_owned());
    let validation = path(&fit, &labels[..inner], &rest, &labels[inner..], lasso(), values)?;
    let better = |b: usize, (i, f): (usize, &Fitted)| if f.accuracy > validation[b].accuracy { i } else { b };
    Ok(validation.iter().enumerate().fold(0, better))
}

/// The L1 path on all train images; C for the table by a path on the first 50,000 judged on the last 10,000.
pub(super) fn softmax(mnist: &Mnist) -> Result<Output> {
    let data = Single::new(mnist);
    let best = choose(&data.train, &data.train_labels, data.train_labels.len() / 6, &C)?;
    let points = path(&data.train, &data.train_labels, &data.test, &data.test_labels, lasso(), &C)?;
    let curve = points.iter().map(|fitted| fitted.record(run_id("l1-softmax", CURVE, 0, 0), &(0..0)));
    let chosen = points[best].record(run_id("l1-softmax", POSTER, 0, 0), &(0..0));
    finished(curve.chain(std::iter::once(chosen)).collect())
}

/// The poster's L1: one-vs-rest, intercept penalised, C by 3-fold cross-validation.
pub(super) fn one_vs_rest(mnist: &Mnist) -> Result<Output> {
    let fault = || Error::fit("l1-logreg");
    let data = Single::new(mnist);
    let started = Instant::now();
    let params = lasso().loss(Loss::OneVsRest);
    let (lowest, highest, points) = POSTER_C;
    let choice = fits::choice_of_c(Grid::geometric(lowest, highest, points), TOLERANCE).seed(0);
    let chosen = params
        .intercept(Intercept::Penalised)
        .cross_validate(&data.train, &data.train_labels, &choice)
        .map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64();
    let model = &chosen.fit.model;
    let fitted = Fitted {
        weights: model.weights().clone(),
        train_accuracy: model.accuracy(&data.train, &data.train_labels).map_err(fault())?,
        accuracy: model.accuracy(&data.test, &data.test_labels).map_err(fault())?,
        status: fits::status(chosen.fit.report.status),
        parameter: ("C", chosen.c()),
        seconds,
    };
    finished(vec![fitted.record(run_id("l1-lr", POSTER, 0, 0), &(0..0))])
}

/// The dense reference: ridge softmax at one C (a fit takes half a minute; a choice of C would take several).
pub(super) fn ridge(mnist: &Mnist) -> Result<Output> {
    let data = Single::new(mnist);
    let params = fits::logistic_params(10, RIDGE_TOLERANCE).penalty(Penalty::Ridge);
    let fitted = path(&data.train, &data.train_labels, &data.test, &data.test_labels, params, &[RIDGE_C])?;
    finished(fitted.iter().map(|f| f.record(run_id("ridge", POSTER, 0, 0), &(0..0))).collect())
}

/// The one-vs-rest relevance vector machine that the poster could not run.
pub(super) fn rvm(mnist: &Mnist) -> Result<Output> {
    let (fitted, _) = fits::relevance(&prepared(&mnist.train, &mnist.test), None)?;
    finished([CURVE, POSTER].map(|protocol| fitted.record(run_id("rvm", protocol, 0, 0), &(0..0))).into())
}

/// Rounds of the fits without sampling: they gain little after these, and converge after many more (a round takes four seconds on two cores).
const ROUNDS: usize = 12;

/// Variational dropout without sampling, at λ = 1 and slab precision 1.
pub(super) fn closed_form(mnist: &Mnist, coding: Coding) -> Result<Output> {
    let method = if coding == Coding::Softmax { "vd-glm" } else { "vd-glm-ovr" };
    // Learning the slab would be rounds of its own.
    let params = fits::closed_form_params(coding).slab(Slab::Precision(1.0)).max_rounds(ROUNDS);
    let fits = fits::closed_form(&prepared(&mnist.train, &mnist.test), &params, &[1.0])?;
    finished(fits.iter().map(|fitted| fitted.record(run_id(method, POSTER, 0, 0), &(0..0))).collect())
}

/// Two parts in double precision.
pub(super) fn prepared(train: &Images, test: &Images) -> Prepared {
    let part = |images: &Images| Classification {
        x: inputs(train, images, |v| v),
        labels: images.classes(),
        classes: 10,
    };
    Prepared { train: part(train), test: part(test), noise_columns: 0..0 }
}

fn finished(records: Vec<crate::record::Record>) -> Result<Output> {
    debug_assert!(records.iter().all(|record| record.dataset == ID));
    let mut output = Output { records, ..Output::default() };
    output.note = note(&output);
    Ok(output)
}

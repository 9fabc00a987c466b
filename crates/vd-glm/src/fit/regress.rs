//! Fits of numbers.

use estimator::{Fit, InputError, Report, Status, Values};

use crate::certificate::certify;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::family::Scalar;
use crate::family::count::Family;
use crate::fit::classify::{falling, summary, worst};
use crate::fit::joint::Joint;
use crate::fit::problem::{Callback, Problem};
use crate::fit::solve::{ridge, select};
use crate::model::regressor::Regressor;
use crate::params::regression::RegressionParams;
use crate::params::settings::Refit;
use crate::pass::likelihood::Likelihood;
use crate::pass::point::{Point, Predictor};
use crate::solve::ascent::Reached;

/// Fits numbers.
pub(crate) fn fit(
    params: &RegressionParams,
    x: Design<'_>,
    t: Values<'_>,
    progress: Option<Callback<'_>>,
) -> Result<Fit<Regressor, Report>, Error> {
    params.check()?;
    let problem = Problem::new(x, &params.settings)?;
    let mut params = params.clone();
    params.settings.resolve(problem.rows.kept.len(), problem.prepared.units.features.len(), 1)?;
    let task = Task::new(&params, x, t, &problem)?;
    let reached = select(&problem, &task.joints, &params.settings, None, progress)?;
    task.conclude(&params, reached)
}

/// Fits numbers at every λ of `lambdas`, each started from the one before.
pub(crate) fn path(
    params: &RegressionParams,
    x: Design<'_>,
    t: Values<'_>,
    lambdas: &[f64],
) -> Result<Vec<Fit<Regressor, Report>>, Error> {
    params.check()?;
    let lambdas = falling(lambdas)?;
    let problem = Problem::new(x, &params.settings)?;
    let task = Task::new(params, x, t, &problem)?;
    let mut points: Option<Vec<Point>> = None;
    let mut fits = Vec::with_capacity(lambdas.len());
    for lambda in lambdas {
        let params = params.clone().lambda(lambda);
        let reached = select(&problem, &task.joints, &params.settings, points.as_deref(), None)?;
        points = Some(reached.iter().map(|r| r.point.clone()).collect());
        fits.push(task.conclude(&params, reached)?);
    }
    Ok(fits)
}

/// A regression in a prepared problem.
pub(crate) struct Task<'a> {
    pub joints: Vec<Joint>,
    x: Design<'a>,
    t: &'a [f64],
    problem: &'a Problem,
}

impl<'a> Task<'a> {
    pub fn new(
        params: &RegressionParams,
        x: Design<'a>,
        t: Values<'a>,
        problem: &'a Problem,
    ) -> Result<Self, Error> {
        check_targets(params.family, x, t)?;
        if let Some(offsets) = &params.offsets
            && offsets.len() != x.nrows()
        {
            return Err(InputError::entries("the offsets", x.nrows(), offsets.len()).into());
        }
        let values = problem.kept(t.as_slice());
        let offsets = params.offsets.as_deref().map(|o| problem.kept(o));
        let empty = Point { outputs: vec![start(params, problem, &values, offsets.as_deref())?] };
        let likelihood = Likelihood::Family(params.family);
        let joint = Joint { likelihood, values, offsets, class: None, empty };
        Ok(Self { joints: vec![joint], x, t: t.as_slice(), problem })
    }

    /// The model of a point.
    pub fn model(&self, params: &RegressionParams, point: &Point, refit: Refit, slabs: &[f64]) -> Regressor {
        Regressor {
            features: self.x.ncols(),
            family: params.family,
            output: self.problem.prepared.units.restore(&point.outputs[0]),
            lambda: params.settings.lambda,
            has_intercept: params.settings.intercept,
            refit,
            slabs: slabs.to_vec(),
        }
    }

    /// The model that an ascent at λ reached, refitted if that is asked for, and its report.
    pub fn conclude(
        &self,
        params: &RegressionParams,
        reached: Vec<Reached>,
    ) -> Result<Fit<Regressor, Report>, Error> {
        let settings = &params.settings;
        let points: Vec<Point> = reached.iter().map(|r| r.point.clone()).collect();
        let slabs: Vec<f64> = reached.iter().map(|r| r.prior.slab()).collect();
        let model = self.model(params, &points[0], Refit::None, &slabs);
        let (weights, offsets) = (settings.weights.as_deref(), params.offsets.as_deref());
        let certificate = certify(self.x, &[self.t.to_vec()], weights, offsets, &model.terms());
        let mut report = Report { residual: certificate.largest(), ..summary(reached) };
        if settings.refit == Refit::None || report.status == Status::StoppedByCallback {
            return Ok(Fit { model, report });
        }
        let refitted = ridge(self.problem, &self.joints, settings, &points)?;
        let model = self.model(params, &refitted[0].point, settings.refit, &slabs);
        let again = summary(refitted);
        report.status = worst(report.status, again.status);
        report.iterations += again.iterations;
        Ok(Fit { model, report })
    }
}

fn check_targets(family: Family, x: Design<'_>, t: Values<'_>) -> Result<(), Error> {
    t.check(x.nrows())?;
    for (row, &value) in t.as_slice().iter().enumerate() {
        if let Err(allowed) = family.accepts(value) {
            return Err(Error::Target { row, value, family: family.name(), allowed });
        }
    }
    Ok(())
}

/// The empty model: the intercept of the mean, offsets considered.
fn start(
    params: &RegressionParams,
    problem: &Problem,
    values: &[f64],
    offsets: Option<&[f64]>,
) -> Result<Predictor, Error> {
    let weights = &problem.rows.weights;
    let sum = |f: &dyn Fn(usize) -> f64| (0..values.len()).map(|i| weights[i] * f(i)).sum::<f64>();
    let offset = |i: usize| offsets.map_or(0.0, |o| o[i]);
    if params.family.log_link() && values.iter().all(|t| *t == 0.0) {
        return Err(InputError::ConstantTarget { value: 0.0 }.into());
    }
    let intercept = if !params.settings.intercept {
        0.0
    } else if params.family.log_link() {
        // Relative to the largest offset, so that exponentials stay in range.
        let top = (0..values.len()).map(offset).fold(f64::NEG_INFINITY, f64::max);
        params.family.link(sum(&|i| values[i]) / sum(&|i| (offset(i) - top).exp())) - top
    } else {
        sum(&|i| values[i] - offset(i)) / sum(&|_| 1.0)
    };
    Ok(Predictor { intercept, weights: Vec::new() })
}

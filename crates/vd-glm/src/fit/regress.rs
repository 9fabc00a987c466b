//! Fits of numbers.

use core::ops::ControlFlow;

use estimator::{Fit, InputError, Report, Values};

use crate::certificate::certify;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::family::Scalar;
use crate::family::count::Family;
use crate::fit::classify::{falling, summary};
use crate::fit::problem::{Callback, Problem};
use crate::model::regressor::Regressor;
use crate::params::regression::RegressionParams;
use crate::pass::likelihood::Likelihood;
use crate::pass::point::{Point, Predictor};

/// Fits numbers.
pub(crate) fn fit(
    params: &RegressionParams,
    x: Design<'_>,
    t: Values<'_>,
    progress: Callback<'_>,
) -> Result<Fit<Regressor, Report>, Error> {
    params.check()?;
    let problem = Problem::new(x, &params.settings)?;
    let mut params = params.clone();
    params.settings.resolve(problem.rows.kept.len(), problem.prepared.features.len())?;
    fit_from(&params, x, t, &problem, None, progress)
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
    let mut fits: Vec<Fit<Regressor, Report>> = Vec::with_capacity(lambdas.len());
    for lambda in lambdas {
        let start = fits.last().map(|f| &f.model.output);
        let fit = fit_from(&params.clone().lambda(lambda), x, t, &problem, start, &mut |_| {
            ControlFlow::Continue(())
        })?;
        fits.push(fit);
    }
    Ok(fits)
}

/// A fit in a prepared problem, from the empty model or from a given predictor.
fn fit_from(
    params: &RegressionParams,
    x: Design<'_>,
    t: Values<'_>,
    problem: &Problem,
    from: Option<&Predictor>,
    progress: Callback<'_>,
) -> Result<Fit<Regressor, Report>, Error> {
    check_targets(params.family, x, t)?;
    if let Some(offsets) = &params.offsets
        && offsets.len() != x.nrows()
    {
        return Err(InputError::entries("the offsets", x.nrows(), offsets.len()).into());
    }
    let values = problem.kept(t.as_slice());
    let offsets = params.offsets.as_deref().map(|o| problem.kept(o));
    let empty = start(params, problem, &values, offsets.as_deref())?;
    let start = Point { outputs: vec![from.map_or(empty, |p| problem.adopt(p))] };
    let likelihood = Likelihood::Family(params.family);
    let reached =
        problem.solve(likelihood, &values, offsets.as_deref(), start, &params.settings, None, progress)?;
    let model = Regressor {
        features: x.ncols(),
        family: params.family,
        output: problem.restore(&reached.point.outputs[0]),
        lambda: params.settings.lambda,
        has_intercept: params.settings.intercept,
    };
    let weights = params.settings.weights.as_deref();
    let certificate =
        certify(x, &[t.as_slice().to_vec()], weights, params.offsets.as_deref(), &model.terms());
    Ok(Fit { model, report: Report { residual: certificate.largest(), ..summary(vec![reached]) } })
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

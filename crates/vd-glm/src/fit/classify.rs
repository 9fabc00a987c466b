//! Fits of classes.

use core::ops::ControlFlow;

use estimator::{Fit, InputError, Labels, Report, Status};

use crate::certificate::certify;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::fit::problem::{Callback, Problem};
use crate::model::classifier::Classifier;
use crate::params::classification::{ClassificationParams, Coding, Link};
use crate::params::settings::check_lambda;
use crate::pass::likelihood::Likelihood;
use crate::pass::point::{Point, Predictor};
use crate::solve::ascent::Reached;

/// Fits labels.
pub(crate) fn fit(
    params: &ClassificationParams,
    x: Design<'_>,
    t: Labels<'_>,
    progress: Callback<'_>,
) -> Result<Fit<Classifier, Report>, Error> {
    params.check()?;
    let problem = Problem::new(x, &params.settings)?;
    let mut params = params.clone();
    params.settings.resolve(problem.rows.kept.len(), problem.prepared.features.len())?;
    fit_from(&params, x, t, &problem, None, progress)
}

/// Fits labels at every λ of `lambdas`, each started from the one before.
pub(crate) fn path(
    params: &ClassificationParams,
    x: Design<'_>,
    t: Labels<'_>,
    lambdas: &[f64],
) -> Result<Vec<Fit<Classifier, Report>>, Error> {
    params.check()?;
    let lambdas = falling(lambdas)?;
    let problem = Problem::new(x, &params.settings)?;
    let mut fits: Vec<Fit<Classifier, Report>> = Vec::with_capacity(lambdas.len());
    for lambda in lambdas {
        let start = fits.last().map(|f| f.model.outputs.as_slice());
        let fit = fit_from(&params.clone().lambda(lambda), x, t, &problem, start, &mut |_| {
            ControlFlow::Continue(())
        })?;
        fits.push(fit);
    }
    Ok(fits)
}

/// The λ of a path, sorted to fall.
pub(crate) fn falling(lambdas: &[f64]) -> Result<Vec<f64>, Error> {
    if lambdas.is_empty() {
        return Err(InputError::Empty { what: "the list of λ", rows: 0, cols: 1 }.into());
    }
    lambdas.iter().try_for_each(|&lambda| check_lambda(lambda))?;
    let mut sorted = lambdas.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    Ok(sorted)
}

/// A fit in a prepared problem, from the empty model or from given predictors.
fn fit_from(
    params: &ClassificationParams,
    x: Design<'_>,
    t: Labels<'_>,
    problem: &Problem,
    from: Option<&[Predictor]>,
    progress: Callback<'_>,
) -> Result<Fit<Classifier, Report>, Error> {
    let classes = t.classes(x.nrows(), params.classes)?;
    let labels: Vec<usize> = problem.rows.kept.iter().map(|&i| t.as_slice()[i]).collect();
    // A weight of 0 can leave one class.
    Labels::from(&labels).classes(labels.len(), Some(classes))?;
    let binary = match params.link {
        Link::Logit => Likelihood::Logit,
        Link::Probit => Likelihood::Probit,
    };
    let joint = classes > 2 && params.coding == Coding::Softmax;
    if joint && params.link == Link::Probit {
        return Err(InputError::Combination {
            choice: "the probit link",
            with: "a softmax of more than two classes",
            instead: "use Coding::OneVsRest, or the logit link",
        }
        .into());
    }
    let (outputs, summary) = if joint {
        let likelihood = Likelihood::Softmax { classes };
        let values: Vec<f64> = labels.iter().map(|&k| k as f64).collect();
        let at = match from {
            Some(outputs) => Point { outputs: outputs.iter().map(|p| problem.adopt(p)).collect() },
            None => start(params, problem, &labels, classes),
        };
        let reached = solve(params, problem, likelihood, &values, at, None, progress)?;
        (reached.point.outputs.clone(), summary(vec![reached]))
    } else {
        let positives: Vec<usize> = if classes == 2 { vec![1] } else { (0..classes).collect() };
        let mut all: Vec<Reached> = Vec::new();
        for &class in &positives {
            let values: Vec<f64> = labels.iter().map(|&k| f64::from(u8::from(k == class))).collect();
            let share = share(problem, &labels, class);
            let at = if params.settings.intercept {
                binary.scalar().map_or(0.0, |family| family.link(share))
            } else {
                0.0
            };
            let empty = Predictor { intercept: at, weights: Vec::new() };
            let start = from.map_or(empty, |outputs| problem.adopt(&outputs[all.len()]));
            let start = Point { outputs: vec![start] };
            let told = (classes > 2).then_some(class);
            let reached = solve(params, problem, binary, &values, start, told, progress)?;
            let stopped = reached.status == Status::StoppedByCallback;
            all.push(reached);
            if stopped {
                break;
            }
        }
        let mut outputs: Vec<Predictor> = all.iter().map(|r| r.point.outputs[0].clone()).collect();
        // Classes that a stopped fit never came to know their share only.
        for &class in &positives[outputs.len()..] {
            let intercept = binary.scalar().map_or(0.0, |f| f.link(share(problem, &labels, class)));
            outputs.push(Predictor { intercept, weights: Vec::new() });
        }
        (outputs, summary(all))
    };
    let model = Classifier {
        features: x.ncols(),
        classes,
        likelihood: if joint { Likelihood::Softmax { classes } } else { binary },
        outputs: outputs.iter().map(|p| problem.restore(p)).collect(),
        lambda: params.settings.lambda,
        has_intercept: params.settings.intercept,
    };
    let weights = params.settings.weights.as_deref();
    let certificate = certify(x, &model.targets(t.as_slice()), weights, None, &model.terms());
    Ok(Fit { model, report: Report { residual: certificate.largest(), ..summary } })
}

fn solve(
    params: &ClassificationParams,
    problem: &Problem,
    likelihood: Likelihood,
    values: &[f64],
    start: Point,
    class: Option<usize>,
    progress: Callback<'_>,
) -> Result<Reached, Error> {
    problem.solve(likelihood, values, None, start, &params.settings, class, progress)
}

/// The share of a class in the total weight; half a sample where it has none.
fn share(problem: &Problem, labels: &[usize], class: usize) -> f64 {
    let weights = &problem.rows.weights;
    let total: f64 = weights.iter().sum();
    let own: f64 = labels.iter().zip(weights).filter(|(k, _)| **k == class).map(|(_, w)| w).sum();
    (own / total).clamp(0.5 / (1.0 + labels.len() as f64), 1.0 - 0.5 / (1.0 + labels.len() as f64))
}

/// The empty softmax model: log shares.
fn start(params: &ClassificationParams, problem: &Problem, labels: &[usize], classes: usize) -> Point {
    let outputs = (0..classes).map(|class| {
        let intercept = if params.settings.intercept { share(problem, labels, class).ln() } else { 0.0 };
        Predictor { intercept, weights: Vec::new() }
    });
    Point { outputs: outputs.collect() }
}

/// One summary of one ascent or of one per class: the worst status, the sum of the objectives, round by round.
pub(crate) fn summary(all: Vec<Reached>) -> Report {
    let rounds = all.iter().map(|r| r.rounds).max().unwrap_or(0);
    let severity = |s: Status| match s {
        Status::Converged => 0,
        Status::Stalled => 1,
        Status::MaxIterations => 2,
        _ => 3,
    };
    let status = all.iter().map(|r| r.status).max_by_key(|s| severity(*s)).unwrap_or(Status::Converged);
    let after = |r: &Reached, round: usize| {
        let last = r.trace.len().saturating_sub(1);
        r.trace.get(round.min(last)).copied().unwrap_or(r.objective)
    };
    let trace = (0..rounds).map(|round| all.iter().map(|r| after(r, round)).sum()).collect();
    Report {
        status,
        objective: all.iter().map(|r| r.objective).sum(),
        residual: f64::NAN,
        iterations: rounds,
        trace,
    }
}

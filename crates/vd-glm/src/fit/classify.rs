//! Fits of classes.

use estimator::{Fit, InputError, Labels, Report, Status};

use crate::certificate::certify;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::fit::joint::Joint;
use crate::fit::problem::{Callback, Problem};
use crate::fit::solve::{ridge, select};
use crate::model::classifier::Classifier;
use crate::params::classification::{ClassificationParams, Coding, Link};
use crate::params::settings::{Refit, check_lambda};
use crate::pass::likelihood::Likelihood;
use crate::pass::point::{Point, Predictor};
use crate::solve::ascent::Reached;

/// Fits labels.
pub(crate) fn fit(
    params: &ClassificationParams,
    x: Design<'_>,
    t: Labels<'_>,
    progress: Option<Callback<'_>>,
) -> Result<Fit<Classifier, Report>, Error> {
    params.check()?;
    let problem = Problem::new(x, &params.settings)?;
    let mut params = params.clone();
    let classes = t.classes(x.nrows(), params.classes)?;
    // The z-scores of a column's weights for all classes of a softmax sum to zero: one is not free.
    let group = if params.settings.by_column { (classes - 1).max(1) } else { 1 };
    params.settings.resolve(problem.rows.kept.len(), problem.prepared.units.features.len(), group)?;
    let task = Task::new(&params, x, t, &problem)?;
    let reached = select(&problem, &task.joints, &params.settings, None, progress)?;
    task.conclude(&params, reached)
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

/// A classification in a prepared problem.
pub(crate) struct Task<'a> {
    pub joints: Vec<Joint>,
    x: Design<'a>,
    t: &'a [usize],
    problem: &'a Problem,
    classes: usize,
    likelihood: Likelihood,
}

impl<'a> Task<'a> {
    pub fn new(
        params: &ClassificationParams,
        x: Design<'a>,
        t: Labels<'a>,
        problem: &'a Problem,
    ) -> Result<Self, Error> {
        let classes = t.classes(x.nrows(), params.classes)?;
        let labels: Vec<usize> = problem.rows.kept.iter().map(|&i| t.as_slice()[i]).collect();
        // A weight of 0 can leave one class.
        Labels::from(&labels).classes(labels.len(), Some(classes))?;
        Self::unchecked(params, x, t.as_slice(), problem, classes)
    }

    /// [`Task::new`] for rows that may lack classes.
    pub fn unchecked(
        params: &ClassificationParams,
        x: Design<'a>,
        t: &'a [usize],
        problem: &'a Problem,
        classes: usize,
    ) -> Result<Self, Error> {
        let labels: Vec<usize> = problem.rows.kept.iter().map(|&i| t[i]).collect();
        let joint = classes > 2 && params.coding == Coding::Softmax;
        if params.settings.by_column && classes > 2 && !joint {
            return Err(InputError::Combination {
                choice: "one decision for all classes of a column",
                with: "one-vs-rest, which fits each class for itself",
                instead: "use Coding::Softmax",
            }
            .into());
        }
        let likelihood = match (joint, params.link) {
            (true, Link::Probit) => {
                return Err(InputError::Combination {
                    choice: "the probit link",
                    with: "a softmax of more than two classes",
                    instead: "use Coding::OneVsRest, or the logit link",
                }
                .into());
            }
            (true, Link::Logit) => Likelihood::Softmax { classes },
            (false, Link::Logit) => Likelihood::Logit,
            (false, Link::Probit) => Likelihood::Probit,
        };
        let intercept = |share: f64, link: &dyn Fn(f64) -> f64| {
            let intercept = if params.settings.intercept { link(share) } else { 0.0 };
            Predictor { intercept, weights: Vec::new() }
        };
        let joints = if joint {
            let empty = |class| intercept(share(problem, &labels, class), &f64::ln);
            vec![Joint {
                likelihood,
                values: labels.iter().map(|&k| k as f64).collect(),
                offsets: None,
                class: None,
                empty: Point { outputs: (0..classes).map(empty).collect() },
            }]
        } else {
            let link = |share: f64| likelihood.scalar().map_or(0.0, |family| family.link(share));
            let one = |class: usize| Joint {
                likelihood,
                values: labels.iter().map(|&k| f64::from(u8::from(k == class))).collect(),
                offsets: None,
                class: (classes > 2).then_some(class),
                empty: Point { outputs: vec![intercept(share(problem, &labels, class), &link)] },
            };
            if classes == 2 { vec![one(1)] } else { (0..classes).map(one).collect() }
        };
        Ok(Self { joints, x, t, problem, classes, likelihood })
    }

    /// The model of some points, one for each joint problem; those that a stopped fit never came to are empty.
    pub fn model(
        &self,
        params: &ClassificationParams,
        points: &[Point],
        refit: Refit,
        slabs: &[f64],
    ) -> Classifier {
        let mut points = points.to_vec();
        points.extend(self.joints[points.len()..].iter().map(|j| j.empty.clone()));
        Classifier {
            features: self.x.ncols(),
            classes: self.classes,
            likelihood: self.likelihood,
            outputs: self.problem.prepared.units.restore_all(&points),
            lambda: params.settings.lambda,
            has_intercept: params.settings.intercept,
            refit,
            slabs: slabs.to_vec(),
            by_column: params.settings.by_column && self.likelihood.outputs() > 1,
        }
    }

    /// The model that an ascent at λ reached, refitted if that is asked for, and its report.
    pub fn conclude(
        &self,
        params: &ClassificationParams,
        reached: Vec<Reached>,
    ) -> Result<Fit<Classifier, Report>, Error> {
        let settings = &params.settings;
        let points: Vec<Point> = reached.iter().map(|r| r.point.clone()).collect();
        let slabs: Vec<f64> = reached.iter().map(|r| r.prior.slab()).collect();
        let model = self.model(params, &points, Refit::None, &slabs);
        let targets = model.targets(self.t);
        let certificate = certify(self.x, &targets, settings.weights.as_deref(), None, &model.terms());
        let mut report = Report { residual: certificate.largest(), ..summary(reached) };
        if settings.refit == Refit::None || report.status == Status::StoppedByCallback {
            return Ok(Fit { model, report });
        }
        let refitted = ridge(self.problem, &self.joints, settings, &points)?;
        let points: Vec<Point> = refitted.iter().map(|r| r.point.clone()).collect();
        let again = summary(refitted);
        report.status = worst(report.status, again.status);
        report.iterations += again.iterations;
        Ok(Fit { model: self.model(params, &points, settings.refit, &slabs), report })
    }
}

/// The share of a class in the total weight; half a sample where it has none.
fn share(problem: &Problem, labels: &[usize], class: usize) -> f64 {
    let weights = &problem.rows.weights;
    let total: f64 = weights.iter().sum();
    let own: f64 = labels.iter().zip(weights).filter(|(k, _)| **k == class).map(|(_, w)| w).sum();
    likely(own / total, labels.len())
}

/// A class's share of so many rows, at least that of half a row.
pub(crate) fn likely(share: f64, rows: usize) -> f64 {
    share.clamp(0.5 / (1.0 + rows as f64), 1.0 - 0.5 / (1.0 + rows as f64))
}

/// One summary of one ascent or of one per class: the worst status, the sum of the objectives, round by round.
pub(crate) fn summary(all: Vec<Reached>) -> Report {
    let rounds = all.iter().map(|r| r.rounds).max().unwrap_or(0);
    let status = all.iter().map(|r| r.status).fold(Status::Converged, worst);
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

/// The worse of two statuses.
pub(crate) fn worst(a: Status, b: Status) -> Status {
    let severity = |s: Status| match s {
        Status::Converged => 0,
        Status::Stalled => 1,
        Status::MaxIterations => 2,
        _ => 3,
    };
    if severity(b) > severity(a) { b } else { a }
}

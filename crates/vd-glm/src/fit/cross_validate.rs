//! λ by cross-validation along the path, folds in parallel.
//!
//! Each fold follows the path down from its own empty model, at the same λ everywhere. At every λ the held-out log loss is measured for the
//! solution itself and for its refit: the λ that selects well is not the one whose weights predict well, so that selection and scale are
//! chosen apart. The path stops once it is far past the smallest loss.

use core::ops::ControlFlow;

use estimator::{Fit, InputError, Labels, Report, Status, Values, folds, mean_and_error, stratified_folds};
use rayon::prelude::*;

use crate::design::matrix::{Design, SomeRows};
use crate::error::Error;
use crate::fit::joint::Joint;
use crate::fit::problem::Problem;
use crate::fit::solve::{ridge, select};
use crate::fit::{classify, regress};
use crate::model::classifier::Classifier;
use crate::model::regressor::Regressor;
use crate::params::classification::ClassificationParams;
use crate::params::regression::RegressionParams;
use crate::params::settings::{Refit, Settings};
use crate::pass::point::Point;
use crate::select::selection::{CvProgress, Selection};
use crate::select::settings::{CrossValidation, CvPoint};
use crate::solve::ascent::Reached;

/// Tolerance and rounds of the folds: what is averaged need not be exact.
const TOLERANCE: f64 = 0.03;
const ROUNDS: usize = 30;

/// The callback of a cross-validation.
pub(crate) type Callback<'c> = &'c mut dyn FnMut(&CvProgress<'_>) -> ControlFlow<()>;

/// What is cross-validated.
pub(crate) trait Subject: Sync {
    type Model;

    fn settings(&self) -> &Settings;

    /// The fold of every row that takes part.
    fn folds(&self, rows: &[usize], cv: &CrossValidation) -> Result<Vec<usize>, InputError>;

    /// The problems of some rows, which may lack classes.
    fn joints(&self, problem: &Problem) -> Result<Vec<Joint>, Error>;

    /// Negative log likelihoods of held-out rows.
    fn losses(
        &self,
        problem: &Problem,
        points: &[Point],
        held_out: (Design<'_>, &[usize]),
    ) -> Result<Vec<f64>, Error>;

    /// The fit to all rows.
    fn conclude(
        &self,
        problem: &Problem,
        settings: Settings,
        reached: Vec<Reached>,
    ) -> Result<Fit<Self::Model, Report>, Error>;
}

/// A classification that is cross-validated.
pub(crate) struct Classes<'a> {
    pub params: &'a ClassificationParams,
    pub x: Design<'a>,
    pub t: Labels<'a>,
    pub classes: usize,
}

impl Classes<'_> {
    fn task<'a>(&'a self, problem: &'a Problem) -> Result<classify::Task<'a>, Error> {
        classify::Task::unchecked(self.params, self.x, self.t.as_slice(), problem, self.classes)
    }
}

impl Subject for Classes<'_> {
    type Model = Classifier;

    fn settings(&self) -> &Settings {
        &self.params.settings
    }

    fn folds(&self, rows: &[usize], cv: &CrossValidation) -> Result<Vec<usize>, InputError> {
        let labels: Vec<usize> = rows.iter().map(|&i| self.t.as_slice()[i]).collect();
        stratified_folds(&labels, cv.folds, cv.seed)
    }

    fn joints(&self, problem: &Problem) -> Result<Vec<Joint>, Error> {
        Ok(self.task(problem)?.joints)
    }

    fn losses(
        &self,
        problem: &Problem,
        points: &[Point],
        (x, rows): (Design<'_>, &[usize]),
    ) -> Result<Vec<f64>, Error> {
        let p = self.task(problem)?.model(self.params, points, Refit::None, &[]).predict_proba(x)?;
        let t = self.t.as_slice();
        Ok(rows.iter().enumerate().map(|(at, &i)| -p[(at, t[i])].max(f64::MIN_POSITIVE).ln()).collect())
    }

    fn conclude(
        &self,
        problem: &Problem,
        settings: Settings,
        reached: Vec<Reached>,
    ) -> Result<Fit<Classifier, Report>, Error> {
        let params = ClassificationParams { settings, ..self.params.clone() };
        self.task(problem)?.conclude(&params, reached)
    }
}

/// A regression that is cross-validated.
pub(crate) struct Numbers<'a> {
    pub params: &'a RegressionParams,
    pub x: Design<'a>,
    pub t: Values<'a>,
}

impl Numbers<'_> {
    fn task<'a>(&'a self, problem: &'a Problem) -> Result<regress::Task<'a>, Error> {
        regress::Task::new(self.params, self.x, self.t, problem)
    }
}

impl Subject for Numbers<'_> {
    type Model = Regressor;

    fn settings(&self) -> &Settings {
        &self.params.settings
    }

    fn folds(&self, rows: &[usize], cv: &CrossValidation) -> Result<Vec<usize>, InputError> {
        folds(rows.len(), cv.folds, cv.seed)
    }

    fn joints(&self, problem: &Problem) -> Result<Vec<Joint>, Error> {
        Ok(self.task(problem)?.joints)
    }

    fn losses(
        &self,
        problem: &Problem,
        points: &[Point],
        (x, rows): (Design<'_>, &[usize]),
    ) -> Result<Vec<f64>, Error> {
        let model = self.task(problem)?.model(self.params, &points[0], Refit::None, &[]);
        let offsets: Option<Vec<f64>> =
            self.params.offsets.as_ref().map(|o| rows.iter().map(|&i| o[i]).collect());
        let t: Vec<f64> = rows.iter().map(|&i| self.t.as_slice()[i]).collect();
        model.log_likelihoods(x, &t, offsets.as_deref()).map(|all| all.iter().map(|l| -l).collect())
    }

    fn conclude(
        &self,
        problem: &Problem,
        settings: Settings,
        reached: Vec<Reached>,
    ) -> Result<Fit<Regressor, Report>, Error> {
        let params = RegressionParams { settings, ..self.params.clone() };
        self.task(problem)?.conclude(&params, reached)
    }
}

/// One fold: its training problem, its held-out rows, and where its path stands.
struct Fold {
    problem: Problem,
    joints: Vec<Joint>,
    held_out: Vec<usize>,
    rows: SomeRows,
    points: Vec<Point>,
}

/// What a fold gives at one λ: held-out losses of each refit, and the number of kept weights.
type Step = (Vec<Vec<f64>>, usize);

impl Fold {
    fn new<S: Subject>(
        subject: &S,
        x: Design<'_>,
        whole: &Problem,
        fold_of: &[usize],
        fold: usize,
    ) -> Result<Self, Error> {
        let mut weights = vec![0.0; x.nrows()];
        let mut held_out = Vec::new();
        for (at, &row) in whole.rows.kept.iter().enumerate() {
            if fold_of[at] == fold {
                held_out.push(row);
            } else {
                weights[row] = whole.rows.weights[at];
            }
        }
        let settings = Settings { weights: Some(weights), threads: None, ..subject.settings().clone() };
        let problem = Problem::new(x, &settings)?;
        let joints = subject.joints(&problem)?;
        let points = joints.iter().map(|j| j.empty.clone()).collect();
        let rows = SomeRows::new(x, &held_out);
        Ok(Self { problem, joints, held_out, rows, points })
    }

    /// Moves the fold to λ.
    fn step<S: Subject>(&mut self, subject: &S, refits: &[Refit], lambda: f64) -> Result<Step, Error> {
        let settings = rough(subject.settings(), lambda);
        let reached = select(&self.problem, &self.joints, &settings, Some(&self.points), None)?;
        self.points = reached.into_iter().map(|r| r.point).collect();
        let loss = |refit: &Refit| {
            let held_out = (self.rows.design(), self.held_out.as_slice());
            match refit {
                Refit::None => subject.losses(&self.problem, &self.points, held_out),
                Refit::Ridge => {
                    let refitted = ridge(&self.problem, &self.joints, &settings, &self.points)?;
                    let points: Vec<Point> = refitted.into_iter().map(|r| r.point).collect();
                    subject.losses(&self.problem, &points, held_out)
                }
            }
        };
        let losses = refits.iter().map(loss).collect::<Result<_, _>>()?;
        Ok((losses, self.points.iter().map(Point::kept).sum()))
    }
}

fn rough(settings: &Settings, lambda: f64) -> Settings {
    Settings {
        lambda,
        tolerance: settings.tolerance.max(TOLERANCE),
        max_rounds: settings.max_rounds.min(ROUNDS),
        ..settings.clone()
    }
}

/// The curve with the losses that its points average.
struct Curve {
    lambdas: Vec<f64>,
    points: Vec<CvPoint>,
    losses: Vec<Vec<f64>>,
    stopped: bool,
}

/// Chooses λ and the refit, and fits all rows.
pub(crate) fn search<S: Subject>(
    subject: &S,
    x: Design<'_>,
    cv: &CrossValidation,
    progress: Callback<'_>,
) -> Result<Selection<S::Model>, Error> {
    cv.check()?;
    let settings = subject.settings();
    let whole = Problem::new(x, settings)?;
    let joints = subject.joints(&whole)?;
    let fold_of = subject.folds(&whole.rows.kept, cv)?;
    let tops = joints.iter().map(|j| whole.top(j, settings)).collect::<Result<Vec<_>, _>>()?;
    let top = tops.into_iter().fold(0.0, f64::max);
    let mut folds = whole.on_threads(|| {
        let fold = |f| Fold::new(subject, x, &whole, &fold_of, f);
        (0..cv.folds).into_par_iter().map(fold).collect::<Result<Vec<_>, _>>()
    })?;
    let curve = down(subject, &whole, &mut folds, top, cv, progress)?;
    drop(folds);
    let chosen = cv.rule.choose(&curve.points, &curve.losses);
    let CvPoint { lambda, refit, .. } = curve.points[chosen];
    // All rows down the same path.
    let mut points: Vec<Point> = joints.iter().map(|j| j.empty.clone()).collect();
    for &above in curve.lambdas.iter().filter(|l| **l > lambda) {
        let reached = select(&whole, &joints, &rough(settings, above), Some(&points), None)?;
        points = reached.into_iter().map(|r| r.point).collect();
    }
    let settings = Settings { lambda, false_keeps: None, refit: Refit::None, ..settings.clone() };
    let reached = select(&whole, &joints, &settings, Some(&points), None)?;
    let mut selected = subject.conclude(&whole, settings.clone(), reached.clone())?;
    let mut fit = subject.conclude(&whole, Settings { refit, ..settings }, reached)?;
    if curve.stopped {
        selected.report.status = Status::StoppedByCallback;
        fit.report.status = Status::StoppedByCallback;
    }
    Ok(Selection { fit, selected, curve: curve.points, chosen })
}

/// The held-out losses down the path.
fn down<S: Subject>(
    subject: &S,
    whole: &Problem,
    folds: &mut [Fold],
    top: f64,
    cv: &CrossValidation,
    progress: Callback<'_>,
) -> Result<Curve, Error> {
    let first = top.clamp(cv.smallest, 1e100);
    let ratio = (cv.smallest / first).min(0.999).powf(1.0 / (cv.points as f64 - 1.0));
    let mut curve = Curve { lambdas: Vec::new(), points: Vec::new(), losses: Vec::new(), stopped: false };
    let mut lambda = first;
    for done in 1..=cv.points {
        let stepped: Vec<Step> = whole.on_threads(|| {
            folds.par_iter_mut().map(|fold| fold.step(subject, &cv.refits, lambda)).collect::<Result<_, _>>()
        })?;
        curve.lambdas.push(lambda);
        let kept = stepped.iter().map(|s| s.1 as f64).sum::<f64>() / folds.len() as f64;
        for (k, &refit) in cv.refits.iter().enumerate() {
            let loss: Vec<f64> = stepped.iter().flat_map(|s| s.0[k].iter().copied()).collect();
            let (error, standard_error) = mean_and_error(&loss);
            curve.points.push(CvPoint { lambda, refit, error, standard_error, kept });
            curve.losses.push(loss);
        }
        if progress(&CvProgress { done, curve: &curve.points }).is_break() {
            curve.stopped = true;
            break;
        }
        if enough(&curve.points, cv.refits.len()) {
            break;
        }
        lambda *= ratio;
    }
    Ok(curve)
}

/// Whether every refit's loss has risen for good.
fn enough(curve: &[CvPoint], refits: usize) -> bool {
    (0..refits).all(|q| {
        let errors: Vec<f64> = curve.iter().skip(q).step_by(refits).map(|p| p.error).collect();
        let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let place = errors.iter().position(|e| *e == best).unwrap_or(0);
        errors.len() > place + 3 && errors.last().is_some_and(|now| *now > 1.02 * best)
    })
}

//! Fits to rows that lie elsewhere, of which a caller makes the passes: the same ascents, one pass for each point that they visit.

use core::cell::RefCell;
use core::ops::ControlFlow;

use estimator::{Check, Fit, InputError, Report, Status};

use crate::design::far::FarRows;
use crate::error::Error;
use crate::family::Scalar;
use crate::fit::classify::{likely, summary, worst};
use crate::fit::problem::{Callback, ascend};
use crate::fit::solve::{Solvable, refit, solve};
use crate::model::classifier::Classifier;
use crate::model::regressor::Regressor;
use crate::params::classification::{ClassificationParams, Coding, Link};
use crate::params::regression::RegressionParams;
use crate::params::settings::{Refit, Settings};
use crate::pass::gram::Features;
use crate::pass::likelihood::Likelihood;
use crate::pass::plan::Plan;
use crate::pass::point::{Point, Predictor};
use crate::pass::statistics::Statistics;
use crate::solve::ascent::{Ascent, Reached, Stopping};
use crate::solve::coupled::Coupled;
use crate::solve::prior::Prior;
use crate::solve::rows::Curvature;
use crate::solve::source::Rows;

/// A pass over all rows at a plan, whose target is whether a row is of this class where one is named.
pub(crate) type MakePass<'p> = &'p mut dyn FnMut(&Plan, Option<usize>) -> Result<Statistics, String>;

/// One problem whose rows lie elsewhere.
struct Far<'f, 'p> {
    rows: usize,
    columns: usize,
    likelihood: Likelihood,
    class: Option<usize>,
    pass: &'f RefCell<MakePass<'p>>,
}

impl Solvable for Far<'_, '_> {
    fn likelihood(&self) -> Likelihood {
        self.likelihood
    }

    fn ascend(
        &self,
        prior: Prior,
        start: Point,
        settings: &Settings,
        progress: Callback<'_>,
    ) -> Result<Reached, Error> {
        let ascent = Ascent {
            rows: self,
            likelihood: self.likelihood,
            columns: self.columns,
            prior,
            learn: matches!(prior, Prior::Normal { .. }),
            intercept: settings.intercept,
            stopping: Stopping { tolerance: settings.tolerance, max_rounds: settings.max_rounds },
        };
        ascend(&ascent, start, self.class, progress)
    }
}

impl Far<'_, '_> {
    fn make(&self, plan: &Plan) -> Result<Statistics, Error> {
        let statistics =
            (self.pass.borrow_mut())(plan, self.class).map_err(|reason| Error::Pass { reason })?;
        let fits = statistics.outputs.len() == plan.working.len()
            && statistics.outputs.iter().zip(&plan.working).zip(&plan.point.outputs).all(|((s, w), p)| {
                let size = Features::new(w, p).len();
                let columns = [&s.gx, &s.wx, &s.wxx];
                columns.iter().all(|v| v.len() == plan.columns)
                    && (s.linear.len(), s.gram.len()) == (size, size * size)
            });
        if !fits {
            return Err(Error::Pass { reason: "its sums are those of another plan".to_owned() });
        }
        if statistics.rows != self.rows {
            let (found, before) = (statistics.rows, self.rows);
            let reason =
                format!("it found {found} rows and there were {before}: they changed during the fit");
            return Err(Error::Pass { reason });
        }
        Ok(statistics)
    }
}

impl Rows for &Far<'_, '_> {
    type Kept = ();

    fn count(&self) -> usize {
        self.rows
    }

    fn parts(&self) -> usize {
        1
    }

    fn brings_curvature(&self) -> bool {
        true
    }

    fn pass(&self, plan: &Plan) -> Result<(Statistics, ()), Error> {
        Ok((self.make(plan)?, ()))
    }

    fn curvature(
        &self,
        plan: &Plan,
        (found, ()): (&Statistics, &()),
        features: &[Features<'_>],
        _: usize,
    ) -> Result<Vec<Curvature>, Error> {
        let curvature = |found: &Statistics| {
            let one = |s: &crate::pass::statistics::Sums| Curvature {
                w: s.w,
                linear: s.linear.clone(),
                gram: s.gram.clone(),
            };
            found.outputs.iter().map(one).collect()
        };
        if plan.working.iter().zip(features).all(|(working, f)| working == f.columns) {
            return Ok(curvature(found));
        }
        let working = features.iter().map(|f| f.columns.to_vec()).collect();
        Ok(curvature(&self.make(&Plan { working, ..plan.clone() })?))
    }

    fn coupled<'s>(&'s self, _: &'s (), _: usize, _: usize) -> Option<Coupled<'s>> {
        None
    }
}

/// A problem's start, and which class it speaks for.
type Start = (Option<usize>, Predictor);

/// Selection and refit of every problem: the points and slabs of the selection, those of the refit if there is one, and the report.
fn fit(
    settings: &Settings,
    (rows, columns): (usize, usize),
    likelihood: Likelihood,
    starts: Vec<Start>,
    pass: MakePass<'_>,
) -> Result<(Vec<Point>, Vec<f64>, Refit, Report), Error> {
    let pass = RefCell::new(pass);
    let mut unwatched = |_: &crate::progress::Progress| ControlFlow::Continue(());
    let (mut reached, mut again) = (Vec::new(), Vec::new());
    for (class, start) in starts {
        let far = Far { rows, columns, likelihood, class, pass: &pass };
        let selected = solve(&far, Point { outputs: vec![start] }, settings, &mut unwatched)?;
        if settings.refit != Refit::None {
            again.push(refit(&far, settings, &selected.point)?);
        }
        reached.push(selected);
    }
    let points = |all: &[Reached]| all.iter().map(|r| r.point.clone()).collect::<Vec<_>>();
    let slabs = reached.iter().map(|r| r.prior.slab()).collect();
    let selected = points(&reached);
    let residual = reached.iter().fold(0.0_f64, |worst, r| worst.max(r.residual));
    let mut report = Report { residual, ..summary(reached) };
    if settings.refit == Refit::None || report.status == Status::StoppedByCallback {
        return Ok((selected, slabs, Refit::None, report));
    }
    let refitted = points(&again);
    let again = summary(again);
    report.status = worst(report.status, again.status);
    report.iterations += again.iterations;
    Ok((refitted, slabs, settings.refit, report))
}

fn without_rows(settings: &Settings) -> Result<(), InputError> {
    match settings.weights {
        None => Ok(()),
        Some(_) => Err(InputError::Combination {
            choice: "sample weights among the parameters",
            with: "rows that lie elsewhere",
            instead: "give the weights to each Pass::update",
        }),
    }
}

/// Fits numbers.
pub(crate) fn regress(
    params: &RegressionParams,
    far: &FarRows,
    mean: f64,
    pass: MakePass<'_>,
) -> Result<Fit<Regressor, Report>, Error> {
    params.check()?;
    without_rows(&params.settings)?;
    if params.offsets.is_some() {
        return Err(InputError::Combination {
            choice: "offsets among the parameters",
            with: "rows that lie elsewhere",
            instead: "fit rows in memory",
        }
        .into());
    }
    let units = far.units()?;
    let mut settings = params.settings.clone();
    settings.resolve(far.rows, units.features.len(), 1)?;
    let log_link = params.family.log_link();
    if log_link && mean == 0.0 {
        return Err(InputError::ConstantTarget { value: 0.0 }.into());
    }
    let (fine, allowed) = if log_link {
        (mean > 0.0 && mean.is_finite(), "above 0")
    } else {
        (mean.is_finite(), "a finite number")
    };
    Check::range("the target's mean", mean, fine, allowed)?;
    let intercept = if settings.intercept { params.family.link(mean) } else { 0.0 };
    let start = vec![(None, Predictor { intercept, weights: Vec::new() })];
    let size = (far.rows, units.features.len());
    let (points, slabs, refit, report) =
        fit(&settings, size, Likelihood::Family(params.family), start, pass)?;
    let output = units.restore_all(&points).pop().unwrap_or_default();
    let model = Regressor {
        features: far.means.len(),
        family: params.family,
        output,
        lambda: settings.lambda,
        has_intercept: settings.intercept,
        refit,
        slabs,
    };
    Ok(Fit { model, report })
}

/// Fits classes.
pub(crate) fn classify(
    params: &ClassificationParams,
    far: &FarRows,
    counts: &[usize],
    pass: MakePass<'_>,
) -> Result<Fit<Classifier, Report>, Error> {
    params.check()?;
    without_rows(&params.settings)?;
    let classes = counts.len();
    if classes > 2 && params.coding == Coding::Softmax {
        return Err(InputError::Combination {
            choice: "a softmax of more than two classes",
            with: "rows that lie elsewhere",
            instead: "use Coding::OneVsRest: a softmax's rounds need the classes' coupling row by row",
        }
        .into());
    }
    Check::at_least("the number of classes", classes, 2, "at least 2")?;
    if let Some(class) = counts.iter().position(|n| *n == 0) {
        return Err(InputError::Label { row: 0, label: class, classes }.into());
    }
    let all: usize = counts.iter().sum();
    if all != far.rows {
        return Err(InputError::entries("the rows of all classes", far.rows, all).into());
    }
    let units = far.units()?;
    let mut settings = params.settings.clone();
    settings.resolve(far.rows, units.features.len(), 1)?;
    let likelihood = match params.link {
        Link::Logit => Likelihood::Logit,
        Link::Probit => Likelihood::Probit,
    };
    let start = |class: usize| {
        let share = likely(counts[class] as f64 / all as f64, all);
        let link = likelihood.scalar().map_or(0.0, |family| family.link(share));
        let intercept = if settings.intercept { link } else { 0.0 };
        ((classes > 2).then_some(class), Predictor { intercept, weights: Vec::new() })
    };
    let starts = if classes == 2 { vec![start(1)] } else { (0..classes).map(start).collect() };
    let size = (far.rows, units.features.len());
    let (points, slabs, refit, report) = fit(&settings, size, likelihood, starts, pass)?;
    let model = Classifier {
        features: far.means.len(),
        classes,
        likelihood,
        outputs: units.restore_all(&points),
        lambda: settings.lambda,
        has_intercept: settings.intercept,
        refit,
        slabs,
        by_column: false,
    };
    Ok(Fit { model, report })
}

//! Solves at one C after the other, each from where the one before ended.

use core::cell::OnceCell;
use core::ops::ControlFlow;

use estimator::{Fit, Labels, Report, Status};
use nalgebra::{DMatrix, DVector};

use crate::canonical::{SharedShift, shift};
use crate::certificate::certify_checked;
use crate::design::Design;
use crate::error::Error;
use crate::loss::Loss;
use crate::matrix::FeatureMatrix;
use crate::model::Model;
use crate::params::Params;
use crate::path::point::PathPoint;
use crate::prepare::columns::{checked_magnitudes, fits, scales};
use crate::prepare::targets::Targets;
use crate::scalar::Scalar;
use crate::solver::algorithm::Progress;
use crate::solver::dispatch::solve;
use crate::solver::driver::{Options, Outcome};
use crate::solver::problem::Problem;

/// The solver aims at this share of the tolerance, so that the certificate's own rounding does not undo a converged fit.
const MARGIN: f64 = 0.8;

/// Further attempts when the certificate does not confirm what the solver thought.
const RETRIES: i32 = 2;

/// Checked data in the solvers' layout, and where the last solution was.
pub(crate) struct Runner<'a, T: Scalar> {
    params: Params,
    design: Design<'a, T>,
    /// The same in double precision, made when single precision does not suffice.
    wide: OnceCell<Design<'static, f64>>,
    targets: Targets,
    scale: Vec<f64>,
    feature_std: Vec<f64>,
    last: Option<Vec<f64>>,
}

/// A model and how its solver ended.
pub(crate) struct Solution<C> {
    pub model: Model,
    pub status: Status,
    iterations: usize,
    trace: Vec<f64>,
    certificate: C,
}

type Watch<'w> = dyn FnMut(&Progress) -> ControlFlow<()> + 'w;

impl<'a, T: Scalar> Runner<'a, T> {
    /// Checks parameters, features and labels.
    pub fn new<X: FeatureMatrix<Scalar = T>>(
        params: Params,
        x: &'a X,
        labels: Labels<'_>,
    ) -> Result<Self, Error> {
        params.check()?;
        let largest = checked_magnitudes(x)?;
        let targets = Targets::new(labels, x.samples(), params.classes, params.loss)?;
        let feature_std = x.column_std(&largest);
        Ok(Self { feature_std, ..Self::of_checked(params, x.design(), targets, &largest) })
    }

    /// A runner on data that has been checked before; its models do not know the features' standard deviations.
    pub fn of_checked(params: Params, design: Design<'a, T>, targets: Targets, largest: &[f64]) -> Self {
        let scale = scales(largest);
        let feature_std = vec![1.0; scale.len()];
        Self { params, design, wide: OnceCell::new(), targets, scale, feature_std, last: None }
    }

    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The certified model at C.
    pub fn certified<X: FeatureMatrix<Scalar = T>>(
        &mut self,
        c: f64,
        x: &X,
        labels: &[usize],
        progress: &mut Watch<'_>,
    ) -> PathPoint {
        let tolerance = self.params.tolerance;
        let solution = self.solution(c, progress, |model| {
            let certificate = certify_checked(x, labels, model);
            (certificate, Some(certificate.relative_gap() <= tolerance))
        });
        let certificate = solution.certificate;
        let report = Report {
            status: solution.status,
            objective: certificate.primal,
            residual: certificate.relative_gap(),
            iterations: solution.iterations,
            trace: solution.trace,
        };
        PathPoint { c, fit: Fit { model: solution.model, report }, certificate }
    }

    /// The model at C with what its solver says of itself.
    pub fn uncertified(&mut self, c: f64, progress: &mut Watch<'_>) -> Solution<()> {
        self.solution(c, progress, |_| ((), None))
    }

    /// The model at C. `certify` gives a certificate, and whether that is within the tolerance.
    fn solution<C>(
        &mut self,
        c: f64,
        progress: &mut Watch<'_>,
        certify: impl Fn(&Model) -> (C, Option<bool>),
    ) -> Solution<C> {
        let narrow = fits::<T>(&self.scale);
        let last = self.last.take();
        let (mut beta, mut outcome) = self.attempt(narrow, c, last.as_deref(), 0, progress);
        let mut solution = self.judged(c, &beta, &outcome, &certify);
        for retry in 1..=RETRIES {
            if outcome.status != Status::Stalled && solution.status != Status::Stalled {
                break;
            }
            // The solver's estimate of the gap was too good, or single precision went as far as it goes.
            let narrow = narrow && T::EPSILON <= f64::EPSILON;
            let before = outcome;
            (beta, outcome) = self.attempt(narrow, c, Some(&beta), retry, progress);
            outcome.iterations += before.iterations;
            outcome.trace = [before.trace, outcome.trace].concat();
            solution = self.judged(c, &beta, &outcome, &certify);
        }
        self.last = Some(beta);
        solution
    }

    /// Scaled weights from one run of the solver, in the data's precision (`narrow`) or in double precision.
    fn attempt(
        &self,
        narrow: bool,
        c: f64,
        start: Option<&[f64]>,
        retry: i32,
        progress: &mut Watch<'_>,
    ) -> (Vec<f64>, Outcome) {
        let tolerance = match retry {
            0 => MARGIN * self.params.tolerance,
            _ => MARGIN * self.params.tolerance * 0.1_f64.powi(retry),
        };
        let mut options = Options { tolerance, max_iterations: self.params.max_iterations, progress };
        if narrow {
            return solve(&self.problem(&self.design, c), self.params.solver, start, &mut options);
        }
        let wide = self.wide.get_or_init(|| self.design.to_f64());
        solve(&self.problem(wide, c), self.params.solver, start, &mut options)
    }

    fn problem<'p, U: Scalar>(&'p self, design: &'p Design<'_, U>, c: f64) -> Problem<'p, U> {
        Problem {
            design,
            labels: &self.targets.labels,
            outputs: self.targets.outputs,
            loss: self.targets.loss,
            penalty: self.params.penalty,
            intercept: self.params.intercept,
            scale: &self.scale,
            lambda: 1.0 / c,
        }
    }

    /// The model of scaled weights, with the status that its certificate gives it, if it has one.
    fn judged<C>(
        &self,
        c: f64,
        beta: &[f64],
        outcome: &Outcome,
        certify: impl Fn(&Model) -> (C, Option<bool>),
    ) -> Solution<C> {
        let model = self.model(c, beta);
        let (certificate, within) = certify(&model);
        let status = match (outcome.status, within) {
            (Status::Converged, Some(false)) => Status::Stalled,
            (Status::Stalled | Status::MaxIterations, Some(true)) => Status::Converged,
            (status, _) => status,
        };
        Solution { model, status, iterations: outcome.iterations, trace: outcome.trace.clone(), certificate }
    }

    fn model(&self, c: f64, beta: &[f64]) -> Model {
        let (d, stride) = (self.scale.len(), self.scale.len() + 1);
        let Params { loss, penalty, intercept: intercept_kind, shared_shift, .. } = self.params;
        let outputs = self.targets.outputs;
        let mut weights = DMatrix::from_fn(d, outputs, |j, k| match beta[k * stride + j] {
            0.0 => 0.0,
            b => b / self.scale[j],
        });
        let mut intercept = DVector::from_fn(outputs, |k, _| beta[k * stride + d]);
        if outputs > 1 && loss == Loss::Softmax && shared_shift == SharedShift::MostZeros {
            shift(&mut weights, &mut intercept, penalty, intercept_kind);
        }
        let feature_std = self.feature_std.clone();
        Model { weights, intercept, loss, penalty, intercept_kind, c, feature_std }
    }
}

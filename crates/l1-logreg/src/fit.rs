//! Fits at one C and along a path of them.

use core::cell::OnceCell;
use core::ops::ControlFlow;

use estimator::{Fit, Report, Status};
use nalgebra::{DMatrix, DVector};

use crate::certificate::{Certificate, certify};
use crate::error::Error;
use crate::features::Features;
use crate::model::Model;
use crate::params::{LogisticRegression, Params, check_c};
use crate::prepared::{Prepared, check_labels, fits, scales};
use crate::scalar::Scalar;
use crate::solver::{Options, Outcome, Progress};

/// The solver aims at this share of the tolerance, so that the certificate's own rounding does not undo a converged fit.
const MARGIN: f64 = 0.8;

/// Further attempts when the certificate does not confirm what the solver thought.
const RETRIES: i32 = 2;

/// One point of a path.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PathPoint {
    /// C.
    pub c: f64,
    /// The model and its report.
    pub fit: Fit<Model>,
    /// Its optimality certificate.
    pub certificate: Certificate,
}

/// Which values of C a path visits, in ascending order.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Grid {
    /// These values, ascending.
    Values(Vec<f64>),
    /// `points` values in geometric progression from the smallest C that breaks the empty model ([`LogisticRegression::smallest_c`])
    /// to `ratio` times that.
    FromEmpty {
        /// How many, at least 1.
        points: usize,
        /// The last C by the first, above 1.
        ratio: f64,
    },
}

impl Grid {
    /// `points` values in geometric progression from `first` to `last`.
    #[must_use]
    pub fn geometric(first: f64, last: f64, points: usize) -> Self {
        let step = (last / first).ln() / (points.max(2) - 1) as f64;
        Self::Values(
            (0..points)
                .map(|i| if i > 0 && i + 1 == points { last } else { first * (step * i as f64).exp() })
                .collect(),
        )
    }

    fn values(&self, smallest: impl FnOnce() -> Result<f64, Error>) -> Result<Vec<f64>, Error> {
        let values = match self {
            Self::Values(values) => values.clone(),
            Self::FromEmpty { points, ratio } => {
                if !(*ratio > 1.0 && ratio.is_finite()) {
                    return Err(Error::Parameter {
                        name: "ratio",
                        value: *ratio,
                        allowed: "finite and above 1",
                    });
                }
                let first = smallest()?;
                let Self::Values(values) = Self::geometric(first, first * ratio, *points) else {
                    return Ok(vec![first]);
                };
                values
            }
        };
        if values.is_empty() {
            return Err(Error::Parameter { name: "grid", value: 0.0, allowed: "at least one value of C" });
        }
        for pair in values.windows(2) {
            if !(pair[0] < pair[1]) {
                return Err(Error::Parameter {
                    name: "grid",
                    value: pair[1],
                    allowed: "ascending values of C",
                });
            }
        }
        for &c in &values {
            check_c(c)?;
        }
        Ok(values)
    }
}

fn unwatched(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

impl LogisticRegression {
    /// Fits W and b to features (N x D) and labels (N values below K).
    ///
    /// `report.objective` is C Σ f + Ω(W), `report.residual` the relative duality gap of the [`Certificate`], `report.status` is
    /// [`Status::Converged`] only if that gap is within the tolerance.
    ///
    /// # Errors
    /// Any [`Error`] about features, labels or shapes.
    pub fn fit<X: Features>(&self, x: &X, labels: &[usize]) -> Result<Fit<Model>, Error> {
        self.fit_watched(x, labels, &mut unwatched)
    }

    /// [`fit`](Self::fit), with a callback that sees every iteration and may stop it.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_watched<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Model>, Error> {
        let mut points = self.run(x, labels, &[self.params.c], true, progress)?;
        match points.pop() {
            Some(point) => Ok(point.fit),
            None => Err(Error::Empty { rows: x.rows(), columns: x.columns() }),
        }
    }

    /// Fits at every C of the grid, each from the one before, each certified. `Params::c` is not used.
    ///
    /// # Errors
    /// Any [`Error`] about features, labels, shapes or the grid.
    pub fn path<X: Features>(&self, x: &X, labels: &[usize], grid: &Grid) -> Result<Vec<PathPoint>, Error> {
        self.path_watched(x, labels, grid, &mut unwatched)
    }

    /// [`path`](Self::path), with a callback that sees every iteration; stopping ends the path with the point it stopped in.
    ///
    /// # Errors
    /// As [`path`](Self::path).
    pub fn path_watched<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        grid: &Grid,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Vec<PathPoint>, Error> {
        let values = grid.values(|| self.smallest_c(x, labels))?;
        self.run(x, labels, &values, true, progress)
    }

    /// The models along ascending C without certificates, for cross-validation.
    pub(crate) fn models<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        values: &[f64],
    ) -> Result<Vec<PathPoint>, Error> {
        self.run(x, labels, values, false, &mut unwatched)
    }

    pub(crate) fn grid_values<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        grid: &Grid,
    ) -> Result<Vec<f64>, Error> {
        grid.values(|| self.smallest_c(x, labels))
    }

    /// The supremum of the C at which the fitted model is empty (all that is penalised is zero):
    /// 1 / C = max_jk |x_jᵀ(p_k − t_k)| / ρ with p the prediction of the empty model: the class shares with an unpenalised intercept,
    /// else 1/K (softmax) or 1/2 (one-vs-rest). A penalised intercept counts as one more feature. Infinite when no C breaks it.
    ///
    /// # Errors
    /// Any [`Error`] about features and labels; [`Error::Combination`] for ridge, which empties no model.
    pub fn smallest_c<X: Features>(&self, x: &X, labels: &[usize]) -> Result<f64, Error> {
        let (l1, _) = self.params.penalty.parts();
        if l1 == 0.0 {
            return Err(Error::Combination { first: "ridge", second: "a smallest C" });
        }
        scales(x)?;
        let (short, classes) = check_labels(labels, x.rows(), self.params.classes)?;
        Ok(l1 / crate::empty::steepest(x, &short, classes, &self.params)?)
    }

    fn run<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        values: &[f64],
        certified: bool,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Vec<PathPoint>, Error> {
        let scale = scales(x)?;
        let (short, classes) = check_labels(labels, x.rows(), self.params.classes)?;
        let narrow = fits::<X::Scalar>(&scale).then(|| Prepared {
            design: x.design(),
            labels: short.clone(),
            classes,
            scale: scale.clone(),
        });
        let wide: OnceCell<Prepared<'_, f64>> = OnceCell::new();
        let widen =
            || Prepared { design: x.design().to_f64(), labels: short.clone(), classes, scale: scale.clone() };
        let mut points: Vec<PathPoint> = Vec::with_capacity(values.len());
        let mut last: Option<Vec<f64>> = None;
        for &c in values {
            let mut options = Options {
                tolerance: MARGIN * self.params.tolerance,
                max_iterations: self.params.max_iterations,
                progress: &mut *progress,
            };
            let mut attempt = |narrowly: bool, start: Option<&[f64]>, tolerance: f64| {
                options.tolerance = tolerance;
                match &narrow {
                    Some(narrow) if narrowly => narrow.solve(&self.params, c, start, &mut options),
                    _ => wide.get_or_init(widen).solve(&self.params, c, start, &mut options),
                }
            };
            let (mut beta, mut outcome) = attempt(true, last.as_deref(), MARGIN * self.params.tolerance);
            let mut point = self.point(x, labels, &beta, &scale, classes, c, &outcome, certified)?;
            for retry in 1..=RETRIES {
                if outcome.status != Status::Stalled && point.fit.report.status != Status::Stalled {
                    break;
                }
                // The solver's estimate of the gap was too good, or single precision went as far as it goes.
                let narrowly = X::Scalar::EPSILON <= f64::EPSILON;
                let before = outcome;
                (beta, outcome) =
                    attempt(narrowly, Some(&beta), MARGIN * self.params.tolerance * 0.1_f64.powi(retry));
                outcome.iterations += before.iterations;
                outcome.trace = [before.trace, outcome.trace].concat();
                point = self.point(x, labels, &beta, &scale, classes, c, &outcome, certified)?;
            }
            let stopped = outcome.status == Status::StoppedByCallback;
            points.push(point);
            last = Some(beta);
            if stopped {
                break;
            }
        }
        Ok(points)
    }

    fn point<X: Features>(
        &self,
        x: &X,
        labels: &[usize],
        beta: &[f64],
        scale: &[f64],
        classes: usize,
        c: f64,
        outcome: &Outcome,
        certified: bool,
    ) -> Result<PathPoint, Error> {
        let model = model(&self.params, beta, scale, classes, c);
        let objective = outcome.trace.last().copied().unwrap_or(f64::NAN);
        let certificate = if certified {
            certify(x, labels, &model)?
        } else {
            Certificate { primal: objective, dual: f64::NEG_INFINITY, subgradient: f64::INFINITY }
        };
        let within = certificate.relative_gap() <= self.params.tolerance;
        let status = match outcome.status {
            Status::Converged if certified && !within => Status::Stalled,
            Status::Stalled | Status::MaxIterations if certified && within => Status::Converged,
            status => status,
        };
        let report = Report {
            status,
            objective: certificate.primal,
            residual: certificate.relative_gap(),
            iterations: outcome.iterations,
            trace: outcome.trace.clone(),
        };
        Ok(PathPoint { c, fit: Fit { model, report }, certificate })
    }
}

fn model(params: &Params, beta: &[f64], scale: &[f64], classes: usize, c: f64) -> Model {
    let (d, stride) = (scale.len(), scale.len() + 1);
    Model {
        weights: DMatrix::from_fn(d, classes, |j, k| match beta[k * stride + j] {
            0.0 => 0.0,
            b => b / scale[j],
        }),
        intercept: DVector::from_fn(classes, |k, _| beta[k * stride + d]),
        loss: params.loss,
        penalty: params.penalty,
        intercept_kind: params.intercept,
        c,
    }
}

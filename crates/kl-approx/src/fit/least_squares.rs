//! Weighted least squares by Levenberg and Marquardt.

use core::cell::RefCell;
use core::ops::ControlFlow;

use estimator::{Fit, Status};
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::{DMatrix, DVector, Dyn, Owned};

use super::report::{Progress, Report};
use super::{Height, jacobian_row, largest_error, start};
use crate::approximation::Sigmoid;
use crate::divergence::Divergence;
use crate::error::Error;

/// The 97.5% point of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

struct Problem<'a> {
    data: &'a [[f64; 3]],
    constants: Sigmoid,
    height: Height,
    watch: RefCell<Watch<'a>>,
}

/// What the solver's calls of `jacobian`, one before every step, tell about its course.
struct Watch<'a> {
    /// Calls so far.
    calls: usize,
    /// The objective after each step.
    trace: Vec<f64>,
    callback: &'a mut dyn FnMut(&Progress) -> ControlFlow<()>,
}

impl Problem<'_> {
    /// The first fitted constant: k₁, or k₂ if the height is held.
    fn first(&self) -> usize {
        usize::from(self.height == Height::Limit)
    }

    fn residual_vector(&self) -> DVector<f64> {
        let r = self.data.iter().map(|&[l, y, w]| w.sqrt() * (self.constants.value(l) - y));
        DVector::from_iterator(self.data.len(), r)
    }

    fn jacobian_matrix(&self) -> DMatrix<f64> {
        let first = self.first();
        DMatrix::from_fn(self.data.len(), 3 - first, |i, j| {
            let [l, _, w] = self.data[i];
            w.sqrt() * jacobian_row(&self.constants, l)[first + j]
        })
    }

    /// The square root of the weighted mean squared residual.
    fn objective(&self) -> f64 {
        let weights: f64 = self.data.iter().map(|d| d[2]).sum();
        (self.residual_vector().norm_squared() / weights).sqrt()
    }

    /// Records one finished step and asks the callback.
    fn record(&self, watch: &mut Watch<'_>) -> ControlFlow<()> {
        let objective = self.objective();
        watch.trace.push(objective);
        let (iteration, constants, fitted) = (watch.trace.len(), self.constants, 3 - self.first());
        (watch.callback)(&Progress { iteration, objective, constants, fitted })
    }
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, x: &DVector<f64>) {
        let k = &mut self.constants;
        match self.height {
            Height::Free => (k.k1, k.k2, k.k3) = (x[0], x[1], x[2]),
            Height::Limit => (k.k2, k.k3) = (x[0], x[1]),
        }
    }

    fn params(&self) -> DVector<f64> {
        let k = [self.constants.k1, self.constants.k2, self.constants.k3];
        DVector::from_column_slice(&k[self.first()..])
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        Some(self.residual_vector())
    }

    /// `None`, which ends the solver, once the callback says so.
    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let mut watch = self.watch.borrow_mut();
        watch.calls += 1;
        if watch.calls > 1 && self.record(&mut watch).is_break() {
            return None;
        }
        Some(self.jacobian_matrix())
    }
}

pub(super) fn fit(
    data: &[[f64; 3]],
    height: Height,
    max_iterations: usize,
    callback: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Fit<Sigmoid, Report>, Error> {
    let watch = RefCell::new(Watch { calls: 0, trace: Vec::new(), callback });
    let problem = Problem { data, constants: start(), height, watch };
    // Patience counts evaluations in multiples of the parameters plus one.
    let (problem, ended) = LevenbergMarquardt::new().with_patience(max_iterations).minimize(problem);
    let stopped = matches!(ended.termination, TerminationReason::User("jacobian"));
    let k = problem.constants;
    let (residuals, jacobian) = (problem.residual_vector(), problem.jacobian_matrix());
    if !residuals.norm().is_finite() || !jacobian.norm().is_finite() {
        return Err(Error::Breakdown { field: "residuals" });
    }
    if !stopped {
        // The solver does not ask for the Jacobian after its last step. The fit is over, so the answer changes nothing.
        let _ = problem.record(&mut problem.watch.borrow_mut());
    }
    let first = problem.first();
    let cosine = |j: usize| {
        let column = jacobian.column(j);
        (column.dot(&residuals) / (column.norm() * residuals.norm()).max(f64::MIN_POSITIVE)).abs()
    };
    let residual = (0..3 - first).map(cosine).fold(0.0, f64::max);
    let status = match ended.termination {
        _ if stopped => Status::StoppedByCallback,
        TerminationReason::LostPatience => Status::MaxIterations,
        // The gradient decides, not the word of the solver.
        _ if residual < 1e-6 => Status::Converged,
        _ => Status::Stalled,
    };
    let degrees = (data.len() - (3 - first)) as f64;
    let covariance = covariance(&jacobian, residuals.norm_squared() / degrees, first)?;
    let constants = [k.k1, k.k2, k.k3];
    let confidence_95 = core::array::from_fn(|i| {
        let half = NORMAL_975 * covariance[i][i].sqrt();
        [constants[i] - half, constants[i] + half]
    });
    let range = [data[0][0], data[data.len() - 1][0]];
    let largest = largest_error(&k, range[0], range[1]);
    let trace = problem.watch.into_inner().trace;
    let report = Report {
        status,
        objective: trace.last().copied().unwrap_or(f64::NAN),
        residual,
        iterations: trace.len(),
        trace,
        covariance,
        confidence_95,
        largest_error: largest.error,
        largest_error_at: largest.at,
        largest_error_anywhere: largest_error(&k, f64::NEG_INFINITY, f64::INFINITY).error,
        range,
        points: data.len(),
        samples_per_point: 0,
    };
    Ok(Fit { model: k, report })
}

/// (JᵀJ)⁻¹ s², zeros for a constant that was held.
fn covariance(jacobian: &DMatrix<f64>, variance: f64, first: usize) -> Result<[[f64; 3]; 3], Error> {
    let inverse = (jacobian.transpose() * jacobian)
        .cholesky()
        .ok_or(Error::Breakdown { field: "covariance" })?
        .inverse();
    let mut covariance = [[0.0; 3]; 3];
    for i in first..3 {
        for j in first..3 {
            covariance[i][j] = inverse[(i - first, j - first)] * variance;
        }
    }
    Ok(covariance)
}

//! Weighted least squares by Levenberg and Marquardt.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::{DMatrix, DVector, Dyn, Owned};

use super::{FitStatus, Height, SigmoidFit, jacobian_row, largest_error, start};
use crate::{Divergence, Error, Sigmoid};

/// The 97.5% point of the standard normal distribution.
const NORMAL_975: f64 = 1.959_963_984_540_054;

struct Problem<'a> {
    data: &'a [[f64; 3]],
    constants: Sigmoid,
    height: Height,
}

impl Problem<'_> {
    /// The first fitted constant: k₁, or k₂ if the height is held.
    fn first(&self) -> usize {
        usize::from(self.height == Height::Limit)
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
        let r = self.data.iter().map(|&[l, y, w]| w.sqrt() * (self.constants.value(l) - y));
        Some(DVector::from_iterator(self.data.len(), r))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let first = self.first();
        Some(DMatrix::from_fn(self.data.len(), 3 - first, |i, j| {
            let [l, _, w] = self.data[i];
            w.sqrt() * jacobian_row(&self.constants, l)[first + j]
        }))
    }
}

pub(super) fn fit(data: &[[f64; 3]], height: Height, max_iterations: usize) -> Result<SigmoidFit, Error> {
    let problem = Problem { data, constants: start(), height };
    // Patience counts evaluations in multiples of the parameters plus one.
    let (problem, report) = LevenbergMarquardt::new().with_patience(max_iterations).minimize(problem);
    let k = problem.constants;
    let (Some(residuals), Some(jacobian)) = (problem.residuals(), problem.jacobian()) else {
        return Err(Error::Breakdown { field: "residuals" });
    };
    if !residuals.norm().is_finite() || !jacobian.norm().is_finite() {
        return Err(Error::Breakdown { field: "residuals" });
    }
    let first = problem.first();
    let cosine = |j: usize| {
        let column = jacobian.column(j);
        (column.dot(&residuals) / (column.norm() * residuals.norm()).max(f64::MIN_POSITIVE)).abs()
    };
    let optimality = (0..3 - first).map(cosine).fold(0.0, f64::max);
    let status = match report.termination {
        TerminationReason::LostPatience => FitStatus::MaxIterations,
        // The gradient decides, not the word of the solver.
        _ if optimality < 1e-6 => FitStatus::Converged,
        _ => FitStatus::Stalled,
    };
    let degrees = (data.len() - (3 - first)) as f64;
    let weights: f64 = data.iter().map(|d| d[2]).sum();
    let covariance = covariance(&jacobian, residuals.norm_squared() / degrees, first)?;
    let constants = [k.k1, k.k2, k.k3];
    let confidence_95 = core::array::from_fn(|i| {
        let half = NORMAL_975 * covariance[i][i].sqrt();
        [constants[i] - half, constants[i] + half]
    });
    let range = [data[0][0], data[data.len() - 1][0]];
    let largest = largest_error(&k, range[0], range[1]);
    Ok(SigmoidFit {
        constants: k,
        covariance,
        confidence_95,
        largest_error: largest.error,
        largest_error_at: largest.at,
        largest_error_anywhere: largest_error(&k, f64::NEG_INFINITY, f64::INFINITY).error,
        rms_residual: (residuals.norm_squared() / weights).sqrt(),
        optimality,
        status,
        iterations: report.number_of_evaluations,
        range,
        points: data.len(),
        samples_per_point: 0,
    })
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

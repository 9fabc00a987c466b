//! What a fit of the sigmoid family says about itself, during and after.

use estimator::{NotConverged, Status, Summary};

use crate::approximation::Sigmoid;

/// Report of a fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report {
    /// How the fit ended.
    pub status: Status,
    /// What was minimised, in nats: the square root of the weighted mean squared residual (least squares), or the largest error
    /// (minimax).
    pub objective: f64,
    /// Optimality residual, computed apart from the solver. Least squares: the largest cosine between the residuals and a
    /// column of the Jacobian. Minimax: (largest error − smallest of the alternating extremes)/largest error.
    pub residual: f64,
    /// Number of iterations: steps of Levenberg and Marquardt, or exchanges of Remez.
    pub iterations: usize,
    /// The objective after each iteration.
    pub trace: Vec<f64>,
    /// Covariance of the constants by rows, (JᵀWJ)⁻¹ times the residual variance; zeros for a constant that was held, and for
    /// minimax, which has none. On the exact curve the residuals are misfit, not noise: there it only
    /// says how sharply the constants are determined.
    pub covariance: [[f64; 3]; 3],
    /// 95% intervals, constant ± 1.96 standard deviations.
    pub confidence_95: [[f64; 2]; 3],
    /// Largest |fit − exact KL| over the fit's range.
    pub largest_error: f64,
    /// The log α where the largest error is.
    pub largest_error_at: f64,
    /// Largest |fit − exact KL| over every log α.
    pub largest_error_anywhere: f64,
    /// The range in log α.
    pub range: [f64; 2],
    /// Points used (least squares) or extremes of the error (minimax).
    pub points: usize,
    /// Draws at each point; 0 for the exact curve.
    pub samples_per_point: usize,
}

impl Summary for Report {
    fn summary(&self) -> estimator::Report {
        estimator::Report {
            status: self.status,
            objective: self.objective,
            residual: self.residual,
            iterations: self.iterations,
            trace: self.trace.clone(),
        }
    }
}

impl Report {
    /// Returns the report if the fit converged.
    ///
    /// # Errors
    /// [`NotConverged`] with the status, the number of iterations and the residual otherwise.
    pub fn require_converged(self) -> Result<Self, NotConverged> {
        Summary::require_converged(self)
    }
}

/// Where a running fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of iterations done.
    pub iteration: usize,
    /// The objective, as in [`Report::objective`].
    pub objective: f64,
    /// The constants.
    pub constants: Sigmoid,
    /// Number of constants that are fitted: three, or two where the height is held.
    pub fitted: usize,
}

impl estimator::Progress for Progress {
    fn iteration(&self) -> usize {
        self.iteration
    }
    fn objective(&self) -> f64 {
        self.objective
    }
    fn kept(&self) -> usize {
        self.fitted
    }
}

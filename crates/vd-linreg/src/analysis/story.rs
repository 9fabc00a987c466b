//! 'ARD in the RVM' beside 'ARD in variational dropout', the variational-dropout side measured.
//!
//! The poster's claim in five lines: what goes to infinity in the RVM is a parameter of the *prior*, fitted to the data, and the prior
//! shrinks to δ(0); in variational dropout it is a parameter of the *posterior*, the prior is fixed, and the posterior becomes
//! δ(0) through infinitely strong multiplicative noise. [`variational_dropout`] traces a fit step by step: per feature log α, the
//! posterior N(θ, αθ²), and the prior's own parameter, of which there is none. The RVM's counterpart is the trace of its
//! precisions and of the posterior they give; whoever has both crates puts them side by side.

use core::ops::ControlFlow;

use nalgebra::DVector;

use crate::{Algorithm, Design, LinregError, Params, Thresholding};

/// All features after one iteration.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Iterations done.
    pub iteration: usize,
    /// The objective, in nats.
    pub objective: f64,
    /// log α, D entries: the variational parameters that tend to infinity.
    pub log_alpha: Vec<f64>,
    /// The posterior means θ.
    pub mean: Vec<f64>,
    /// The posterior standard deviations √α |θ|.
    pub std: Vec<f64>,
}

/// A traced fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Story {
    /// One entry per iteration.
    pub steps: Vec<Step>,
    /// Features whose posterior has become δ(0): log α = ∞, mean and deviation 0.
    pub delta_at_zero: Vec<usize>,
    /// Parameters of the prior that were fitted to the data: none, the log-uniform prior is fixed.
    pub fitted_prior_parameters: usize,
}

/// Fits with the block algorithm from α = 1 and records every iteration.
///
/// # Errors
/// As [`Params::fit`].
pub fn variational_dropout<'x, P: Thresholding + Clone>(
    params: &Params<P>,
    x: impl Into<Design<'x>>,
    t: &DVector<f64>,
) -> Result<Story, LinregError> {
    let params = Params { algorithm: Algorithm::ExactBlock, ..params.clone() };
    let mut steps: Vec<Step> = Vec::new();
    params.fit_with(x, t, |progress| {
        let (mean, log_alpha) = (progress.coefficients(), progress.log_alpha());
        let width = |(m, l): (&f64, &f64)| if *m == 0.0 { 0.0 } else { (0.5 * l).exp() * m.abs() };
        let std = mean.iter().zip(&log_alpha).map(width).collect();
        steps.push(Step {
            iteration: progress.iterations,
            objective: progress.objective,
            std,
            log_alpha,
            mean,
        });
        ControlFlow::Continue(())
    })?;
    let delta_at_zero =
        steps.last().map(|s| (0..s.mean.len()).filter(|&d| s.mean[d] == 0.0).collect()).unwrap_or_default();
    Ok(Story { steps, delta_at_zero, fitted_prior_parameters: 0 })
}

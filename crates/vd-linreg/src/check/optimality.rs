//! How far a model is from optimal, computed from the data and the model alone.
//!
//! Everything is in units of the noise and of each weight's standard error, so that the figures compare across data sets and
//! nothing overflows: with r = (t − Xθ − b)/σ, x̃_d = (x_d − m_d)/√S_d and z_d = θ_d √S_d/σ,
//!
//! ```text
//! (∂L/∂θ_d)/√(βS_d) = x̃_dᵀ w r − α_d z_d,    ∂L/∂log α_d = −α_d z_d²/2 − λ dKL/d log α_d,    pruned: (x̃_dᵀ w r)² ≤ λ
//! ```

use estimator::{InputError, NoiseModel, Values};
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::model::Model;
use crate::params::Refit;
use crate::prepare::rows::check_weights;
use crate::solve::operator::Thresholding;

/// Largest departures of a model from the conditions of optimality.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Optimality {
    /// Largest |∂L/∂θ_d| of a kept feature, over √(βS_d): in standard errors.
    pub theta: f64,
    /// Largest |∂L/∂log α_d| of a kept feature, over λ. 0 after a refit, which leaves the objective's maximum in α.
    pub log_alpha: f64,
    /// |∂L/∂log β|, over n/2; 0 where β was not learned with the rest.
    pub log_beta: f64,
    /// Largest z²/λ − 1 of a pruned feature, at least 0. 0 after a refit: the features were selected before it.
    pub pruned: f64,
}

impl Optimality {
    /// The largest of them.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.theta.max(self.log_alpha).max(self.log_beta).max(self.pruned)
    }
}

/// x̃_dᵀ w r for every feature: the z-score that its column has with the residual.
pub(crate) fn scores(x: Design<'_>, t: &[f64], weights: Option<&[f64]>, model: &Model) -> (Vec<f64>, f64) {
    let sigma = model.noise_std;
    let fitted = x.times(&model.coefficients, &model.support(), model.intercept);
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let r: Vec<f64> = (0..t.len()).map(|i| (t[i] - fitted[i]) / sigma * weight(i)).collect();
    let total: f64 = r.iter().sum();
    let scores = (0..x.ncols())
        .into_par_iter()
        .with_min_len(64)
        .map(|d| {
            let norm = model.norms[d];
            if norm == 0.0 {
                return 0.0;
            }
            let mut sum = 0.0;
            x.visit(d, |i, v| sum += v / norm * r[i]);
            sum - model.means[d] / norm * total
        })
        .collect();
    let energy = (0..t.len()).filter(|&i| weight(i) > 0.0).map(|i| r[i] * r[i] / weight(i)).sum();
    (scores, energy)
}

/// Checks a model against the data that it was fitted to.
///
/// # Errors
/// Shapes that disagree, entries that are not finite, weights that are negative or all zero.
pub fn optimality<'x, 't, P: Thresholding>(
    x: impl Into<Design<'x>>,
    t: impl Into<Values<'t>>,
    weights: Option<&[f64]>,
    model: &Model,
    divergence: &P,
) -> Result<Optimality, Error> {
    let (x, t) = (x.into(), t.into());
    check_data(x, t, weights, model)?;
    Ok(measure(x, t.as_slice(), weights, model, divergence))
}

/// Refuses data that `model` cannot have been fitted to.
pub(crate) fn check_data(
    x: Design<'_>,
    t: Values<'_>,
    weights: Option<&[f64]>,
    model: &Model,
) -> Result<(), InputError> {
    x.check_columns(model.coefficients.len())?;
    x.check()?;
    t.check(x.nrows())?;
    weights.map_or(Ok(()), |w| check_weights(w, x.nrows()))
}

pub(crate) fn measure<P: Thresholding + ?Sized>(
    x: Design<'_>,
    t: &[f64],
    weights: Option<&[f64]>,
    model: &Model,
    divergence: &P,
) -> Optimality {
    let (scores, energy) = scores(x, t, weights, model);
    let refitted = model.refit != Refit::None;
    let mut worst = Optimality { theta: 0.0, log_alpha: 0.0, log_beta: 0.0, pruned: 0.0 };
    let mut noise = 0.0;
    for (d, score) in scores.iter().enumerate() {
        let z = model.coefficients[d] * (model.norms[d] / model.noise_std);
        let alpha = model.log_alpha[d].exp();
        if refitted {
            worst.theta = worst.theta.max(if z == 0.0 { 0.0 } else { score.abs() });
        } else if z == 0.0 {
            let excess = if divergence.prunes() { score * score / model.lambda - 1.0 } else { 0.0 };
            worst.pruned = worst.pruned.max(excess);
        } else {
            noise += alpha * z * z;
            worst.theta = worst.theta.max((score - alpha * z).abs());
            let slope = -0.5 * alpha * z * z / model.lambda - divergence.grad(model.log_alpha[d]);
            // At the end of a bounded domain only a step inwards counts.
            let bounded = model.log_alpha[d] >= divergence.domain().upper && slope > 0.0;
            worst.log_alpha = worst.log_alpha.max(if bounded { 0.0 } else { slope.abs() });
        }
    }
    let prior = match model.noise {
        NoiseModel::LearnedWithGammaPrior { shape, rate } => {
            Some((shape, rate / model.noise_std / model.noise_std))
        }
        NoiseModel::Learned => Some((0.0, 0.0)),
        _ => None,
    };
    if let (Some((shape, rate)), false) = (prior, refitted) {
        let half = 0.5 * model.samples;
        worst.log_beta = (half + shape - 0.5 * (energy + noise) - rate).abs() / half;
    }
    worst
}

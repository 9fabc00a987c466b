//! The z-score of every feature of a fitted model, kept or pruned.

use estimator::Values;

use crate::check::optimality::{check_data, scores};
use crate::design::Design;
use crate::error::Error;
use crate::model::Model;

/// The z-score of one feature, and what became of the feature.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ZScore {
    /// The feature's column.
    pub feature: usize,
    /// z, its score given the rest of the model, with the weight's sign.
    pub z: f64,
    /// The probability that a column of pure noise has a z at least this large: P(χ²₁ > z²). Of D such columns D times as many do.
    pub chance: f64,
    /// log α; +∞ if pruned.
    pub log_alpha: f64,
    /// Whether it is kept.
    pub kept: bool,
    /// z²/λ − 1: by how much it is kept (above 0) or was pruned (below).
    ///
    /// After a refit a pruned feature can have a margin above 0: it was pruned at the selecting solution, whose residual was larger.
    pub margin: f64,
    /// θ, in the units of the data.
    pub coefficient: f64,
}

/// z, α, and the margin to the threshold for every feature of a model, in the columns' order.
///
/// # Errors
/// Shapes that disagree, entries that are not finite, weights that are negative or all zero.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use vd_linreg::{Params, analysis::z_scores};
/// let x = DMatrix::from_fn(40, 3, |i, j| ((i * (2 * j + 3)) as f64).sin());
/// let t = DVector::from_fn(40, |i, _| 2.0 * x[(i, 1)] + 0.1 * ((i * i) as f64).cos());
/// let fit = Params::new().lambda(6.0).fit(&x, &t)?;
/// let report = z_scores(&x, &t, None, &fit.model)?;
/// assert!(report[1].kept && report[1].margin > 100.0 && !report[0].kept);
/// # Ok::<(), vd_linreg::Error>(())
/// ```
pub fn z_scores<'x, 't>(
    x: impl Into<Design<'x>>,
    t: impl Into<Values<'t>>,
    weights: Option<&[f64]>,
    model: &Model,
) -> Result<Vec<ZScore>, Error> {
    let (x, t) = (x.into(), t.into());
    check_data(x, t, weights, model)?;
    let (scores, _) = scores(x, t.as_slice(), weights, model);
    let report = |(feature, score): (usize, f64)| {
        let coefficient = model.coefficients()[feature];
        let z = score + coefficient * (model.feature_norms()[feature] / model.noise_std());
        ZScore {
            feature,
            z,
            // z² is a number from 0, and a group of one is allowed.
            chance: kl_approx::ard::false_keep_probability(z * z, 1).unwrap_or(f64::NAN),
            log_alpha: model.log_alpha()[feature],
            kept: coefficient != 0.0,
            margin: z * z / model.lambda() - 1.0,
            coefficient,
        }
    };
    Ok(scores.into_iter().enumerate().map(report).collect())
}

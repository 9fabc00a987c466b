//! The relevance report of a fitted model.

use nalgebra::DVector;

use crate::design::check_vector;
use crate::optimality::scores;
use crate::{Design, LinregError, Model};

/// How relevant one feature is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Relevance {
    /// The feature's column.
    pub feature: usize,
    /// z, its score given the rest of the model, with the weight's sign.
    pub z: f64,
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
/// Shapes that disagree, entries that are not finite.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use vd_linreg::{Params, analysis::relevance};
/// let x = DMatrix::from_fn(40, 3, |i, j| ((i * (2 * j + 3)) as f64).sin());
/// let t = DVector::from_fn(40, |i, _| 2.0 * x[(i, 1)] + 0.1 * ((i * i) as f64).cos());
/// let fit = Params::new().lambda(6.0).fit(&x, &t)?;
/// let report = relevance(&x, &t, None, &fit.model)?;
/// assert!(report[1].kept && report[1].margin > 100.0 && !report[0].kept);
/// # Ok::<(), vd_linreg::LinregError>(())
/// ```
pub fn relevance<'x>(
    x: impl Into<Design<'x>>,
    t: &DVector<f64>,
    weights: Option<&DVector<f64>>,
    model: &Model,
) -> Result<Vec<Relevance>, LinregError> {
    let x = x.into();
    check_vector("the target", t.as_slice(), x.nrows())?;
    if let Some(w) = weights {
        check_vector("the sample weights", w.as_slice(), x.nrows())?;
    }
    let expected = model.coefficients().len();
    if x.ncols() != expected {
        return Err(LinregError::Shape { what: "the design matrix's rows", expected, found: x.ncols() });
    }
    x.check_finite(0..x.ncols())?;
    let (scores, _) = scores(x, t.as_slice(), weights.map(|w| w.as_slice()), model);
    let report = |(feature, score): (usize, f64)| {
        let coefficient = model.coefficients()[feature];
        let z = score + coefficient * (model.feature_norms()[feature] / model.noise_std());
        Relevance {
            feature,
            z,
            log_alpha: model.log_alpha()[feature],
            kept: coefficient != 0.0,
            margin: z * z / model.lambda() - 1.0,
            coefficient,
        }
    };
    Ok(scores.into_iter().enumerate().map(report).collect())
}

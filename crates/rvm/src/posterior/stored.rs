//! A posterior as it is stored, checked when it is read.

use nalgebra::{DMatrix, DVector};

use crate::engine::quality::Quality;
use crate::posterior::Posterior;

/// The fields of a [`Posterior`] before anything is known of them.
#[derive(serde::Deserialize)]
pub(super) struct StoredPosterior {
    candidates: usize,
    has_intercept: bool,
    kept: Vec<usize>,
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    log_precision: DVector<f64>,
    quality: Vec<Quality>,
}

impl TryFrom<StoredPosterior> for Posterior {
    type Error = String;

    fn try_from(s: StoredPosterior) -> Result<Self, String> {
        let a = s.kept.len();
        let holds =
            |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("a stored posterior: {what}")) };
        holds(s.candidates > usize::from(s.has_intercept), "no candidates")?;
        holds(s.kept.windows(2).all(|w| w[0] < w[1]), "the kept indices do not ascend")?;
        holds(
            s.kept.last().is_none_or(|&i| i < s.candidates),
            "a kept index is not below the number of candidates",
        )?;
        holds(s.mean.len() == a, "another number of means than of kept weights")?;
        holds(s.covariance.shape() == (a, a), "the covariance has another size than the kept weights")?;
        holds(s.log_precision.len() == a, "another number of precisions than of kept weights")?;
        holds(s.quality.len() == s.candidates, "another number of qualities than of candidates")?;
        let finite =
            s.mean.iter().chain(s.covariance.iter()).chain(s.log_precision.iter()).all(|v| v.is_finite());
        holds(finite, "a weight, covariance or precision is not finite")?;
        holds(s.covariance.diagonal().iter().all(|v| *v >= 0.0), "a variance is negative")?;
        Ok(Self {
            candidates: s.candidates,
            has_intercept: s.has_intercept,
            kept: s.kept,
            mean: s.mean,
            covariance: s.covariance,
            log_precision: s.log_precision,
            quality: s.quality,
        })
    }
}

//! How λ is chosen: the one place where Python's words become a number. A new choice is a line of [`Choice::read`] and one of
//! [`Choice::lambda`].

use kl_approx::ard::lambda_for_false_keeps;
use pyo3::prelude::*;

use crate::refusal::Refusal;

/// How the weight λ of the divergence is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    /// One false keep in expectation, or fewer: the larger of that λ and ln n (half a false keep of one or two columns).
    Auto,
    /// None: an average over which columns matter (linear regression).
    Average,
    /// This value.
    Value(f64),
    /// ln n, Schwarz's (1978) criterion.
    Bic,
    /// By cross-validation.
    CrossValidation,
    /// q false keeps in expectation.
    FalseKeeps(f64),
}

impl Choice {
    /// From Python's `lam`, a number or a word, and `false_keeps`, which takes the place of the default words `"auto"` and `"average"`.
    pub(crate) fn read(lam: &Bound<'_, PyAny>, false_keeps: Option<f64>) -> PyResult<Self> {
        let word = lam.extract::<String>().ok();
        if let Some(q) = false_keeps {
            if matches!(word.as_deref(), Some("auto" | "average")) {
                return Ok(Self::FalseKeeps(q));
            }
            return Err(Refusal::of("false_keeps chooses λ itself: leave lam at its default with it").into());
        }
        Ok(match word.as_deref() {
            Some("auto") => Self::Auto,
            Some("average") => Self::Average,
            Some("bic") => Self::Bic,
            Some("cv") => Self::CrossValidation,
            Some(other) => return Err(Refusal::of(format!("lam='{other}' is no choice of λ")).into()),
            None => Self::Value(lam.extract()?),
        })
    }

    /// λ for samples that weigh `n` in all and so many columns that vary; none where it is cross-validated, or where there is none.
    pub(crate) fn lambda(self, n: f64, columns: usize) -> Result<Option<f64>, Refusal> {
        self.grouped_lambda(n, columns, 1)
    }

    /// [`Self::lambda`] where a column is kept or dropped by `group` independent z-scores at once.
    pub(crate) fn grouped_lambda(self, n: f64, columns: usize, group: usize) -> Result<Option<f64>, Refusal> {
        let schwarz = n.max(3.0).ln();
        let by_rate = |q: f64| {
            lambda_for_false_keeps(q, columns, group).map_err(|_| {
                Refusal::of(format!(
                    "false_keeps={q} of {columns} columns: choose a number above 0 and below {columns}"
                ))
            })
        };
        Ok(match self {
            Self::Auto => Some(by_rate(if columns <= 2 { 0.5 } else { 1.0 })?.max(schwarz)),
            Self::Value(lambda) => Some(lambda),
            Self::Bic => Some(schwarz),
            Self::CrossValidation | Self::Average => None,
            Self::FalseKeeps(q) => Some(by_rate(q)?),
        })
    }

    /// Whether λ is an error rate, so that it shrinks what it keeps more than predictions want.
    pub(crate) fn is_rate(self) -> bool {
        matches!(self, Self::Auto | Self::FalseKeeps(_) | Self::Bic)
    }
}

/// The samples' weight in all.
pub(crate) fn total(weights: Option<&[f64]>, rows: usize) -> f64 {
    weights.map_or(rows as f64, |w| w.iter().sum())
}

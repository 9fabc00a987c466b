//! What a fit is asked to do, and the check of it.

use crate::error::Error;
use crate::loss::Loss;
use crate::penalty::{Intercept, Penalty};
use crate::solver::Solver;

/// Parameters of a fit. [`check`](Self::check) turns them into a [`LogisticRegression`].
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `c` | 1 | 1e-150 to 1e150 | C, the weight of the summed loss against the penalty |
/// | `loss` | softmax | | several classes as one model or each against the rest |
/// | `penalty` | L1 | elastic net: 0 < ρ < 1 | |
/// | `intercept` | unpenalised | | |
/// | `solver` | auto | L-BFGS: ridge only | |
/// | `tolerance` | 1e-6 | 1e-14 to 0.5 | the relative duality gap (P − D)/P at which a fit has converged |
/// | `max_iterations` | 1000 | ≥ 1 | iterations of the solver |
/// | `classes` | the largest label + 1 | ≥ 2 | K |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Params {
    pub(crate) c: f64,
    pub(crate) loss: Loss,
    pub(crate) penalty: Penalty,
    pub(crate) intercept: Intercept,
    pub(crate) solver: Solver,
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
    pub(crate) classes: Option<usize>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            c: 1.0,
            loss: Loss::default(),
            penalty: Penalty::default(),
            intercept: Intercept::default(),
            solver: Solver::default(),
            tolerance: 1e-6,
            max_iterations: 1000,
            classes: None,
        }
    }
}

impl Params {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// C, the weight of the summed loss against the penalty (the convention of `liblinear` and scikit-learn).
    #[must_use]
    pub fn c(self, c: f64) -> Self {
        Self { c, ..self }
    }
    /// Softmax or one-vs-rest.
    #[must_use]
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }
    /// The penalty.
    #[must_use]
    pub fn penalty(self, penalty: Penalty) -> Self {
        Self { penalty, ..self }
    }
    /// What to do about the intercept.
    #[must_use]
    pub fn intercept(self, intercept: Intercept) -> Self {
        Self { intercept, ..self }
    }
    /// The algorithm.
    #[must_use]
    pub fn solver(self, solver: Solver) -> Self {
        Self { solver, ..self }
    }
    /// The relative duality gap at which a fit has converged.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }
    /// The most iterations of the solver.
    #[must_use]
    pub fn max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }
    /// The number of classes K, when it should not follow from the largest label.
    #[must_use]
    pub fn classes(self, classes: usize) -> Self {
        Self { classes: Some(classes), ..self }
    }

    /// The parameters, checked.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range; [`Error::Combination`].
    pub fn check(self) -> Result<LogisticRegression, Error> {
        check_c(self.c)?;
        check_penalty(self.penalty)?;
        if !(self.tolerance >= 1e-14 && self.tolerance <= 0.5) {
            return Err(Error::Parameter {
                name: "tolerance",
                value: self.tolerance,
                allowed: "1e-14 to 0.5",
            });
        }
        if self.max_iterations == 0 {
            return Err(Error::Parameter { name: "max_iterations", value: 0.0, allowed: "at least 1" });
        }
        if let Some(classes) = self.classes.filter(|&k| k < 2) {
            return Err(Error::OneClass { found: classes });
        }
        if self.solver == Solver::Lbfgs && self.penalty != Penalty::Ridge {
            return Err(Error::Combination { first: "solver L-BFGS", second: "a penalty with an L1 part" });
        }
        Ok(LogisticRegression { params: self })
    }
}

pub(crate) fn check_c(c: f64) -> Result<(), Error> {
    if (1e-150..=1e150).contains(&c) {
        return Ok(());
    }
    Err(Error::Parameter { name: "C", value: c, allowed: "1e-150 to 1e150" })
}

pub(crate) fn check_penalty(penalty: Penalty) -> Result<(), Error> {
    match penalty {
        Penalty::ElasticNet { l1_ratio } if !(l1_ratio > 0.0 && l1_ratio < 1.0) => {
            Err(Error::Parameter { name: "l1_ratio", value: l1_ratio, allowed: "above 0 and below 1" })
        }
        _ => Ok(()),
    }
}

/// Checked parameters: what can be fitted. Made by [`Params::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticRegression {
    pub(crate) params: Params,
}

impl LogisticRegression {
    /// The parameters that were checked.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }
}

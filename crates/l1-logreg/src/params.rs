//! Parameters of a fit, and their ranges.

use estimator::{Check, InputError};

use crate::canonical::SharedShift;
use crate::error::Error;
use crate::loss::Loss;
use crate::penalty::{Intercept, Penalty};
use crate::solver::algorithm::Solver;

/// Parameters of a fit. They need not be checked before a fit: [`fit`](Self::fit) does so.
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `c` | 1 | 1e-150 to 1e150 | C = 1/λ, the weight of the summed loss against the penalty |
/// | `loss` | softmax | | more than two classes as one model, or each against the rest |
/// | `penalty` | L1 | elastic net: 0 < ρ < 1 | what is added to the loss |
/// | `intercept` | unpenalised | | an intercept that is unpenalised, penalised or absent |
/// | `solver` | auto | L-BFGS: ridge only | the algorithm |
/// | `tolerance` | 1e-6 | 1e-14 to 0.5 | the relative duality gap (P − D)/P at which a fit has converged |
/// | `max_iterations` | 1000 | ≥ 1 | iterations of the solver |
/// | `classes` | the largest label + 1 | ≥ 2 | the number of classes K; each must have a sample |
/// | `shared_shift` | most zeros | | which of equally good softmax weights is returned, see [`SharedShift`] |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "stored::StoredParams")
)]
pub struct Params {
    pub(crate) c: f64,
    pub(crate) loss: Loss,
    pub(crate) penalty: Penalty,
    pub(crate) intercept: Intercept,
    pub(crate) solver: Solver,
    pub(crate) tolerance: f64,
    pub(crate) max_iterations: usize,
    pub(crate) classes: Option<usize>,
    pub(crate) shared_shift: SharedShift,
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
            shared_shift: SharedShift::default(),
        }
    }
}

impl Params {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Sets C, the weight of the summed loss against the penalty (the convention of `liblinear` and scikit-learn).
    #[must_use]
    pub fn c(self, c: f64) -> Self {
        Self { c, ..self }
    }
    /// Sets how more than two classes are told apart. With two classes both losses are the same binary logistic regression.
    #[must_use]
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }
    /// Sets the penalty.
    #[must_use]
    pub fn penalty(self, penalty: Penalty) -> Self {
        Self { penalty, ..self }
    }
    /// Sets how the intercept takes part: an [`Intercept`], or `false` for none and `true` for an unpenalised one.
    #[must_use]
    pub fn intercept(self, intercept: impl Into<Intercept>) -> Self {
        Self { intercept: intercept.into(), ..self }
    }
    /// Sets the algorithm.
    #[must_use]
    pub fn solver(self, solver: Solver) -> Self {
        Self { solver, ..self }
    }
    /// Sets the relative duality gap at which a fit has converged.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }
    /// Sets the most iterations of the solver.
    #[must_use]
    pub fn max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }
    /// States the number of classes K, where it should not follow from the largest label. Each class needs a sample all the same:
    /// without one its intercept has no finite optimum.
    #[must_use]
    pub fn classes(self, classes: usize) -> Self {
        Self { classes: Some(classes), ..self }
    }
    /// Sets which of equally good softmax weights is returned.
    #[must_use]
    pub fn shared_shift(self, shared_shift: SharedShift) -> Self {
        Self { shared_shift, ..self }
    }

    /// Checks every parameter. [`fit`](Self::fit) does so too.
    ///
    /// # Errors
    /// [`InputError::Parameter`] with the name, the value and the allowed range; [`InputError::Combination`];
    /// [`InputError::OneClass`] for fewer than two classes.
    pub fn check(&self) -> Result<(), Error> {
        check_c(self.c)?;
        self.penalty.check()?;
        check_tolerance(self.tolerance)?;
        Check::at_least("max_iterations", self.max_iterations, 1, "at least 1")?;
        if let Some(classes) = self.classes.filter(|&k| k < 2) {
            return Err(InputError::OneClass { found: classes }.into());
        }
        if self.solver == Solver::Lbfgs && self.penalty != Penalty::Ridge {
            return Err(InputError::Combination {
                choice: "the solver L-BFGS",
                with: "a penalty with an L1 part",
                instead: "choose Penalty::Ridge, or Solver::Auto",
            }
            .into());
        }
        Ok(())
    }
}

pub(crate) fn check_c(c: f64) -> Result<(), InputError> {
    Check::range("C", c, (1e-150..=1e150).contains(&c), "1e-150 to 1e150")
}

pub(crate) fn check_tolerance(tolerance: f64) -> Result<(), InputError> {
    Check::range("tolerance", tolerance, (1e-14..=0.5).contains(&tolerance), "1e-14 to 0.5")
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Intercept, Loss, Params, Penalty, SharedShift, Solver};
    use crate::error::Error;

    /// Parameters as they are stored, not yet checked.
    #[derive(serde::Deserialize)]
    #[serde(rename = "Params")]
    pub(super) struct StoredParams {
        c: f64,
        loss: Loss,
        penalty: Penalty,
        intercept: Intercept,
        solver: Solver,
        tolerance: f64,
        max_iterations: usize,
        classes: Option<usize>,
        shared_shift: SharedShift,
    }

    impl TryFrom<StoredParams> for Params {
        type Error = Error;

        fn try_from(stored: StoredParams) -> Result<Self, Error> {
            let StoredParams {
                c,
                loss,
                penalty,
                intercept,
                solver,
                tolerance,
                max_iterations,
                classes,
                shared_shift,
            } = stored;
            let params = Self {
                c,
                loss,
                penalty,
                intercept,
                solver,
                tolerance,
                max_iterations,
                classes,
                shared_shift,
            };
            params.check().map(|()| params)
        }
    }
}

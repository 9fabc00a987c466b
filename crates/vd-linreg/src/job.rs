//! One fit on prepared columns: find the noise level, then descend to λ.

use estimator::{Fit, InputError, NoiseModel, Report};

use crate::error::Error;
use crate::model::Model;
use crate::params::Params;
use crate::prepare::columns::Columns;
use crate::prepare::normalise::Target;
use crate::prepare::prepared::Prepared;
use crate::problem::Problem;
use crate::progress::Callback;
use crate::solve::descent::{Descent, Place, rho_max};
use crate::solve::operator::Thresholding;
use crate::solve::pre_estimate::PreEstimate;
use crate::solve::state::{Beta, State};
use crate::solve::swap_moves::SwapMoves;
use crate::solve::universal::universal_lambda;

/// A problem with its target.
#[derive(Debug)]
pub(crate) struct Job<'a, P> {
    pub problem: Problem<'a, P>,
    pub target: &'a Target,
}

impl<'a, P: Thresholding + Clone> Job<'a, P> {
    /// The same with other parameters.
    pub fn with<'b>(&self, params: &'b Params<P>) -> Job<'b, P>
    where
        'a: 'b,
    {
        Job { problem: Problem { params, ..self.problem }, target: self.target }
    }

    /// T, the target's norm about its mean.
    pub fn target_norm(&self) -> f64 {
        self.target.scale * self.problem.rows.largest.sqrt()
    }

    /// T, or 1 for a target that does not vary: it is left in its own units, there is nothing to fit.
    pub fn target_unit(&self) -> f64 {
        let norm = self.target_norm();
        if norm == 0.0 { 1.0 } else { norm }
    }

    /// The empty model.
    pub fn empty<C: Columns>(&self, prepared: &Prepared<C>) -> State {
        State::empty(&prepared.columns, &self.target.values, self.problem.rows.n)
    }

    /// What moves states along this problem's path.
    pub fn descent<'d, C>(
        &'d self,
        prepared: &'d Prepared<C>,
        swaps: &'d mut SwapMoves,
    ) -> Descent<'d, C, P> {
        Descent { columns: &prepared.columns, penalty: &self.problem.params.divergence, swaps }
    }

    /// One whole fit.
    pub fn run<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        progress: Callback<'_>,
    ) -> Result<Fit<Model, Report>, Error> {
        let mut state = self.empty(prepared);
        let mut swaps = SwapMoves::new();
        let beta = self.noise(prepared, &mut state, &mut swaps)?;
        self.approach(prepared, &mut state, beta, &mut swaps);
        Ok(self.conclude(prepared, state, beta, progress)?.0)
    }

    /// The rule for β in normalised units; a pre-estimate leaves `state` at the universal threshold.
    pub fn noise<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: &mut State,
        swaps: &mut SwapMoves,
    ) -> Result<Beta, Error> {
        let norm = self.target_norm();
        match self.problem.params.noise {
            NoiseModel::Learned => {
                self.check_target()?;
                Ok(Beta::Learned { shape: 0.0, rate: 0.0 })
            }
            NoiseModel::LearnedWithGammaPrior { shape, rate } => {
                self.check_target()?;
                Ok(Beta::Learned { shape, rate: rate / norm / norm })
            }
            _ => Ok(Beta::Fixed(self.held_beta(prepared, state, swaps)?)),
        }
    }

    /// β in normalised units where it is held: known, or estimated before the fit, which leaves `state` at the universal threshold.
    pub fn held_beta<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: &mut State,
        swaps: &mut SwapMoves,
    ) -> Result<f64, Error> {
        match self.problem.params.noise {
            NoiseModel::PreEstimated => {
                self.check_target()?;
                let estimate = PreEstimate {
                    target: &self.target.values,
                    spent: self.problem.rows.spent(),
                    features: prepared.varying(),
                };
                let variance = estimate.variance(&mut self.descent(prepared, swaps), state);
                swaps.restrict(prepared.varying(), variance);
                Ok(1.0 / variance)
            }
            NoiseModel::Fixed { std } => {
                let ratio = self.target_unit() / std;
                let beta = ratio * ratio;
                if !(beta.is_finite() && beta > 0.0) {
                    return Err(InputError::Range { what: "the target's norm over the noise level" }.into());
                }
                Ok(beta)
            }
            _ => Err(InputError::Combination {
                choice: "a noise level that is learned with the weights",
                with: "a path over λ or cross-validation",
                instead: "use NoiseModel::PreEstimated or NoiseModel::Fixed",
            }
            .into()),
        }
    }

    fn check_target(&self) -> Result<(), InputError> {
        if self.target_norm() == 0.0 {
            return Err(InputError::ConstantTarget { value: self.problem.t[self.problem.rows.index[0]] });
        }
        Ok(())
    }

    /// Descends loosely to λ, so that the ascent starts on the sparse branch.
    pub fn approach<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        state: &mut State,
        beta: Beta,
        swaps: &mut SwapMoves,
    ) {
        let lambda = self.problem.params.lambda;
        if !self.problem.params.divergence.prunes() {
            return;
        }
        let top = rho_max(&self.empty(prepared));
        match beta {
            Beta::Fixed(beta) => {
                swaps.restrict(prepared.varying(), 1.0 / beta);
                let from = if state.active.is_empty() {
                    top
                } else {
                    top.min(universal_lambda(prepared.varying()) / beta)
                };
                let to = Place { rho: lambda / beta, lambda };
                self.descent(prepared, swaps).descend(state, from, to);
            }
            // The joint maxima are where ρ β(ρ) = λ: the first one from above.
            Beta::Learned { .. } => {
                let mut rho = top;
                for _ in 0..200 {
                    state.beta = state.best_beta(&prepared.columns, beta);
                    if rho * state.beta <= lambda {
                        break;
                    }
                    rho = (rho * 0.6).max(lambda / state.beta);
                    swaps.restrict(prepared.varying(), 1.0 / state.beta);
                    self.descent(prepared, swaps).descend(state, rho, Place { rho, lambda });
                }
            }
        }
    }
}

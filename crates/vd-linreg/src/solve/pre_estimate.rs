//! The noise pre-estimate: the noise level read off the path.

use crate::prepare::columns::Columns;
use crate::solve::ascent::Stopping;
use crate::solve::descent::{Descent, LOOSE, Place, STEP, most_active, rho_max};
use crate::solve::least_squares::refit;
use crate::solve::operator::Thresholding;
use crate::solve::state::{NOISE_FLOOR, State};
use crate::solve::universal::universal_lambda;

/// What a noise pre-estimate is made from.
pub(crate) struct PreEstimate<'a> {
    pub target: &'a [f64],
    /// Degrees of freedom that the intercept takes.
    pub spent: f64,
    /// How many columns vary.
    pub features: usize,
}

impl PreEstimate<'_> {
    /// An estimate of the noise variance, with the state left at the path's solution where it was read.
    ///
    /// Descends until ρ/σ̂² falls to the universal threshold λ_u = 2 log D, with σ̂² = RSS/(n − k) of the least-squares refit on
    /// the k features kept there: at that threshold a feature of pure noise is kept with a probability below 1/D, so that
    /// neither selection nor shrinkage biases σ̂² (compare the scaled lasso, Sun & Zhang 2012).
    pub fn variance<C: Columns, P: Thresholding + ?Sized>(
        &self,
        descent: &mut Descent<'_, C, P>,
        state: &mut State,
    ) -> f64 {
        let universal = universal_lambda(self.features);
        let most = most_active(state.n);
        let stop = Stopping { tolerance: LOOSE, max_sweeps: 200, max_active: most };
        let mut rho = rho_max(state);
        let n = state.n;
        let free = |k: usize| (n - self.spent - k as f64).max(1.0);
        let mut variance = 1.0 / free(0);
        loop {
            // Below σ̂² at the floor the data are noise-free.
            if rho <= universal * variance || !(rho > 0.0) || variance <= NOISE_FLOOR / state.n {
                return variance.max(NOISE_FLOOR / state.n);
            }
            rho *= STEP;
            descent.solve(state, Place { rho, lambda: universal }, stop);
            let k = state.active.len();
            if k > most {
                return variance.max(NOISE_FLOOR / state.n);
            }
            let shrunk = descent.columns.norm_sq(&state.residual) / free(k);
            // The refit can only lower the variance, that is, raise ρ/σ̂²: no need for it before the bound is reached.
            if rho > universal * shrunk {
                variance = shrunk;
                continue;
            }
            let mut theta = state.theta.clone();
            let residual = refit(descent.columns, self.target, &state.active, &mut theta, 1e-4);
            variance = descent.columns.norm_sq(&residual) / free(k);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::Design;
    use crate::prepare::dense::dense;
    use crate::prepare::normalise::target;
    use crate::prepare::rows::Rows;
    use crate::solve::state::Beta;
    use crate::solve::swap_moves::SwapMoves;
    use crate::synthetic::Spec;
    use kl_approx::Exact;

    #[test]
    fn it_ends_above_the_empty_model_and_near_the_noise() {
        let p = Spec::new(200, 100, 8, 0.5).problem(3);
        let rows = Rows::new(200, None, true).unwrap();
        let target = target(p.t.as_slice(), &rows).unwrap();
        let columns = &dense(Design::from(&p.x), &rows).unwrap().columns;
        let mut state = State::empty(columns, &target.values, rows.n);
        let empty = state.clone();
        let mut descent = Descent { columns, penalty: &Exact, swaps: &mut SwapMoves::new() };
        let estimate = PreEstimate { target: &target.values, spent: 1.0, features: 100 };
        let variance = estimate.variance(&mut descent, &mut state);
        let lambda = universal_lambda(100);
        let value = |state: &State| {
            let mut at = state.clone();
            at.beta = 1.0 / variance;
            at.objective(columns, &Exact, lambda, Beta::Fixed(at.beta))
        };
        assert!(value(&state) > value(&empty));
        assert!((variance.sqrt() * target.scale / 0.5 - 1.0).abs() < 0.15);
    }
}

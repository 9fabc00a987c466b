//! The path from the empty model downwards.
//!
//! θ and α depend on λ and β through ρ = λ/β alone, so one descent in ρ serves every λ and every noise level: the empty model
//! is optimal at ρ_max = max_d q_d²/S_d, and each solution starts the next, smaller ρ. Starting from above matters: the
//! objective has several maxima, and the sparse one that this path follows is the one without runaway noise precision.

use core::ops::ControlFlow;

use crate::prepare::columns::Columns;
use crate::solve::ascent::{Ascent, Stopping};
use crate::solve::operator::Thresholding;
use crate::solve::state::{Beta, State};
use crate::solve::swap_moves::SwapMoves;

/// Ratio of one ρ to the one before on the way to a noise pre-estimate and to a single λ.
pub(crate) const STEP: f64 = 0.6;

/// Tolerance on the way, in standard errors; only the last solution has to be exact.
pub(crate) const LOOSE: f64 = 0.02;

/// Most swap moves at one ρ.
const MOST_SWAPS: usize = 50;

/// A place on the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// ρ = λ/β.
    pub rho: f64,
    /// λ, which sets the unit of the tolerance.
    pub lambda: f64,
}

/// What moves a state along the path.
pub(crate) struct Descent<'a, C, P: ?Sized> {
    pub columns: &'a C,
    pub penalty: &'a P,
    pub swaps: &'a mut SwapMoves,
}

impl<C: Columns, P: Thresholding + ?Sized> Descent<'_, C, P> {
    /// Moves `state` to a solution at this place, without swap moves.
    fn settle(&self, state: &mut State, at: Place, stop: Stopping) {
        let beta = Beta::Fixed(at.lambda / at.rho);
        let ascent = Ascent { columns: self.columns, penalty: self.penalty, lambda: at.lambda, beta };
        ascent.run(state, stop, &mut |_, _| ControlFlow::Continue(()));
    }

    /// Moves `state` to a solution at this place, with swap moves until none pays.
    pub fn solve(&mut self, state: &mut State, at: Place, stop: Stopping) {
        self.settle(state, at, stop);
        for _ in 0..MOST_SWAPS {
            if state.active.len() > stop.max_active
                || !self.swaps.best_swap(self.columns, self.penalty, state, 1.0 / at.rho)
            {
                return;
            }
            self.columns.gradient(&state.residual, &mut state.gradient);
            self.settle(state, at, stop);
        }
    }

    /// Descends loosely from where `state` is, ρ = `from`, to a place, swap moves included all the way. (A path's points may lie closer
    /// than the steps here: without the swap moves at the place itself such a path would make none.)
    pub fn descend(&mut self, state: &mut State, from: f64, to: Place) {
        let stop = Stopping { tolerance: LOOSE, max_sweeps: 50, max_active: usize::MAX };
        let mut rho = from * STEP;
        while rho > to.rho {
            self.solve(state, Place { rho, ..to }, stop);
            rho *= STEP;
        }
        if self.penalty.prunes() && to.rho > 0.0 {
            self.solve(state, to, stop);
        }
    }
}

/// ρ at which the empty model stops being optimal.
pub(crate) fn rho_max(state: &State) -> f64 {
    state.gradient.iter().fold(0.0f64, |m, g| m.max(g * g))
}

/// The largest number of features that a noise pre-estimate or a fold's path keeps: beyond it nothing is left to estimate noise from.
pub(crate) fn most_active(n: f64) -> usize {
    (0.5 * n).max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::design::Design;
    use crate::prepare::columns::Dense;
    use crate::prepare::dense::dense;
    use crate::prepare::normalise::{Target, target};
    use crate::prepare::prepared::Prepared;
    use crate::prepare::rows::Rows;
    use crate::synthetic::Spec;
    use kl_approx::{Divergence, EmpiricalBayes, Exact, Sigmoid};

    fn prepared(spec: &Spec, seed: u64) -> (Prepared<Dense>, Target, f64) {
        let p = spec.problem(seed);
        let rows = Rows::new(p.x.nrows(), None, true).unwrap();
        let target = target(p.t.as_slice(), &rows).unwrap();
        (dense(Design::from(&p.x), &rows).unwrap(), target, rows.n)
    }

    /// Every sweep, every swap and every step of the path raises the objective at its own (λ, β).
    fn climbs<P: Thresholding + Divergence>(penalty: &P, spec: &Spec, seed: u64, lambda: f64) -> usize {
        let (prepared, target, n) = prepared(spec, seed);
        let columns = &prepared.columns;
        let mut state = State::empty(columns, &target.values, n);
        let (mut swaps, mut swapped) = (SwapMoves::new(), 0);
        let mut rho = rho_max(&state);
        let stop = Stopping { tolerance: LOOSE, max_sweeps: 200, max_active: most_active(n) };
        for _ in 0..8 {
            rho *= STEP;
            let beta = Beta::Fixed(lambda / rho);
            state.beta = lambda / rho;
            let value = |state: &State| {
                // From θ alone, the residual recomputed: not what the sweeps keep.
                let mut fresh = state.clone();
                fresh.refresh(columns, &target.values);
                fresh.objective(columns, penalty, lambda, beta)
            };
            let start = value(&state);
            let mut last = start;
            let slack = 1e-9 * (1.0 + start.abs());
            let ascent = Ascent { columns, penalty, lambda, beta };
            ascent.run(&mut state, stop, &mut |state, sweep| {
                let now = value(state);
                assert!(now >= last - slack, "sweep {sweep} at ρ = {rho:e}: {last} to {now}");
                last = now;
                ControlFlow::Continue(())
            });
            columns.gradient(&state.residual, &mut state.gradient);
            while swaps.best_swap(columns, penalty, &mut state, 1.0 / rho) && swapped < 1000 {
                swapped += 1;
                let now = value(&state);
                assert!(now > last - slack, "swap at ρ = {rho:e}: {last} to {now}");
                last = now;
                columns.gradient(&state.residual, &mut state.gradient);
            }
            // The pair as the path calls it.
            Descent { columns, penalty, swaps: &mut swaps }.solve(&mut state, Place { rho, lambda }, stop);
            assert!(value(&state) >= last - slack && value(&state) >= start - slack);
        }
        swapped
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_objective_never_falls_on_the_way_down(
            seed in 0u64..1_000_000, n in 10usize..60, d in 1usize..80, lambda in 0.5f64..10.0,
            correlation in 0.0f64..0.98, which in 0u8..3,
        ) {
            let spec = Spec { correlation, ..Spec::new(n, d, d.min(6), 0.5) };
            match which {
                0 => climbs(&Exact, &spec, seed, lambda),
                1 => climbs(&Sigmoid::ICML_2017, &spec, seed, lambda),
                _ => climbs(&EmpiricalBayes, &spec, seed, lambda),
            };
        }
    }

    #[test]
    fn swap_moves_happen_where_columns_are_correlated_and_raise_the_objective() {
        let spec = Spec { correlation: 0.9, ..Spec::new(60, 200, 8, 0.5) };
        let swapped: usize = (0..4).map(|seed| climbs(&Exact, &spec, seed, 5.0)).sum();
        assert!(swapped > 0);
    }
}

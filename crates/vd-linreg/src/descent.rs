//! The path from the empty model downwards, and the noise level read off it.
//!
//! θ and α depend on λ and β through ρ = λ/β alone, so one descent in ρ serves every λ and every noise level: the empty model
//! is optimal at ρ_max = max_d q_d²/S_d, and each solution starts the next, smaller ρ. Starting from above matters: the
//! objective has several maxima, and the sparse one that this path follows is the one without runaway noise precision.

use core::ops::ControlFlow;

use crate::ascent::{Ascent, Stopping};
use crate::columns::Columns;
use crate::least_squares::refit;
use crate::operator::Thresholding;
use crate::state::{Beta, NOISE_FLOOR, State};
use crate::swap::Exchanges;

/// Ratio of one ρ to the one before on the way to the pilot and to a single λ.
const STEP: f64 = 0.6;

/// Tolerance on the way, in standard errors; only the last solution has to be exact.
const LOOSE: f64 = 0.02;

/// Moves `state` to the solution at ρ, with `lambda` setting the unit of the tolerance.
pub(crate) fn solve_at<C: Columns, P: Thresholding + ?Sized>(
    columns: &C,
    penalty: &P,
    state: &mut State,
    rho: f64,
    lambda: f64,
    stop: Stopping,
) {
    let ascent = Ascent { columns, penalty, lambda, beta: Beta::Fixed(lambda / rho) };
    ascent.run(state, stop, &mut |_, _| ControlFlow::Continue(()));
}

/// [`solve_at`], then exchanges until none pays.
pub(crate) fn solve_with_exchanges<C: Columns, P: Thresholding + ?Sized>(
    columns: &C,
    penalty: &P,
    state: &mut State,
    rho: f64,
    lambda: f64,
    stop: Stopping,
    exchanges: &mut Exchanges,
) {
    solve_at(columns, penalty, state, rho, lambda, stop);
    for _ in 0..MOST_EXCHANGES {
        if state.active.len() > stop.max_active || !exchanges.exchange(columns, penalty, state, 1.0 / rho) {
            return;
        }
        columns.gradient(&state.residual, &mut state.gradient);
        solve_at(columns, penalty, state, rho, lambda, stop);
    }
}

/// Exchanges at one ρ.
const MOST_EXCHANGES: usize = 50;

/// ρ at which the empty model stops being optimal.
pub(crate) fn rho_max(state: &State) -> f64 {
    state.gradient.iter().fold(0.0f64, |m, g| m.max(g * g))
}

/// The largest number of features that a pilot or a path keeps: beyond it nothing is left to estimate noise from.
pub(crate) fn most_active(n: f64) -> usize {
    (0.5 * n).max(1.0) as usize
}

/// An estimate of the noise variance, with the state left at the path's solution where it was read.
///
/// Descends until ρ/σ̂² falls to the universal threshold λ_u = 2 log D, with σ̂² = RSS/(n − k) of the least-squares refit on
/// the k features kept there: at that threshold a feature of pure noise is kept with a probability below 1/D, so that
/// neither selection nor shrinkage biases σ̂² (compare the scaled lasso, Sun & Zhang 2012).
pub(crate) fn pilot<C: Columns, P: Thresholding + ?Sized>(
    columns: &C,
    penalty: &P,
    target: &[f64],
    state: &mut State,
    spent: f64,
    features: usize,
    exchanges: &mut Exchanges,
) -> f64 {
    let universal = universal_lambda(features);
    let most = most_active(state.n);
    let stop = Stopping { tolerance: LOOSE, max_sweeps: 200, max_active: most };
    let mut rho = rho_max(state);
    let n = state.n;
    let free = |k: usize| (n - spent - k as f64).max(1.0);
    let mut variance = 1.0 / free(0);
    loop {
        // Below σ̂² at the floor the data are noise-free.
        if rho <= universal * variance || !(rho > 0.0) || variance <= NOISE_FLOOR / state.n {
            return variance.max(NOISE_FLOOR / state.n);
        }
        rho *= STEP;
        solve_with_exchanges(columns, penalty, state, rho, universal, stop, exchanges);
        let k = state.active.len();
        if k > most {
            return variance.max(NOISE_FLOOR / state.n);
        }
        let shrunk = columns.norm_sq(&state.residual) / free(k);
        // The refit can only lower the variance, that is, raise ρ/σ̂²: no need for it before the bound is reached.
        if rho > universal * shrunk {
            variance = shrunk;
            continue;
        }
        let mut theta = state.theta.clone();
        let residual = refit(columns, target, &state.active, &mut theta, 1e-4);
        variance = columns.norm_sq(&residual) / free(k);
    }
}
/// λ_u = 2 log D, at least 1.
pub(crate) fn universal_lambda(features: usize) -> f64 {
    (2.0 * (features as f64).ln()).max(1.0)
}

/// Descends loosely from where `state` is to `rho`, exchanges included all the way. (A path's points may lie closer than the steps
/// here: without the exchanges at `rho` itself such a path would make none.)
pub(crate) fn descend<C: Columns, P: Thresholding + ?Sized>(
    columns: &C,
    penalty: &P,
    state: &mut State,
    from: f64,
    rho: f64,
    lambda: f64,
    exchanges: &mut Exchanges,
) {
    let stop = Stopping { tolerance: LOOSE, max_sweeps: 50, max_active: usize::MAX };
    let mut at = from * STEP;
    while at > rho {
        solve_with_exchanges(columns, penalty, state, at, lambda, stop, exchanges);
        at *= STEP;
    }
    if penalty.prunes() && rho > 0.0 {
        solve_with_exchanges(columns, penalty, state, rho, lambda, stop, exchanges);
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    use super::*;
    use crate::columns::Dense;
    use crate::prepare::{self, Prepared, Rows, Target};
    use crate::synthetic::Spec;
    use kl_approx::{Divergence, EmpiricalBayes, Exact, Sigmoid};

    fn prepared(spec: &Spec, seed: u64) -> (Prepared<Dense>, Target, f64) {
        let p = spec.problem(seed);
        let x: &DMatrix<f64> = &p.x;
        let rows = Rows::new(x.nrows(), None, true).unwrap_or_else(|e| panic!("{e}"));
        let target = prepare::target(p.t.as_slice(), x.nrows(), &rows).unwrap_or_else(|e| panic!("{e}"));
        (prepare::dense(x, &rows).unwrap_or_else(|e| panic!("{e}")), target, rows.n)
    }

    /// Every sweep, every exchange and every step of the path raises the objective at its own (λ, β).
    fn climbs<P: Thresholding + Divergence>(penalty: &P, spec: &Spec, seed: u64, lambda: f64) -> usize {
        let (prepared, target, n) = prepared(spec, seed);
        let columns = &prepared.columns;
        let mut state = State::empty(columns, &target.values, n);
        let (mut exchanges, mut exchanged) = (Exchanges::new(), 0);
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
            while exchanges.exchange(columns, penalty, &mut state, 1.0 / rho) && exchanged < 1000 {
                exchanged += 1;
                let now = value(&state);
                assert!(now > last - slack, "exchange at ρ = {rho:e}: {last} to {now}");
                last = now;
                columns.gradient(&state.residual, &mut state.gradient);
            }
            // The pair as the path calls it.
            solve_with_exchanges(columns, penalty, &mut state, rho, lambda, stop, &mut exchanges);
            assert!(value(&state) >= last - slack && value(&state) >= start - slack);
        }
        exchanged
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
    fn exchanges_happen_where_columns_are_correlated_and_raise_the_objective() {
        let spec = Spec { correlation: 0.9, ..Spec::new(60, 200, 8, 0.5) };
        let exchanged: usize = (0..4).map(|seed| climbs(&Exact, &spec, seed, 5.0)).sum();
        assert!(exchanged > 0);
    }

    #[test]
    fn the_pilot_ends_above_the_empty_model_and_near_the_noise() {
        let spec = Spec::new(200, 100, 8, 0.5);
        let (prepared, target, n) = prepared(&spec, 3);
        let mut state = State::empty(&prepared.columns, &target.values, n);
        let empty = state.clone();
        let variance =
            pilot(&prepared.columns, &Exact, &target.values, &mut state, 1.0, 100, &mut Exchanges::new());
        let lambda = universal_lambda(100);
        let value = |state: &State| {
            let mut at = state.clone();
            at.beta = 1.0 / variance;
            at.objective(&prepared.columns, &Exact, lambda, Beta::Fixed(at.beta))
        };
        assert!(value(&state) > value(&empty));
        assert!((variance.sqrt() * target.scale / 0.5 - 1.0).abs() < 0.15);
    }
}

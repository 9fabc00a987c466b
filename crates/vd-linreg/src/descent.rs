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

/// Descends loosely from where `state` is to just above `rho`.
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
}

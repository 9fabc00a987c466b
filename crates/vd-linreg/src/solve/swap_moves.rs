//! Swap moves: exchange one kept feature for a pruned one that explains the rest better, to leave a poor local maximum.
//!
//! Among correlated columns the ascent can settle on a neighbour of the right one: neither removing the one nor adding the
//! other alone raises the objective. With the others held, the objective reached by a single feature is a rising function of its
//! q², so that replacing i by j pays exactly when |q_j| > |q_i|, where q_j = x_jᵀ(r + x_i θ_i) = g_j + x_jᵀx_i θ_i. One
//! product Xᵀx_i per kept feature (kept for the whole path) therefore decides every swap at once. Every swap raises the
//! objective, so this stays an ascent. (The same move for best-subset regression: Hazimeh and Mazumder 2020.)

use std::collections::BTreeMap;

use crate::prepare::columns::Columns;
use crate::solve::operator::{Thresholding, shrinkage};
use crate::solve::state::State;
use crate::solve::universal::universal_lambda;

/// A swap has to raise |q| by this factor, so that rounding starts none.
const GAIN: f64 = 1.0 + 1e-6;

/// Products Xᵀx_i of the features that have been kept, within a budget of memory and work.
#[derive(Debug)]
pub(crate) struct SwapMoves {
    /// 1/ρ above which none is tried.
    limit: f64,
    products: BTreeMap<usize, Vec<f64>>,
}

/// Share of the universal threshold below which swap moves are left out. There, neighbours of a feature are added sooner than swapped,
/// and so many are kept that the products would cost more than the ascent.
const SHARE: f64 = 0.25;

/// Multiply-adds that one path may spend on products; what is larger goes without swap moves.
const WORK: usize = 1 << 31;

impl SwapMoves {
    /// Swap moves at every ρ.
    pub fn new() -> Self {
        Self { limit: f64::INFINITY, products: BTreeMap::new() }
    }

    /// From now on wherever λ = ρ/σ² is at least [`SHARE`] of the universal threshold.
    pub fn restrict(&mut self, features: usize, variance: f64) {
        self.limit = 1.0 / (SHARE * universal_lambda(features) * variance);
    }

    /// Computes the missing products of the kept features; false if that would exceed the budget.
    fn prepare<C: Columns>(&mut self, columns: &C, state: &State) -> bool {
        let missing: Vec<usize> =
            state.active.iter().copied().filter(|j| !self.products.contains_key(j)).collect();
        if (self.products.len() + missing.len()) * columns.work() > WORK {
            return false;
        }
        for group in missing.chunks(4) {
            for (&j, product) in group.iter().zip(columns.products(group)) {
                self.products.insert(j, product);
            }
        }
        true
    }

    /// Makes the best swap at `scale` = β/λ, if there is one. `state.gradient` has to be current, and is not afterwards.
    pub fn best_swap<C: Columns, P: Thresholding + ?Sized>(
        &mut self,
        columns: &C,
        penalty: &P,
        state: &mut State,
        scale: f64,
    ) -> bool {
        if !penalty.prunes() || scale > self.limit || !self.prepare(columns, state) {
            return false;
        }
        let mut best: Option<(f64, usize, usize, f64)> = None;
        for (place, &i) in state.active.iter().enumerate() {
            let (theta, product) = (state.theta[i], &self.products[&i]);
            let own = (state.gradient[i] + theta).powi(2);
            let bar = own * GAIN * GAIN;
            for (j, (g, c)) in state.gradient.iter().zip(product).enumerate() {
                let q = g + c * theta;
                let gain = q * q - own;
                if q * q > bar && state.theta[j] == 0.0 && best.is_none_or(|b| gain > b.0) {
                    best = Some((gain, place, j, q));
                }
            }
        }
        let Some((_, place, j, q)) = best else { return false };
        let i = state.active[place];
        columns.add(i, state.theta[i], &mut state.residual);
        (state.theta[i], state.u[i]) = (0.0, 0.0);
        state.u[j] = penalty.inverse(scale * q * q);
        state.theta[j] = q * shrinkage(state.u[j]);
        columns.add(j, -state.theta[j], &mut state.residual);
        state.active[place] = j;
        true
    }
}

//! Pair moves: the joint optimum of two correlated features, to leave a maximum that no change of one feature can leave.
//!
//! With every other feature held, the objective of features i and j, over λ and up to a constant, is
//!
//! ```text
//! F = z_i θ_i + z_j θ_j − c θ_i θ_j − ½ [θ_i²(1 + α_i) + θ_j²(1 + α_j)] − KL(α_i) − KL(α_j)
//! ```
//!
//! in normalised units with θ in units of √(λ/β): z_i = √(β/λ) x_iᵀ(r + x_iθ_i + x_jθ_j) and c = x_iᵀx_j. A coordinate's update is exact
//! at any value of the other, so alternating them from a start climbs to a maximum of F. Three starts find the maxima that matter:
//! i alone, j alone (together they hold the swap move), and both at α = 1 (splitting one weight between two columns). The best is taken
//! if it lies above where the two are now, so that every move raises the objective.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::prepare::columns::Columns;
use crate::solve::operator::{Thresholding, log_alpha, shrinkage};
use crate::solve::state::State;

/// Columns that are correlated by less than this are left alone.
const CORRELATED: f64 = 0.5;

/// A move has to raise the objective by this, in units of λ nats, so that rounding starts none.
const GAIN: f64 = 1e-6;

/// What rounding may leave of a difference of two values, relative to them.
const ROUNDING: f64 = 1e-12;

/// Alternations of one climb; it stops earlier at a change below [`STILL`].
const MOST_ALTERNATIONS: usize = 200;

/// Change of θ, in standard errors over √λ, at which a climb has ended.
const STILL: f64 = 1e-7;

/// Multiply-adds that one fit may spend on products; what is larger goes without pair moves.
const WORK: usize = 1 << 31;

/// Products Xᵀx_i of the features that have been kept, reduced to the correlated ones.
#[derive(Debug, Default)]
pub(crate) struct PairMoves {
    partners: BTreeMap<usize, Vec<(usize, f64)>>,
}

/// Two features, i kept.
#[derive(Debug, Clone, Copy)]
struct Pair {
    i: usize,
    j: usize,
    /// x_iᵀx_j.
    c: f64,
}

/// Where two features are: θ in units of √(λ/β), and u.
#[derive(Debug, Clone, Copy)]
struct Place {
    theta: [f64; 2],
    u: [f64; 2],
}

/// The objective of two features with the rest held.
struct Local<'a, P: ?Sized> {
    penalty: &'a P,
    z: [f64; 2],
    c: f64,
}

impl<P: Thresholding + ?Sized> Local<'_, P> {
    /// F at a place whose u belong to its θ.
    fn value(&self, at: Place) -> f64 {
        let one = |k: usize| {
            let (theta, u) = (at.theta[k], at.u[k]);
            if theta == 0.0 {
                return 0.0;
            }
            theta * (self.z[k] - 0.5 * theta * (1.0 + 0.5 / u)) - self.penalty.value(log_alpha(u))
        };
        one(0) + one(1) - self.c * at.theta[0] * at.theta[1]
    }

    /// Alternates the two exact updates, feature `first` first.
    fn climb(&self, mut theta: [f64; 2], first: usize) -> Place {
        let mut u = [0.0; 2];
        for _ in 0..MOST_ALTERNATIONS {
            let before = theta;
            for k in [first, 1 - first] {
                let q = self.z[k] - self.c * theta[1 - k];
                u[k] = self.penalty.inverse(q * q);
                theta[k] = q * shrinkage(u[k]);
            }
            if (theta[0] - before[0]).abs().max((theta[1] - before[1]).abs()) <= STILL {
                break;
            }
        }
        Place { theta, u }
    }

    /// The best of the three climbs, with its value.
    fn best(&self) -> (f64, Place) {
        // θ at α = 1 for both: [2 c; c 2] θ = z.
        let determinant = 4.0 - self.c * self.c;
        let both = [
            (2.0 * self.z[0] - self.c * self.z[1]) / determinant,
            (2.0 * self.z[1] - self.c * self.z[0]) / determinant,
        ];
        // The stronger one first, so that the columns' order does not matter.
        let stronger = usize::from(self.z[1].abs() > self.z[0].abs());
        let climbs = [self.climb([0.0; 2], 0), self.climb([0.0; 2], 1), self.climb(both, stronger)];
        let mut best = (f64::NEG_INFINITY, climbs[0]);
        for place in climbs {
            let value = self.value(place);
            if value > best.0 {
                best = (value, place);
            }
        }
        best
    }
}

impl PairMoves {
    /// No products yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Computes the missing products of the kept features; false if that would exceed the budget.
    fn prepare<C: Columns>(&mut self, columns: &C, state: &State) -> bool {
        let missing: Vec<usize> =
            state.active.iter().copied().filter(|j| !self.partners.contains_key(j)).collect();
        if (self.partners.len() + missing.len()).saturating_mul(columns.work()) > WORK {
            return false;
        }
        for group in missing.chunks(4) {
            for (&i, product) in group.iter().zip(columns.products(group)) {
                let near = |&(j, c): &(usize, f64)| j != i && c.abs() >= CORRELATED;
                self.partners.insert(i, product.into_iter().enumerate().filter(near).collect());
            }
        }
        true
    }

    /// Makes the best pair move at `scale` = β/λ, if there is one, and says by how much it raised the objective, in units of λ nats.
    /// `state.gradient` has to be current, and is not afterwards.
    pub fn best_move<C: Columns, P: Thresholding + ?Sized>(
        &mut self,
        columns: &C,
        penalty: &P,
        state: &mut State,
        scale: f64,
    ) -> Option<f64> {
        if !penalty.prunes() || !self.prepare(columns, state) {
            return None;
        }
        let root = scale.sqrt();
        let pairs: Vec<Pair> = state
            .active
            .iter()
            .flat_map(|&i| self.partners[&i].iter().map(move |&(j, c)| Pair { i, j, c }))
            // Two kept features come once.
            .filter(|p| state.theta[p.j] == 0.0 || p.i < p.j)
            .collect();
        let gain = |&Pair { i, j, c }: &Pair| {
            let theta = [state.theta[i], state.theta[j]];
            let z = [
                root * (state.gradient[i] + theta[0] + c * theta[1]),
                root * (state.gradient[j] + theta[1] + c * theta[0]),
            ];
            let local = Local { penalty, z, c };
            let now = Place { theta: theta.map(|t| t * root), u: [state.u[i], state.u[j]] };
            let (value, place) = local.best();
            let gain = value - local.value(now);
            // Under a tiny noise level the values are huge, and so is their rounding.
            let sure = gain > GAIN.max(ROUNDING * value.abs());
            (if sure { gain } else { 0.0 }, place)
        };
        let gains: Vec<(f64, Place)> = pairs.par_iter().with_min_len(256).map(gain).collect();
        let mut best: Option<(f64, usize)> = None;
        for (k, (gain, _)) in gains.iter().enumerate() {
            if *gain > 0.0 && best.is_none_or(|b| *gain > b.0) {
                best = Some((*gain, k));
            }
        }
        let (raised, k) = best?;
        let (Pair { i, j, .. }, place) = (pairs[k], gains[k].1);
        for (feature, side) in [(i, 0), (j, 1)] {
            let theta = place.theta[side] / root;
            columns.add(feature, state.theta[feature] - theta, &mut state.residual);
            (state.theta[feature], state.u[feature]) = (theta, place.u[side]);
        }
        let theta = &state.theta;
        if !state.active.contains(&j) {
            state.active.push(j);
        }
        state.active.retain(|&f| theta[f] != 0.0);
        Some(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ops::ControlFlow;
    use kl_approx::{EmpiricalBayes, Exact, Sigmoid};
    use proptest::prelude::*;

    use crate::design::Design;
    use crate::prepare::dense::dense;
    use crate::prepare::normalise::target;
    use crate::prepare::rows::Rows;
    use crate::solve::ascent::{Ascent, Stopping};
    use crate::solve::state::Beta;
    use crate::synthetic::Spec;

    /// Every pair move raises the objective, recomputed from θ, by what it says; the number of moves.
    fn climbs<P: Thresholding>(penalty: &P, spec: &Spec, seed: u64, lambda: f64) -> usize {
        let p = spec.problem(seed);
        let rows = Rows::new(p.x.nrows(), None, true).unwrap();
        let target = target(p.t.as_slice(), &rows).unwrap();
        let columns = &dense(Design::from(&p.x), &rows).unwrap().columns;
        let mut state = State::empty(columns, &target.values, rows.n);
        let beta = Beta::Fixed((target.scale / spec.noise).powi(2));
        let value = |state: &State| {
            let mut fresh = state.clone();
            fresh.refresh(columns, &target.values);
            fresh.objective(columns, penalty, lambda, beta)
        };
        let ascent = Ascent { columns, penalty, lambda, beta };
        let stop = Stopping { tolerance: 1e-10, max_sweeps: 20_000, max_active: usize::MAX };
        let (mut moves, mut made) = (PairMoves::new(), 0);
        ascent.run(&mut state, stop, &mut |_, _| ControlFlow::Continue(()));
        loop {
            let (before, scale) = (value(&state), state.beta / lambda);
            let Some(raised) = moves.best_move(columns, penalty, &mut state, scale) else { return made };
            made += 1;
            let after = value(&state);
            let rounding = 1e-9 * (1.0 + before.abs());
            assert!(
                (after - before - lambda * raised).abs() < rounding + 1e-6 * lambda * raised,
                "{before} {after} {raised}"
            );
            columns.gradient(&state.residual, &mut state.gradient);
            ascent.run(&mut state, stop, &mut |_, _| ControlFlow::Continue(()));
            assert!(value(&state) >= after - rounding && made < 1000);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn moves_raise_the_objective_by_what_they_say(
            seed in 0u64..1_000_000, n in 10usize..50, d in 2usize..40, lambda in 0.5f64..10.0,
            correlation in 0.5f64..0.99, which in 0u8..3,
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
    fn moves_happen_where_columns_are_nearly_collinear() {
        let spec = Spec { correlation: 0.98, ..Spec::new(60, 40, 8, 0.5) };
        let made: usize = (0..4).map(|seed| climbs(&Exact, &spec, seed, 2.0)).sum();
        assert!(made > 0);
    }
}

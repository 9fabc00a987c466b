//! One fold's training problem, and where its path stands.

use crate::params::Refit;
use crate::prepare::columns::Columns;
use crate::prepare::normalise::Target;
use crate::prepare::prepared::Prepared;
use crate::problem::Problem;
use crate::solve::ascent::Stopping;
use crate::solve::descent::{Descent, Place, most_active};
use crate::solve::least_squares::refit;
use crate::solve::operator::Thresholding;
use crate::solve::state::State;
use crate::solve::swap_moves::SwapMoves;

/// One fold.
pub(super) struct Fold<C> {
    pub prepared: Prepared<C>,
    pub target: Target,
    /// Positions among the rows in use.
    pub held_out: Vec<usize>,
    pub state: State,
    pub swaps: SwapMoves,
    /// σ² of the whole data in the fold's units.
    pub variance: f64,
}

/// What a fold gives at one λ.
pub(super) struct Step {
    /// Held-out squared errors of each refit.
    pub losses: Vec<Vec<f64>>,
    pub kept: usize,
}

impl<C: Columns> Fold<C> {
    /// Moves the fold to λ.
    pub fn step<P: Thresholding>(&mut self, problem: Problem<'_, P>, refits: &[Refit], lambda: f64) -> Step {
        let stop = Stopping { tolerance: 1e-2, max_sweeps: 300, max_active: most_active(self.state.n) };
        let (columns, penalty) = (&self.prepared.columns, &problem.params.divergence);
        let at = Place { rho: lambda * self.variance, lambda };
        Descent { columns, penalty, swaps: &mut self.swaps }.solve(&mut self.state, at, stop);
        let losses = |r: &Refit| {
            let mut theta = self.state.theta.clone();
            if *r == Refit::LeastSquares {
                refit(columns, &self.target.values, &self.state.active, &mut theta, 1e-6);
            }
            self.losses(problem, &theta)
        };
        Step { losses: refits.iter().map(losses).collect(), kept: self.state.active.len() }
    }

    fn losses<P>(&self, problem: Problem<'_, P>, theta: &[f64]) -> Vec<f64> {
        let Self { prepared, target, held_out, state, .. } = self;
        let Problem { x, t, rows, .. } = problem;
        let mut prediction = vec![target.mean; x.nrows()];
        for &j in &state.active {
            let c = theta[j] * (target.scale / prepared.scales[j]);
            let m = prepared.means[j];
            prediction.iter_mut().for_each(|p| *p -= c * m);
            x.visit(j, |i, v| prediction[i] += c * v);
        }
        let loss = |&k: &usize| {
            let i = rows.index[k];
            ((t[i] - prediction[i]) * rows.root_weight[k]).powi(2)
        };
        held_out.iter().map(loss).collect()
    }
}

//! The stopping rule on (θ, α): averages over consecutive windows of epochs no longer differ.

use crate::engine::state::State;
use crate::params::choices::{Convergence, Parametrisation};
use crate::real::Real;

/// log α is compared inside [−10, 10]: beyond, a weight is fully kept or fully dropped, and α may wander.
const LOG_ALPHA_RANGE: f64 = 10.0;

/// Running sums over the current window and the means of the one before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Windows {
    pub rule: Convergence,
    pub count: usize,
    pub sums: Vec<f64>,
    pub before: Vec<f64>,
}

impl Windows {
    pub(crate) fn new(rule: Convergence) -> Self {
        Self { rule, count: 0, sums: Vec::new(), before: Vec::new() }
    }

    /// Takes in the state after an epoch; at a window's end, whether it agrees with the one before.
    pub(crate) fn update<R: Real>(&mut self, state: &State<R>, parametrisation: Parametrisation) -> bool {
        let values = state.layers.iter().flat_map(|layer| {
            layer.positions().flat_map(move |i| {
                let log_alpha = layer.log_alpha(i, parametrisation).clamp(-LOG_ALPHA_RANGE, LOG_ALPHA_RANGE);
                [layer.theta[i].f64(), log_alpha]
            })
        });
        if self.count == 0 {
            self.sums.clear();
            self.sums.extend(values);
        } else {
            self.sums.iter_mut().zip(values).for_each(|(s, v)| *s += v);
        }
        self.count += 1;
        if self.count < self.rule.window {
            return false;
        }
        let means: Vec<f64> = self.sums.iter().map(|s| s / self.count as f64).collect();
        self.count = 0;
        let agrees = self.before.len() == means.len() && self.agree(&means);
        self.before = means;
        agrees
    }

    fn agree(&self, means: &[f64]) -> bool {
        let (mut moved, mut size, mut log_alpha) = (0.0, 0.0, 0.0);
        for (now, before) in means.chunks_exact(2).zip(self.before.chunks_exact(2)) {
            moved += (now[0] - before[0]).powi(2);
            size += before[0].powi(2);
            log_alpha += (now[1] - before[1]).abs();
        }
        let weights = (means.len() / 2) as f64;
        let tolerance = self.rule.tolerance;
        moved.sqrt() <= tolerance * size.sqrt() && log_alpha <= tolerance * LOG_ALPHA_RANGE * weights
    }
}

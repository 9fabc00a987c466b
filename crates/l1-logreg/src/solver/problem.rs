//! The objective in the coordinates of the solvers.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | s_j | `scale` | a power of two near the largest magnitude of feature j |
//! | β_jk = s_j w_jk | `State::beta` | scaled weight, at `k (D + 1) + j`; j = D is the intercept |
//! | λ = 1/C | `lambda` | weight of the penalty |
//! | Z, R | `State::scores`, `State::residuals` | scores and ∂f/∂Z, see `loss` |
//! | P = f + λ Σ (ρ\|w\| + (1 − ρ) w²/2) | [`Optimality::objective`] | primal objective, by group |
//!
//! Scaling by a power of two is exact. It keeps curvatures near 1 whatever the unit of a feature, and the penalty on β_jk is that on
//! β_jk / s_j, so the problem solved is the one that was posed.

use crate::design::{Design, lanes};
use crate::loss::Loss;
use crate::penalty::{Intercept, Penalty};
use crate::scalar::Scalar;

pub(crate) struct Problem<'a, T: Scalar> {
    pub design: &'a Design<'a, T>,
    pub labels: &'a [u32],
    pub outputs: usize,
    pub loss: Loss,
    pub penalty: Penalty,
    pub intercept: Intercept,
    pub scale: &'a [f64],
    pub lambda: f64,
}

/// A point: the weights and what follows from them.
#[derive(Clone)]
pub(crate) struct State<T> {
    pub beta: Vec<f64>,
    pub scores: Vec<T>,
    pub residuals: Vec<T>,
    /// Loss by group.
    pub loss: Vec<f64>,
    /// Whether `scores` were computed from `beta` at once, not updated step by step.
    pub fresh: bool,
}

/// How far a group is from its optimum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Optimality {
    pub objective: f64,
    /// An estimate of the duality gap, infinite while far away.
    pub gap: f64,
    /// The largest subgradient distance in units of λ.
    pub violation: f64,
}

impl<T: Scalar> Problem<'_, T> {
    pub fn features(&self) -> usize {
        self.design.columns()
    }
    pub fn stride(&self) -> usize {
        self.features() + 1
    }
    pub fn lanes(&self) -> usize {
        lanes(self.outputs)
    }
    pub fn groups(&self) -> usize {
        self.loss.groups(self.outputs)
    }
    /// The outputs of a group.
    pub fn members(&self, group: usize) -> core::ops::Range<usize> {
        if self.groups() == 1 { 0..self.outputs } else { group..group + 1 }
    }
    /// The scale of feature j, 1 for the intercept.
    pub fn unit(&self, j: usize) -> f64 {
        self.scale.get(j).copied().unwrap_or(1.0)
    }
    /// Whether coordinate j can move at all.
    pub fn free(&self, j: usize) -> bool {
        j < self.features() || self.intercept != Intercept::None
    }
    /// (λ₁, λ₂) of coordinate j: the penalty is λ₁|β| + λ₂β²/2.
    pub fn weights(&self, j: usize) -> (f64, f64) {
        if j == self.features() && self.intercept != Intercept::Penalised {
            return (0.0, 0.0);
        }
        let (l1, l2) = self.penalty.parts();
        let s = self.unit(j);
        (l1 * self.lambda / s, l2 * self.lambda / s / s)
    }
    /// The subgradient distance of one coordinate, given the gradient of the smooth part.
    pub fn distance(&self, j: usize, beta: f64, gradient: f64) -> f64 {
        let (l1, _) = self.weights(j);
        if beta == 0.0 { (gradient.abs() - l1).max(0.0) } else { (gradient + l1 * beta.signum()).abs() }
    }

    /// The state at the given scaled weights, or at the model without weights.
    pub fn start(&self, beta: Option<&[f64]>) -> State<T> {
        let n = self.labels.len() * self.lanes();
        let zeros = vec![T::default(); n];
        let mut state = State {
            beta: beta.map_or_else(|| self.empty_model(), <[f64]>::to_vec),
            scores: zeros.clone(),
            residuals: zeros,
            loss: Vec::new(),
            fresh: true,
        };
        self.refresh(&mut state);
        state
    }

    /// The optimum with all weights zero: log class shares, or log odds.
    fn empty_model(&self) -> Vec<f64> {
        let mut beta = vec![0.0; self.stride() * self.outputs];
        if self.intercept != Intercept::Unpenalised {
            return beta;
        }
        let mut counts = vec![0.0_f64; self.outputs];
        for &t in self.labels {
            if let Some(count) = counts.get_mut(t as usize) {
                *count += 1.0;
            }
        }
        let n = self.labels.len() as f64;
        for (k, &count) in counts.iter().enumerate() {
            beta[k * self.stride() + self.features()] = match self.loss {
                Loss::Softmax => (count / n).ln(),
                Loss::OneVsRest => (count / (n - count)).ln(),
            };
        }
        beta
    }

    /// Scores, residuals and loss from the weights.
    pub fn refresh(&self, state: &mut State<T>) {
        let (table, intercept) = self.table(&state.beta);
        self.design.forward(&table, &intercept, &mut state.scores);
        let scores = state.scores.clone();
        state.loss = self.step(&scores, None, &mut state.scores, &mut state.residuals);
        state.fresh = true;
    }

    /// [`Loss::step`] with this problem's labels.
    pub fn step(
        &self,
        scores: &[T],
        direction: Option<(&[T], &[T])>,
        new: &mut [T],
        residuals: &mut [T],
    ) -> Vec<f64> {
        self.loss.step(self.labels, self.outputs, scores, direction, new, residuals)
    }

    /// The change of the scores that a direction in β brings.
    pub fn image(&self, direction: &[f64]) -> Vec<T> {
        let (table, intercept) = self.table(direction);
        let mut image = vec![T::default(); self.labels.len() * self.lanes()];
        self.design.forward(&table, &intercept, &mut image);
        image
    }

    /// Number of weights that are not zero.
    pub fn kept(&self, state: &State<T>) -> usize {
        let columns = state.beta.chunks_exact(self.stride());
        columns.map(|column| column[..self.features()].iter().filter(|&&b| b != 0.0).count()).sum()
    }

    /// β (or a direction in β) as the table W by rows and the intercepts, in the data's unit.
    pub fn table(&self, beta: &[f64]) -> (Vec<T>, Vec<T>) {
        let (d, l, stride) = (self.features(), self.lanes(), self.stride());
        let mut table = vec![T::default(); d * l];
        let mut intercept = vec![T::default(); l];
        for k in 0..self.outputs {
            for j in 0..d {
                let b = beta[k * stride + j];
                if b != 0.0 {
                    table[j * l + k] = T::from_f64(b / self.scale[j]);
                }
            }
            intercept[k] = T::from_f64(beta[k * stride + d]);
        }
        (table, intercept)
    }

    /// ∂/∂β of the smooth part (the loss and λ₂β²/2), in β's layout.
    pub fn gradient(&self, state: &State<T>) -> Vec<f64> {
        let (d, l, stride) = (self.features(), self.lanes(), self.stride());
        let raw = self.design.back(&state.residuals, l);
        let mut gradient = vec![0.0; stride * self.outputs];
        for k in 0..self.outputs {
            for j in 0..stride {
                let at = k * stride + j;
                if self.free(j) {
                    gradient[at] = raw[j * l + k] / self.unit(j) + self.weights(j).1 * state.beta[at];
                }
            }
        }
        debug_assert!(d < stride);
        gradient
    }

    pub fn penalty_of(&self, group: usize, beta: &[f64]) -> f64 {
        let stride = self.stride();
        let mut sum = 0.0;
        for k in self.members(group) {
            for j in 0..stride {
                let b = beta[k * stride + j];
                if b != 0.0 {
                    let (l1, l2) = self.weights(j);
                    sum += l1 * b.abs() + 0.5 * l2 * b * b;
                }
            }
        }
        sum
    }

    /// The penalty's change from `old` to `new`, coordinate by coordinate: no digit is lost to what does not move.
    pub fn penalty_change(&self, group: usize, old: &[f64], new: &[f64]) -> f64 {
        let stride = self.stride();
        let members = self.members(group);
        (members.start * stride..members.end * stride)
            .filter(|&at| old[at] != new[at])
            .map(|at| {
                let (l1, l2) = self.weights(at % stride);
                let (a, b) = (old[at], new[at]);
                l1 * (b.abs() - a.abs()) + 0.5 * l2 * (b - a) * (b + a)
            })
            .sum()
    }

    pub fn objective(&self, state: &State<T>) -> f64 {
        (0..self.groups()).map(|g| state.loss[g] + self.penalty_of(g, &state.beta)).sum()
    }

    /// How far every group is from its optimum.
    pub fn optimality(&self, state: &State<T>, gradient: &[f64]) -> Vec<Optimality> {
        let groups = self.groups();
        let stride = self.stride();
        let mut violation = vec![0.0_f64; groups];
        let mut scales = vec![1.0_f64; groups];
        let mut rest = vec![0.0_f64; groups];
        for g in 0..groups {
            let members = self.members(g);
            let reach: f64 = 1.0
                + state.beta[members.start * stride..members.end * stride]
                    .iter()
                    .map(|b| b.abs())
                    .sum::<f64>();
            for k in members {
                for j in (0..stride).filter(|&j| self.free(j)) {
                    let at = k * stride + j;
                    let (beta, slope) = (state.beta[at], gradient[at]);
                    let (l1, l2) = self.weights(j);
                    let distance = self.distance(j, beta, slope);
                    violation[g] = violation[g].max(distance * self.unit(j) / self.lambda);
                    let raw = (slope - l2 * beta).abs();
                    if l2 > 0.0 {
                        rest[g] += 0.5 * (raw - l1).max(0.0).powi(2) / l2;
                    } else if l1 > 0.0 {
                        scales[g] = scales[g].min(if raw > l1 { l1 / raw } else { 1.0 });
                    } else {
                        // A residual sum that is not quite zero has to be mended before it bounds anything; that moves every other
                        // slope by up to as much (β's columns are of magnitude 1).
                        rest[g] += raw * reach;
                    }
                }
            }
        }
        let near = scales.iter().any(|&s| s > 0.8);
        let dual = if near {
            self.loss.dual(self.labels, self.outputs, &state.residuals, &scales)
        } else {
            vec![f64::NEG_INFINITY; groups]
        };
        (0..groups)
            .map(|g| {
                let objective = state.loss[g] + self.penalty_of(g, &state.beta);
                let gap = objective - dual[g] + rest[g];
                Optimality {
                    objective,
                    gap: if scales[g] > 0.8 { gap } else { f64::INFINITY },
                    violation: violation[g],
                }
            })
            .collect()
    }
}

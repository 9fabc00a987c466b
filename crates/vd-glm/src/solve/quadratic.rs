//! Coordinate ascent on one output's local model, with the closed-form threshold.
//!
//! The model of the bound around the present point is Σ q·Δ − ½ Δᵀ G Δ − prior in Δ = (Δθ, Δσ²): a weighted linear regression whose
//! features are the columns, and for kept weights their tilted squares (`pass::gram`).
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | G | `gram` | Σ w φ φᵀ about the w-weighted means |
//! | S_d | `gram`'s diagonal | Σ w (x_d − c_d)² |
//! | r | `slope` | the model's gradient at the present (θ, σ²) |
//!
//! One weight given the rest: q = r_d + S_d θ_d, s′ = −2 ∂/∂σ_d²; the prior's optimum is in closed form (`solve::prior`). s′ = S_d at the
//! model's centre, and moves with the variances: the step in log α is Newton's for that.

use crate::pass::point::Weight;
use crate::solve::prior::{Coordinate, Prior};

/// A column whose S is this small against its uncentred sum does not vary under the weights w.
const DEGENERATE: f64 = 1e-12;

/// The largest factor by which a round changes an α, and by which s′ leaves S: the model holds no further.
pub(crate) const GROWTH: f64 = 4.0;

/// The local model of one output.
#[derive(Debug, Clone)]
pub(crate) struct Quadratic {
    /// Number of features.
    size: usize,
    /// Column-major, both triangles.
    gram: Vec<f64>,
    /// The gradient.
    pub slope: Vec<f64>,
    /// The present θ of every column.
    pub theta: Vec<f64>,
    /// The present σ².
    pub variance: Vec<f64>,
    /// The feature of a column's variance, for columns that were kept at the model's centre.
    tilt: Vec<Option<usize>>,
    /// θ and σ² at the model's centre.
    start: Vec<(f64, f64)>,
    usable: Vec<bool>,
    /// μ: the model has −½ μ S (θ − θ₀)² besides.
    pub damping: f64,
    /// Whether the damping has max(S, `floor`) for S, and −½ μ max(S, `floor`) σ² for a weight that enters.
    pub cautious: bool,
    /// What S would be if the weights w were the same for all rows: where a column varies in rows only that are certain at present, its S
    /// says little of what a step meets.
    floor: f64,
    /// Columns in the order of their z² at the start, largest first: the result does not depend on the columns' order, ties aside.
    order: Vec<usize>,
}

impl Quadratic {
    /// `raw` is the uncentred Gram's diagonal for the columns; `kept` are the weights at the centre with their column's place.
    pub fn new(gram: Vec<f64>, raw: &[f64], floor: f64, slope: Vec<f64>, kept: &[(usize, Weight)]) -> Self {
        let (size, columns) = (slope.len(), raw.len());
        let usable = |j: usize| {
            let s = gram[j * size + j];
            s.is_finite() && s > DEGENERATE * raw[j] && s > f64::MIN_POSITIVE
        };
        let usable: Vec<bool> = (0..columns).map(usable).collect();
        let mut start = vec![(0.0, 0.0); columns];
        let mut tilt = vec![None; columns];
        for (feature, &(place, weight)) in kept.iter().enumerate() {
            start[place] = (weight.mean, weight.variance);
            tilt[place] = Some(columns + feature);
        }
        let score = |j: usize| {
            let s = gram[j * size + j];
            if usable[j] { (slope[j] + s * start[j].0).powi(2) / s } else { -1.0 }
        };
        let scores: Vec<f64> = (0..columns).map(score).collect();
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let (theta, variance) = start.iter().copied().unzip();
        Self {
            size,
            gram,
            slope,
            theta,
            variance,
            tilt,
            start,
            usable,
            damping: 0.0,
            cautious: false,
            floor,
            order,
        }
    }

    /// The curvature along a feature.
    pub fn bend(&self, feature: usize) -> f64 {
        self.entry(feature, feature).max(0.0)
    }

    fn entry(&self, a: usize, b: usize) -> f64 {
        self.gram[b * self.size + a]
    }

    /// Moves along a feature and keeps the gradient.
    fn shift(&mut self, feature: usize, change: f64) {
        if change == 0.0 {
            return;
        }
        let column = &self.gram[feature * self.size..(feature + 1) * self.size];
        for (slope, g) in self.slope.iter_mut().zip(column) {
            *slope -= change * g;
        }
    }

    /// (σ², θ) of column j at its maximum, or part of the way there in log α.
    fn target(&self, j: usize, prior: &Prior) -> (f64, f64) {
        if !self.usable[j] {
            return (0.0, 0.0);
        }
        let own = self.entry(j, j);
        let (before, spread) = (self.theta[j], self.variance[j]);
        let extra = self.extra(own);
        let q = self.slope[j] + own * before + extra * self.start[j].0;
        let s = own + extra;
        let Some(t) = self.tilt[j] else {
            let s_variance = if self.cautious { s } else { own };
            return prior.optimum(Coordinate { q, s, s_variance }).unwrap_or((0.0, 0.0));
        };
        let (cross, bend) = (self.entry(j, t), self.entry(t, t));
        let (mut variance, mut theta) = (spread, before);
        for _ in 0..2 {
            let slope = self.slope[t] - cross * (theta - before) - bend * (variance - spread);
            let c = Coordinate {
                q: q - cross * (variance - spread),
                s,
                s_variance: (-2.0 * slope).clamp(own / GROWTH, own * GROWTH),
            };
            let Some((best_variance, best)) = prior.optimum(c) else { return (0.0, 0.0) };
            if !(spread > 0.0) {
                return (best_variance, best);
            }
            let (mean, initial) = self.start[j];
            let log = |variance: f64, theta: f64| match prior {
                Prior::LogUniform { .. } | Prior::Shared { .. } => variance.ln() - 2.0 * theta.abs().ln(),
                Prior::Normal { .. } => variance.ln(),
            };
            let damping = 1.0 / (1.0 + extra / own + 2.0 * bend * variance / c.s_variance);
            let present = log(variance, theta);
            let mut reached = present + damping * (log(best_variance, best) - present);
            // A weight that changes much is as good as new: its old α says nothing.
            if (0.5..2.0).contains(&(best / mean)) {
                let origin = log(initial, mean);
                reached = reached.clamp(origin - GROWTH.ln(), origin + GROWTH.ln());
            }
            (variance, theta) = prior.held(c, reached.exp(), reached.exp());
        }
        if variance > 0.0 && variance.is_finite() && theta != 0.0 { (variance, theta) } else { (0.0, 0.0) }
    }

    /// Column j as a coordinate given the rest; none where it does not vary.
    pub fn coordinate(&self, j: usize) -> Option<Coordinate> {
        if !self.usable[j] {
            return None;
        }
        let own = self.entry(j, j);
        let extra = self.extra(own);
        let (q, s) = (self.slope[j] + own * self.theta[j] + extra * self.start[j].0, own + extra);
        let s_variance = match self.tilt[j] {
            Some(t) => (-2.0 * self.slope[t]).clamp(own / GROWTH, own * GROWTH),
            None if self.cautious => s,
            None => own,
        };
        Some(Coordinate { q, s, s_variance })
    }

    /// By how much more than the model's centre asks for a step in log α is shortened: (μ's share of S, 2σ⁴ × the curvature in σ², s′σ²).
    pub fn stiffness(&self, j: usize) -> (f64, f64, f64) {
        let Some(t) = self.tilt[j].filter(|_| self.usable[j]) else { return (0.0, 0.0, 0.0) };
        let (own, variance) = (self.entry(j, j), self.variance[j]);
        let slope = (-2.0 * self.slope[t]).clamp(own / GROWTH, own * GROWTH);
        (self.extra(own) / own, 2.0 * self.bend(t) * variance * variance, slope * variance)
    }

    /// The columns' places, largest z² at the centre first.
    pub fn order(&self) -> Vec<usize> {
        self.order.clone()
    }

    /// (θ, σ²) of column j at the model's centre.
    pub fn start(&self, j: usize) -> (f64, f64) {
        self.start[j]
    }

    /// What damping adds to a curvature.
    fn extra(&self, own: f64) -> f64 {
        self.damping * if self.cautious { own.max(self.floor) } else { own }
    }

    /// Updates one column's weight; its change in standard errors.
    fn update(&mut self, j: usize, prior: &Prior) -> f64 {
        let (variance, theta) = self.target(j, prior);
        self.set(j, variance, theta)
    }

    /// Gives column j this variance and mean; the change in standard errors.
    pub fn set(&mut self, j: usize, variance: f64, theta: f64) -> f64 {
        let (step, widening) = (theta - self.theta[j], variance - self.variance[j]);
        (self.theta[j], self.variance[j]) = (theta, variance);
        if step == 0.0 && widening == 0.0 {
            return 0.0;
        }
        self.shift(j, step);
        let mut moved = step.abs() * self.entry(j, j).max(0.0).sqrt();
        if let Some(t) = self.tilt[j] {
            self.shift(t, widening);
            moved = moved.max(widening.abs() * self.entry(t, t).max(0.0).sqrt());
        }
        moved
    }

    /// Sweeps until no coordinate moves by more than `tolerance` standard errors, or `limit` sweeps; the largest move of the first.
    pub fn ascend(&mut self, prior: &Prior, tolerance: f64, limit: usize) -> f64 {
        let order = std::mem::take(&mut self.order);
        let mut first: f64 = 0.0;
        let mut sweep = 0;
        while sweep < limit {
            let full = order.iter().fold(0.0_f64, |m, &j| m.max(self.update(j, prior)));
            if sweep == 0 {
                first = full;
            }
            sweep += 1;
            if !(full > tolerance) {
                break;
            }
            // The kept ones alone, to convergence, before all are looked at again.
            let kept: Vec<usize> = order.iter().copied().filter(|&j| self.theta[j] != 0.0).collect();
            while sweep < limit {
                let change = kept.iter().fold(0.0_f64, |m, &j| m.max(self.update(j, prior)));
                sweep += 1;
                if !(change > tolerance) {
                    break;
                }
            }
        }
        self.order = order;
        first
    }

    /// The changes since `theta` and `variance`: (feature, change), none that are 0. Variances without a feature have none.
    pub fn changes(&self, theta: &[f64], variance: &[f64]) -> Vec<(usize, f64)> {
        let mut out = Vec::new();
        for j in 0..theta.len() {
            out.push((j, self.theta[j] - theta[j]));
            out.extend(self.tilt[j].map(|t| (t, self.variance[j] - variance[j])));
        }
        out.retain(|(_, change)| *change != 0.0);
        out
    }

    /// The changes since the model's centre.
    pub fn moved(&self) -> Vec<(usize, f64)> {
        let (theta, variance): (Vec<f64>, Vec<f64>) = self.start.iter().copied().unzip();
        self.changes(&theta, &variance)
    }
}

//! Coordinate ascent on one output's local quadratic model: weighted linear regression with the closed-form threshold.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | G | `gram` | Σ w x xᵀ about the w-weighted means, working columns |
//! | S_d | `gram`'s diagonal | Σ w (x_d − c_d)² |
//! | r | `slope` | Σ g x about the means at the present θ: the model's gradient |
//!
//! One coordinate given the rest: q = r_d + S_d θ_d, z² = q²/S_d; u solves (1 + 2u)² D(√u)/√u = z²/λ (0 if z² ≤ λ: pruned, exactly),
//! and θ_d = (q/S_d)·2u/(1 + 2u), σ_d² = θ_d²/(2u).

use kl_approx::ard;

/// A column whose S is this small against its uncentred sum does not vary under the weights w.
const DEGENERATE: f64 = 1e-12;

/// The largest u: α beyond it is 0 for every purpose.
const LARGEST_U: f64 = 1e150;

/// The local model of one output.
#[derive(Debug, Clone)]
pub(crate) struct Quadratic {
    /// Working columns' count.
    pub size: usize,
    /// Column-major, both triangles.
    pub gram: Vec<f64>,
    /// The gradient at `theta`.
    pub slope: Vec<f64>,
    /// The present θ.
    pub theta: Vec<f64>,
    /// 1/(2α) of each; 0 where pruned.
    pub u: Vec<f64>,
    /// Whether the column may be kept.
    pub usable: Vec<bool>,
    /// If not empty: the α that each column is held at, ∞ for one that stays pruned.
    pub held: Vec<f64>,
    /// Columns in the order of their z² at the start, largest first: the result does not depend on the columns' order, ties aside.
    pub order: Vec<usize>,
}

impl Quadratic {
    /// `raw` is the uncentred Gram's diagonal.
    pub fn new(gram: Vec<f64>, raw: &[f64], slope: Vec<f64>, theta: Vec<f64>) -> Self {
        let size = slope.len();
        let usable: Vec<bool> = (0..size)
            .map(|j| {
                let s = gram[j * size + j];
                s.is_finite() && s > DEGENERATE * raw[j] && s > f64::MIN_POSITIVE
            })
            .collect();
        let score = |j: usize| {
            let s = gram[j * size + j];
            if usable[j] { (slope[j] + s * theta[j]).powi(2) / s } else { -1.0 }
        };
        let scores: Vec<f64> = (0..size).map(score).collect();
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        Self { size, gram, slope, u: vec![0.0; size], theta, usable, held: Vec::new(), order }
    }

    /// Moves θ_j by `change` and keeps the gradient.
    fn shift(&mut self, j: usize, change: f64) {
        let column = &self.gram[j * self.size..(j + 1) * self.size];
        for (slope, g) in self.slope.iter_mut().zip(column) {
            *slope -= change * g;
        }
    }

    /// Updates one coordinate; its change in standard errors.
    fn update(&mut self, j: usize, lambda: f64) -> f64 {
        let s = self.gram[j * self.size + j];
        let before = self.theta[j];
        let (mut theta, mut u) = (0.0, 0.0);
        if self.usable[j] {
            let q = self.slope[j] + s * before;
            let root = q / s.sqrt();
            if let Some(alpha) = self.held.get(j) {
                if alpha.is_finite() {
                    u = 0.5 / alpha;
                    theta = q / s * ard::shrinkage(u);
                }
            } else if let Some(kept) = ard::threshold_u(root * root / lambda) {
                u = kept.min(LARGEST_U);
                theta = q / s * ard::shrinkage(u);
            }
        }
        self.u[j] = u;
        if theta == before {
            return 0.0;
        }
        self.theta[j] = theta;
        self.shift(j, theta - before);
        (theta - before).abs() * s.max(0.0).sqrt()
    }

    /// Sweeps until no coordinate moves by more than `tolerance` standard errors, or `limit` sweeps; the largest move of the first.
    pub fn ascend(&mut self, lambda: f64, tolerance: f64, limit: usize) -> f64 {
        let order = std::mem::take(&mut self.order);
        let mut first: f64 = 0.0;
        let mut sweep = 0;
        while sweep < limit {
            let full = order.iter().fold(0.0_f64, |m, &j| m.max(self.update(j, lambda)));
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
                let change = kept.iter().fold(0.0_f64, |m, &j| m.max(self.update(j, lambda)));
                sweep += 1;
                if !(change > tolerance) {
                    break;
                }
            }
        }
        self.order = order;
        first
    }
}

//! The sequential algorithm of Tipping & Faul on one quadratic model: add, re-estimate or delete one basis function at
//! a time, always the one that raises the evidence most.
//!
//! | paper | here | shape | meaning |
//! |---|---|---|---|
//! | `β` | `beta` | | noise precision (1 in the Laplace approximation, whose weights are in `H`) |
//! | `Σ` | `sigma` | a x a | posterior covariance of the active weights, `(β H_aa + A)⁻¹` |
//! | `μ` | `mu` | a | their posterior means, `β Σ c_a` |
//! | `S_m` | `big_s` | M | `β h_mm − β² h_mᵀ Σ h_m` |
//! | `Q_m` | `big_q` | M | `β c_m − β h_mᵀ μ` |
//!
//! For inactive functions `s = S` and `q = Q`; for active ones `s = 1/Σ_jj − α` and `q = μ_j/Σ_jj`, which is the
//! paper's `αS/(α − S)` without its cancellation.

use nalgebra::DMatrix;

use crate::error::Error;
use crate::gram::Gram;
use crate::linalg::{Spd, axpy, product};
use crate::quality::{Action, Quality, decide};

/// After this many updates in place, everything is computed afresh.
const REFRESH: usize = 100;

const ABSENT: usize = usize::MAX;

/// One update that the evidence asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) index: usize,
    pub(crate) action: Action,
    /// Nats.
    pub(crate) gain: f64,
}

pub(crate) struct Sequential<'g, G: Gram> {
    gram: &'g G,
    beta: f64,
    /// Least precision allowed, one per candidate.
    floor: &'g [f64],
    /// Least gain of an addition, nats.
    entry_gain: f64,
    active: Vec<usize>,
    position: Vec<usize>,
    alpha: Vec<f64>,
    /// `H[:, active]`, column-major, M rows.
    cross: Vec<f64>,
    sigma: Vec<Vec<f64>>,
    mu: Vec<f64>,
    big_s: Vec<f64>,
    big_q: Vec<f64>,
    log_volume: f64,
    updates: usize,
}

impl<'g, G: Gram> Sequential<'g, G> {
    /// `Σ_jj`.
    pub(crate) fn variances(&self) -> Vec<f64> {
        (0..self.active.len()).map(|j| self.sigma[j][j]).collect()
    }
    /// `β h_jj` of the active functions.
    pub(crate) fn curvatures(&self) -> Vec<f64> {
        self.active.iter().map(|&i| self.beta * self.gram.diagonal()[i]).collect()
    }

    /// A model with these active functions and precisions.
    pub(crate) fn new(
        gram: &'g G,
        beta: f64,
        floor: &'g [f64],
        entry_gain: f64,
        active: &[usize],
        alpha: &[f64],
    ) -> Result<Self, Error> {
        let m = gram.len();
        let mut position = vec![ABSENT; m];
        let mut cross = vec![0.0; m * active.len()];
        for (k, &i) in active.iter().enumerate() {
            position[i] = k;
        }
        gram.columns(active, &mut cross);
        let mut this = Self {
            gram,
            beta,
            floor,
            entry_gain,
            active: active.to_vec(),
            position,
            alpha: alpha.to_vec(),
            cross,
            sigma: Vec::new(),
            mu: Vec::new(),
            big_s: vec![0.0; m],
            big_q: vec![0.0; m],
            log_volume: 0.0,
            updates: 0,
        };
        this.refresh()?;
        Ok(this)
    }

    pub(crate) fn active(&self) -> &[usize] {
        &self.active
    }
    pub(crate) fn alpha(&self) -> &[f64] {
        &self.alpha
    }
    pub(crate) fn mu(&self) -> &[f64] {
        &self.mu
    }
    /// `Σ_j γ_j`, the number of well-determined weights, `γ_j = 1 − α_j Σ_jj`.
    pub(crate) fn well_determined(&self) -> f64 {
        self.alpha.iter().enumerate().map(|(j, a)| 1.0 - a * self.sigma[j][j]).sum()
    }
    /// `Σ log α + log │Σ│`, from the last refresh.
    pub(crate) fn log_volume(&self) -> f64 {
        self.log_volume
    }
    /// Largest `│∂L/∂ log α│ = ½ │1 − α (Σ_jj + μ_j²)│`.
    pub(crate) fn slope(&self) -> f64 {
        let slope =
            |j: usize| 0.5 * (1.0 - self.alpha[j] * (self.sigma[j][j] + self.mu[j] * self.mu[j])).abs();
        (0..self.active.len()).map(slope).fold(0.0, f64::max)
    }
    pub(crate) fn sigma(&self) -> DMatrix<f64> {
        let a = self.active.len();
        DMatrix::from_fn(a, a, |i, j| self.sigma[i.max(j)][i.min(j)])
    }

    pub(crate) fn set_beta(&mut self, beta: f64) -> Result<(), Error> {
        self.beta = beta;
        self.refresh()
    }

    /// Everything afresh from the precisions.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let (m, a) = (self.gram.len(), self.active.len());
        self.updates = 0;
        let cross = DMatrix::from_column_slice(m, a, &self.cross);
        let mut h = DMatrix::zeros(a, a);
        for j in 0..a {
            for i in 0..a {
                h[(i, j)] = self.beta * cross[(self.active[i], j)];
            }
            h[(j, j)] += self.alpha[j];
        }
        let factor = Spd::factor(&h).ok_or(Error::Breakdown { what: "posterior precision" })?;
        let sigma = factor.inverse();
        let c: Vec<f64> = self.active.iter().map(|&i| self.beta * self.gram.linear()[i]).collect();
        let mut mu = c.clone();
        factor.solve(&mut mu);
        self.log_volume = self.alpha.iter().map(|a| a.ln()).sum::<f64>() - factor.log_det();
        if !self.log_volume.is_finite() || !mu.iter().all(|m| m.is_finite()) {
            return Err(Error::Breakdown { what: "evidence" });
        }
        let projected = product(&cross, false, &sigma);
        let (diagonal, linear) = (self.gram.diagonal(), self.gram.linear());
        for i in 0..m {
            self.big_s[i] = self.beta * diagonal[i];
            self.big_q[i] = self.beta * linear[i];
        }
        let beta2 = self.beta * self.beta;
        for j in 0..a {
            let (g, p) = (cross.column(j), projected.column(j));
            for i in 0..m {
                self.big_s[i] -= beta2 * g[i] * p[i];
                self.big_q[i] -= self.beta * g[i] * mu[j];
            }
        }
        self.sigma = (0..a).map(|j| sigma.column(j).iter().copied().collect()).collect();
        self.mu = mu;
        Ok(())
    }

    /// Quality and sparsity of candidate `i`.
    pub(crate) fn quality(&self, i: usize) -> Quality {
        let k = self.position[i];
        if k == ABSENT {
            return Quality { sparsity: self.big_s[i], quality: self.big_q[i] };
        }
        let variance = self.sigma[k][k];
        Quality { sparsity: (1.0 / variance - self.alpha[k]).max(0.0), quality: self.mu[k] / variance }
    }

    /// The step that raises the evidence most, or `None` if nothing would.
    pub(crate) fn best_step(&self) -> Option<Step> {
        let mut best: Option<Step> = None;
        let mut consider = |index, decision: Option<(Action, f64)>| {
            if let Some((action, gain)) = decision
                && gain > best.map_or(0.0, |b| b.gain)
            {
                best = Some(Step { index, action, gain });
            }
        };
        for (k, &i) in self.active.iter().enumerate() {
            consider(i, decide(self.quality(i), Some(self.alpha[k]), self.floor[i]));
        }
        // Gain of an addition rises with Q²/S, so one logarithm is enough (but for precisions at their floor).
        let (mut ratio, mut champion) = (1.0, ABSENT);
        let diagonal = self.gram.diagonal();
        for i in 0..self.gram.len() {
            let (s, q) = (self.big_s[i], self.big_q[i]);
            // What lies in the span of the active functions, to rounding, has nothing of its own to add.
            if q * q > ratio * s && s > COLLINEAR * self.beta * diagonal[i] && self.position[i] == ABSENT {
                (ratio, champion) = (q * q / s, i);
            }
        }
        if champion != ABSENT {
            let decision = decide(self.quality(champion), None, self.floor[champion]);
            consider(champion, decision.filter(|(_, gain)| *gain > self.entry_gain));
        }
        best
    }

    /// Does the step; the evidence rises by its gain.
    pub(crate) fn apply(&mut self, step: Step) -> Result<(), Error> {
        match step.action {
            Action::Add(alpha) => self.add(step.index, alpha),
            Action::Reestimate(alpha) => {
                let k = self.position[step.index];
                let kappa = 1.0 / (self.sigma[k][k] + 1.0 / (alpha - self.alpha[k]));
                self.alpha[k] = alpha;
                self.rank_one(k, kappa);
            }
            Action::Delete => {
                let k = self.position[step.index];
                let kappa = 1.0 / self.sigma[k][k];
                self.rank_one(k, kappa);
                self.remove(k);
            }
        }
        self.updates += 1;
        if self.updates >= REFRESH || !self.diagonal_fine() { self.refresh() } else { Ok(()) }
    }

    fn diagonal_fine(&self) -> bool {
        (0..self.active.len()).all(|j| {
            let v = self.sigma[j][j];
            v > 0.0 && v * self.alpha[j] <= 1.0 + 1e-9
        })
    }

    fn add(&mut self, i: usize, alpha: f64) {
        let (m, a) = (self.gram.len(), self.active.len());
        let mut column = vec![0.0; m];
        self.gram.columns(&[i], &mut column);
        let variance = 1.0 / (alpha + self.big_s[i]);
        let mean = variance * self.big_q[i];
        let at: Vec<f64> = self.active.iter().map(|&j| self.beta * column[j]).collect();
        let u: Vec<f64> = (0..a).map(|j| crate::linalg::dot(&self.sigma[j], &at)).collect();
        let mut e = column.clone();
        for (k, &u) in u.iter().enumerate() {
            axpy(&mut e, -u, &self.cross[k * m..(k + 1) * m]);
        }
        let (vs, vq) = (variance * self.beta * self.beta, mean * self.beta);
        for (n, &e) in e.iter().enumerate() {
            self.big_s[n] -= vs * e * e;
            self.big_q[n] -= vq * e;
        }
        for j in 0..a {
            axpy(&mut self.sigma[j], variance * u[j], &u);
            self.sigma[j].push(-variance * u[j]);
            self.mu[j] -= mean * u[j];
        }
        let mut last: Vec<f64> = u.iter().map(|u| -variance * u).collect();
        last.push(variance);
        self.sigma.push(last);
        self.mu.push(mean);
        self.position[i] = a;
        self.active.push(i);
        self.alpha.push(alpha);
        self.cross.extend_from_slice(&column);
    }

    /// `Σ ← Σ − κ Σ_k Σ_kᵀ` with what follows for μ, S and Q.
    fn rank_one(&mut self, k: usize, kappa: f64) {
        let m = self.gram.len();
        let column = self.sigma[k].clone();
        let mean = self.mu[k];
        for (j, &c) in column.iter().enumerate() {
            axpy(&mut self.sigma[j], -kappa * c, &column);
            self.mu[j] -= kappa * mean * c;
        }
        let mut v = vec![0.0; m];
        for (j, &c) in column.iter().enumerate() {
            axpy(&mut v, self.beta * c, &self.cross[j * m..(j + 1) * m]);
        }
        for (i, &v) in v.iter().enumerate() {
            self.big_s[i] += kappa * v * v;
            self.big_q[i] += kappa * mean * v;
        }
    }

    fn remove(&mut self, k: usize) {
        let m = self.gram.len();
        let last = self.active.len() - 1;
        self.position[self.active[k]] = ABSENT;
        self.active.swap_remove(k);
        if k < last {
            self.position[self.active[k]] = k;
            self.cross.copy_within(last * m..(last + 1) * m, k * m);
        }
        self.cross.truncate(last * m);
        self.alpha.swap_remove(k);
        self.mu.swap_remove(k);
        self.sigma.swap_remove(k);
        for row in &mut self.sigma {
            row.swap_remove(k);
        }
    }
}

/// Part of a column's own length that must be left outside the active span for the column to be a candidate.
const COLLINEAR: f64 = 1e-12;

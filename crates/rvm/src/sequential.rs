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

use faer::MatRef;
use nalgebra::DMatrix;

use crate::error::Error;
use crate::gram::Gram;
use crate::linalg::{Spd, axpy, product_into, view};
use crate::quality::{Action, Quality, decide};

/// After this many updates in place, everything is computed afresh.
const REFRESH: usize = 100;

/// After an addition, steps on the active functions go on down to this share of its gain.
pub(crate) const PATIENCE: f64 = 0.1;

/// When the best single step gains less than this (nats), all precisions are moved together.
const TOGETHER_BELOW: f64 = 0.3;
/// Largest change of a log precision in a joint step.
const LONGEST: f64 = 2.0;

const ABSENT: usize = usize::MAX;

/// One update that the evidence asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) index: usize,
    pub(crate) action: Action,
    /// Nats.
    pub(crate) gain: f64,
}

/// What a climb did.
pub(crate) struct Climb {
    /// Nats.
    pub(crate) gained: f64,
    pub(crate) steps: usize,
    /// The candidate of the last step; `None` if it moved all precisions together.
    pub(crate) last: Option<usize>,
}

/// The algorithm's state on one quadratic model.
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
    /// Whether `big_s` and `big_q` belong to the present Σ: they are made when an addition is looked for, and only then.
    synced: bool,
    /// Single steps to take before all precisions are moved together again.
    rest: usize,
    /// Whether joint steps are allowed.
    together: bool,
    /// Candidates that are to be left as they are; empty for none.
    frozen: Vec<bool>,
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
            synced: false,
            rest: 0,
            together: true,
            frozen: Vec::new(),
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

    /// S and Q of every candidate: O(M a²).
    fn sync(&mut self) {
        if self.synced {
            return;
        }
        let (m, a) = (self.gram.len(), self.active.len());
        let (diagonal, linear) = (self.gram.diagonal(), self.gram.linear());
        for i in 0..m {
            self.big_s[i] = self.beta * diagonal[i];
            self.big_q[i] = self.beta * linear[i];
        }
        let sigma = DMatrix::from_fn(a, a, |i, j| self.sigma[j][i]);
        let cross = MatRef::from_column_major_slice(&self.cross, m, a);
        let mut projected = DMatrix::zeros(m, a);
        product_into(&mut projected, cross, view(&sigma));
        let beta2 = self.beta * self.beta;
        for j in 0..a {
            let (g, p) = (&self.cross[j * m..(j + 1) * m], &projected.as_slice()[j * m..(j + 1) * m]);
            let mu = self.beta * self.mu[j];
            for (((s, q), g), p) in self.big_s.iter_mut().zip(&mut self.big_q).zip(g).zip(p) {
                *s -= beta2 * g * p;
                *q -= mu * g;
            }
        }
        self.synced = true;
    }

    /// Leaves these candidates as they are, and moves all together only if asked to.
    pub(crate) fn freeze(&mut self, frozen: &[bool], together: bool) {
        self.frozen = frozen.to_vec();
        self.together = together;
    }

    fn is_frozen(&self, i: usize) -> bool {
        self.frozen.get(i).copied().unwrap_or(false)
    }

    /// Σ and μ afresh from the precisions.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let (m, a) = (self.gram.len(), self.active.len());
        self.updates = 0;
        self.synced = false;
        let mut h = DMatrix::zeros(a, a);
        for j in 0..a {
            for i in 0..a {
                h[(i, j)] = self.beta * self.cross[j * m + self.active[i]];
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
        self.sigma = (0..a).map(|j| sigma.column(j).iter().copied().collect()).collect();
        self.mu = mu;
        Ok(())
    }

    /// Quality and sparsity of every candidate.
    pub(crate) fn qualities(&mut self) -> Vec<Quality> {
        self.sync();
        (0..self.gram.len()).map(|i| self.quality(i)).collect()
    }

    fn quality(&self, i: usize) -> Quality {
        let k = self.position[i];
        if k == ABSENT {
            return Quality { sparsity: self.big_s[i], quality: self.big_q[i] };
        }
        let variance = self.sigma[k][k];
        Quality { sparsity: (1.0 / variance - self.alpha[k]).max(0.0), quality: self.mu[k] / variance }
    }

    /// The re-estimation or deletion that raises the evidence most.
    pub(crate) fn best_active(&self) -> Option<Step> {
        let mut best: Option<Step> = None;
        for (k, &i) in self.active.iter().enumerate() {
            if let Some((action, gain)) = decide(self.quality(i), Some(self.alpha[k]), self.floor[i])
                && gain > best.map_or(0.0, |b| b.gain)
                && !self.is_frozen(i)
            {
                best = Some(Step { index: i, action, gain });
            }
        }
        best
    }

    /// The addition that raises the evidence most.
    pub(crate) fn best_addition(&mut self) -> Option<Step> {
        self.sync();
        // The gain rises with Q²/S, so one logarithm is enough (but for precisions at their floor).
        let (mut ratio, mut champion) = (1.0, ABSENT);
        let diagonal = self.gram.diagonal();
        for i in 0..self.gram.len() {
            let (s, q) = (self.big_s[i], self.big_q[i]);
            // What lies in the span of the active functions, to rounding, has nothing of its own to add.
            if q * q > ratio * s
                && s > COLLINEAR * self.beta * diagonal[i]
                && self.position[i] == ABSENT
                && !self.is_frozen(i)
            {
                (ratio, champion) = (q * q / s, i);
            }
        }
        if champion == ABSENT {
            return None;
        }
        let (action, gain) = decide(self.quality(champion), None, self.floor[champion])?;
        (gain > self.entry_gain).then_some(Step { index: champion, action, gain })
    }

    /// The gain of the best step of any kind, nats.
    pub(crate) fn best_gain(&mut self) -> f64 {
        let active = self.best_active().map_or(0.0, |s| s.gain);
        active.max(self.best_addition().map_or(0.0, |s| s.gain))
    }

    /// Steps until none gains more than `tolerance`, at most `most`.
    ///
    /// After an addition the active functions settle to a tenth of its gain before the next is looked for.
    pub(crate) fn climb(&mut self, tolerance: f64, most: usize) -> Result<Climb, Error> {
        let mut climb = Climb { gained: 0.0, steps: 0, last: None };
        let mut patience = 0.0;
        while climb.steps < most {
            let (gain, last) = match self.settle_once(tolerance.max(patience))? {
                Some(settled) => settled,
                None => match self.best_addition().filter(|s| s.gain > tolerance) {
                    Some(step) => {
                        patience = PATIENCE * step.gain;
                        self.apply(step)?;
                        (step.gain, Some(step.index))
                    }
                    None if patience > tolerance => {
                        patience = 0.0;
                        continue;
                    }
                    None => break,
                },
            };
            climb.gained += gain;
            climb.steps += 1;
            climb.last = last;
        }
        Ok(climb)
    }

    /// One step on the active functions, if any gains more than `threshold`: the best single one while that pays,
    /// then all precisions together. The gain, and the candidate of a single step.
    pub(crate) fn settle_once(&mut self, threshold: f64) -> Result<Option<(f64, Option<usize>)>, Error> {
        let step = self.best_active();
        let gain = step.map_or(0.0, |s| s.gain);
        let reestimate = step.is_none_or(|s| matches!(s.action, Action::Reestimate(_)));
        if self.together && reestimate && gain < TOGETHER_BELOW && self.active.len() > 1 {
            if self.rest == 0 {
                if let Some(joint) = self.newton()? {
                    if joint <= threshold {
                        self.rest = self.active.len();
                    }
                    return Ok(Some((joint, None)));
                }
                self.rest = self.active.len();
            } else {
                self.rest -= 1;
            }
        }
        // `newton` leaves the state as it was where it does not gain.
        match step.filter(|s| s.gain > threshold) {
            Some(step) => {
                self.apply(step)?;
                Ok(Some((step.gain, Some(step.index))))
            }
            None => Ok(None),
        }
    }

    /// `½ [Σ log α + log │Σ│ + β cᵀμ]` from a fresh Σ, and the rounding that it may carry.
    fn value(&self) -> (f64, f64) {
        let fit: f64 =
            self.active.iter().zip(&self.mu).map(|(&i, m)| self.beta * self.gram.linear()[i] * m).sum();
        (0.5 * (self.log_volume + fit), 1e-14 * (1.0 + fit.abs() + self.log_volume.abs()))
    }

    /// A Newton step on all log precisions `ρ` together. With `g_j = ½ [1 − α_j (Σ_jj + μ_j²)]`,
    /// `∂²L/∂ρ_j∂ρ_k = ½ [−δ_jk α_j (Σ_jj + μ_j²) + α_j α_k (Σ_jk² + 2 μ_j μ_k Σ_jk)]`.
    /// Collinear neighbours make single steps crawl; this does not. The gain, or `None` with nothing changed.
    fn newton(&mut self) -> Result<Option<f64>, Error> {
        let a = self.active.len();
        self.refresh()?;
        let (before, rounding) = self.value();
        let mut h = DMatrix::zeros(a, a);
        let mut step = vec![0.0; a];
        for j in 0..a {
            let share = self.alpha[j] * (self.sigma[j][j] + self.mu[j] * self.mu[j]);
            step[j] = 0.5 * (1.0 - share);
            for k in 0..a {
                let cross = self.sigma[j][k];
                h[(j, k)] =
                    -0.5 * self.alpha[j] * self.alpha[k] * cross * (cross + 2.0 * self.mu[j] * self.mu[k]);
            }
            h[(j, j)] += 0.5 * share;
        }
        let Some(factor) = Spd::factor(&h) else { return Ok(None) };
        factor.solve(&mut step);
        let longest = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
        if !(longest.is_finite() && longest > 0.0) {
            return Ok(None);
        }
        let length = (LONGEST / longest).min(1.0);
        let old = self.alpha.clone();
        for (j, s) in step.iter().enumerate() {
            self.alpha[j] = (old[j] * (length * s).exp()).max(self.floor[self.active[j]]);
        }
        let gain = match self.refresh() {
            Ok(()) => self.value().0 - before,
            Err(_) => f64::NEG_INFINITY,
        };
        if gain > rounding {
            return Ok(Some(gain));
        }
        self.alpha = old;
        self.refresh()?;
        Ok(None)
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
        self.synced = false;
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

    /// `Σ ← Σ − κ Σ_k Σ_kᵀ` with what follows for μ.
    fn rank_one(&mut self, k: usize, kappa: f64) {
        let column = self.sigma[k].clone();
        let mean = self.mu[k];
        for (j, &c) in column.iter().enumerate() {
            axpy(&mut self.sigma[j], -kappa * c, &column);
            self.mu[j] -= kappa * mean * c;
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
const COLLINEAR: f64 = 1e-11;

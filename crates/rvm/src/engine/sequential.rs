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

use crate::design::gram::Gram;
use crate::engine::quality::Action;
use crate::error::Error;
use crate::linalg::{Spd, axpy, dot};
use crate::watch::Halt;

/// After this many updates in place, everything is computed afresh.
const REFRESH: usize = 100;

/// After an addition, steps on the active functions go on down to this share of its gain.
pub(crate) const PATIENCE: f64 = 0.1;

/// When the best single step gains less than this (nats), all precisions are moved together.
const TOGETHER_BELOW: f64 = 0.3;

pub(super) const ABSENT: usize = usize::MAX;

/// One update that the evidence asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) index: usize,
    pub(crate) action: Action,
    /// Nats.
    pub(crate) gain: f64,
}

/// The algorithm's state on one quadratic model.
pub(crate) struct Sequential<'g, G: Gram> {
    pub(super) gram: &'g G,
    pub(super) beta: f64,
    /// Least precision allowed, one per candidate.
    pub(super) floor: &'g [f64],
    /// Least gain of an addition, nats.
    pub(super) entry_gain: f64,
    pub(super) active: Vec<usize>,
    pub(super) position: Vec<usize>,
    pub(super) alpha: Vec<f64>,
    /// `H[:, active]`, column-major, M rows.
    pub(super) cross: Vec<f64>,
    pub(super) sigma: Vec<Vec<f64>>,
    pub(super) mu: Vec<f64>,
    pub(super) big_s: Vec<f64>,
    pub(super) big_q: Vec<f64>,
    pub(super) log_volume: f64,
    updates: usize,
    /// Whether `big_s` and `big_q` belong to the present Σ: they are made when an addition is looked for, and only then.
    pub(super) synced: bool,
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
    ) -> Result<Self, Halt> {
        let m = gram.len();
        let mut position = vec![ABSENT; m];
        let mut cross = vec![0.0; m * active.len()];
        for (k, &i) in active.iter().enumerate() {
            position[i] = k;
        }
        gram.columns(active, &mut cross)?;
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

    /// Leaves these candidates as they are, and moves all together only if asked to.
    pub(crate) fn freeze(&mut self, frozen: &[bool], together: bool) {
        self.frozen = frozen.to_vec();
        self.together = together;
    }

    pub(super) fn is_frozen(&self, i: usize) -> bool {
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

    /// One step on the active functions, if any gains more than `threshold`: the best single one while that pays,
    /// then all precisions together. The gain, and the candidate of a single step.
    pub(crate) fn settle_once(&mut self, threshold: f64) -> Result<Option<(f64, Option<usize>)>, Halt> {
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

    /// Does the step; the evidence rises by its gain.
    pub(crate) fn apply(&mut self, step: Step) -> Result<(), Halt> {
        match step.action {
            Action::Add(alpha) => self.add(step.index, alpha)?,
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
        if self.updates >= REFRESH || !self.diagonal_fine() {
            self.refresh()?;
        }
        Ok(())
    }

    fn diagonal_fine(&self) -> bool {
        (0..self.active.len()).all(|j| {
            let v = self.sigma[j][j];
            v > 0.0 && v * self.alpha[j] <= 1.0 + 1e-9
        })
    }

    /// The column comes first: a fit that is stopped meanwhile is left as it was.
    fn add(&mut self, i: usize, alpha: f64) -> Result<(), Halt> {
        let (m, a) = (self.gram.len(), self.active.len());
        let mut column = vec![0.0; m];
        self.gram.columns(&[i], &mut column)?;
        let variance = 1.0 / (alpha + self.big_s[i]);
        let mean = variance * self.big_q[i];
        let at: Vec<f64> = self.active.iter().map(|&j| self.beta * column[j]).collect();
        let u: Vec<f64> = (0..a).map(|j| dot(&self.sigma[j], &at)).collect();
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
        Ok(())
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

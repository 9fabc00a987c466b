//! All precisions moved together: Newton's method on the evidence of one quadratic model.

use nalgebra::DMatrix;

use crate::design::gram::Gram;
use crate::engine::sequential::Sequential;
use crate::error::Error;
use crate::linalg::Spd;

/// Largest change of a log precision in a joint step.
const LONGEST: f64 = 2.0;

impl<G: Gram> Sequential<'_, G> {
    /// `½ [Σ log α + log │Σ│ + β cᵀμ]` from a fresh Σ, and the rounding that it may carry.
    fn value(&self) -> (f64, f64) {
        let fit: f64 =
            self.active.iter().zip(&self.mu).map(|(&i, m)| self.beta * self.gram.linear()[i] * m).sum();
        (0.5 * (self.log_volume + fit), 1e-14 * (1.0 + fit.abs() + self.log_volume.abs()))
    }

    /// A Newton step on all log precisions `ρ` together. With `g_j = ½ [1 − α_j (Σ_jj + μ_j²)]`,
    /// `∂²L/∂ρ_j∂ρ_k = ½ [−δ_jk α_j (Σ_jj + μ_j²) + α_j α_k (Σ_jk² + 2 μ_j μ_k Σ_jk)]`.
    /// Collinear neighbours make single steps crawl; this does not. The gain, or `None` with nothing changed.
    pub(super) fn newton(&mut self) -> Result<Option<f64>, Error> {
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
}

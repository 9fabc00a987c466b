//! Which step raises the evidence most: the search over all candidates.

use faer::MatRef;
use nalgebra::DMatrix;

use crate::design::gram::Gram;
use crate::engine::quality::{Quality, decide};
use crate::engine::sequential::{ABSENT, Sequential, Step};
use crate::linalg::{product_into, view};

/// Part of a column's own length that must be left outside the active span for the column to be a candidate.
const COLLINEAR: f64 = 1e-11;

impl<G: Gram> Sequential<'_, G> {
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
}

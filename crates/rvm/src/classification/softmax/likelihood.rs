//! The Laplace approximation of the joint softmax model: one weight, and one precision, per class and basis function.
//!
//! | paper | here | shape | meaning |
//! |---|---|---|---|
//! | `w_kd` | `w` | K·M | candidate `k M + d` is function d in class k |
//! | `η` | `eta` | N x K | `φ_nᵀ w_k` |
//! | `p` | `p` | N x K | `exp(η_nk − log Σ_l exp η_nl)` |
//! | `H_kl` | | M x M | `Φᵀ diag(p_k (δ_kl − p_l)) Φ`, block of the negative Hessian (Böhning 1992) |

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::classification::laplace::{Likelihood, Mode, newton};
use crate::classification::link::normalise;
use crate::design::Design;
use crate::design::features::Features;
use crate::design::gram::Dense;
use crate::error::Error;
use crate::linalg::{gram, matvec, product, tr_matvec};
use crate::watch::{Halt, Watch};

/// Softmax on features; `labels` are classes.
pub(crate) struct Softmax<'d> {
    pub(crate) design: &'d Features,
    pub(crate) labels: &'d [usize],
    pub(crate) classes: usize,
}

impl Softmax<'_> {
    /// Active functions of each class: (position in the active list, function).
    fn by_class(&self, active: &[usize]) -> Vec<Vec<(usize, usize)>> {
        let m = self.design.len();
        let mut out = vec![Vec::new(); self.classes];
        for (position, &i) in active.iter().enumerate() {
            out[i / m].push((position, i % m));
        }
        out
    }

    fn eta(&self, columns: &[DMatrix<f64>], groups: &[Vec<(usize, usize)>], w: &[f64]) -> DMatrix<f64> {
        let mut eta = DMatrix::zeros(self.design.rows(), self.classes);
        for k in 0..self.classes {
            let own: Vec<f64> = groups[k].iter().map(|(position, _)| w[*position]).collect();
            eta.column_mut(k).copy_from_slice(&matvec(&columns[k], &own));
        }
        eta
    }

    /// Probabilities and log-likelihood.
    fn probabilities(&self, eta: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
        let mut p = eta.clone();
        let mut total = 0.0;
        let mut row = vec![0.0; self.classes];
        for (n, &label) in self.labels.iter().enumerate() {
            for k in 0..self.classes {
                row[k] = eta[(n, k)];
            }
            total += row[label] - normalise(&mut row);
            for k in 0..self.classes {
                p[(n, k)] = row[k];
            }
        }
        (p, total)
    }

    /// `p_k (δ_kl − p_l)`, sample by sample.
    fn curvature(p: &DMatrix<f64>, k: usize, l: usize) -> Vec<f64> {
        let (pk, pl) = (p.column(k), p.column(l));
        let weigh = |(&a, &b): (&f64, &f64)| if k == l { a * (1.0 - a) } else { -a * b };
        pk.iter().zip(pl.iter()).map(weigh).collect()
    }

    /// `diag(p_k (δ_kl − p_l)) Φ`.
    fn weighted(p: &DMatrix<f64>, k: usize, l: usize, phi: &DMatrix<f64>) -> DMatrix<f64> {
        let weight = Self::curvature(p, k, l);
        let mut out = phi.clone();
        for mut column in out.column_iter_mut() {
            for (v, w) in column.iter_mut().zip(&weight) {
                *v *= w;
            }
        }
        out
    }

    /// The blocks on and below the diagonal, each by itself: the bits do not depend on the number of threads.
    fn blocks(
        &self,
        block: impl Fn(usize, usize) -> DMatrix<f64> + Sync,
    ) -> Vec<(usize, usize, DMatrix<f64>)> {
        let pairs: Vec<(usize, usize)> =
            (0..self.classes).flat_map(|k| (0..=k).map(move |l| (k, l))).collect();
        pairs.into_par_iter().map(|(k, l)| (k, l, block(k, l))).collect()
    }
}

impl Likelihood for Softmax<'_> {
    type Quadratic<'q>
        = Dense
    where
        Self: 'q;

    fn candidates(&self) -> usize {
        self.classes * self.design.len()
    }

    fn mode(&self, active: &[usize], alpha: &[f64], w: &mut [f64]) -> Result<Mode, Error> {
        let groups = self.by_class(active);
        let columns: Vec<DMatrix<f64>> = groups
            .iter()
            .map(|g| self.design.columns(&g.iter().map(|(_, function)| *function).collect::<Vec<_>>()))
            .collect();
        let likelihood = |w: &[f64]| {
            let eta = self.eta(&columns, &groups, w);
            let (p, total) = self.probabilities(&eta);
            (total, eta, p)
        };
        let gradient = |p: &DMatrix<f64>| {
            let mut g = vec![0.0; active.len()];
            for k in 0..self.classes {
                let error: Vec<f64> = self
                    .labels
                    .iter()
                    .enumerate()
                    .map(|(n, &t)| f64::from(u8::from(t == k)) - p[(n, k)])
                    .collect();
                for ((position, _), v) in groups[k].iter().zip(tr_matvec(&columns[k], &error)) {
                    g[*position] = v;
                }
            }
            g
        };
        let hessian = |_: &DMatrix<f64>, p: &DMatrix<f64>| {
            let mut h = DMatrix::zeros(active.len(), active.len());
            let blocks =
                self.blocks(|k, l| product(&columns[k], true, &Self::weighted(p, k, l, &columns[l])));
            for (k, l, block) in blocks {
                for (i, (row, _)) in groups[k].iter().enumerate() {
                    for (j, (column, _)) in groups[l].iter().enumerate() {
                        h[(*row, *column)] = block[(i, j)];
                        h[(*column, *row)] = block[(i, j)];
                    }
                }
            }
            h
        };
        newton(alpha, w, self.design.rows() as f64, likelihood, gradient, hessian)
    }

    fn quadratic<'q>(&'q self, mode: &Mode, _: &'q Watch<'q>) -> Result<Dense, Halt> {
        let (m, phi, p) = (self.design.len(), self.design.matrix(), &mode.p);
        let mut h = DMatrix::zeros(self.candidates(), self.candidates());
        let mut linear = Vec::with_capacity(self.candidates());
        // Each block is symmetric by itself: Φ is the same on both sides.
        for (k, l, block) in self.blocks(|k, l| gram(phi, Some(&Self::curvature(p, k, l)))) {
            h.view_mut((k * m, l * m), (m, m)).copy_from(&block);
            if k != l {
                h.view_mut((l * m, k * m), (m, m)).copy_from(&block);
            }
        }
        for k in 0..self.classes {
            // c_k = Φᵀ [p_k ∘ (η_k − Σ_l p_l η_l) + t_k − p_k]
            let z: Vec<f64> = (0..self.labels.len())
                .map(|n| {
                    let mean: f64 = (0..self.classes).map(|l| p[(n, l)] * mode.eta[(n, l)]).sum();
                    let hit = f64::from(u8::from(self.labels[n] == k));
                    p[(n, k)] * (mode.eta[(n, k)] - mean) + hit - p[(n, k)]
                })
                .collect();
            linear.extend(tr_matvec(phi, &z));
        }
        Ok(Dense::new(h, linear))
    }
}

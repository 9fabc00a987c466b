//! The losses: softmax and one-vs-rest logistic.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | z_ik | `z` | score of output k for sample i |
//! | t_i | `labels` | the sample's output, see `Targets` |
//! | p_ik | r_ik + \[t_i = k\] | its probability: softmax over k, or σ(z_ik) |
//! | r_ik = p_ik − \[t_i = k\] | `r` | ∂f/∂z_ik, for both losses |
//!
//! Softmax: f = Σ_i (log Σ_k e^{z_ik} − z_{i t_i}). One-vs-rest: f = Σ_k Σ_i (log(1 + e^{z_ik}) − \[t_i = k\] z_ik), K problems
//! that share nothing but the data (Bishop, *Pattern Recognition and Machine Learning*, 4.3.2 and 4.3.4).

use rayon::prelude::*;

use crate::scalar::Scalar;

/// How more than two classes are told apart. Two classes are one binary logistic regression with either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Loss {
    /// One multinomial model: class probabilities are the softmax of K scores.
    #[default]
    Softmax,
    /// K binary models, each class against all others (the rest); the class with the highest score wins.
    OneVsRest,
}

/// Rows per task, fixed.
const BLOCK: usize = 512;

impl Loss {
    /// The parts of the objective that share no weight: 1, or one a class.
    pub(crate) fn groups(self, classes: usize) -> usize {
        match self {
            Self::Softmax => 1,
            Self::OneVsRest => classes,
        }
    }

    /// Loss of every group at `z + t d` (`t` by lane), which goes to `z_new` with its residuals in `r`.
    pub(crate) fn step<T: Scalar>(
        self,
        labels: &[u32],
        classes: usize,
        z: &[T],
        direction: Option<(&[T], &[T])>,
        z_new: &mut [T],
        r: &mut [T],
    ) -> Vec<f64> {
        let l = z.len() / labels.len();
        let groups = self.groups(classes);
        let parts: Vec<Vec<f64>> = z_new
            .par_chunks_mut(BLOCK * l)
            .zip(r.par_chunks_mut(BLOCK * l))
            .zip(labels.par_chunks(BLOCK))
            .enumerate()
            .map(|(block, ((z_new, r), labels))| {
                let at = block * BLOCK * l;
                match direction {
                    None => z_new.copy_from_slice(&z[at..at + z_new.len()]),
                    Some((d, t)) => {
                        let (z, d) = (&z[at..at + z_new.len()], &d[at..at + z_new.len()]);
                        for ((o, z), d) in
                            z_new.chunks_exact_mut(l).zip(z.chunks_exact(l)).zip(d.chunks_exact(l))
                        {
                            for k in 0..l {
                                o[k] = z[k] + t[k] * d[k];
                            }
                        }
                    }
                }
                let mut sums = vec![0.0; groups];
                for ((z, r), &t) in z_new.chunks_exact(l).zip(r.chunks_exact_mut(l)).zip(labels) {
                    match self {
                        Self::Softmax => sums[0] += softmax_row(&z[..classes], t as usize, r),
                        Self::OneVsRest => logistic_row(&z[..classes], t as usize, r, &mut sums),
                    }
                }
                sums
            })
            .collect();
        let mut sums = vec![0.0; groups];
        for part in &parts {
            for (s, p) in sums.iter_mut().zip(part) {
                *s += p;
            }
        }
        sums
    }

    /// Σ_i −f_i*(s r_i) of every group: the concave part of the dual objective at residuals scaled by s (per group).
    pub(crate) fn dual<T: Scalar>(self, labels: &[u32], classes: usize, r: &[T], scale: &[f64]) -> Vec<f64> {
        let l = r.len() / labels.len();
        let parts: Vec<Vec<f64>> = r
            .par_chunks(BLOCK * l)
            .zip(labels.par_chunks(BLOCK))
            .map(|(r, labels)| {
                let mut sums = vec![0.0; scale.len()];
                for (r, &t) in r.chunks_exact(l).zip(labels) {
                    for k in 0..classes {
                        let v = r[k].to_f64();
                        match self {
                            Self::Softmax => {
                                let q = f64::from(u8::from(k == t as usize)) + scale[0] * v;
                                sums[0] -= entropy_term(q);
                            }
                            Self::OneVsRest => {
                                // The probability of the wrong one of the two classes is s |r|.
                                let q = scale[k] * v.abs();
                                sums[k] -= entropy_term(q) + entropy_term(1.0 - q);
                            }
                        }
                    }
                }
                sums
            })
            .collect();
        let mut sums = vec![0.0; scale.len()];
        for part in &parts {
            for (s, p) in sums.iter_mut().zip(part) {
                *s += p;
            }
        }
        sums
    }
}

/// q log q, continued by 0 at 0.
pub(crate) fn entropy_term(q: f64) -> f64 {
    if q > 0.0 { q * q.ln() } else { 0.0 }
}

fn softmax_row<T: Scalar>(z: &[T], label: usize, r: &mut [T]) -> f64 {
    let largest = z.iter().fold(f64::NEG_INFINITY, |m, v| m.max(v.to_f64()));
    let mut sum = 0.0;
    let mut others = 0.0;
    for (k, (r, z)) in r.iter_mut().zip(z).enumerate() {
        let e = (z.to_f64() - largest).exp();
        sum += e;
        if k != label {
            others += e;
        }
        *r = T::from_f64(e);
    }
    for r in &mut r[..z.len()] {
        *r = T::from_f64(r.to_f64() / sum);
    }
    // p − 1 of the true class as minus the sum of the others: no cancellation when p is close to 1.
    r[label] = T::from_f64(-others / sum);
    let margin = largest - z[label].to_f64();
    // log Σ e^z − z_t; with the true class on top, log1p keeps losses far below the rounding of 1.
    if margin == 0.0 { (others / (sum - others)).ln_1p() } else { margin + sum.ln() }
}

fn logistic_row<T: Scalar>(z: &[T], label: usize, r: &mut [T], sums: &mut [f64]) {
    for (k, z) in z.iter().enumerate() {
        let sign = if k == label { -1.0 } else { 1.0 };
        let z = sign * z.to_f64();
        // log(1 + e^z) and its derivative 1/(1 + e^{−z}), from one exponential that cannot overflow.
        let e = (-z.abs()).exp();
        sums[k] += z.max(0.0) + e.ln_1p();
        let p = if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
        r[k] = T::from_f64(sign * p);
    }
}

//! How far a model is from optimal, computed from the data and the model alone: no code is shared with the solver but the families'
//! expectations.
//!
//! With q_d = Σ ω g (x_d − c_d) and S_d = Σ ω w (x_d − c_d)² at the model, c_d the column's w-weighted mean, the objective's derivatives are
//!
//! ```text
//! kept:   ∂L/∂θ_d = q_d − aθ_d + 2λ KL′/θ_d,   ∂L/∂log σ_d² = −½ (S_d + a) σ_d² − λ KL′      (KL′ = dKL/d log α at log σ_d² − log θ_d²)
//! centre: ∂L/∂c = σ_d² Σ ω w (c_d − c), where c is the centre of the weight's variance in the model
//! pruned: q_d²/(S_d + a) ≤ λ;                 ∂L/∂b = Σ ω g                              (a the slab, in the column's units)
//! ```

use rayon::prelude::*;

use crate::design::matrix::Design;
use crate::pass::likelihood::{Evaluation, Likelihood};
use crate::pass::point::Predictor;

/// The largest departures from the optimality conditions of a model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Certificate {
    /// Largest |∂L/∂θ_d|/√S_d of a kept weight: in standard errors.
    pub theta: f64,
    /// Largest |∂L/∂log σ_d²|/λ of a kept weight.
    pub log_variance: f64,
    /// Largest |Σ ω g|/√(Σ ω w) of an intercept: in standard errors.
    pub intercept: f64,
    /// Largest σ √(Σ ω w) |c_d − c| of a kept weight, c the centre of its variance, c_d the column's w-weighted mean: ∂L/∂c in standard errors.
    pub centre: f64,
    /// Largest q²/(S λ) − 1 of a pruned weight, at least 0.
    pub pruned: f64,
}

impl Certificate {
    /// The largest of them.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.theta.max(self.log_variance).max(self.intercept).max(self.centre).max(self.pruned)
    }
}

/// A model as the certificate reads it.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    /// One likelihood for all outputs (softmax), or one of one predictor that each output has for itself.
    pub likelihood: Likelihood,
    pub outputs: &'a [Predictor],
    pub lambda: f64,
    pub intercept: bool,
    /// a of the slab of every output, or one for all; none where there is none.
    pub slabs: &'a [f64],
}

impl Terms<'_> {
    fn slab(&self, output: usize) -> f64 {
        self.slabs.get(output).or(self.slabs.first()).copied().unwrap_or(0.0)
    }
}

/// Means and variances of every output's linear predictor, in the units of the data: N each.
pub(crate) fn predictors(
    x: Design<'_>,
    outputs: &[Predictor],
    offsets: Option<&[f64]>,
) -> Vec<(Vec<f64>, Vec<f64>)> {
    let n = x.nrows();
    let one = |output: &Predictor| {
        let mut m: Vec<f64> = (0..n).map(|i| output.intercept + offsets.map_or(0.0, |o| o[i])).collect();
        let mut v = vec![0.0; n];
        for w in &output.weights {
            // What a sparse column does not store is 0: (0 − c)² for every row, corrected where there is an entry.
            if x.full(w.column) {
                x.visit(w.column, |i, x| {
                    m[i] += w.mean * x;
                    v[i] += w.variance * (x - w.centre) * (x - w.centre);
                });
            } else {
                v.iter_mut().for_each(|v| *v += w.variance * w.centre * w.centre);
                x.visit(w.column, |i, x| {
                    m[i] += w.mean * x;
                    v[i] += w.variance * x * (x - 2.0 * w.centre);
                });
            }
        }
        v.iter_mut().for_each(|v| *v = v.max(0.0));
        (m, v)
    };
    outputs.par_iter().map(one).collect()
}

/// g and w of every output, sample weights included. `targets` has one vector for a softmax, else one per output.
fn slopes(
    x: Design<'_>,
    targets: &[Vec<f64>],
    weights: Option<&[f64]>,
    offsets: Option<&[f64]>,
    terms: &Terms<'_>,
) -> Vec<(Vec<f64>, Vec<f64>)> {
    let n = x.nrows();
    let z = predictors(x, terms.outputs, offsets);
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let joint = terms.likelihood.outputs();
    let mut out = vec![(vec![0.0; n], vec![0.0; n]); terms.outputs.len()];
    for first in (0..terms.outputs.len()).step_by(joint) {
        let mut evaluation = Evaluation::new(joint);
        let (mut m, mut v) = (vec![0.0; joint], vec![0.0; joint]);
        for i in 0..n {
            for k in 0..joint {
                (m[k], v[k]) = (z[first + k].0[i], z[first + k].1[i]);
            }
            evaluation.run(&terms.likelihood, targets[first / joint][i], &m, &v);
            for k in 0..joint {
                out[first + k].0[i] = weight(i) * evaluation.g[k];
                out[first + k].1[i] = weight(i) * evaluation.w[k];
            }
        }
    }
    out
}

/// Checks a model against the data that it was fitted to; shapes agree and entries are finite.
pub(crate) fn certify(
    x: Design<'_>,
    targets: &[Vec<f64>],
    weights: Option<&[f64]>,
    offsets: Option<&[f64]>,
    terms: &Terms<'_>,
) -> Certificate {
    let slopes = slopes(x, targets, weights, offsets, terms);
    let mut worst = Certificate::default();
    for (k, ((g, w), output)) in slopes.iter().zip(terms.outputs).enumerate() {
        let (sum_g, sum_w): (f64, f64) = (g.iter().sum(), w.iter().sum());
        if terms.intercept && sum_w > 0.0 {
            worst.intercept = worst.intercept.max(sum_g.abs() / sum_w.sqrt());
        }
        let columns: Vec<Certificate> = (0..x.ncols())
            .into_par_iter()
            .map(|d| column(x, d, (g, w), (sum_g, sum_w), weights, terms.slab(k), output, terms))
            .collect();
        for c in columns {
            worst.theta = worst.theta.max(c.theta);
            worst.log_variance = worst.log_variance.max(c.log_variance);
            worst.centre = worst.centre.max(c.centre);
            worst.pruned = worst.pruned.max(c.pruned);
        }
    }
    worst
}

/// The conditions of one weight.
fn column(
    x: Design<'_>,
    d: usize,
    (g, w): (&[f64], &[f64]),
    (sum_g, sum_w): (f64, f64),
    weights: Option<&[f64]>,
    slab: f64,
    output: &Predictor,
    terms: &Terms<'_>,
) -> Certificate {
    let mut none = Certificate::default();
    // The column about its first entry, lest a large mean cancel.
    let shift = {
        let mut first = None;
        x.visit(d, |_, v| {
            first.get_or_insert(v);
        });
        if x.full(d) { first.unwrap_or(0.0) } else { 0.0 }
    };
    let (mut gx, mut wx, mut wxx) = (0.0, 0.0, 0.0);
    x.visit(d, |i, v| {
        let v = v - shift;
        gx += g[i] * v;
        wx += w[i] * v;
        wxx += w[i] * v * v;
    });
    let (q, s) = if terms.intercept && sum_w > 0.0 {
        (gx - wx / sum_w * sum_g, wxx - wx / sum_w * wx)
    } else {
        (gx + shift * sum_g, wxx + shift * (2.0 * wx + shift * sum_w))
    };
    // a in the units of the column: times its variance.
    let slab = if slab > 0.0 { slab * spread(x, d, shift, weights, terms.intercept) } else { 0.0 };
    let varies = s > 1e-11 * wxx && s > f64::MIN_POSITIVE;
    match output.weights.iter().find(|weight| weight.column == d) {
        None if varies => none.pruned = (q / (s + slab) * q / terms.lambda - 1.0).max(0.0),
        None => {}
        Some(weight) => {
            let slope = kl_approx::exact::kl_grad(weight.log_alpha());
            none.theta =
                (q - slab * weight.mean + 2.0 * terms.lambda * slope / weight.mean).abs() / (s + slab).sqrt();
            none.log_variance = (0.5 * (s + slab) * weight.variance / terms.lambda + slope).abs();
            if terms.intercept && sum_w > 0.0 {
                let mean = shift + wx / sum_w;
                none.centre = (sum_w * weight.variance).sqrt() * (mean - weight.centre).abs();
            }
        }
    }
    none
}

/// The weighted variance of a column; about 0 without an intercept.
fn spread(x: Design<'_>, d: usize, shift: f64, weights: Option<&[f64]>, intercept: bool) -> f64 {
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let total: f64 = (0..x.nrows()).map(weight).sum();
    let shift = if intercept { shift } else { 0.0 };
    let (mut first, mut second) = (0.0, 0.0);
    x.visit(d, |i, v| {
        first += weight(i) * (v - shift);
        second += weight(i) * (v - shift) * (v - shift);
    });
    let mean = if intercept { first / total } else { 0.0 };
    (second / total - mean * mean).max(0.0)
}

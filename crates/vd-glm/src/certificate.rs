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
//!
//! Where the weights of a column for all K outputs share one α, σ² = αθ² moves with θ, and the column decides as one:
//!
//! ```text
//! kept:   ∂L/∂θ = q − aθ − αθ (S + a) for every output,   ∂L/∂log α = −½ Σ (S + a) σ² − λ K KL′
//! pruned: Σ q²/(S + a) ≤ λ K
//! ```

use rayon::prelude::*;

use crate::design::matrix::Design;
use crate::pass::likelihood::{Evaluation, Likelihood};
use crate::pass::point::{Predictor, Weight};

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
    /// Whether the weights of a column for all outputs share one α.
    pub by_column: bool,
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
    let mut joint = vec![Joint::default(); if terms.by_column { x.ncols() } else { 0 }];
    for (k, ((g, w), output)) in slopes.iter().zip(terms.outputs).enumerate() {
        let (sum_g, sum_w): (f64, f64) = (g.iter().sum(), w.iter().sum());
        if terms.intercept && sum_w > 0.0 {
            worst.intercept = worst.intercept.max(sum_g.abs() / sum_w.sqrt());
        }
        let columns: Vec<Conditions> = (0..x.ncols())
            .into_par_iter()
            .map(|d| {
                let moments = moments(x, d, (g, w), (sum_g, sum_w), weights, terms.slab(k), terms);
                conditions(&moments, output.find(d), sum_w, terms)
            })
            .collect();
        for (j, c) in joint.iter_mut().zip(&columns) {
            j.add(c);
        }
        for Conditions { own: c, .. } in columns {
            worst.theta = worst.theta.max(c.theta);
            worst.log_variance = worst.log_variance.max(c.log_variance);
            worst.centre = worst.centre.max(c.centre);
            worst.pruned = worst.pruned.max(c.pruned);
        }
    }
    for (log_alpha, pruned) in joint.iter().map(|j| j.departures(terms)) {
        worst.log_variance = worst.log_variance.max(log_alpha);
        worst.pruned = worst.pruned.max(pruned);
    }
    worst
}

/// A column as one output sees it.
struct Moments {
    q: f64,
    s: f64,
    /// The w-weighted mean.
    mean: f64,
    /// a in the units of the column: times its variance.
    slab: f64,
    varies: bool,
}

fn moments(
    x: Design<'_>,
    d: usize,
    (g, w): (&[f64], &[f64]),
    (sum_g, sum_w): (f64, f64),
    weights: Option<&[f64]>,
    slab: f64,
    terms: &Terms<'_>,
) -> Moments {
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
    let slab = if slab > 0.0 { slab * spread(x, d, shift, weights, terms.intercept) } else { 0.0 };
    let varies = s > 1e-11 * wxx && s > f64::MIN_POSITIVE;
    Moments { q, s, mean: shift + wx / sum_w, slab, varies }
}

/// The conditions of one weight, and what it adds to those of its column.
struct Conditions {
    own: Certificate,
    /// q²/(S + a) of a column that varies.
    z2: f64,
    /// ½ (S + a) σ² and log α of a kept weight.
    kept: Option<(f64, f64)>,
}

fn conditions(m: &Moments, weight: Option<&Weight>, sum_w: f64, terms: &Terms<'_>) -> Conditions {
    let (mut own, s) = (Certificate::default(), m.s + m.slab);
    let z2 = if m.varies { m.q / s * m.q } else { 0.0 };
    let Some(weight) = weight else {
        if !terms.by_column {
            own.pruned = (z2 / terms.lambda - 1.0).max(0.0);
        }
        return Conditions { own, z2, kept: None };
    };
    let part = 0.5 * s * weight.variance;
    let slope = kl_approx::exact::kl_grad(weight.log_alpha());
    let shrink = if terms.by_column { -part } else { terms.lambda * slope };
    own.theta = (m.q - m.slab * weight.mean + 2.0 * shrink / weight.mean).abs() / s.sqrt();
    if !terms.by_column {
        own.log_variance = (part / terms.lambda + slope).abs();
    }
    if terms.intercept && sum_w > 0.0 {
        own.centre = (sum_w * weight.variance).sqrt() * (m.mean - weight.centre).abs();
    }
    Conditions { own, z2, kept: Some((part, weight.log_alpha())) }
}

/// A column whose weights share one α: sums over the outputs.
#[derive(Clone, Default)]
struct Joint {
    z2: f64,
    part: f64,
    /// The smallest and the largest log α of its weights.
    log_alpha: Option<(f64, f64)>,
}

impl Joint {
    fn add(&mut self, c: &Conditions) {
        self.z2 += c.z2;
        if let Some((part, a)) = c.kept {
            self.part += part;
            let (low, high) = self.log_alpha.unwrap_or((a, a));
            self.log_alpha = Some((low.min(a), high.max(a)));
        }
    }

    /// The departures in log α over λ (or how far its weights are from sharing one), and of a pruned column.
    fn departures(&self, terms: &Terms<'_>) -> (f64, f64) {
        let lambda = terms.lambda * terms.outputs.len() as f64;
        match self.log_alpha {
            None => (0.0, (self.z2 / lambda - 1.0).max(0.0)),
            Some((low, high)) => {
                let slope = kl_approx::exact::kl_grad(0.5 * (low + high));
                ((self.part / lambda + slope).abs().max(high - low), 0.0)
            }
        }
    }
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

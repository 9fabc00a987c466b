//! How far a model is from the optimum of its own objective, computed apart from every solver.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | P(W, b) = C Σ_i f_i + Ω(W) | [`Certificate::primal`] | the objective, Ω = ρ‖W‖₁ + (1 − ρ)‖W‖²/2 |
//! | v_i | a distribution over the classes | dual variable; u_i = v_i − e_{t_i} |
//! | D(v) = C Σ_i H(v_i) − Ω*(−C Xᵀ U) | [`Certificate::dual`] | a lower bound of the optimum for any feasible v |
//!
//! H is the entropy and Ω* the conjugate: for L1 the condition ‖C Xᵀ U‖_∞ ≤ 1, with a ridge part Σ (|g| − ρ)₊² / (2 (1 − ρ)). An
//! unpenalised intercept demands Σ_i u_ik = 0 for every class k. The model's own probabilities p_i miss that by rounding or more; they are
//! mixed with one distribution, the same for all i, that makes up for it exactly, and then moved towards e_{t_i} (which keeps the sums)
//! until the L1 condition holds. So D is a true lower bound, in exact arithmetic, of the optimum, for whatever weights are given.
//! (Koh, Kim and Boyd 2007, section 2.3; here for several classes and with the intercept's condition met.)

use estimator::{Labels, sigmoid, softplus};
use nalgebra::DMatrix;

use crate::error::Error;
use crate::loss::Loss;
use crate::matrix::FeatureMatrix;
use crate::model::{Model, check_labels};
use crate::penalty::Intercept;
use crate::prepare::columns;

/// What [`certify`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Certificate {
    /// The objective C Σ f + Ω(W) at the model.
    pub primal: f64,
    /// A lower bound of the optimal objective.
    pub dual: f64,
    /// The largest distance of zero from a coordinate's subdifferential, with the penalty's slope at 1: 0 at the optimum.
    pub subgradient: f64,
}

impl Certificate {
    /// P − D: the objective is at most this far above the optimum.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.primal - self.dual
    }

    /// (P − D) / P; infinite where the gap is not a number or the primal value is not above 0, since nothing is proven then.
    #[must_use]
    pub fn relative_gap(&self) -> f64 {
        let gap = self.gap() / self.primal;
        if self.gap() == 0.0 {
            0.0
        } else if self.primal > 0.0 && !gap.is_nan() {
            gap
        } else {
            f64::INFINITY
        }
    }
}

/// Computes the optimality certificate of a model (this crate's, or any other weights in a [`Model`]) on the data it was fitted to.
///
/// Where a number overflows, the certificate says the worst: an infinite gap, an infinite subgradient.
///
/// # Errors
/// Features that `fit` would refuse; features or labels that do not fit the model.
pub fn certify<'t, X: FeatureMatrix>(
    x: &X,
    labels: impl Into<Labels<'t>>,
    model: &Model,
) -> Result<Certificate, Error> {
    columns::check(x, model.weights().nrows())?;
    let labels = check_labels(labels.into(), x.samples(), model.classes())?;
    Ok(certify_checked(x, labels, model))
}

/// [`certify`] of data that has been checked.
pub(crate) fn certify_checked<X: FeatureMatrix>(x: &X, labels: &[usize], model: &Model) -> Certificate {
    let (loss, outputs) = binary_or(model, labels);
    let labels = outputs.as_slice();
    let scores = x.scores(model.weights(), model.intercept());
    let (values, wrong) = match loss {
        Loss::Softmax => softmax(&scores, labels),
        Loss::OneVsRest => logistic(&scores, labels),
    };
    let c = model.c();
    let penalty: f64 = model.weights().iter().map(|&w| model.penalty().value(w)).sum();
    let on_intercept: f64 = match model.intercept_kind() {
        Intercept::Penalised => model.intercept().iter().map(|&b| model.penalty().value(b)).sum(),
        _ => 0.0,
    };
    let primal = c * values.iter().sum::<f64>() + penalty + on_intercept;
    let subgradient = subgradient(model, &x.back(&wrong), &column_sums(&wrong), c);
    let mut residual = wrong;
    if model.intercept_kind() == Intercept::Unpenalised {
        centre(&mut residual, labels, loss);
    }
    let back = x.back(&residual);
    let dual = dual(model, loss, &residual, labels, &back, c);
    let known = |value: f64, worst: f64| if value.is_nan() { worst } else { value };
    Certificate {
        primal: known(primal, f64::INFINITY),
        dual: known(dual, f64::NEG_INFINITY),
        subgradient: known(subgradient, f64::INFINITY),
    }
}

/// The loss, and the output that each label belongs to. Of two classes class 1 has the only output, 0; class 0 has none.
fn binary_or(model: &Model, labels: &[usize]) -> (Loss, Vec<usize>) {
    if model.weights().ncols() == 1 {
        (Loss::OneVsRest, labels.iter().map(|&t| 1 - t).collect())
    } else {
        (model.loss(), labels.to_vec())
    }
}

/// The larger number; NaN if one of them is NaN.
fn larger(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

/// q log q, continued by 0 at 0 and below; NaN stays NaN.
fn entropy_term(q: f64) -> f64 {
    if q <= 0.0 { 0.0 } else { q * q.ln() }
}

fn column_sums(r: &DMatrix<f64>) -> Vec<f64> {
    r.column_iter().map(|c| c.iter().sum()).collect()
}

fn softmax(scores: &DMatrix<f64>, labels: &[usize]) -> (Vec<f64>, DMatrix<f64>) {
    let mut r = scores.clone();
    let mut total = 0.0;
    for (i, &t) in labels.iter().enumerate() {
        let row = scores.row(i);
        let top = row.max();
        let others: f64 = row.iter().enumerate().filter(|&(k, _)| k != t).map(|(_, z)| (z - top).exp()).sum();
        let own = (row[t] - top).exp();
        total += if row[t] == top { others.ln_1p() } else { (top - row[t]) + (own + others).ln() };
        for k in 0..scores.ncols() {
            r[(i, k)] = if k == t { -others / (own + others) } else { (row[k] - top).exp() / (own + others) };
        }
    }
    (vec![total], r)
}

fn logistic(scores: &DMatrix<f64>, labels: &[usize]) -> (Vec<f64>, DMatrix<f64>) {
    let mut loss = vec![0.0; scores.ncols()];
    let r = DMatrix::from_fn(scores.nrows(), scores.ncols(), |i, k| {
        let sign = if labels[i] == k { -1.0 } else { 1.0 };
        sign * sigmoid(sign * scores[(i, k)])
    });
    for k in 0..scores.ncols() {
        for (i, &t) in labels.iter().enumerate() {
            loss[k] += softplus(if t == k { -scores[(i, k)] } else { scores[(i, k)] });
        }
    }
    (loss, r)
}

/// The largest subgradient distance, C ∇f against the penalty's slope.
fn subgradient(model: &Model, back: &DMatrix<f64>, sums: &[f64], c: f64) -> f64 {
    let (l1, l2) = model.penalty().parts();
    let distance = |w: f64, g: f64| {
        let g = c * g + l2 * w;
        if w == 0.0 { larger(0.0, g.abs() - l1) } else { (g + l1 * w.signum()).abs() }
    };
    let mut largest = 0.0_f64;
    for (w, g) in model.weights().iter().zip(back.iter()) {
        largest = larger(largest, distance(*w, *g));
    }
    for (b, s) in model.intercept().iter().zip(sums) {
        let of_intercept = match model.intercept_kind() {
            Intercept::Unpenalised => (c * s).abs(),
            Intercept::Penalised => distance(*b, *s),
            Intercept::None => 0.0,
        };
        largest = larger(largest, of_intercept);
    }
    largest
}

/// Makes every column of the residuals sum to zero by mixing every distribution with a common one.
fn centre(r: &mut DMatrix<f64>, labels: &[usize], loss: Loss) {
    let (n, classes) = r.shape();
    let mut counts = vec![0.0_f64; classes];
    for &t in labels {
        if let Some(count) = counts.get_mut(t) {
            *count += 1.0;
        }
    }
    let sums = column_sums(r);
    let groups: Vec<Vec<usize>> = match loss {
        Loss::Softmax => vec![(0..classes).collect()],
        Loss::OneVsRest => (0..classes).map(|k| vec![k]).collect(),
    };
    for group in groups {
        // v ← (1 − m) v + m q with q_k = n_k/N − (1 − m) e_k / (m N) ≥ 0 (and ≤ 1 for a single class against the rest).
        let mut m = 0.0_f64;
        for &k in &group {
            let e = sums[k];
            if e > 0.0 {
                m = m.max(e / (counts[k] + e));
            } else if loss == Loss::OneVsRest && e < 0.0 {
                m = m.max(-e / (n as f64 - counts[k] - e));
            }
        }
        m = (m * (1.0 + 1e-9)).min(1.0);
        if m == 0.0 {
            continue;
        }
        for &k in &group {
            let q = counts[k] / n as f64 - (1.0 - m) * sums[k] / (m * n as f64);
            for (i, &t) in labels.iter().enumerate() {
                let own = if t == k { 1.0 } else { 0.0 };
                r[(i, k)] = (1.0 - m) * r[(i, k)] + m * (q - own);
            }
        }
    }
}

fn dual(model: &Model, loss: Loss, r: &DMatrix<f64>, labels: &[usize], back: &DMatrix<f64>, c: f64) -> f64 {
    let (l1, l2) = model.penalty().parts();
    let sums = column_sums(r);
    let with_bias = model.intercept_kind() == Intercept::Penalised;
    let slopes = |k: usize| {
        let bias = with_bias.then_some(sums[k]);
        back.column(k).iter().copied().chain(bias).map(|g| c * g).collect::<Vec<f64>>()
    };
    let scale_of = |classes: &[usize]| {
        let largest = classes.iter().flat_map(|&k| slopes(k)).fold(0.0_f64, |m, g| larger(m, g.abs()));
        if l2 > 0.0 || largest <= l1 { 1.0 } else { l1 / largest }
    };
    let classes: Vec<usize> = (0..r.ncols()).collect();
    let scale: Vec<f64> = match loss {
        Loss::Softmax => vec![scale_of(&classes); classes.len()],
        Loss::OneVsRest => classes.iter().map(|&k| scale_of(&[k])).collect(),
    };
    let mut entropy = 0.0;
    for &k in &classes {
        for (i, &t) in labels.iter().enumerate() {
            let v = if t == k { 1.0 + scale[k] * r[(i, k)] } else { scale[k] * r[(i, k)] };
            entropy -= entropy_term(v);
            if loss == Loss::OneVsRest {
                entropy -= entropy_term(1.0 - v);
            }
        }
    }
    let mut conjugate = 0.0;
    if l2 > 0.0 {
        for &k in &classes {
            conjugate +=
                slopes(k).iter().map(|g| larger(0.0, g.abs() - l1).powi(2) / (2.0 * l2)).sum::<f64>();
        }
    }
    c * entropy - conjugate
}

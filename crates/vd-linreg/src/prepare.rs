//! From the user's numbers to the solvers': rows of weight 0 left out, centred, weighted, every column and the target of norm 1.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | w_n | `weights` | sample weight: the row counts w_n times |
//! | s_n = √(w_n / max w) | `root_weight` | what rows are multiplied by |
//! | m_d, t̄ | `means`, `target_mean` | weighted means, 0 without an intercept |
//! | S_d = Σ_n w_n (x_nd − m_d)² | `scales[d]²·max w` | a column's sum of squares |
//! | T² = Σ_n w_n (t_n − t̄)² | `target_scale²·max w` | the target's |
//! | n = Σ_n w_n | `n` | the effective number of objects |
//!
//! The method is equivariant to the scale of every column and of the target, so normalising changes no result; it keeps
//! S_d from overflowing.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::columns::{Dense, Sparse};
use crate::design::check_vector;
use crate::{Design, LinregError};

/// A column whose centred norm is below this many units in the last place of its largest entry (times √N) is constant.
const CONSTANT_ULPS: f64 = 16.0 * f64::EPSILON;

/// The rows in use and how they count.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Indices into the user's rows.
    pub index: Vec<usize>,
    /// s_n of each.
    pub root_weight: Vec<f64>,
    /// The largest weight.
    pub largest: f64,
    /// n = Σ w.
    pub n: f64,
    /// Whether there is an intercept to be orthogonal to.
    pub intercept: bool,
}

impl Rows {
    pub fn new(count: usize, weights: Option<&[f64]>, intercept: bool) -> Result<Self, LinregError> {
        let Some(weights) = weights else {
            return Ok(Self {
                index: (0..count).collect(),
                root_weight: vec![1.0; count],
                largest: 1.0,
                n: count as f64,
                intercept,
            });
        };
        if weights.len() != count {
            return Err(LinregError::Shape {
                what: "the sample weights",
                expected: count,
                found: weights.len(),
            });
        }
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(LinregError::Weight { row, value: weights[row] });
        }
        let index: Vec<usize> = (0..count).filter(|&i| weights[i] > 0.0).collect();
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let n: f64 = weights.iter().sum();
        if index.is_empty() {
            return Err(LinregError::Weight { row: 0, value: 0.0 });
        }
        if !n.is_finite() {
            return Err(LinregError::Range { what: "the sum of the sample weights" });
        }
        let root_weight = index.iter().map(|&i| (weights[i] / largest).sqrt()).collect();
        Ok(Self { index, root_weight, largest, n, intercept })
    }

    /// The same rows without those for which `keep` is false.
    pub fn filtered(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.index.len()).filter(|&k| keep(k)).collect();
        let root_weight: Vec<f64> = kept.iter().map(|&k| self.root_weight[k]).collect();
        let n = root_weight.iter().map(|s| s * s).sum::<f64>() * self.largest;
        Self { index: kept.iter().map(|&k| self.index[k]).collect(), root_weight, n, ..*self }
    }

    fn norm_sq(&self) -> f64 {
        self.root_weight.iter().map(|s| s * s).sum()
    }
}

/// A centred vector of norm 1, with what it was.
#[derive(Debug, Clone)]
pub(crate) struct Normalised {
    pub values: Vec<f64>,
    pub mean: f64,
    /// The norm before, 0 if the vector does not vary.
    pub scale: f64,
}

/// (v − v̄)∘s over its norm. Works relative to the largest entry, so that nothing overflows.
pub(crate) fn normalise(v: impl Fn(usize) -> f64, rows: &Rows) -> Normalised {
    let raw: Vec<f64> = rows.index.iter().map(|&i| v(i)).collect();
    let largest = raw.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        return Normalised { values: vec![0.0; raw.len()], mean: 0.0, scale: 0.0 };
    }
    let s = &rows.root_weight;
    let mut values: Vec<f64> = raw.iter().map(|x| x / largest).collect();
    let total = rows.norm_sq();
    let mut mean = 0.0;
    if rows.intercept {
        // Twice: the second pass removes what rounding left of the mean.
        for _ in 0..2 {
            let m = values.iter().zip(s).map(|(x, s)| x * s * s).sum::<f64>() / total;
            values.iter_mut().for_each(|x| *x -= m);
            mean += m;
        }
    }
    for (x, s) in values.iter_mut().zip(s) {
        *x *= s;
    }
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm <= CONSTANT_ULPS * total.sqrt() {
        return Normalised { values: vec![0.0; raw.len()], mean: mean * largest, scale: 0.0 };
    }
    values.iter_mut().for_each(|x| *x /= norm);
    Normalised { values, mean: mean * largest, scale: norm * largest }
}

/// The columns as the solvers see them, and how to go back.
#[derive(Debug, Clone)]
pub(crate) struct Prepared<C> {
    pub columns: C,
    pub means: Vec<f64>,
    /// Norms before normalising; 0 marks a column that does not vary.
    pub scales: Vec<f64>,
}

impl<C> Prepared<C> {
    /// How many columns vary.
    pub fn varying(&self) -> usize {
        self.scales.iter().filter(|s| **s > 0.0).count()
    }
}

pub(crate) fn dense(x: &DMatrix<f64>, rows: &Rows) -> Result<Prepared<Dense>, LinregError> {
    let (n, d, kept) = (x.nrows(), x.ncols(), rows.index.len());
    let mut values = vec![0.0; kept * d];
    let mut moments = vec![(0.0, 0.0); d];
    let bad = values
        .par_chunks_mut(kept.max(1))
        .zip(moments.par_iter_mut())
        .enumerate()
        .with_min_len(8)
        .find_map_first(|(j, (out, moment))| {
            let column = &x.as_slice()[j * n..(j + 1) * n];
            if let Some(row) = column.iter().position(|v| !v.is_finite()) {
                return Some(not_finite(row, j, column[row]));
            }
            let normalised = normalise(|i| column[i], rows);
            out.copy_from_slice(&normalised.values);
            *moment = (normalised.mean, normalised.scale);
            None
        });
    if let Some(error) = bad {
        return Err(error);
    }
    finish(Dense { rows: kept, values }, moments)
}

pub(crate) fn sparse(x: Design<'_>, rows: &Rows) -> Result<Prepared<Sparse>, LinregError> {
    let mut place = vec![usize::MAX; x.nrows()];
    for (k, &i) in rows.index.iter().enumerate() {
        place[i] = k;
    }
    let s = &rows.root_weight;
    let total = rows.norm_sq();
    let (mut start, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
    let (mut moments, mut along, mut centre) = (Vec::new(), Vec::new(), Vec::new());
    let mut bad = None;
    for j in 0..x.ncols() {
        let first = index.len();
        let mut largest: f64 = 0.0;
        x.visit(j, |i, v| {
            if !v.is_finite() {
                bad.get_or_insert(not_finite(i, j, v));
            }
            if place[i] != usize::MAX && v != 0.0 {
                index.push(place[i]);
                value.push(v);
                largest = largest.max(v.abs());
            }
        });
        if let Some(error) = bad {
            return Err(error);
        }
        let entries = index[first..].iter().zip(&mut value[first..]);
        let (mut sum, mut mass) = (0.0, 0.0);
        for (&i, v) in entries {
            *v /= largest;
            sum += *v * s[i] * s[i];
            mass += s[i] * s[i];
        }
        let mean = if rows.intercept { sum / total } else { 0.0 };
        let spread: f64 =
            index[first..].iter().zip(&value[first..]).map(|(&i, v)| ((v - mean) * s[i]).powi(2)).sum();
        let norm = (spread + (total - mass).max(0.0) * mean * mean).sqrt();
        let varies = norm > CONSTANT_ULPS * total.sqrt();
        if !varies {
            index.truncate(first);
            value.truncate(first);
        }
        for (&i, v) in index[first..].iter().zip(&mut value[first..]) {
            *v *= s[i] / norm;
        }
        start.push(index.len());
        moments.push((mean * largest, if varies { norm * largest } else { 0.0 }));
        centre.push(if varies { mean / norm } else { 0.0 });
        along.push(if varies && rows.intercept { sum / norm } else { 0.0 });
    }
    finish(Sparse { start, index, value, along, centre, root_weight: s.clone() }, moments)
}

fn finish<C>(columns: C, moments: Vec<(f64, f64)>) -> Result<Prepared<C>, LinregError> {
    let (means, scales): (Vec<f64>, Vec<f64>) = moments.into_iter().unzip();
    if scales.iter().any(|s| !s.is_finite()) {
        return Err(LinregError::Range { what: "the norm of a column" });
    }
    Ok(Prepared { columns, means, scales })
}

fn not_finite(row: usize, col: usize, value: f64) -> LinregError {
    LinregError::NotFinite { what: "the design matrix", row, col, value }
}

/// The target of norm 1.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub values: Vec<f64>,
    pub mean: f64,
    /// T / √(max w); 0 if the target does not vary.
    pub scale: f64,
}

pub(crate) fn target(t: &[f64], count: usize, rows: &Rows) -> Result<Target, LinregError> {
    check_vector("the target", t, count)?;
    let Normalised { values, mean, scale } = normalise(|i| t[i], rows);
    if !(scale.is_finite() && mean.is_finite()) {
        return Err(LinregError::Range { what: "the norm of the target" });
    }
    Ok(Target { values, mean, scale })
}

//! Anderson's acceleration of the rounds.
//!
//! A round is a fixed-point map x → f(x), whose convergence is linear: the local model does not know how w changes with the weights and
//! their variances. From the last residuals f(x) − x the combination of least norm is extrapolated (Anderson 1965; type II). The caller
//! takes the proposal only where the objective rises.
//!
//! x holds, for every output, the intercept, θ in standard errors, log α and the centre of the weights that all the rounds of the window kept; what
//! enters or leaves follows the plain round.

use crate::pass::point::{Point, Predictor, Weight};
use crate::pass::statistics::Statistics;

/// Residuals that are combined.
const WINDOW: usize = 6;

/// A proposal farther from x than this many residuals is not made.
const REACH: f64 = 50.0;

/// What the last rounds have taught.
#[derive(Debug, Default)]
pub(crate) struct Acceleration {
    /// (x, f(x)) of the last rounds.
    rounds: Vec<(Point, Point)>,
}

/// The weights that every round of the window kept with the same sign, by output; the others follow the plain round.
fn common(rounds: &[(Point, Point)]) -> Vec<Vec<usize>> {
    let Some((_, last)) = rounds.last() else { return Vec::new() };
    let shared = |k: usize, w: &Weight| {
        let same = |p: &Point| p.outputs[k].find(w.column).is_some_and(|v| v.mean * w.mean > 0.0);
        rounds.iter().all(|(x, f)| same(x) && same(f))
    };
    let one =
        |(k, p): (usize, &Predictor)| p.weights.iter().filter(|w| shared(k, w)).map(|w| w.column).collect();
    last.outputs.iter().enumerate().map(one).collect()
}

/// The columns that are in every output's list: those that share α are extrapolated together or not at all.
fn in_all(support: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let everywhere = |j: &usize| support.iter().all(|s| s.binary_search(j).is_ok());
    let first = support.first().map_or_else(Vec::new, |s| s.iter().copied().filter(everywhere).collect());
    vec![first; support.len()]
}

/// One number per coordinate: intercepts, θ in standard errors, log α, centres in standard errors.
fn vector(point: &Point, support: &[Vec<usize>], scales: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(scales.len());
    for (p, columns) in point.outputs.iter().zip(support) {
        out.push(p.intercept);
        for w in columns.iter().filter_map(|&j| p.find(j)) {
            out.extend([w.mean, w.log_alpha(), w.centre]);
        }
    }
    out.iter().zip(scales).map(|(v, s)| v * s).collect()
}

/// `goal` with the coordinates of `vector`.
fn point(vector: &[f64], goal: &Point, support: &[Vec<usize>], scales: &[f64]) -> Option<Point> {
    let mut at = vector.iter().zip(scales).map(|(v, s)| v / s);
    let mut out = goal.clone();
    for (p, columns) in out.outputs.iter_mut().zip(support) {
        p.intercept = at.next()?;
        for w in p.weights.iter_mut().filter(|w| columns.binary_search(&w.column).is_ok()) {
            let (mean, alpha) = (at.next()?, at.next()?.exp());
            let variance = mean * (mean * alpha);
            if !(mean * w.mean > 0.0 && variance > 0.0 && variance.is_finite()) {
                return None;
            }
            (w.mean, w.variance, w.centre) = (mean, variance, at.next()?);
        }
    }
    Some(out)
}

impl Acceleration {
    /// Forgets the rounds so far.
    pub fn reset(&mut self) {
        self.rounds.clear();
    }

    /// Learns the round from `from` to `goal`, and proposes a better goal if it can.
    pub fn propose(
        &mut self,
        statistics: &Statistics,
        from: &Point,
        goal: &Point,
        intercept: bool,
        shared: bool,
    ) -> Option<Point> {
        if self.rounds.len() == WINDOW {
            self.rounds.remove(0);
        }
        self.rounds.push((from.clone(), goal.clone()));
        if self.rounds.len() < 2 {
            return None;
        }
        let support = common(&self.rounds);
        let support = if shared { in_all(support) } else { support };
        let scales = scales(statistics, goal, &support, intercept);
        let values: Vec<Vec<f64>> = self.rounds.iter().map(|(x, _)| vector(x, &support, &scales)).collect();
        let goals: Vec<Vec<f64>> = self.rounds.iter().map(|(_, f)| vector(f, &support, &scales)).collect();
        let residual = |(x, f): (&Vec<f64>, &Vec<f64>)| f.iter().zip(x).map(|(f, x)| f - x).collect();
        let residuals: Vec<Vec<f64>> = values.iter().zip(&goals).map(residual).collect();
        let combined = combine(goals.last()?, &values, &residuals)?;
        point(&combined, goal, &support, &scales)
    }
}

/// f − (ΔX + ΔR) γ with γ minimising ‖r − ΔR γ‖.
fn combine(f: &[f64], values: &[Vec<f64>], residuals: &[Vec<f64>]) -> Option<Vec<f64>> {
    let last = residuals.len().checked_sub(1)?;
    if last == 0 {
        return None;
    }
    let r = &residuals[last];
    let change = |all: &[Vec<f64>], j: usize, i: usize| all[j + 1][i] - all[j][i];
    let dot =
        |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| (0..r.len()).map(|i| a(i) * b(i)).sum::<f64>();
    let mut system = vec![vec![0.0; last + 1]; last];
    for a in 0..last {
        for b in 0..last {
            system[a][b] = dot(&|i| change(residuals, a, i), &|i| change(residuals, b, i));
        }
        system[a][last] = dot(&|i| change(residuals, a, i), &|i| r[i]);
    }
    let trace: f64 = (0..last).map(|a| system[a][a]).sum();
    for a in 0..last {
        system[a][a] += 1e-10 * trace + f64::MIN_POSITIVE;
    }
    let gamma = solve(system)?;
    let mut out = f.to_vec();
    for (j, g) in gamma.iter().enumerate() {
        for i in 0..out.len() {
            out[i] -= g * (change(values, j, i) + change(residuals, j, i));
        }
    }
    let moved = dot(&|i| out[i] - f[i], &|i| out[i] - f[i]).sqrt();
    (moved <= REACH * dot(&|i| r[i], &|i| r[i]).sqrt()).then_some(out)
}

/// What x is multiplied by: √S for a mean, σ√Σw for a centre, √Σw for an intercept; log α counts as it is.
fn scales(statistics: &Statistics, goal: &Point, support: &[Vec<usize>], intercept: bool) -> Vec<f64> {
    let mut out = Vec::new();
    for ((sums, p), columns) in statistics.outputs.iter().zip(&goal.outputs).zip(support) {
        let weight = sums.w.sqrt().max(1e-3);
        out.push(weight);
        for w in columns.iter().filter_map(|&j| p.find(j)) {
            let mean = sums.column(w.column, intercept).2.sqrt().max(1e-3);
            out.extend([mean, 1.0, weight * w.variance.sqrt().max(1e-12)]);
        }
    }
    out
}

/// The solution of a small linear system with the right side in the last column, by elimination with row exchanges.
fn solve(mut a: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = a.len();
    for c in 0..n {
        let pivot = (c..n).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs()))?;
        a.swap(c, pivot);
        if !(a[c][c].abs() > 0.0) {
            return None;
        }
        for i in c + 1..n {
            let factor = a[i][c] / a[c][c];
            for j in c..=n {
                a[i][j] -= factor * a[c][j];
            }
        }
    }
    let mut x = vec![0.0; n];
    for c in (0..n).rev() {
        let known: f64 = (c + 1..n).map(|j| a[c][j] * x[j]).sum();
        x[c] = (a[c][n] - known) / a[c][c];
    }
    x.iter().all(|v| v.is_finite()).then_some(x)
}

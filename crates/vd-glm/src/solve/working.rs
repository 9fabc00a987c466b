//! Which columns a round works on: those kept, and pruned ones that may enter.

use crate::pass::point::Predictor;
use crate::pass::statistics::Sums;
use crate::solve::prior::Prior;

/// Up to this many columns all are worked on: their curvature costs little.
const ALL: usize = 128;

/// A pruned column joins the working set from z² > `NEAR`·λ on: it may be past λ after the round's step.
const NEAR: f64 = 0.7;

/// The smallest number of pruned columns that may join at once.
const BATCH: usize = 64;

/// The working columns of one output, ascending: those of `kept`, and the pruned ones of largest z², at most as many as are kept.
pub(crate) fn working(sums: &Sums, kept: &[&Predictor], prior: &Prior, intercept: bool) -> Vec<usize> {
    let columns = sums.gx.len();
    // Nothing can enter at λ = ∞.
    if columns <= ALL && prior.threshold().is_finite() {
        return (0..columns).collect();
    }
    let mut set: Vec<usize> = kept.iter().flat_map(|p| p.weights.iter().map(|w| w.column)).collect();
    set.sort_unstable();
    set.dedup();
    let mut waiting: Vec<(f64, usize)> = (0..columns)
        .filter(|j| set.binary_search(j).is_err())
        .filter_map(|j| {
            let ratio = ratio(sums, j, prior, intercept);
            (ratio > NEAR).then_some((ratio, j))
        })
        .collect();
    let room = set.len().max(BATCH);
    waiting.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    waiting.truncate(room);
    set.extend(waiting.iter().map(|&(_, j)| j));
    set.sort_unstable();
    set
}

/// The columns that [`working`] will choose, as far as the point alone tells: all of them where they are few, else those that it keeps.
pub(crate) fn foreseen(columns: usize, predictor: &Predictor, prior: &Prior) -> Vec<usize> {
    if columns <= ALL && prior.threshold().is_finite() {
        return (0..columns).collect();
    }
    predictor.weights.iter().map(|w| w.column).collect()
}

/// z²/λ of a pruned column, z² = q²/(S + a).
pub(crate) fn ratio(sums: &Sums, j: usize, prior: &Prior, intercept: bool) -> f64 {
    let (q, _, s) = sums.column(j, intercept);
    if s > 1e-12 * sums.wxx[j] && s > f64::MIN_POSITIVE {
        q / (s + prior.slab()) * q / prior.threshold()
    } else {
        0.0
    }
}

/// Whether a column outside `working` exceeds the threshold by more than the share `margin`.
pub(crate) fn violated(sums: &Sums, working: &[usize], prior: &Prior, intercept: bool, margin: f64) -> bool {
    (0..sums.gx.len())
        .filter(|j| working.binary_search(j).is_err())
        .any(|j| ratio(sums, j, prior, intercept) > 1.0 + margin)
}

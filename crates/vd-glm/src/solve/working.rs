//! Which columns a round works on: those kept, and pruned ones that may enter.

use crate::pass::point::{Point, Predictor};
use crate::pass::statistics::{Statistics, Sums};
use crate::solve::prior::Prior;

/// Up to this many columns all are worked on: their curvature costs little.
const ALL: usize = 128;

/// A pruned column joins the working set from z² > `NEAR`·λ on: it may be past λ after the round's step.
const NEAR: f64 = 0.7;

/// The smallest number of pruned columns that may join at once.
const BATCH: usize = 64;

/// What decides whether the columns of one output, or of all that share α, are kept.
pub(crate) struct Decision<'a> {
    /// The outputs that decide together.
    sums: &'a [Sums],
    kept: &'a [Predictor],
    prior: &'a Prior,
    intercept: bool,
}

impl<'a> Decision<'a> {
    /// One for each output, or one for all where they share α.
    pub fn all(
        statistics: &'a Statistics,
        point: &'a Point,
        prior: &'a Prior,
        intercept: bool,
    ) -> Vec<Decision<'a>> {
        let together = if prior.is_shared() { point.outputs.len().max(1) } else { 1 };
        let parts = statistics.outputs.chunks(together).zip(point.outputs.chunks(together));
        parts.map(|(sums, kept)| Decision { sums, kept, prior, intercept }).collect()
    }

    /// z²/λ of a pruned column, z² = q²/(S + a), of outputs that share α its mean.
    pub fn ratio(&self, j: usize) -> f64 {
        let one = |sums: &Sums| ratio(sums, j, self.prior, self.intercept);
        self.sums.iter().map(one).sum::<f64>() / self.sums.len() as f64
    }

    /// The pruned columns.
    pub fn pruned(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns()).filter(|&j| self.kept.iter().all(|p| p.find(j).is_none()))
    }

    fn columns(&self) -> usize {
        self.sums.first().map_or(0, |s| s.gx.len())
    }

    /// Whether a pruned column exceeds the threshold by more than the share `margin`.
    pub fn violated(&self, margin: f64) -> bool {
        self.pruned().any(|j| self.ratio(j) > 1.0 + margin)
    }

    /// The working columns, once for each output.
    pub fn working(&self) -> impl Iterator<Item = Vec<usize>> {
        std::iter::repeat_n(working(self), self.sums.len())
    }
}

/// The working columns, ascending: those that are kept, and the pruned ones of largest z², at most as many as are kept.
fn working(decision: &Decision<'_>) -> Vec<usize> {
    let Decision { kept, prior, .. } = decision;
    let columns = decision.columns();
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
            let ratio = decision.ratio(j);
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
fn ratio(sums: &Sums, j: usize, prior: &Prior, intercept: bool) -> f64 {
    let (q, _, s) = sums.column(j, intercept);
    if s > 1e-12 * sums.wxx[j] && s > f64::MIN_POSITIVE {
        q / (s + prior.slab()) * q / prior.threshold()
    } else {
        0.0
    }
}

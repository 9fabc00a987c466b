//! The local models of a softmax whose columns have one α for all classes: a column is kept or pruned as a whole.
//!
//! The divergence of a column is K KL(α). Given α every class's θ has its maximum q/(s + a + α(s′ + a)); with those, α has its own in closed
//! form from the sum of the classes' z² ([`Prior::shared`]), so that a column is pruned exactly where the mean of its z² is at most λ.
//!
//! Class by class, as without groups: a column's α moves at every visit of one of its weights, the other classes' z² as of their last visit.
//! A last cycle holds α, so that all classes end with the same one.

use crate::solve::coupled::Coupled;
use crate::solve::inner::Inner;
use crate::solve::local::Local;
use crate::solve::prior::{Coordinate, Prior};
use crate::solve::quadratic::{GROWTH, Quadratic};

/// A column whose weights share one α.
struct Column {
    /// log α at the model's centre, none where it was pruned there.
    start: Option<f64>,
    /// Σ s θ² at the model's centre.
    size: f64,
    /// log α, none where it is pruned.
    log_alpha: Option<f64>,
    /// Every class's coordinate, as of its last visit.
    coordinates: Vec<Option<Coordinate>>,
    /// Every class's [`Quadratic::stiffness`].
    stiffness: Vec<(f64, f64, f64)>,
}

impl Column {
    fn new(locals: &[Local<'_>], place: usize) -> Self {
        let models = || locals.iter().map(|l| &l.quadratic);
        let log_alpha = models().find_map(|q| {
            let (theta, variance) = q.start(place);
            (variance > 0.0).then(|| variance.ln() - 2.0 * theta.abs().ln())
        });
        let coordinates: Vec<_> = models().map(|q| q.coordinate(place)).collect();
        let pairs = coordinates.iter().zip(models());
        let size = pairs.map(|(c, q)| c.map_or(0.0, |c| c.s * q.start(place).0.powi(2))).sum();
        let stiffness = models().map(|q| q.stiffness(place)).collect();
        Self { start: log_alpha, size, log_alpha, coordinates, stiffness }
    }

    /// Moves α to its maximum given the classes' coordinates, or part of the way.
    fn choose(&mut self, prior: &Prior) {
        let best = prior.shared(self.coordinates.iter().flatten().copied());
        self.log_alpha = match (best, self.log_alpha, self.start) {
            (Some(best), Some(present), Some(start)) => {
                let mut sums = (0.0, 0.0, 0.0);
                for &(extra, bend, slope) in &self.stiffness {
                    sums = (f64::max(sums.0, extra), sums.1 + bend, sums.2 + slope);
                }
                let bend = if sums.2 > 0.0 { sums.1 / sums.2 } else { 0.0 };
                let reached = present + (best - present) / (1.0 + sums.0 + bend);
                // A column that changes much is as good as new: its old α says nothing.
                let size = self.squares(prior, best) / self.size;
                let near = (0.25..4.0).contains(&size);
                Some(if near { reached.clamp(start - GROWTH.ln(), start + GROWTH.ln()) } else { reached })
            }
            (best, _, _) => best,
        };
    }

    /// Σ s θ² at the classes' maxima for this log α.
    fn squares(&self, prior: &Prior, log_alpha: f64) -> f64 {
        let one = |c: &Coordinate| {
            let (_, theta) = prior.held(*c, 0.0, log_alpha.exp());
            c.s * theta * theta
        };
        self.coordinates.iter().flatten().map(one).sum()
    }
}

/// Whether α moves.
#[derive(Clone, Copy, PartialEq)]
enum Alpha {
    Free,
    Held,
}

/// Updates class k's weight of a column; its change in standard errors.
fn visit(
    quadratic: &mut Quadratic,
    (k, place): (usize, usize),
    column: &mut Column,
    prior: &Prior,
    alpha: Alpha,
) -> f64 {
    let found = quadratic.coordinate(place);
    if alpha == Alpha::Free {
        (column.coordinates[k], column.stiffness[k]) = (found, quadratic.stiffness(place));
        column.choose(prior);
    }
    let (variance, theta) = match (column.log_alpha, found) {
        (Some(log_alpha), Some(c)) => prior.held(c, 0.0, log_alpha.exp()),
        _ => (0.0, 0.0),
    };
    let fine = variance > 0.0 && variance.is_finite() && theta != 0.0;
    if fine { quadratic.set(place, variance, theta) } else { quadratic.set(place, 0.0, 0.0) }
}

/// Sweeps over one class's weights until none moves by more than the tolerance; the largest move of the first.
fn ascend(quadratic: &mut Quadratic, k: usize, columns: &mut [Column], inner: &Inner, alpha: Alpha) -> f64 {
    let order = quadratic.order();
    let mut first: f64 = 0.0;
    let mut sweep = 0;
    let mut all = |places: &[usize], quadratic: &mut Quadratic| {
        places
            .iter()
            .fold(0.0_f64, |m, &j| m.max(visit(quadratic, (k, j), &mut columns[j], &inner.prior, alpha)))
    };
    while sweep < inner.sweeps {
        let full = all(&order, quadratic);
        if sweep == 0 {
            first = full;
        }
        sweep += 1;
        if !(full > inner.tolerance) {
            break;
        }
        // The kept ones alone, to convergence, before all are looked at again.
        let kept: Vec<usize> = order.iter().copied().filter(|&j| quadratic.theta[j] != 0.0).collect();
        while sweep < inner.sweeps {
            let change = all(&kept, quadratic);
            sweep += 1;
            if !(change > inner.tolerance) {
                break;
            }
        }
    }
    first
}

/// Class by class until none moves, and once more with α held; the intercepts' changes.
pub(crate) fn classes(locals: &mut [Local<'_>], inner: &Inner, coupled: &mut Coupled<'_>) -> Vec<f64> {
    let places = locals.first().map_or(0, |l| l.features.columns.len());
    let mut columns: Vec<Column> = (0..places).map(|j| Column::new(locals, j)).collect();
    let mut changes = vec![0.0; locals.len()];
    let mut alpha = Alpha::Free;
    let mut cycle = 0;
    loop {
        cycle += 1;
        let mut largest: f64 = 0.0;
        for (k, local) in locals.iter_mut().enumerate() {
            local.couple(coupled.cross(k, &local.features));
            let (theta, variance) = (local.quadratic.theta.clone(), local.quadratic.variance.clone());
            let moved = ascend(&mut local.quadratic, k, &mut columns, inner, alpha);
            let mut step = local.quadratic.changes(&theta, &variance);
            let change = local.sampled_change();
            let shift = change - changes[k];
            largest = largest.max(moved).max(shift.abs() * local.root_weight());
            changes[k] = change;
            if !step.is_empty() || shift != 0.0 {
                let shift = local.scaled(shift, &mut step);
                coupled.apply(k, shift, &local.features, &step);
            }
        }
        if alpha == Alpha::Held {
            break;
        }
        if cycle >= inner.cycles || !(largest > 10.0 * inner.tolerance) {
            alpha = Alpha::Held;
        }
    }
    locals.iter().map(Local::intercept_change).collect()
}

//! The maximum of the local models: where a round steps to.

use crate::pass::point::Point;
use crate::solve::coupled::Coupled;
use crate::solve::inner::Inner;
use crate::solve::local::Local;
use crate::solve::shared;

/// The point that maximises the local models, coupled or each for itself.
pub(crate) fn trial(mut locals: Vec<Local<'_>>, inner: &Inner, coupled: Option<&mut Coupled<'_>>) -> Point {
    for local in &mut locals {
        (local.quadratic.damping, local.quadratic.cautious) = (inner.damping, inner.cautious);
    }
    let changes = if let Some(coupled) = coupled {
        let classes = if inner.prior.is_shared() { shared::classes } else { classes };
        classes(&mut locals, inner, coupled)
    } else {
        let one = |local: &mut Local<'_>| {
            local.quadratic.ascend(&inner.prior, inner.tolerance, inner.sweeps);
            local.intercept_change()
        };
        locals.iter_mut().map(one).collect()
    };
    Point { outputs: locals.iter().zip(changes).map(|(l, change)| l.predictor(change)).collect() }
}

/// Class by class, each to the maximum of its own model given the others' changes, until no class moves; the intercepts' changes.
fn classes(locals: &mut [Local<'_>], inner: &Inner, coupled: &mut Coupled<'_>) -> Vec<f64> {
    let mut changes = vec![0.0; locals.len()];
    for cycle in 0..inner.cycles {
        let mut largest: f64 = 0.0;
        for (k, local) in locals.iter_mut().enumerate() {
            local.couple(coupled.cross(k, &local.features));
            let (theta, variance) = (local.quadratic.theta.clone(), local.quadratic.variance.clone());
            let moved = local.quadratic.ascend(&inner.prior, inner.tolerance, inner.sweeps);
            let mut step = local.quadratic.changes(&theta, &variance);
            let change = local.sampled_change();
            let shift = change - changes[k];
            largest = largest.max(moved).max(shift.abs() * local.root_weight());
            changes[k] = change;
            if cycle + 1 < inner.cycles && (!step.is_empty() || shift != 0.0) {
                let shift = local.scaled(shift, &mut step);
                coupled.apply(k, shift, &local.features, &step);
            }
        }
        if !(largest > 10.0 * inner.tolerance) {
            break;
        }
    }
    locals.iter().map(Local::intercept_change).collect()
}

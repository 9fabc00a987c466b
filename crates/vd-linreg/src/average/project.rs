//! Few columns whose fitted values are those of the average (Piironen and Vehtari 2017).

use crate::average::conditional::Conditional;
use crate::average::gram::Gram;
use crate::prepare::columns::{Columns, Residual};

/// A column joins only if more than this of it is left beside the columns that are in.
const INDEPENDENT: f64 = 1e-6;

/// A few columns with weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    pub support: Vec<usize>,
    pub theta: Vec<f64>,
}

/// Least squares of `fitted` on few of the columns that `allowed` names, at a squared distance of at most `loss` where they reach it: the one that
/// brings most joins, then those that are no longer needed leave.
pub(crate) fn project<C: Columns>(
    gram: &Gram<'_, C>,
    columns: &C,
    fitted: &Residual,
    allowed: &[usize],
    loss: f64,
    most: usize,
) -> Projection {
    let whole = columns.norm_sq(fitted);
    let local = gram.towards(fitted, whole);
    let mut at = Conditional::new(&local, &[], 0.0);
    while at.rest > loss && at.active.len() < most {
        let gain = |&j: &usize| at.product[j] * at.product[j] / at.precision[j];
        let open = allowed.iter().copied().filter(|&j| !at.inside[j] && at.precision[j] > INDEPENDENT);
        let Some(j) = open.max_by(|a, b| gain(a).total_cmp(&gain(b)).then(b.cmp(a))) else { break };
        at.add(j);
    }
    at.refresh();
    loop {
        let cost = |i: &usize| at.theta[*i] * at.theta[*i] / at.inverse_at(*i);
        let Some(i) = (0..at.active.len()).min_by(|a, b| cost(a).total_cmp(&cost(b))) else { break };
        if at.rest + cost(&i) > loss {
            break;
        }
        at.remove(i);
    }
    at.refresh();
    Projection { support: at.active.clone(), theta: at.theta.clone() }
}

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

/// Least squares of `fitted` on few of the units whose columns `allowed` names, at a squared distance of at most `loss` where they reach it: the one that
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
    while at.rest > loss && at.size < most {
        let open = allowed.iter().copied().filter(|&j| gram.units.leads(j) && !at.holds(j));
        let gains = open.filter_map(|j| Some((j, at.gain(j, INDEPENDENT)?)));
        let Some((j, _)) = gains.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) else { break };
        at.add_unit(j, INDEPENDENT);
    }
    at.refresh();
    loop {
        let cost = |i: usize| match gram.units.home(at.active[i]) {
            None => Some(at.theta[i] * at.theta[i] / at.inverse_at(i)),
            // Once for a block: where its first column that is in stands.
            Some(_) => {
                let places = at.places(at.active[i]);
                if places.first() == Some(&i) { at.leaving(&places).map(|b| b.explained) } else { None }
            }
        };
        let costs = (0..at.active.len()).filter_map(|i| Some((at.active[i], cost(i)?)));
        let Some((j, cost)) = costs.min_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if at.rest + cost > loss {
            break;
        }
        at.remove_unit(j);
    }
    at.refresh();
    Projection { support: at.active.clone(), theta: at.theta.clone() }
}

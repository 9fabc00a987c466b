//! From what the walks saw to the result in the user's units.

use estimator::{Fit, Report};
use nalgebra::DVector;

use crate::average::averaged::{Averaged, StandIn};
use crate::average::based::Based;
use crate::average::evidence::Evidence;
use crate::average::gram::Gram;
use crate::average::plan::Walked;
use crate::average::project::{Projection, project};
use crate::average::settings::{Averaging, Sparsity};
use crate::average::tally::Tally;
use crate::error::Error;
use crate::job::Job;
use crate::params::{Params, Refit};
use crate::prepare::columns::Columns;
use crate::prepare::prepared::Prepared;
use crate::solve::operator::Thresholding;
use crate::solve::state::State;

/// A column takes part in the sparse model from this probability on.
const CONSIDERED: f64 = 0.01;

/// All that the result is made of.
pub(crate) struct Found {
    pub walked: Walked,
    pub theta: Vec<f64>,
    pub background: f64,
    pub evidence: Evidence,
    pub settings: Averaging,
}

pub(crate) fn finish<C: Columns, P: Thresholding + Clone>(
    job: &Job<'_, P>,
    prepared: &Prepared<C>,
    (based, gram): (&Based<'_, C>, &Gram<'_, Based<'_, C>>),
    found: Found,
) -> Result<Averaged, Error> {
    let Found { walked, theta, background, evidence, settings } = found;
    let Walked { tally, best, steps, error, status, trace } = walked;
    let all: Vec<usize> = (0..gram.len()).collect();
    let average = Projection { support: all, theta };
    let sparse = if background > 0.0 && matches!(settings.sparsity, Sparsity::Loss(_)) {
        // Nothing is sparse: every column stays, unless few were asked for.
        average.clone()
    } else {
        let considered =
            |&j: &usize| background > 0.0 || tally.inclusion[j] >= CONSIDERED || best.support.contains(&j);
        let allowed: Vec<usize> = (0..gram.len()).filter(considered).collect();
        let fitted = gram.combine(&average.theta);
        let (loss, most) = settings.sparsity.limits(job.problem.rows.n);
        project(gram, based, &fitted, &allowed, loss * tally.variance, most.min(allowed.len()))
    };
    // z² at which a column's odds are even, for a column that the others leave alone.
    let lambda = (-2.0 * evidence.prior_odds(gram.units.count(&best.support)) + best.scale.ln_1p()).max(1.0);
    let params = Params { lambda, refit: Refit::LeastSquares, ..job.problem.params.clone() };
    let job = job.with(&params);
    let state = |of: &Projection| {
        let mut state = job.empty(prepared);
        state.beta = 1.0 / tally.variance.max(f64::MIN_POSITIVE);
        for (&place, &theta) in of.support.iter().zip(&of.theta) {
            if theta != 0.0 && gram.units.home(place).is_none() {
                let j = gram.index[place];
                state.theta[j] = theta;
                state.u[j] = (0.5 * state.beta * theta * theta).max(f64::MIN_POSITIVE);
                state.active.push(j);
            }
        }
        blocks(based, gram, of, &mut state);
        state
    };
    let mean = job.model(prepared, &state(&average))?;
    let model = job.model(prepared, &state(&sparse))?;
    let mut inclusion = DVector::zeros(prepared.columns.len());
    for (&j, p) in gram.index.iter().zip(&tally.inclusion) {
        inclusion[j] = p.min(1.0);
    }
    for &(j, _) in &based.spanned {
        inclusion[j] = inclusion[based.present(j)];
    }
    let mut most_probable: Vec<usize> = best.support.iter().map(|&place| gram.index[place]).collect();
    most_probable.sort_unstable();
    let stand_ins = if background > 0.0 { Vec::new() } else { stand_ins(gram, &tally, &sparse.support) };
    let report = Report { status, objective: best.log_joint, residual: error, iterations: steps, trace };
    Ok(Averaged {
        fit: Fit { model, report },
        mean_coefficients: mean.coefficients,
        mean_intercept: mean.intercept,
        inclusion,
        most_probable,
        background,
        stand_ins,
        decided: based.decided(),
    })
}

/// Columns correlated with a kept one by at least this may stand in for it …
const ALIKE: f64 = 0.7;
/// … if each is as likely as this to matter.
const LIKELY: f64 = 0.05;

fn stand_ins<C: Columns>(gram: &Gram<'_, C>, tally: &Tally, support: &[usize]) -> Vec<StandIn> {
    let units = &gram.units;
    let mut kept: Vec<usize> = support.iter().map(|&i| units.members(i)[0]).collect();
    kept.sort_unstable();
    kept.dedup();
    let mut found = Vec::new();
    // A column that is certain needs none.
    for &i in kept.iter().filter(|&&i| tally.inclusion[i] < 1.0 - LIKELY) {
        for j in (0..gram.len()).filter(|&j| j != i && units.leads(j) && tally.inclusion[j] >= LIKELY) {
            let correlation = match (units.home(i), units.home(j)) {
                (None, None) => gram.column(i)[j],
                _ => {
                    let (of, by) = (units.members(i), units.members(j));
                    let part = |&a: &usize| by.iter().map(|&b| gram.column(a)[b].powi(2)).sum::<f64>();
                    (of.iter().map(part).sum::<f64>() / of.len() as f64).sqrt()
                }
            };
            if correlation.abs() >= ALIKE {
                found.push(StandIn { kept: gram.index[i], other: gram.index[j], correlation });
            }
        }
    }
    found
}

/// The weights of blocks, from their bases to their columns: those of a block share their u.
fn blocks<C: Columns>(
    based: &Based<'_, C>,
    gram: &Gram<'_, Based<'_, C>>,
    of: &Projection,
    state: &mut State,
) {
    let mut at = vec![0.0; if gram.units.blocks().is_empty() { 0 } else { gram.len() }];
    if at.is_empty() {
        return;
    }
    of.support.iter().zip(&of.theta).for_each(|(&place, &theta)| at[place] = theta);
    for block in gram.units.blocks() {
        let theta: Vec<f64> = block.iter().map(|&place| at[place]).collect();
        let square: f64 = theta.iter().map(|t| t * t).sum();
        let Some(basis) = based.basis(gram.index[block[0]]).filter(|_| square > 0.0) else { continue };
        let u = (0.5 * state.beta * square / theta.len() as f64).max(f64::MIN_POSITIVE);
        for (&j, weight) in basis.columns.iter().zip(basis.in_columns(&theta)) {
            if weight != 0.0 {
                (state.theta[j], state.u[j]) = (weight, u);
                state.active.push(j);
            }
        }
    }
}

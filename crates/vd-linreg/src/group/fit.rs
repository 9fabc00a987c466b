//! A fit whose columns are kept or pruned by groups.

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use estimator::{Fit, InputError, Report, Values};

use crate::design::Design;
use crate::error::Error;
use crate::group::ascent::Groups;
use crate::group::basis::Basis;
use crate::job::Job;
use crate::model::Model;
use crate::params::Params;
use crate::prepare::columns::Columns;
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::solve::operator::{Thresholding, log_alpha};
use crate::solve::swap_moves::SwapMoves;

/// Ratio of one λ to the one before on the way down from no group at all.
const STEP: f64 = 0.6;

/// What became of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Group {
    /// Its label.
    pub label: usize,
    /// G, how many columns span it.
    pub size: usize,
    /// The mean squared z-score of its members given the rest: kept where it exceeds λ.
    pub mean_squared_z: f64,
    /// λ of the group: the parameters', or that of the wanted number of falsely kept groups at its size.
    pub lambda: f64,
    /// log α, +∞ where it is pruned.
    pub log_alpha: f64,
    /// Whether it is kept.
    pub kept: bool,
}

/// A model whose columns are kept or pruned by groups.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Grouped {
    /// The model. Its report's residual is the largest |z_g²/(λG) − h(u_g)| over h(u_g) of a kept group, or excess over 1 of a pruned one. A column
    /// of a kept group that the others span has the weight 0.
    pub fit: Fit<Model, Report>,
    /// The groups, labels ascending.
    pub groups: Vec<Group>,
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits with one α a group: `groups` has a label for every column, and columns of one label are kept or pruned together.
    ///
    /// For the indicators of a categorical column, the terms of one variable, or any columns that are one decision. The noise level is
    /// [`Params::noise`]'s, a learned one is refused; [`Params::expected_false_keeps`] counts groups. Singletons are the columns of [`Params::fit`].
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use vd_linreg::Params;
    /// // A categorical column of four levels as three indicators, and one number that does not matter.
    /// let x = DMatrix::from_fn(80, 4, |i, j| if j < 3 { f64::from(u8::from(i % 4 == j)) } else { (i * i) as f64 % 7.0 });
    /// let t = DVector::from_fn(80, |i, _| [0.0, 1.0, 0.2, -1.0][i % 4] + 0.1 * ((i * i * i) as f64).sin());
    /// let grouped = Params::new().lambda(4.0).fit_groups(&x, &t, &[0, 0, 0, 1])?;
    /// assert!(grouped.groups[0].kept && !grouped.groups[1].kept);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Params::fit`]; [`InputError::Shape`] unless there are D labels; [`InputError::Combination`] for a learned noise level.
    pub fn fit_groups<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        groups: &[usize],
    ) -> Result<Grouped, Error> {
        let x = x.into();
        if groups.len() != x.ncols() {
            return Err(InputError::entries("the labels of groups", x.ncols(), groups.len()).into());
        }
        solve(self, x, t.into(), ByGroups(groups))
    }
}

struct ByGroups<'g>(&'g [usize]);

impl<P: Thresholding + Clone> Task<P> for ByGroups<'_> {
    type Output = Grouped;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Grouped, Error> {
        let target = target(problem.t, problem.rows)?;
        let prepared = prepare(problem.rows)?;
        let job = Job { problem, target: &target };
        let beta = job.held_beta(&prepared, &mut job.empty(&prepared), &mut SwapMoves::new())?;
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (j, &label) in self.0.iter().enumerate() {
            members.entry(label).or_default().push(j);
        }
        let bases: Vec<Basis> = members.values().map(|m| Basis::new(&prepared.columns, m)).collect();
        let lambda = lambdas(problem.params, &bases)?;
        let penalty = &problem.params.divergence;
        let groups = Groups { bases: &bases, penalty, lambda: &lambda, beta };
        let mut at = groups.empty(&target.values);
        // From above, so that the ascent starts on the sparse branch.
        let ratio =
            |g: usize| if bases[g].size() == 0 { 0.0 } else { groups.ratio(&groups.products(&at, g), g) };
        let mut raised = (0..bases.len()).map(ratio).fold(0.0, f64::max).min(f64::MAX) * STEP;
        while penalty.prunes() && raised > 1.0 {
            groups.run(&mut at, raised, (1e-2, 50), &mut |_| ControlFlow::Continue(()));
            raised *= STEP;
        }
        let offset = 0.5 * problem.rows.n * ((beta / (2.0 * std::f64::consts::PI)).ln())
            - problem.rows.n * job.target_norm().max(f64::MIN_POSITIVE).ln();
        let mut trace = Vec::new();
        let Params { tolerance, max_iterations, .. } = problem.params;
        let (status, iterations) = groups.run(&mut at, 1.0, (*tolerance, *max_iterations), &mut |at| {
            trace.push(groups.objective(at) + offset);
            ControlFlow::Continue(())
        });
        let mut state = job.empty(&prepared);
        state.beta = beta;
        let (mut found, mut residual) = (Vec::new(), 0.0f64);
        for (g, (&label, basis)) in members.keys().zip(&bases).enumerate() {
            let ratio = if basis.size() == 0 { 0.0 } else { groups.ratio(&groups.products(&at, g), g) };
            let u = at.u[g];
            let kept = u > 0.0;
            for (&j, theta) in basis.columns.iter().zip(basis.in_columns(&at.theta[g])) {
                if kept && theta != 0.0 {
                    (state.theta[j], state.u[j]) = (theta, u);
                    state.active.push(j);
                }
            }
            // h(u) = (1 + 2u)² dKL/du = −(1 + 2u)²/u · dKL/d log α.
            let wanted =
                if kept { -(1.0 + 2.0 * u).powi(2) / u * penalty.grad(log_alpha(u)) } else { ratio.min(1.0) };
            residual = residual.max(if wanted > 0.0 { (ratio / wanted - 1.0).abs() } else { 0.0 });
            let (size, lambda) = (basis.size(), lambda[g]);
            let log_alpha = if kept { log_alpha(u) } else { f64::INFINITY };
            found.push(Group { label, size, mean_squared_z: ratio * lambda, lambda, log_alpha, kept });
        }
        let model = job.model(&prepared, &state)?;
        let objective = trace.last().copied().unwrap_or(f64::NAN);
        Ok(Grouped {
            fit: Fit { model, report: Report { status, objective, residual, iterations, trace } },
            groups: found,
        })
    }
}

/// λ of every group: the same, or that at which so many groups of noise are kept on average.
fn lambdas<P>(params: &Params<P>, bases: &[Basis]) -> Result<Vec<f64>, InputError> {
    let Some(count) = params.false_keeps else { return Ok(vec![params.lambda; bases.len()]) };
    let refused = || InputError::Parameter {
        name: "expected_false_keeps",
        value: count,
        allowed: "a number above 0 and below the number of groups",
    };
    let filled = bases.iter().filter(|b| b.size() > 0).count();
    let one = |basis: &Basis| {
        let lambda = kl_approx::ard::lambda_for_false_keeps(count, filled.max(1), basis.size().max(1));
        lambda.ok().filter(|lambda| *lambda > 0.0).ok_or_else(refused)
    };
    bases.iter().map(one).collect()
}

//! The fit: a first maximum, walks over supports, a background if one is called for, and the sparse model.

use core::ops::ControlFlow;

use estimator::{InputError, NoiseModel, Values};

use crate::average::averaged::Averaged;
use crate::average::based::Based;
use crate::average::evidence::{Evidence, Noise};
use crate::average::finish::{Found, finish};
use crate::average::gram::Gram;
use crate::average::plan::{Plan, best};
use crate::average::progress::{AveragingProgress, Callback};
use crate::average::settings::Averaging;
use crate::average::units::Units;
use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::params::Params;
use crate::prepare::columns::{Columns, Residual};
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::solve::operator::Thresholding;
use crate::solve::state::{Beta, State};
use crate::solve::swap_moves::SwapMoves;
use crate::solve::universal::universal_lambda;

impl<P: Thresholding + Clone> Params<P> {
    /// Averages over supports, each weighed by its evidence, and returns few columns whose fitted values are the average's: the recommended fit.
    ///
    /// There is no λ to choose: the prior's odds and the scale of the kept weights, which is learned, make a column as likely in as out at a z² that
    /// grows with ln N and ln D. Of the parameters `noise` (fixed, or else integrated out), `intercept` and `weights` are used.
    ///
    /// ```
    /// use vd_linreg::{Averaging, Params, synthetic::Spec};
    /// let problem = Spec::new(200, 1000, 5, 0.5).problem(1);
    /// let average = Params::new().fit_averaged(&problem.x, &problem.t, &Averaging::new())?;
    /// assert_eq!(average.fit.model.support(), problem.relevant());
    /// assert!(average.looks_sparse() && average.expected_false_keeps() < 0.1);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Params::fit`], and a value of `averaging` out of range.
    pub fn fit_averaged<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        averaging: &Averaging,
    ) -> Result<Averaged, Error> {
        self.fit_averaged_with(x, t, averaging, |_| ControlFlow::Continue(()))
    }

    /// [`Params::fit_averaged`] with a callback after every 500 steps; a callback that breaks ends the walks with what they have seen.
    ///
    /// # Errors
    /// As [`Params::fit_averaged`].
    pub fn fit_averaged_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        averaging: &Averaging,
        mut progress: impl FnMut(&AveragingProgress) -> ControlFlow<()>,
    ) -> Result<Averaged, Error> {
        averaging.check()?;
        let average = Average { groups: None, settings: *averaging, progress: &mut progress };
        solve(self, x.into(), t.into(), average)
    }

    /// [`Params::fit_averaged`] with groups of columns that are one decision: `groups` has a label for every column, and the columns of one label
    /// are kept or dropped together.
    ///
    /// For the indicators of a categorical column or the terms of one variable. A group counts as one decision in the prior, whatever its size,
    /// and enters by an orthonormal basis: the answer does not depend on how a category is coded. A column of a kept group that the
    /// others span has the weight 0, as a reference level has. Groups of more than 64 columns, or more than half the samples, are decided on
    /// column by column.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use vd_linreg::{Averaging, Params};
    /// // A categorical column of four levels as four indicators, and one number that does not matter.
    /// let x = DMatrix::from_fn(80, 5, |i, j| if j < 4 { f64::from(u8::from(i % 4 == j)) } else { (i * i) as f64 % 7.0 });
    /// let t = DVector::from_fn(80, |i, _| [0.0, 1.0, 0.2, -1.0][i % 4] + 0.1 * ((i * i * i) as f64).sin());
    /// let average = Params::new().fit_averaged_groups(&x, &t, &[0, 0, 0, 0, 1], &Averaging::new())?;
    /// assert_eq!(average.kept_decisions(), [0]);
    /// assert!(average.inclusion[3] > 0.99 && average.inclusion[4] < 0.5);
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Params::fit_averaged`]; [`InputError::Shape`] unless there are D labels.
    pub fn fit_averaged_groups<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        groups: &[usize],
        averaging: &Averaging,
    ) -> Result<Averaged, Error> {
        self.fit_averaged_groups_with(x, t, groups, averaging, |_| ControlFlow::Continue(()))
    }

    /// [`Params::fit_averaged_groups`] with a callback, as [`Params::fit_averaged_with`] has it.
    ///
    /// # Errors
    /// As [`Params::fit_averaged_groups`].
    pub fn fit_averaged_groups_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        groups: &[usize],
        averaging: &Averaging,
        mut progress: impl FnMut(&AveragingProgress) -> ControlFlow<()>,
    ) -> Result<Averaged, Error> {
        averaging.check()?;
        let x = x.into();
        if groups.len() != x.ncols() {
            return Err(InputError::entries("the labels of groups", x.ncols(), groups.len()).into());
        }
        let average = Average { groups: Some(groups), settings: *averaging, progress: &mut progress };
        solve(self, x, t.into(), average)
    }
}

struct Average<'c> {
    groups: Option<&'c [usize]>,
    settings: Averaging,
    progress: Callback<'c>,
}

/// Most columns of a support.
const MOST: usize = 256;

impl<P: Thresholding + Clone> Task<P> for Average<'_> {
    type Output = Averaged;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Averaged, Error> {
        let target = target(problem.t, problem.rows)?;
        let prepared = prepare(problem.rows)?;
        let job = Job { problem, target: &target };
        let (first, beta) = first_maximum(&job, &prepared)?;
        let half = (0.5 * problem.rows.n) as usize;
        let based = Based::new(&prepared.columns, self.groups, &prepared.scales, half);
        let columns = &based;
        let index = candidates(&prepared, &based, &job.empty(&prepared), &first, self.settings.candidates);
        let units = units(&based, &index);
        let start = Residual::new(target.values.clone());
        let energy = columns.norm_sq(&start);
        let gram = Gram::new(columns, index, units, &start, energy);
        let free = (problem.rows.n - problem.rows.spent()).max(1.0);
        let noise = match problem.params.noise {
            NoiseModel::Fixed { .. } => Noise::Known(1.0 / beta),
            _ => Noise::Unknown(free),
        };
        let evidence =
            Evidence { noise, columns: based.decisions(prepared.varying()).max(1) as f64, constant: 0.0 };
        let most = half.clamp(1, MOST).min(gram.len().max(1));
        let plan = Plan { samples: problem.rows.n, most, settings: self.settings };
        let place = |&j: &usize| gram.index.binary_search(&based.present(j)).ok();
        let support: Vec<usize> = first.active.iter().filter_map(place).collect();
        let (walks, stopped) = plan.begin(&gram, evidence, &support, self.progress);
        // Early, so that a truth that is not sparse costs few steps.
        let with = if self.settings.background && !stopped {
            plan.background((columns, &gram), &target.values, evidence, &best(&walks), self.progress)
        } else {
            None
        };
        let (background, walked, theta) = with.unwrap_or_else(|| {
            let walked = plan.walk_on(&gram, walks, stopped, self.progress);
            let theta = walked.tally.theta.clone();
            (0.0, walked, theta)
        });
        finish(
            &job,
            &prepared,
            (&based, &gram),
            Found { walked, theta, background, evidence, settings: self.settings },
        )
    }
}

/// The maximum at the universal threshold, and β.
fn first_maximum<C: Columns, P: Thresholding + Clone>(
    job: &Job<'_, P>,
    prepared: &Prepared<C>,
) -> Result<(State, f64), Error> {
    let noise = match job.problem.params.noise {
        fixed @ NoiseModel::Fixed { .. } => fixed,
        _ => NoiseModel::PreEstimated,
    };
    let lambda = universal_lambda(prepared.varying());
    let params = Params { noise, lambda, ..job.problem.params.clone() };
    let job = job.with(&params);
    let (mut state, mut swaps) = (job.empty(prepared), SwapMoves::new());
    let beta = job.held_beta(prepared, &mut state, &mut swaps)?;
    job.approach(prepared, &mut state, Beta::Fixed(beta), &mut swaps);
    Ok((state, beta))
}

/// The columns that are considered, ascending; a group is considered whole or not at all.
fn candidates<C: Columns>(
    prepared: &Prepared<C>,
    based: &Based<'_, C>,
    empty: &State,
    first: &State,
    most: usize,
) -> Vec<usize> {
    let present = |j: &usize| prepared.scales[*j] > 0.0 && !based.is_spanned(*j);
    let mut index: Vec<usize> = (0..prepared.columns.len()).filter(present).collect();
    if index.len() <= most {
        return index;
    }
    let mut now = vec![0.0; prepared.columns.len()];
    prepared.columns.gradient(&first.residual, &mut now);
    let spread = prepared.columns.norm_sq(&first.residual).max(f64::MIN_POSITIVE);
    let own = |j: usize| {
        let kept = if first.theta[j] == 0.0 { 0.0 } else { f64::INFINITY };
        (empty.gradient[j].powi(2)).max(now[j].powi(2) / spread).max(kept)
    };
    let mut score: Vec<f64> = (0..prepared.columns.len()).map(own).collect();
    let mut leader: Vec<usize> = (0..score.len()).collect();
    for basis in &based.bases {
        let best = basis.columns.iter().map(|&j| score[j]).fold(0.0, f64::max);
        basis.columns.iter().for_each(|&j| (score[j], leader[j]) = (best, basis.columns[0]));
    }
    index.sort_by(|&a, &b| score[b].total_cmp(&score[a]).then((leader[a], a).cmp(&(leader[b], b))));
    let cut = index.get(most).map(|&j| leader[j]);
    index.truncate(most);
    index.retain(|&j| Some(leader[j]) != cut);
    index.sort_unstable();
    index
}

/// The groups as blocks of places among the candidates.
fn units<C: Columns>(based: &Based<'_, C>, index: &[usize]) -> Units {
    let places = |columns: &Vec<usize>| -> Vec<usize> {
        columns.iter().filter_map(|j| index.binary_search(j).ok()).collect()
    };
    let blocks = based.bases.iter().map(|b| places(&b.columns)).filter(|p| p.len() > 1).collect();
    Units::new(index.len(), blocks)
}

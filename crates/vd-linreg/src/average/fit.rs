//! The fit: a first maximum, walks over supports, a background if one is called for, and the sparse model.

use core::ops::ControlFlow;

use estimator::{InputError, NoiseModel, Values};

use crate::average::averaged::Averaged;
use crate::average::evidence::{Evidence, Noise};
use crate::average::finish::{Found, finish};
use crate::average::gram::Gram;
use crate::average::plan::{Plan, best};
use crate::average::progress::{AveragingProgress, Callback};
use crate::average::settings::Averaging;
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
        solve(self, x.into(), t.into(), Average { settings: *averaging, progress: &mut progress })
    }
}

struct Average<'c> {
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
        let columns = &prepared.columns;
        let index = candidates(&prepared, &job.empty(&prepared), &first, self.settings.candidates);
        let start = Residual::new(target.values.clone());
        let energy = columns.norm_sq(&start);
        let gram = Gram::new(columns, index, &start, energy);
        let free = (problem.rows.n - problem.rows.spent()).max(1.0);
        let noise = match problem.params.noise {
            NoiseModel::Fixed { .. } => Noise::Known(1.0 / beta),
            _ => Noise::Unknown(free),
        };
        let evidence = Evidence { noise, columns: prepared.varying().max(1) as f64, constant: 0.0 };
        let most = ((0.5 * problem.rows.n) as usize).clamp(1, MOST).min(gram.len().max(1));
        let plan = Plan { samples: problem.rows.n, most, settings: self.settings };
        let place = |j: &usize| gram.index.binary_search(j).ok();
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
        finish(&job, &prepared, &gram, Found { walked, theta, background, evidence, settings: self.settings })
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

/// The columns that are considered, ascending.
fn candidates<C: Columns>(prepared: &Prepared<C>, empty: &State, first: &State, most: usize) -> Vec<usize> {
    let mut index: Vec<usize> = (0..prepared.columns.len()).filter(|&j| prepared.scales[j] > 0.0).collect();
    if index.len() <= most {
        return index;
    }
    let mut now = vec![0.0; prepared.columns.len()];
    prepared.columns.gradient(&first.residual, &mut now);
    let spread = prepared.columns.norm_sq(&first.residual).max(f64::MIN_POSITIVE);
    let score = |j: usize| {
        let kept = if first.theta[j] == 0.0 { 0.0 } else { f64::INFINITY };
        (empty.gradient[j].powi(2)).max(now[j].powi(2) / spread).max(kept)
    };
    index.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
    index.truncate(most);
    index.sort_unstable();
    index
}

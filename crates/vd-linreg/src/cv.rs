//! λ by cross-validation along the path, folds in parallel.
//!
//! Each fold follows the path down from its own empty model, all at the same λ and the same noise level (the whole data's
//! pilot), so that a λ means the same threshold everywhere. At every λ the held-out error is measured for the solution itself
//! and for its least-squares refit: the threshold that selects well shrinks what it keeps too much, so that selection and
//! shrinkage are chosen apart (the relaxed lasso's idea, Meinshausen 2007). The path stops once it is far past the smallest error.

use core::ops::ControlFlow;

use estimator::{Fit, Report};
use nalgebra::DVector;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::ascent::Stopping;
use crate::columns::Columns;
use crate::descent::{descend, most_active, rho_max, solve_with_exchanges};
use crate::fit::Job;
use crate::least_squares::refit;
use crate::operator::Thresholding;
use crate::prepare::{self, Prepared, Rows, Target};
use crate::state::{Beta, State};
use crate::swap::Exchanges;
use crate::{Design, LinregError, Model, Noise, Params, Refit};

/// Which point of the curve is taken. The refit is always that of the smallest error; a rule other than [`Rule::Minimum`] then
/// moves along its λ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rule {
    /// The smallest error.
    Minimum,
    /// The largest λ whose error is within one standard error (over the objects) of the smallest.
    OneStandardError,
    /// The largest λ whose error exceeds the smallest by at most one standard error of that difference, objects paired. The
    /// errors of neighbouring models go together, so this allows far less than the above and rarely drops a weak feature.
    #[default]
    PairedStandardError,
}

/// How λ is cross-validated, not yet checked.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `folds` | 5 | | 2 to the number of rows of positive weight |
/// | `seed` | 0 | seed of the assignment to folds | |
/// | `points` | 40 | values of λ, evenly in log λ from the empty model down | 2 to 10 000 |
/// | `smallest` | 0.5 | the smallest λ | (0, 1e100] |
/// | `rule` | [`Rule::PairedStandardError`] | which point is taken | |
/// | `refits` | both | what may follow the selection | at least one |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CrossValidation {
    folds: usize,
    seed: u64,
    points: usize,
    smallest: f64,
    rule: Rule,
    refits: Vec<Refit>,
}

impl Default for CrossValidation {
    fn default() -> Self {
        Self {
            folds: 5,
            seed: 0,
            points: 40,
            smallest: 0.5,
            rule: Rule::default(),
            refits: vec![Refit::None, Refit::LeastSquares],
        }
    }
}

impl CrossValidation {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The number of folds.
    #[must_use]
    pub fn folds(mut self, folds: usize) -> Self {
        self.folds = folds;
        self
    }
    /// Seed of the assignment of objects to folds.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Values of λ on the way down.
    #[must_use]
    pub fn points(mut self, points: usize) -> Self {
        self.points = points;
        self
    }
    /// The smallest λ.
    #[must_use]
    pub fn smallest(mut self, smallest: f64) -> Self {
        self.smallest = smallest;
        self
    }
    /// Which point of the curve is taken.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }
    /// What may follow the selection.
    #[must_use]
    pub fn refits(mut self, refits: Vec<Refit>) -> Self {
        self.refits = refits;
        self
    }

    fn check(&self, rows: usize) -> Result<(), LinregError> {
        if !(2..=rows).contains(&self.folds) {
            return Err(LinregError::Folds { folds: self.folds, rows });
        }
        if !(2..=10_000).contains(&self.points) {
            return Err(LinregError::Parameter {
                field: "points",
                value: self.points as f64,
                allowed: "2 to 10 000",
            });
        }
        if !(self.smallest > 0.0 && self.smallest <= 1e100) {
            return Err(LinregError::Parameter {
                field: "smallest",
                value: self.smallest,
                allowed: "(0, 1e100]",
            });
        }
        if self.refits.is_empty() {
            return Err(LinregError::Empty { what: "the list of refits", rows: 0, cols: 1 });
        }
        Ok(())
    }
}

/// One point of the cross-validation curve.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CvPoint {
    /// λ.
    pub lambda: f64,
    /// What followed the selection.
    pub refit: Refit,
    /// Mean squared error of the held-out objects, in squared units of the target.
    pub error: f64,
    /// Its standard error over the objects.
    pub standard_error: f64,
    /// Features kept, averaged over the folds.
    pub kept: f64,
}

/// A model with its λ and refit chosen by cross-validation.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Selection {
    /// The fit to all data at the chosen λ, refitted if that was chosen.
    pub fit: Fit<Model, Report>,
    /// The same before the refit: the maximum of the objective that selected the features.
    pub selected: Fit<Model, Report>,
    /// Every λ visited, falling, with every refit.
    pub curve: Vec<CvPoint>,
    /// The chosen point's index in `curve`.
    pub chosen: usize,
}

impl<P: Thresholding + Clone> Params<P> {
    /// Chooses λ and the refit by cross-validation, then fits all data. `lambda`, `refit` and `algorithm` are not used.
    ///
    /// The noise level of the path is the pilot's, or the fixed one; it sets the scale of λ and nothing else, since θ
    /// depends on λ/β alone.
    ///
    /// # Errors
    /// As [`Params::fit`]; [`LinregError::Folds`]; a value of `cv` out of range; a learned noise, as for [`Params::path`].
    pub fn cross_validate<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DVector<f64>,
        cv: &CrossValidation,
    ) -> Result<Selection, LinregError> {
        let x = x.into();
        self.check()?;
        x.check_shape()?;
        let rows = Rows::new(x.nrows(), self.weights.as_deref(), self.intercept)?;
        cv.check(rows.index.len())?;
        if matches!(self.noise, Noise::Learned | Noise::Gamma { .. }) {
            let allowed = "Noise::Pilot or Noise::Fixed for cross-validation";
            return Err(LinregError::Parameter { field: "noise", value: f64::NAN, allowed });
        }
        match x {
            Design::Dense(m) => Search { params: self, x, t: t.as_slice(), rows: &rows, cv }
                .run(|rows| prepare::dense(m, rows)),
            Design::Sparse(_) => Search { params: self, x, t: t.as_slice(), rows: &rows, cv }
                .run(|rows| prepare::sparse(x, rows)),
        }
    }
}

struct Search<'a, P> {
    params: &'a Params<P>,
    x: Design<'a>,
    t: &'a [f64],
    rows: &'a Rows,
    cv: &'a CrossValidation,
}

/// One fold's training problem and where its path stands.
struct Fold<C> {
    prepared: Prepared<C>,
    target: Target,
    held_out: Vec<usize>,
    state: State,
    exchanges: Exchanges,
    /// σ² of the whole data in the fold's units.
    variance: f64,
}

impl<P: Thresholding + Clone> Search<'_, P> {
    fn run<C: Columns + Send>(
        &self,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, LinregError> + Sync,
    ) -> Result<Selection, LinregError> {
        let params = self.params;
        let target = prepare::target(self.t, self.x.nrows(), self.rows)?;
        let prepared = prepare(self.rows)?;
        let columns = &prepared.columns;
        let empty = State::empty(columns, &target.values, self.rows.n);
        let top = rho_max(&empty);
        let job = Job { params, x: self.x, t: self.t, rows: self.rows, target: &target };
        let mut exchanges = Exchanges::new();
        let Beta::Fixed(beta) = job.noise(&prepared, &mut empty.clone(), &mut exchanges)? else {
            return Err(LinregError::ConstantTarget { value: target.mean });
        };
        let mut folds = self.folds(&prepare, 1.0 / beta, target.scale)?;
        let (curve, losses) = self.curve(&mut folds, top * beta);
        let chosen = choose(&curve, &losses, self.cv.rule);
        let CvPoint { lambda, refit, .. } = curve[chosen];
        let quiet = &mut |_: &crate::Progress<'_>| ControlFlow::Continue(());
        let mut state = empty;
        exchanges.restrict(prepared.varying(), 1.0 / beta);
        descend(columns, &params.divergence, &mut state, top, lambda / beta, lambda, &mut exchanges);
        let params = Params { lambda, refit: Refit::None, ..params.clone() };
        let (selected, state) =
            Job { params: &params, ..job }.conclude(&prepared, state, Beta::Fixed(beta), quiet)?;
        let params = Params { refit, ..params };
        let (fit, _) = Job { params: &params, ..job }.conclude(&prepared, state, Beta::Fixed(beta), quiet)?;
        Ok(Selection { fit, selected, curve, chosen })
    }

    /// The held-out errors down the path, with the losses that they average.
    fn curve<C: Columns + Send>(&self, folds: &mut [Fold<C>], first: f64) -> (Vec<CvPoint>, Vec<Vec<f64>>) {
        let cv = self.cv;
        let first = first.max(cv.smallest);
        let step = (cv.smallest / first).min(0.999).powf(1.0 / (cv.points as f64 - 1.0));
        let (mut curve, mut losses) = (Vec::new(), Vec::new());
        let mut lambda = first;
        for _ in 0..cv.points {
            let stepped: Vec<(Vec<Vec<f64>>, usize)> =
                folds.par_iter_mut().map(|fold| self.step(fold, lambda)).collect();
            let kept = stepped.iter().map(|s| s.1 as f64).sum::<f64>() / folds.len() as f64;
            for (k, &refit) in cv.refits.iter().enumerate() {
                let loss: Vec<f64> = stepped.iter().flat_map(|s| s.0[k].iter().copied()).collect();
                let (error, standard_error) = moments(&loss);
                curve.push(CvPoint { lambda, refit, error, standard_error, kept });
                losses.push(loss);
            }
            if self.enough(&curve, kept) {
                break;
            }
            lambda *= step;
        }
        (curve, losses)
    }

    fn folds<C: Columns + Send>(
        &self,
        prepare: &(impl Fn(&Rows) -> Result<Prepared<C>, LinregError> + Sync),
        variance: f64,
        scale: f64,
    ) -> Result<Vec<Fold<C>>, LinregError> {
        let count = self.rows.index.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.cv.seed));
        let mut fold_of = vec![0; count];
        for (place, &k) in order.iter().enumerate() {
            fold_of[k] = place % self.cv.folds;
        }
        (0..self.cv.folds)
            .into_par_iter()
            .map(|f| {
                let train = self.rows.filtered(|k| fold_of[k] != f);
                let prepared = prepare(&train)?;
                let target = prepare::target(self.t, self.x.nrows(), &train)?;
                let state = State::empty(&prepared.columns, &target.values, train.n);
                let held_out = (0..count).filter(|&k| fold_of[k] == f).collect();
                let variance = variance * (scale / target.scale).powi(2);
                let mut exchanges = Exchanges::new();
                exchanges.restrict(prepared.varying(), variance);
                Ok(Fold { prepared, target, held_out, state, exchanges, variance })
            })
            .collect()
    }

    /// Moves a fold to λ; the held-out squared errors of every refit.
    fn step<C: Columns>(&self, fold: &mut Fold<C>, lambda: f64) -> (Vec<Vec<f64>>, usize) {
        let Fold { prepared, state, exchanges, .. } = fold;
        let stop = Stopping { tolerance: 1e-2, max_sweeps: 300, max_active: most_active(state.n) };
        solve_with_exchanges(
            &prepared.columns,
            &self.params.divergence,
            state,
            lambda * fold.variance,
            lambda,
            stop,
            exchanges,
        );
        let losses = self
            .cv
            .refits
            .iter()
            .map(|r| {
                let mut theta = fold.state.theta.clone();
                if *r == Refit::LeastSquares {
                    refit(&fold.prepared.columns, &fold.target.values, &fold.state.active, &mut theta, 1e-6);
                }
                self.losses(fold, &theta)
            })
            .collect();
        (losses, fold.state.active.len())
    }

    fn losses<C: Columns>(&self, fold: &Fold<C>, theta: &[f64]) -> Vec<f64> {
        let Fold { prepared, target, held_out, state, .. } = fold;
        let mut prediction = vec![target.mean; self.x.nrows()];
        for &j in &state.active {
            let c = theta[j] * (target.scale / prepared.scales[j]);
            let m = prepared.means[j];
            prediction.iter_mut().for_each(|p| *p -= c * m);
            self.x.visit(j, |i, v| prediction[i] += c * v);
        }
        held_out
            .iter()
            .map(|&k| {
                let i = self.rows.index[k];
                ((self.t[i] - prediction[i]) * self.rows.root_weight[k]).powi(2)
            })
            .collect()
    }

    /// Whether the path is past what could be chosen: more features than leave noise to estimate, or every refit's error risen
    /// for good.
    fn enough(&self, curve: &[CvPoint], kept: f64) -> bool {
        if kept > 0.4 * self.rows.n {
            return true;
        }
        let group = self.cv.refits.len();
        (0..group).all(|q| {
            let errors: Vec<f64> = curve.iter().skip(q).step_by(group).map(|p| p.error).collect();
            let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
            let place = errors.iter().position(|e| *e == best).unwrap_or(0);
            errors.len() > place + 6 && errors.last().is_some_and(|now| *now > 1.03 * best)
        })
    }
}

/// The mean and its standard error.
fn moments(v: &[f64]) -> (f64, f64) {
    let n = v.len() as f64;
    let mean = v.iter().sum::<f64>() / n;
    let var = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (var / n).sqrt())
}

/// The index of the point that the rule takes.
fn choose(curve: &[CvPoint], losses: &[Vec<f64>], rule: Rule) -> usize {
    let mut best = 0;
    for (k, p) in curve.iter().enumerate() {
        if p.error < curve[best].error {
            best = k;
        }
    }
    if rule == Rule::Minimum {
        return best;
    }
    // Along the best point's own refit alone. A refit at the sparse end of the path would often be within the allowance where
    // many weak effects ask for none (measured: docs/decisions/vd-linreg.md).
    let within = |k: usize| {
        if curve[k].refit != curve[best].refit {
            return false;
        }
        let allowance = match rule {
            Rule::OneStandardError => curve[best].standard_error,
            _ => {
                let d: Vec<f64> = losses[k].iter().zip(&losses[best]).map(|(a, b)| a - b).collect();
                moments(&d).1
            }
        };
        curve[k].error - curve[best].error <= allowance
    };
    // The path falls in λ: the first is the sparsest.
    (0..curve.len()).find(|&k| within(k)).unwrap_or(best)
}

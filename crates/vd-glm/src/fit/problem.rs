//! A problem in standardised units: what every kind of fit sets up before it solves.

use core::ops::ControlFlow;

use estimator::InputError;

use crate::design::matrix::Design;
use crate::design::prepare::{Prepared, Rows, prepare};
use crate::error::Error;
use crate::params::settings::Settings;
use crate::pass::likelihood::Likelihood;
use crate::pass::plan::Targets;
use crate::pass::point::{Point, Predictor, Weight};
use crate::progress::Progress;
use crate::solve::ascent::{Ascent, Reached, Stopping};
use crate::solve::rows::InMemory;

/// The callback of a fit.
pub(crate) type Callback<'c> = &'c mut dyn FnMut(&Progress) -> ControlFlow<()>;

/// The rows of a fit, standardised.
#[derive(Debug)]
pub(crate) struct Problem {
    pub rows: Rows,
    pub prepared: Prepared,
    pool: Option<rayon::ThreadPool>,
}

impl Problem {
    /// `x` is checked here.
    pub fn new(x: Design<'_>, settings: &Settings) -> Result<Self, Error> {
        x.check()?;
        let rows = Rows::new(x.nrows(), settings.weights.as_deref(), settings.intercept)?;
        let prepared = prepare(x, &rows)?;
        let pool = |threads| {
            let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            built.map_err(|e| Error::Threads { threads, reason: e.to_string() })
        };
        Ok(Self { rows, prepared, pool: settings.threads.map(pool).transpose()? })
    }

    /// The values of the rows that take part.
    pub fn kept(&self, values: &[f64]) -> Vec<f64> {
        self.rows.kept.iter().map(|&i| values[i]).collect()
    }

    /// The ascent from `start` at λ.
    pub fn solve(
        &self,
        likelihood: Likelihood,
        values: &[f64],
        offsets: Option<&[f64]>,
        start: Point,
        settings: &Settings,
        class: Option<usize>,
        progress: Callback<'_>,
    ) -> Result<Reached, Error> {
        let targets = Targets { values, weights: Some(&self.rows.weights), offsets };
        let ascent = Ascent {
            rows: InMemory { blocks: &self.prepared.blocks, targets, pool: self.pool.as_ref() },
            likelihood,
            columns: self.prepared.features.len(),
            lambda: settings.lambda,
            intercept: settings.intercept,
            stopping: Stopping { tolerance: settings.tolerance, max_rounds: settings.max_rounds },
        };
        let reached = ascent.run(start, &mut |iteration, objective, kept| {
            progress(&Progress { iteration, objective, kept, class })
        });
        if reached.objective.is_finite() {
            Ok(reached)
        } else {
            Err(InputError::Range { what: "the bound at the start of the fit" }.into())
        }
    }

    /// A predictor in the units of the data.
    pub fn restore(&self, predictor: &Predictor) -> Predictor {
        let p = &self.prepared;
        let mut intercept = predictor.intercept;
        let weights = predictor
            .weights
            .iter()
            .map(|w| {
                let (mean, scale) = (p.means[w.column], p.scales[w.column]);
                let theta = w.mean / scale;
                intercept -= theta * mean;
                Weight {
                    column: p.features[w.column],
                    mean: theta,
                    variance: w.variance / scale / scale,
                    centre: mean + scale * w.centre,
                }
            })
            .collect();
        Predictor { intercept, weights }
    }
}

impl Problem {
    /// A predictor in standardised units: the inverse of [`Problem::restore`]. Weights on columns that do not vary here are dropped.
    pub fn adopt(&self, predictor: &Predictor) -> Predictor {
        let p = &self.prepared;
        let mut intercept = predictor.intercept;
        let mut weights = Vec::with_capacity(predictor.weights.len());
        for w in &predictor.weights {
            let Ok(column) = p.features.binary_search(&w.column) else { continue };
            let (mean, scale) = (p.means[column], p.scales[column]);
            intercept += w.mean * mean;
            weights.push(Weight {
                column,
                mean: w.mean * scale,
                variance: w.variance * scale * scale,
                centre: (w.centre - mean) / scale,
            });
        }
        Predictor { intercept, weights }
    }
}

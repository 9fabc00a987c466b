//! `rvm`: the relevance vector machine, on the features or a kernel.

use nalgebra::{DMatrix, DVector};
use predictor::{
    FeatureRelevance, FitSummary, Function, Kernel, KernelExpansion, Layer, Layers, Link, Predictor, Task,
    Uncertainty,
};
use rvm::{
    Basis, OneVsRestModel, OneVsRestParams, OneVsRestReport, Posterior, Progress, RegressionModel,
    RegressionParams,
};

use crate::error::Error;
use crate::options::{KernelChoice, Options};
use crate::outcome::{Outcome, finite};
use crate::problem::{Problem, Response, Unit};
use crate::stage::{Stage, Watch};

const NAME: &str = "rvm";

/// The method of the registry.
pub(crate) struct Adapter;

impl crate::method::Adapter for Adapter {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "Relevance vector machine, on the columns or a kernel"
    }

    fn tasks(&self) -> &'static [Task] {
        &[Task::Regression, Task::Classification]
    }

    fn options(&self) -> &'static [&'static str] {
        &["kernel", "gamma", "degree"]
    }

    fn fit(&self, problem: &Problem<'_>, watch: &mut Watch<'_>) -> Result<Outcome, Error> {
        let kind = kernel(problem.options, problem.x.ncols())?;
        let basis = kind.map_or(Basis::Features, |kind| Basis::Kernel(kernel_of(kind)));
        let refused = |error| Error::from_estimator(NAME, problem.t.names(), problem.t.len(), error);
        let progress = |p: &Progress| {
            watch(&Stage {
                activity: problem.activity,
                objective: Some(p.objective),
                kept: Some(p.kept),
                class: p.class,
                ..Stage::at(p.iteration)
            })
        };
        match problem.t {
            Response::Numbers(t) | Response::Counts(t) => {
                let unit = Unit::of(t)?;
                let t = DVector::from_vec(unit.scaled(t));
                let machine = RegressionParams::new().basis(basis);
                let fit = machine.fit_with(problem.x, &t, progress).map_err(refused)?;
                regression(&fit.model, &fit.report, problem.x, kind, unit)
            }
            Response::Classes { labels, names } => {
                let machine = OneVsRestParams::new().basis(basis).classes(names.len());
                let fit = machine.fit_with(problem.x, &labels[..], progress).map_err(refused)?;
                classification(&fit.model, &fit.report, problem.x, kind)
            }
        }
    }
}

/// The kernel that was asked for, if any.
fn kernel(options: &Options, features: usize) -> Result<Option<Kernel>, Error> {
    let gamma = options.gamma.unwrap_or(1.0 / features.max(1) as f64);
    let kernel = match options.kernel {
        KernelChoice::Features => return Ok(None),
        KernelChoice::Rbf => Kernel::Rbf { gamma },
        KernelChoice::Laplacian => Kernel::Laplacian { gamma },
        KernelChoice::Polynomial => Kernel::Polynomial { gamma, coef0: 1.0, degree: options.degree },
    };
    kernel.check().map_err(|error| Error::Option { option: "kernel", what: error.to_string() })?;
    Ok(Some(kernel))
}

fn kernel_of(kind: Kernel) -> rvm::Kernel {
    match kind {
        Kernel::Rbf { gamma } => rvm::Kernel::Rbf { gamma },
        Kernel::Laplacian { gamma } => rvm::Kernel::Laplacian { gamma },
        Kernel::Polynomial { gamma, coef0, degree } => rvm::Kernel::Polynomial { degree, gamma, coef0 },
        _ => rvm::Kernel::Linear,
    }
}

/// Σ_j w_j φ_j + b for each posterior, over features or over the union of their relevance vectors.
fn function(
    posteriors: &[&Posterior],
    intercept: &[f64],
    x: &DMatrix<f64>,
    kind: Option<Kernel>,
    unit: Unit,
) -> Result<Function, Error> {
    let bias: Vec<f64> = intercept.iter().map(|b| unit.scale * b + unit.mean).collect();
    let weights: Vec<DVector<f64>> = posteriors.iter().map(|p| p.weights() * unit.scale).collect();
    let Some(kind) = kind else {
        let layer = Layer::dense(x.ncols(), bias, |j, k| weights[k][j])?;
        return Ok(Layers::from(layer).into());
    };
    let used = relevance_vectors(posteriors, x.nrows());
    let vectors = used.iter().flat_map(|&n| x.row(n).iter().copied().collect::<Vec<_>>()).collect();
    let weights = used.iter().flat_map(|&n| weights.iter().map(move |w| w[n])).collect();
    Ok(KernelExpansion::new(kind, x.ncols() as u32, vectors, weights, bias)?.into())
}

/// The training rows that some posterior keeps, ascending.
fn relevance_vectors(posteriors: &[&Posterior], rows: usize) -> Vec<usize> {
    let mut used: Vec<usize> = posteriors.iter().flat_map(|p| p.indices().iter().copied()).collect();
    used.retain(|&n| n < rows);
    used.sort_unstable();
    used.dedup();
    used
}

/// What a regression by `rvm` on the rows `x` comes to; `kind` is its kernel, none on the features themselves.
///
/// # Errors
/// A model with a number that is not finite.
pub fn regression(
    model: &RegressionModel,
    report: &estimator::Report,
    x: &DMatrix<f64>,
    kind: Option<Kernel>,
    unit: Unit,
) -> Result<Outcome, Error> {
    let (posterior, square) = (model.posterior(), unit.scale * unit.scale);
    let noise = square * model.noise_variance();
    // The intercept is the last candidate; relevance vectors are renumbered in their order.
    let candidates = if kind.is_some() { x.nrows() } else { x.ncols() };
    let kept = posterior.indices().iter().copied().filter(|&j| j < candidates);
    let index: Vec<u32> = match kind {
        None => kept.map(|j| j as u32).collect(),
        Some(_) => (0..kept.count() as u32).collect(),
    };
    let intercept = index.len() < posterior.indices().len();
    let covariance = posterior.covariance().transpose().iter().map(|c| c * square).collect();
    let centre = match model.centre() {
        Some(centre) => index.iter().map(|&j| centre[j as usize]).collect(),
        None => vec![0.0; index.len()],
    };
    let uncertainty = Uncertainty::full(noise, index, centre, intercept, covariance)?;
    let function = function(&[posterior], &[model.intercept()], x, kind, unit)?;
    Ok(Outcome {
        relevance: if kind.is_some() { Vec::new() } else { relevance(&[posterior], x.ncols(), unit.scale) },
        predictor: Predictor::new(function, Link::Identity, vec![uncertainty])?,
        weights_before: candidates as u64,
        threshold: None,
        summary: FitSummary {
            status: report.status,
            objective: report.objective,
            residual: finite(report.residual),
            iterations: report.iterations as u64,
            found: vec![("noise".to_owned(), noise.sqrt())],
            false_keeps: None,
        },
    })
}

/// What a one-vs-rest classification by `rvm` on the rows `x` comes to; `kind` is its kernel, none on the features themselves.
///
/// # Errors
/// A model with a number that is not finite.
pub fn classification(
    model: &OneVsRestModel,
    report: &OneVsRestReport,
    x: &DMatrix<f64>,
    kind: Option<Kernel>,
) -> Result<Outcome, Error> {
    // Of two classes the machines are mirror images: the second's output is the log-odds of the second class.
    let two = model.posteriors().len() == 2;
    let posteriors: Vec<&Posterior> = model.posteriors().iter().skip(usize::from(two)).collect();
    let intercept = model.intercept();
    let intercept = &intercept.as_slice()[usize::from(two)..];
    let candidates = if kind.is_some() { x.nrows() } else { x.ncols() };
    let link = if two { Link::Logistic } else { Link::OneVsRest };
    Ok(Outcome {
        relevance: if kind.is_some() { Vec::new() } else { relevance(&posteriors, x.ncols(), 1.0) },
        predictor: Predictor::new(function(&posteriors, intercept, x, kind, Unit::ONE)?, link, Vec::new())?,
        weights_before: (candidates * posteriors.len()) as u64,
        threshold: None,
        summary: FitSummary {
            status: report.status(),
            objective: report.log_evidence(),
            residual: finite(report.classes.iter().map(|r| r.residual).fold(0.0, f64::max)),
            iterations: report.classes.iter().map(|r| r.iterations as u64).sum(),
            found: Vec::new(),
            false_keeps: None,
        },
    })
}

/// The most certain weight of each feature over the outputs.
fn relevance(posteriors: &[&Posterior], features: usize, scale: f64) -> Vec<FeatureRelevance> {
    let mut rows = vec![FeatureRelevance { z: Some(0.0), ..FeatureRelevance::default() }; features];
    for (k, posterior) in posteriors.iter().enumerate() {
        for r in posterior.kept_weights() {
            let Some(row) = rows.get_mut(r.index).filter(|_| !r.is_intercept) else { continue };
            row.kept += 1;
            if row.kept == 1 || r.z_score.abs() > row.z.unwrap_or(0.0).abs() {
                row.weight = scale * r.weight;
                row.output = k as u32;
                row.z = finite(r.z_score);
                row.precision = finite(r.log_precision.exp() / (scale * scale));
            }
        }
    }
    rows
}

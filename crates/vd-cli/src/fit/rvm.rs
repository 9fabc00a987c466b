//! `--model rvm`: the relevance vector machine, on the columns or a kernel.

use crate::cli::{KernelArg, TuningArgs};
use crate::error::{Error, Result};
use crate::fit::{Fitted, Problem, Response, Watch, finite, target_scale};
use crate::model::{Account, Kernel, KernelKind, Layer, Layers, Link, Predictor, Relevance, Uncertainty};
use nalgebra::{DMatrix, DVector};
use rvm::{
    Basis, ClassificationParams, OneVsRest, OneVsRestReport, Posterior, Progress, RegressionModel,
    RegressionParams,
};

pub(super) fn fit(problem: &Problem<'_>, watch: &mut Watch) -> Result<Fitted> {
    let refused = |error: rvm::Error| Error::Fit { model: "rvm", what: error.to_string() };
    let kind = kernel(problem.tuning, problem.x.ncols())?;
    let basis = kind.map_or(Basis::Features, |kind| Basis::Kernel(kernel_of(kind)));
    match problem.t {
        Response::Numbers(t) => {
            let (mean, scale) = target_scale(t)?;
            let t = DVector::from_iterator(t.len(), t.iter().map(|t| (t - mean) / scale));
            let machine = RegressionParams::default().basis(basis).validate().map_err(refused)?;
            let progress = |p: &Progress| watch.tick(|| told(p));
            let fit = machine.fit_with(problem.x, &t, progress).map_err(refused)?;
            Ok(regression(&fit.model, &fit.report, problem.x, kind, mean, scale))
        }
        Response::Classes { labels, count } => {
            let machine = ClassificationParams::default().basis(basis).validate().map_err(refused)?;
            let progress = |p: &Progress| watch.tick(|| told(p));
            let fit = machine.fit_with(problem.x, labels, *count, progress).map_err(refused)?;
            Ok(classification(&fit.model, &fit.report, problem.x, kind))
        }
    }
}

fn told(p: &Progress) -> String {
    let class = p.class.map(|k| format!("class {k}, ")).unwrap_or_default();
    format!("{class}step {}, log evidence {:.2}, {} active", p.iteration, p.log_evidence, p.active)
}

/// The kernel that was asked for, if any.
fn kernel(tuning: &TuningArgs, features: usize) -> Result<Option<KernelKind>> {
    let gamma = tuning.gamma.unwrap_or(1.0 / features.max(1) as f64);
    if !(gamma > 0.0 && gamma.is_finite()) {
        return Err(Error::usage(format!("--gamma {gamma} is above 0")));
    }
    Ok(match tuning.kernel {
        KernelArg::None => None,
        KernelArg::Rbf => Some(KernelKind::Rbf { gamma }),
        KernelArg::Laplacian => Some(KernelKind::Laplacian { gamma }),
        KernelArg::Polynomial => Some(KernelKind::Polynomial { gamma, offset: 1.0, degree: tuning.degree }),
    })
}

fn kernel_of(kind: KernelKind) -> rvm::Kernel {
    match kind {
        KernelKind::Rbf { gamma } => rvm::Kernel::Rbf { gamma },
        KernelKind::Laplacian { gamma } => rvm::Kernel::Laplacian { gamma },
        KernelKind::Polynomial { gamma, offset, degree } => {
            rvm::Kernel::Polynomial { degree, gamma, coef0: offset }
        }
    }
}

/// Σ_j w_j φ_j + b for each posterior, over features or over the union of their relevance vectors.
fn predictor(
    posteriors: &[&Posterior],
    x: &DMatrix<f64>,
    kind: Option<KernelKind>,
    mean: f64,
    scale: f64,
) -> Predictor {
    let bias: Vec<f64> = posteriors.iter().map(|p| scale * p.bias() + mean).collect();
    let weights: Vec<DVector<f64>> = posteriors.iter().map(|p| p.weights() * scale).collect();
    let Some(kind) = kind else {
        let layer = Layer::dense(x.ncols(), bias, |j, k| weights[k][j]);
        return Predictor::Layers(Layers { layers: vec![layer] });
    };
    let used = relevance_vectors(posteriors, x.nrows());
    Predictor::Kernel(Kernel {
        kind,
        features: x.ncols() as u32,
        vectors: used.iter().flat_map(|&n| x.row(n).iter().copied().collect::<Vec<_>>()).collect(),
        weights: used.iter().flat_map(|&n| weights.iter().map(move |w| w[n])).collect(),
        bias,
    })
}

/// The training rows that some posterior keeps, ascending.
fn relevance_vectors(posteriors: &[&Posterior], rows: usize) -> Vec<usize> {
    let mut used: Vec<usize> = posteriors.iter().flat_map(|p| p.kept().iter().copied()).collect();
    used.retain(|&n| n < rows);
    used.sort_unstable();
    used.dedup();
    used
}

fn regression(
    model: &RegressionModel,
    report: &estimator::Report,
    x: &DMatrix<f64>,
    kind: Option<KernelKind>,
    mean: f64,
    scale: f64,
) -> Fitted {
    let posterior = model.posterior();
    let noise = scale * scale * model.noise_variance();
    // The bias is the last candidate; relevance vectors are renumbered in their order.
    let candidates = if kind.is_some() { x.nrows() } else { x.ncols() };
    let kept = posterior.kept().iter().copied().filter(|&j| j < candidates);
    let index: Vec<u32> = match kind {
        None => kept.map(|j| j as u32).collect(),
        Some(_) => (0..kept.count() as u32).collect(),
    };
    let intercept = index.len() < posterior.kept().len();
    Fitted {
        relevance: if kind.is_some() { Vec::new() } else { relevance(&[posterior], x.ncols(), scale) },
        predictor: predictor(&[posterior], x, kind, mean, scale),
        link: Link::Identity,
        uncertainty: Uncertainty::Full {
            noise,
            index,
            intercept,
            covariance: posterior.covariance().transpose().iter().map(|c| c * scale * scale).collect(),
        },
        weights_before: candidates as u64,
        threshold: None,
        account: Account {
            status: report.status,
            objective: report.objective,
            residual: finite(report.residual),
            iterations: report.iterations as u64,
            found: vec![("noise".to_owned(), noise.sqrt())],
        },
    }
}

fn classification(
    model: &OneVsRest,
    report: &OneVsRestReport,
    x: &DMatrix<f64>,
    kind: Option<KernelKind>,
) -> Fitted {
    let posteriors: Vec<&Posterior> = model.posteriors().iter().collect();
    let candidates = if kind.is_some() { x.nrows() } else { x.ncols() };
    Fitted {
        relevance: if kind.is_some() { Vec::new() } else { relevance(&posteriors, x.ncols(), 1.0) },
        predictor: predictor(&posteriors, x, kind, 0.0, 1.0),
        link: Link::OneVsRest,
        uncertainty: Uncertainty::None,
        weights_before: (candidates * posteriors.len()) as u64,
        threshold: None,
        account: Account {
            status: report.status(),
            objective: report.log_evidence(),
            residual: finite(report.classes.iter().map(|r| r.residual).fold(0.0, f64::max)),
            iterations: report.classes.iter().map(|r| r.iterations as u64).sum(),
            found: Vec::new(),
        },
    }
}

/// The most certain weight of each feature over the outputs.
fn relevance(posteriors: &[&Posterior], features: usize, scale: f64) -> Vec<Relevance> {
    let mut rows =
        vec![Relevance { weight: 0.0, kept: 0, log_alpha: None, precision: None, z: Some(0.0) }; features];
    for posterior in posteriors {
        for r in posterior.relevance() {
            let Some(row) = rows.get_mut(r.index).filter(|_| !r.is_bias) else { continue };
            row.kept += 1;
            if row.kept == 1 || r.z_score.abs() > row.z.unwrap_or(0.0).abs() {
                row.weight = scale * r.weight;
                row.z = finite(r.z_score);
                row.precision = finite(r.log_precision.exp() / (scale * scale));
            }
        }
    }
    rows
}

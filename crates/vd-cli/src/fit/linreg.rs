//! `--model linreg`: variational-dropout linear regression.

use crate::cli::TuningArgs;
use crate::error::{Error, Result};
use crate::fit::{Fitted, Problem, Response, Watch, finite, target_scale};
use crate::model::{Account, Layer, Layers, Link, Predictor, Relevance, Uncertainty};
use estimator::{Fit, Report};
use nalgebra::{DMatrix, DVector};
use vd_linreg::{CrossValidation, Model, Params};

pub(super) fn fit(problem: &Problem<'_>, watch: &mut Watch) -> Result<Fitted> {
    let Response::Numbers(t) = problem.t else {
        return Err(Error::usage("--model linreg predicts numbers"));
    };
    let (mean, scale) = target_scale(t)?;
    let scaled = DVector::from_iterator(t.len(), t.iter().map(|t| (t - mean) / scale));
    let fit = estimate(problem.x, &scaled, problem.tuning, watch)
        .map_err(|error| Error::Fit { model: "linreg", what: error.to_string() })?;
    let relevance = vd_linreg::analysis::z_scores(problem.x, &scaled, None, &fit.model);
    let relevance = relevance.map_err(|error| Error::Fit { model: "linreg", what: error.to_string() })?;
    let z: Vec<f64> = relevance.iter().map(|r| r.z).collect();
    Ok(fitted(&fit, &z, mean, scale))
}

fn estimate(
    x: &DMatrix<f64>,
    t: &DVector<f64>,
    tuning: &TuningArgs,
    watch: &mut Watch,
) -> core::result::Result<Fit<Model, Report>, Refused> {
    match tuning.lambda.as_deref() {
        Some("cv") => {
            let folds = CrossValidation::new().seed(tuning.seed).folds(5.min(x.nrows()));
            let progress = |p: &vd_linreg::CvProgress<'_>| {
                watch.tick(|| format!("choosing λ by cross-validation: {} values tried", p.done))
            };
            Ok(Params::new().cross_validate_with(x, t, &folds, progress)?.fit)
        }
        lambda => {
            let lambda = match lambda {
                None => 1.0,
                Some("bic") => (x.nrows().max(3) as f64).ln(),
                Some(text) => text.parse().map_err(|_| Refused::Lambda)?,
            };
            let progress = |p: &vd_linreg::Progress| {
                watch.tick(|| format!("sweep {}, objective {:.3}, {} kept", p.iteration, p.objective, p.kept))
            };
            Ok(Params::new().lambda(lambda).fit_with(x, t, progress)?)
        }
    }
}

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("--lambda is a number, `cv` or `bic`")]
    Lambda,
    #[error(transparent)]
    Fit(#[from] vd_linreg::Error),
}

/// In this crate's words and the target's unit.
fn fitted(fit: &Fit<Model, Report>, z: &[f64], mean: f64, scale: f64) -> Fitted {
    let (model, report) = (&fit.model, &fit.report);
    let weights = model.coefficients() * scale;
    let bias = scale * model.intercept() + mean;
    let layer = Layer::dense(z.len(), vec![bias], |j, _| weights[j]);
    let noise = (scale * model.noise_std()).powi(2);
    let variance = model.posterior_variance();
    let relevance = (0..z.len())
        .map(|j| Relevance {
            weight: weights[j],
            kept: u32::from(weights[j] != 0.0),
            log_alpha: finite(model.log_alpha()[j]),
            precision: None,
            z: finite(z[j]),
        })
        .collect();
    let kept = model.support();
    Fitted {
        predictor: Predictor::Layers(Layers { layers: vec![layer] }),
        link: Link::Identity,
        uncertainty: Uncertainty::Diagonal {
            noise,
            index: kept.iter().map(|&j| j as u32).collect(),
            variance: kept.iter().map(|&j| scale * scale * variance[j]).collect(),
        },
        relevance,
        weights_before: z.len() as u64,
        threshold: None,
        account: Account {
            status: report.status,
            objective: report.objective,
            residual: finite(report.residual),
            iterations: report.iterations as u64,
            found: vec![("λ".to_owned(), model.lambda()), ("noise".to_owned(), noise.sqrt())],
        },
    }
}

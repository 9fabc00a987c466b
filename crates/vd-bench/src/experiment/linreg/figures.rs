//! Data of the linear-regression figures and tables: pure functions of seeds, and committed rows of other methods and timings.

use nalgebra::DVector;
use vd_linreg::analysis::curves;
use vd_linreg::synthetic::Spec;
use vd_linreg::{CrossValidation, Error, Model, Params, default_lambdas};

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub name: String,
    /// (abscissa, ordinate).
    pub points: Vec<(f64, f64)>,
}

/// The shrinkage figure: the weight over least squares, and log α, against z.
#[derive(Debug, Clone, PartialEq)]
pub struct ShrinkageFigure {
    /// Shrinkage against z.
    pub shrinkage: Vec<Curve>,
    /// log α against z, where the feature is kept.
    pub log_alpha: Vec<Curve>,
}

/// Responses on `points` values of z in (0, `largest_z`] at λ = 1: variational dropout exactly and by the ICML 2017 sigmoid, the RVM, L1 and ridge.
#[must_use]
pub fn shrinkage_figure(largest_z: f64, points: usize) -> ShrinkageFigure {
    let z: Vec<f64> = (1..=points).map(|k| largest_z * k as f64 / points as f64).collect();
    let curve = |name: &str, f: &dyn Fn(f64) -> f64| Curve {
        name: name.into(),
        points: z.iter().map(|&z| (z, f(z))).filter(|p| p.1.is_finite()).collect(),
    };
    let exact = |z| curves::variational_dropout(&kl_approx::Exact, z, 1.0);
    let sigmoid = |z| curves::variational_dropout(&kl_approx::Sigmoid::ICML_2017, z, 1.0);
    let rvm = curves::relevance_vector_machine;
    ShrinkageFigure {
        shrinkage: vec![
            curve("VD, exact KL", &|z| exact(z).shrinkage),
            curve("VD, sigmoid", &|z| sigmoid(z).shrinkage),
            curve("RVM", &|z| rvm(z).shrinkage),
            curve("L1", &|z| curves::lasso(z, 1.0)),
            curve("ridge, penalty S/4", &|_| curves::ridge(0.25)),
        ],
        log_alpha: vec![
            curve("VD, exact KL", &|z| exact(z).log_alpha),
            curve("VD, sigmoid", &|z| sigmoid(z).log_alpha),
            curve("RVM, prior precision over βS", &|z| rvm(z).log_alpha),
        ],
    }
}

/// The path figure: each feature's coefficient against log λ.
#[derive(Debug, Clone, PartialEq)]
pub struct PathFigure {
    /// One curve for every feature that is ever kept, named 'relevant' or 'noise' with its column.
    pub coefficients: Vec<Curve>,
    /// Relative error of the noise-free test predictions against log λ.
    pub error: Curve,
    /// Features kept against log λ.
    pub kept: Curve,
}

/// The parameters of every fit below: coordinate ascent with swap moves on the path, and no pair moves after it. The committed results
/// are those of this protocol.
fn protocol() -> Params {
    Params::new().pair_moves(false)
}

/// The path of a synthetic problem from the empty model to `smallest` λ in `points` steps.
///
/// # Errors
/// As [`Params::path`].
pub fn path_figure(spec: &Spec, seed: u64, smallest: f64, points: usize) -> Result<PathFigure, Error> {
    let problem = spec.problem(seed);
    let params = protocol();
    let top = params.path(&problem.x, &problem.t, &[1e100])?.empty_from;
    let path = params.path(&problem.x, &problem.t, &default_lambdas(top, smallest, points)?)?;
    let at = |f: &dyn Fn(&Model) -> f64| {
        path.fits.iter().map(|fit| (fit.model.lambda().ln(), f(&fit.model))).collect::<Vec<_>>()
    };
    let ever = (0..spec.features).filter(|&d| path.fits.iter().any(|fit| fit.model.coefficients()[d] != 0.0));
    let coefficients = ever
        .map(|d| {
            let kind = if problem.weights[d] == 0.0 { "noise" } else { "relevant" };
            Curve { name: format!("{kind} {d}"), points: at(&|m| m.coefficients()[d]) }
        })
        .collect();
    let error = at(&|m| problem.relative_error(m.coefficients(), m.intercept()));
    let kept = at(&|m| m.support().len() as f64);
    Ok(PathFigure {
        coefficients,
        error: Curve { name: "relative error".into(), points: error },
        kept: Curve { name: "kept".into(), points: kept },
    })
}

/// One cell of the recovery table.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// The method.
    pub method: String,
    /// Relative error of the noise-free test predictions.
    pub relative_error: f64,
    /// Features kept, and how many of them are relevant.
    pub kept: usize,
    /// True positives.
    pub true_kept: usize,
    /// λ, where the method has one.
    pub lambda: Option<f64>,
}

/// The variational-dropout rows (λ = 1, λ = 2 log D, λ by cross-validation) and the oracle's of one problem and seed.
///
/// The reference rows of other methods on the same problems are in `assets/linreg-recovery-peers.csv` ([`recovery_reference`]).
///
/// # Errors
/// As [`Params::fit`].
pub fn recovery(spec: &Spec, seed: u64) -> Result<Vec<Recovery>, Error> {
    let problem = spec.problem(seed);
    let row = |method: &str, theta: &DVector<f64>, b: f64, lambda: Option<f64>| Recovery {
        method: method.into(),
        relative_error: problem.relative_error(theta, b),
        kept: theta.iter().filter(|c| **c != 0.0).count(),
        true_kept: theta.iter().zip(problem.weights.iter()).filter(|(c, w)| **c != 0.0 && **w != 0.0).count(),
        lambda,
    };
    let mut rows = Vec::new();
    for (name, lambda) in
        [("VD-ARD, λ = 1", 1.0), ("VD-ARD, λ = 2 log D", curves::universal_lambda(spec.features))]
    {
        let model = protocol().lambda(lambda).fit(&problem.x, &problem.t)?.model;
        rows.push(row(name, model.coefficients(), model.intercept(), Some(lambda)));
    }
    let chosen = protocol().cross_validate(&problem.x, &problem.t, &CrossValidation::new())?.fit.model;
    rows.push(row(
        "VD-ARD, λ cross-validated",
        chosen.coefficients(),
        chosen.intercept(),
        Some(chosen.lambda()),
    ));
    let support: Vec<usize> = (0..spec.features).filter(|&d| problem.weights[d] != 0.0).collect();
    let columns = problem.x.select_columns(&support);
    if let Some(solution) = columns.tr_mul(&columns).cholesky().map(|c| c.solve(&columns.tr_mul(&problem.t)))
    {
        let mut theta = DVector::zeros(spec.features);
        support.iter().zip(solution.iter()).for_each(|(&d, c)| theta[d] = *c);
        rows.push(row("least squares on the true support", &theta, 0.0, None));
    }
    Ok(rows)
}

/// The problems of the recovery table, with the names that the reference file uses.
#[must_use]
pub fn recovery_problems() -> Vec<(&'static str, Spec)> {
    let base = Spec::new(500, 200, 20, 1.0);
    vec![
        ("500x200", base),
        ("500x1000", Spec::new(500, 1000, 20, 1.0)),
        ("200x2000", Spec::new(200, 2000, 10, 0.5)),
        ("2000x500", Spec::new(2000, 500, 50, 2.0)),
        ("500x200 ρ=0.5", Spec { correlation: 0.5, ..base }),
        ("500x200 ρ=0.9", Spec { correlation: 0.9, ..base }),
        ("500x200 scales", Spec { log10_scales: 3.0, ..base }),
        ("500x200 heavy tails", Spec { heavy_tails: true, ..base }),
    ]
}

/// A reference value of another method, made by `peers/linreg_recovery.py` on the arrays of [`Spec::problem`].
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The problem's name, as in [`recovery_problems`].
    pub problem: String,
    /// The seed.
    pub seed: u64,
    /// The row.
    pub row: Recovery,
}

/// The committed reference rows (scikit-learn's LassoCV and ARDRegression, skglm's MCP; versions in the file's head).
#[must_use]
pub fn recovery_reference() -> Vec<Reference> {
    let parse = |line: &str| -> Option<Reference> {
        let f: Vec<&str> = line.split(',').collect();
        let [problem, seed, method, error, kept, true_kept] = f.as_slice() else { return None };
        Some(Reference {
            problem: (*problem).into(),
            seed: seed.parse().ok()?,
            row: Recovery {
                method: (*method).into(),
                relative_error: error.parse().ok()?,
                kept: kept.parse().ok()?,
                true_kept: true_kept.parse().ok()?,
                lambda: None,
            },
        })
    };
    include_str!("../../../assets/linreg-recovery-peers.csv")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(parse)
        .collect()
}

/// One timing of `examples/linreg_scale.rs`.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// What was varied: `d`, `n` or `relevant`.
    pub sweep: String,
    /// N.
    pub samples: usize,
    /// D.
    pub features: usize,
    /// `lambda=1` or `lambda=2logD`.
    pub what: String,
    /// Wall-clock seconds of one fit, the median of several.
    pub seconds: f64,
    /// Features kept.
    pub kept: usize,
}

/// Committed timings.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Machine and revision.
    pub provenance: String,
    /// The rows.
    pub rows: Vec<Timing>,
}

/// The committed timings of `examples/linreg_scale.rs` with the machine and the revision that they were taken on.
#[must_use]
pub fn scale_reference() -> Scale {
    let text = include_str!("../../../assets/linreg-scale.csv");
    let parse = |line: &str| -> Option<Timing> {
        let f: Vec<&str> = line.split(',').collect();
        let [sweep, n, d, what, seconds, kept, ..] = f.as_slice() else { return None };
        Some(Timing {
            sweep: (*sweep).into(),
            samples: n.parse().ok()?,
            features: d.parse().ok()?,
            what: (*what).into(),
            seconds: seconds.parse().ok()?,
            kept: kept.parse().ok()?,
        })
    };
    let provenance = text.lines().find_map(|l| l.strip_prefix("# ")).unwrap_or_default().into();
    Scale { provenance, rows: text.lines().filter_map(parse).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_made_of_what_they_say() {
        let figure = shrinkage_figure(6.0, 60);
        for curve in &figure.shrinkage {
            assert_eq!(curve.points.len(), 60);
            assert!(curve.points.windows(2).all(|w| w[1].1 >= w[0].1), "{} rises", curve.name);
        }
        let path = path_figure(&Spec::new(60, 20, 3, 0.5), 1, 0.5, 8).unwrap();
        assert_eq!(path.error.points.len(), 8);
        assert_eq!(path.coefficients.iter().filter(|c| c.name.starts_with("relevant")).count(), 3);
        let rows = recovery(&Spec::new(60, 20, 3, 0.5), 1).unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[3].kept, 3);
        for r in recovery_reference() {
            assert!(recovery_problems().iter().any(|(name, _)| *name == r.problem), "{}", r.problem);
        }
    }
}

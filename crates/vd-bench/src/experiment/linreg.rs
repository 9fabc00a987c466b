//! The poster's analytic case: shrinkage, a path, what goes to infinity where, scale, and recovery beside other methods.

mod comparison;
pub mod figures;
mod scale;
mod trace;

use std::collections::BTreeMap;

use nalgebra::DVector;
use rvm::RegressionParams;
use vd_linreg::synthetic::Spec;

use self::figures::Curve;
use super::{Context, Experiment, Finding, Output, Table, Unit};
use crate::error::{Error, Result};
use crate::figure::{Axis, Chart, Figure, Line, Series};
use crate::record::Moments;

const ID: &str = "linreg";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "Linear regression in closed form: shrinkage, a path over λ, recovery of sparse truths",
    needs_mnist: false,
    by_default: true,
    units,
    finish,
};

/// A unit's piece of a table has no name and is not written; `finish` puts the pieces together.
const PIECE: &str = "";

fn units(context: &Context) -> Vec<Unit> {
    let mut units = vec![
        Unit::new("linear regression: shrinkage", 0.1, |_| Ok(shrinkage())),
        Unit::new("linear regression: path", 1.0, |_| path()),
        Unit::new("linear regression: ARD in the RVM and in variational dropout", 0.5, |_| comparison::run()),
        Unit::new("linear regression: scale", 0.1, |_| Ok(scale::run())),
    ];
    let seeds = if context.smoke { 1 } else { 3 };
    for (name, spec) in figures::recovery_problems() {
        if context.smoke && spec.samples * spec.features > 100_000 {
            continue;
        }
        for seed in 0..seeds {
            units.push(Unit::new(
                format!("linear regression: recovery {name}, seed {seed}"),
                1.5,
                move |_| recovery(name, &spec, seed),
            ));
        }
    }
    units
}

const LINES: [Line; 5] = [Line::Solid, Line::Dashed, Line::Dotted, Line::DashDot, Line::Dashed];

fn named(curves: &[Curve]) -> Vec<Series> {
    let series = |(i, curve): (usize, &Curve)| {
        Series::line(curve.name.as_str(), i, curve.points.clone()).with_line(LINES[i % LINES.len()])
    };
    curves.iter().enumerate().map(series).collect()
}

fn shrinkage() -> Output {
    let made = figures::shrinkage_figure(6.0, 600);
    let mut shrink = Chart::new(
        Axis::new("z: the feature's z-score given the rest").range(0.0, 6.0),
        Axis::new("weight / least squares").range(0.0, 1.0),
    );
    shrink.series = named(&made.shrinkage);
    shrink.verticals = vec![(1.0, "z² = λ".into())];
    let mut rates = Chart::new(
        Axis::new("z: the feature's z-score given the rest").range(0.0, 6.0),
        Axis::new("log α").range(-4.0, 8.0),
    );
    rates.series = named(&made.log_alpha);
    rates.horizontals = vec![(3.0, "log α = 3".into()), (5.0, "log α = 5".into())];
    let figure = |id: &str, title: &str, caption: &str, chart: &Chart| Figure {
        id: id.into(),
        experiment: ID,
        title: title.into(),
        caption: caption.into(),
        svg: chart.svg(),
        chart: Some(chart.clone()),
    };
    Output {
        figures: vec![
            figure(
                "linreg-shrinkage",
                "Shrinkage",
                "How much of the least-squares weight is left, against the feature's z-score, at λ = 1: variational dropout keeps a \
                 feature when z² > λ, as the RVM does, and shrinks it more near the threshold.",
                &shrink,
            ),
            figure(
                "linreg-log-alpha",
                "Thresholds on log α are z-scores",
                "The dropout rate of a kept feature against its z-score at λ = 1: a threshold of 3 or 5 on log α cuts within a few \
                 hundredths of z = 1.",
                &rates,
            ),
        ],
        ..Output::default()
    }
}

fn path() -> Result<Output> {
    let spec = Spec::new(500, 200, 20, 1.0);
    let made = figures::path_figure(&spec, 0, 0.3, 60).map_err(Error::fit("vd-linreg"))?;
    let mut chart = Chart::new(Axis::new("log λ"), Axis::new("coefficient"));
    let mut seen = BTreeMap::new();
    for curve in &made.coefficients {
        let noise = curve.name.starts_with("noise");
        let first = seen.insert(noise, ()).is_none();
        let name = match (first, noise) {
            (true, true) => "noise features",
            (true, false) => "relevant features",
            (false, _) => "",
        };
        let series = Series::line(name, if noise { 1 } else { 0 }, curve.points.clone());
        chart.series.push(series.with_line(if noise { Line::Dotted } else { Line::Solid }));
    }
    let figure = Figure {
        id: "linreg-path".into(),
        experiment: ID,
        title: "A path over λ".into(),
        caption:
            "Coefficients against log λ on a problem of 500 objects and 200 features, 20 of them relevant."
                .into(),
        svg: chart.svg(),
        chart: Some(chart),
    };
    Ok(Output { figures: vec![figure], ..Output::default() })
}

fn recovery(problem: &'static str, spec: &Spec, seed: u64) -> Result<Output> {
    let mut rows = figures::recovery(spec, seed).map_err(Error::fit("vd-linreg"))?;
    rows.push(relevance(spec, seed)?);
    Ok(Output {
        tables: vec![recovery_table(rows.iter().map(|row| (problem, seed, row)))],
        ..Output::default()
    })
}

/// The relevance vector machine on the same problem: raw features (not centred), an intercept, learned noise, else the
/// crate's defaults.
fn relevance(spec: &Spec, seed: u64) -> Result<figures::Recovery> {
    let problem = spec.problem(seed);
    let machine = RegressionParams::new().centre(false);
    let model = machine.fit(&problem.x, &problem.t).map_err(Error::fit("rvm"))?.model;
    let posterior = model.posterior();
    let mut theta = DVector::zeros(spec.features + 1);
    posterior.indices().iter().zip(posterior.mean().iter()).for_each(|(&d, &mean)| theta[d] = mean);
    let bias = theta[spec.features];
    let theta = theta.rows(0, spec.features).into_owned();
    let both = theta.iter().zip(problem.weights.iter());
    Ok(figures::Recovery {
        method: "RVM".into(),
        relative_error: problem.relative_error(&theta, bias),
        kept: theta.iter().filter(|c| **c != 0.0).count(),
        true_kept: both.filter(|(c, w)| **c != 0.0 && **w != 0.0).count(),
        lambda: None,
    })
}

fn recovery_table<'a>(rows: impl Iterator<Item = (&'a str, u64, &'a figures::Recovery)>) -> Table {
    let header = ["problem", "seed", "method", "relative_error", "kept", "true_kept", "lambda"];
    let line = |(problem, seed, row): (&str, u64, &figures::Recovery)| {
        vec![
            problem.to_owned(),
            seed.to_string(),
            row.method.clone(),
            row.relative_error.to_string(),
            row.kept.to_string(),
            row.true_kept.to_string(),
            row.lambda.map(|l| l.to_string()).unwrap_or_default(),
        ]
    };
    Table { id: PIECE.into(), header: header.map(str::to_owned).into(), rows: rows.map(line).collect() }
}

/// One recovery table from the units' pieces, the committed rows of other methods below ours; sentences from it.
fn finish(context: &Context, output: &Output) -> Result<Output> {
    let mut whole = recovery_table(std::iter::empty());
    whole.rows = output.tables.iter().filter(|t| t.id == PIECE).flat_map(|t| t.rows.clone()).collect();
    if whole.rows.is_empty() {
        return Ok(Output::default());
    }
    let reference = figures::recovery_reference();
    let ours: Vec<(String, String)> = whole.rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let beside = reference.iter().filter(|r| ours.contains(&(r.problem.clone(), r.seed.to_string())));
    let rows = recovery_table(beside.map(|r| (r.problem.as_str(), r.seed, &r.row))).rows;
    whole.rows.extend(rows);
    whole.id = "linreg-recovery".into();
    let text = sentences(&whole, context.smoke);
    Ok(Output { tables: vec![whole], findings: vec![Finding { experiment: ID, text }], ..Output::default() })
}

/// How many problems (means over seeds) a method wins against another, and by what factor.
fn sentences(table: &Table, smoke: bool) -> String {
    let mean = |problem: &str, method: &str| {
        let values = table.rows.iter().filter(|r| r[0] == problem && r[2] == method);
        Moments::of(values.filter_map(|r| r[3].parse().ok())).map(|m| m.mean)
    };
    let mut problems: Vec<&str> = table.rows.iter().map(|r| r[0].as_str()).collect();
    problems.dedup();
    problems.sort_unstable();
    problems.dedup();
    const OURS: &str = "VD-ARD, λ cross-validated";
    const ORACLE: &str = "least squares on the true support";
    let ratios = |other: &str| -> Vec<f64> {
        problems.iter().filter_map(|p| Some(mean(p, other)? / mean(p, OURS)?)).collect()
    };
    let oracle: Vec<f64> = ratios(ORACLE).iter().map(|r| r.recip()).collect();
    let range = |values: &[f64]| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        format!("{low:.2} to {:.2}", values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    let mut text = format!(
        "With λ cross-validated the squared error on {} synthetic problems is {} times that of least squares on the true \
         support.",
        oracle.len(),
        range(&oracle)
    );
    let lasso = ratios("LassoCV");
    if lasso.is_empty() || smoke {
        text.push_str(" Rows of other methods on the same arrays stand in linreg-recovery.csv where they are committed.");
    } else {
        let wins = lasso.iter().filter(|r| **r > 1.0).count();
        text.push_str(&format!(
            " LassoCV's error on the same arrays is {} times ours, larger on {wins} of {}.",
            range(&lasso),
            lasso.len()
        ));
    }
    text
}

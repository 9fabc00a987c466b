//! The poster's side-by-side of ARD in the RVM and ARD in variational dropout, measured: on the diabetes data with as many noise
//! columns beside the measured ones, at one noise level for both.
//!
//! Both start with every feature in the model. MacKay's updates move the RVM's prior precisions, the exact block algorithm moves
//! variational dropout's dropout rates; what is recorded after each round is the parameter that may go to infinity, the prior's
//! standard deviation, and the posterior's mean and standard deviation of every weight.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rvm::{Algorithm, Posterior, RegressionParams, Status};
use vd_linreg::Params;

use super::super::{Finding, Output, Table};
use super::ID;
use super::trace::trace;
use crate::data::diabetes;
use crate::error::{Error, Result};
use crate::figure::{Axis, Chart, Figure, Line, Mark, Series};

/// Seed of the noise columns.
const SEED: u64 = 0;

/// Rounds of the RVM at which it is looked at, up to convergence.
const MOST_ROUNDS: usize = 3000;

/// One weight after one round.
struct Row {
    method: &'static str,
    round: usize,
    feature: usize,
    /// log of the parameter that may go to infinity: the RVM's prior precision over βS, dropout's α.
    log_alpha: f64,
    /// ∞ for the log-uniform prior, which has none.
    prior_std: f64,
    mean: f64,
    std: f64,
}

/// Columns of mean 0 and mean square 1, the measured ones first, and the centred target.
fn problem() -> Result<(DMatrix<f64>, DVector<f64>, Vec<String>)> {
    let data = diabetes::load()?;
    let (n, measured) = data.x.shape();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut x = data.x.clone().resize_horizontally(2 * measured, 0.0);
    for j in measured..2 * measured {
        x.column_mut(j).iter_mut().for_each(|v| *v = StandardNormal.sample(&mut rng));
    }
    for mut column in x.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
        let scale = (n as f64).sqrt() / column.norm();
        column.scale_mut(scale);
    }
    let t = data.t.add_scalar(-data.t.mean());
    let mut names = data.names;
    names.extend((1..=measured).map(|k| format!("noise {k}")));
    Ok((x, t, names))
}

pub(super) fn run() -> Result<Output> {
    let (x, t, names) = problem()?;
    let params = Params::new().intercept(false).pair_moves(false);
    let fit = params.fit(&x, &t).map_err(Error::fit("vd-linreg"))?;
    let std = fit.model.noise_std();
    let mut rows = dropout(&params, &x, &t)?;
    rows.extend(machine(&x, &t, std)?);
    let text = sentences(&rows, names.len());
    Ok(Output {
        figures: vec![
            figure(
                "linreg-ard-rvm",
                "rvm",
                "ARD in the RVM: precisions of the prior",
                "log of prior precision / βS",
                "The precision of each weight's prior against MacKay's rounds, diabetes with ten noise columns. A curve that stops has gone \
                 to infinity: the prior has become δ(0).",
                &rows,
            ),
            figure(
                "linreg-ard-vd",
                "vd",
                "ARD in variational dropout: dropout rates of the posterior",
                "log α",
                "The dropout rate of each weight's posterior against rounds of the exact block algorithm, same data, same noise level. A \
                 curve that stops has gone to infinity: the posterior has become δ(0), under a prior that never moved.",
                &rows,
            ),
        ],
        tables: vec![table(&rows, &names)],
        findings: vec![Finding { experiment: ID, text }],
        ..Output::default()
    })
}

fn dropout(params: &Params, x: &DMatrix<f64>, t: &DVector<f64>) -> Result<Vec<Row>> {
    let steps = trace(params, x, t).map_err(Error::fit("vd-linreg"))?;
    let mut rows = Vec::new();
    for step in &steps {
        for feature in 0..x.ncols() {
            rows.push(Row {
                method: "vd",
                round: step.iteration,
                feature,
                log_alpha: step.log_alpha[feature],
                prior_std: f64::INFINITY,
                mean: step.mean[feature],
                std: step.std[feature],
            });
        }
    }
    Ok(rows)
}

/// The RVM stopped after 1, 2, 3, … rounds, growing by a fifth, until it has converged.
fn machine(x: &DMatrix<f64>, t: &DVector<f64>, std: f64) -> Result<Vec<Row>> {
    let noise = std.powi(2);
    let base = RegressionParams::new()
        .intercept(false)
        .algorithm(Algorithm::MacKay)
        .noise(rvm::NoiseModel::Fixed { std })
        .tolerance(1e-9);
    let mut rows = Vec::new();
    let mut round = 1;
    loop {
        let settled = base.clone().max_steps(round);
        let fit = settled.fit(x, t).map_err(Error::fit("rvm"))?;
        rows.extend(weights(fit.model.posterior(), fit.report.iterations, x, noise));
        if fit.report.status != Status::MaxIterations || round >= MOST_ROUNDS {
            return Ok(rows);
        }
        round = (round + 1).max(round * 6 / 5);
    }
}

fn weights<'a>(
    posterior: &'a Posterior,
    round: usize,
    x: &'a DMatrix<f64>,
    noise: f64,
) -> impl Iterator<Item = Row> + 'a {
    let place: BTreeMap<usize, usize> =
        posterior.indices().iter().enumerate().map(|(k, &j)| (j, k)).collect();
    (0..x.ncols()).map(move |feature| {
        let gone = Row {
            method: "rvm",
            round,
            feature,
            log_alpha: f64::INFINITY,
            prior_std: 0.0,
            mean: 0.0,
            std: 0.0,
        };
        place.get(&feature).map_or(gone, |&k| {
            let log_precision = posterior.log_precision()[k];
            Row {
                method: "rvm",
                round,
                feature,
                log_alpha: log_precision - (x.column(feature).norm_squared() / noise).ln(),
                prior_std: (-0.5 * log_precision).exp(),
                mean: posterior.mean()[k],
                std: posterior.covariance()[(k, k)].sqrt(),
            }
        })
    })
}

fn table(rows: &[Row], names: &[String]) -> Table {
    let header = [
        "method",
        "round",
        "feature",
        "log_alpha",
        "prior_standard_deviation",
        "posterior_mean",
        "posterior_standard_deviation",
    ];
    let line = |r: &Row| {
        let prior = if r.prior_std.is_infinite() { "log-uniform".into() } else { r.prior_std.to_string() };
        let numbers = [r.log_alpha.to_string(), prior, r.mean.to_string(), r.std.to_string()];
        [r.method.to_owned(), r.round.to_string(), names[r.feature].clone()]
            .into_iter()
            .chain(numbers)
            .collect()
    };
    Table {
        id: "linreg-ard".into(),
        header: header.map(str::to_owned).into(),
        rows: rows.iter().map(line).collect(),
    }
}

fn figure(id: &str, method: &str, title: &str, label: &str, caption: &str, rows: &[Row]) -> Figure {
    let mut chart = Chart::new(Axis::new("round").log(), Axis::new(label));
    let features = rows.iter().map(|r| r.feature + 1).max().unwrap_or(0);
    for feature in (0..features).rev() {
        let noise = 2 * feature >= features;
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter(|r| r.method == method && r.feature == feature && r.log_alpha.is_finite())
            .map(|r| (r.round as f64, r.log_alpha))
            .collect();
        let name = match (2 * feature == features, feature) {
            (true, _) => "noise columns",
            (_, 0) => "measured columns",
            _ => "",
        };
        let series = Series::line(name, usize::from(noise), points).with_mark(Mark::None);
        chart.series.push(series.with_line(if noise { Line::Dotted } else { Line::Solid }));
    }
    let (title, caption) = (title.into(), caption.into());
    Figure { id: id.into(), experiment: ID, title, caption, svg: chart.svg(), chart: Some(chart.clone()) }
}

/// What went to infinity, what became δ(0) and what the prior did.
fn sentences(rows: &[Row], features: usize) -> String {
    let last = |method: &str| -> Vec<&Row> {
        let round = rows.iter().filter(|r| r.method == method).map(|r| r.round).max();
        rows.iter().filter(|r| r.method == method && Some(r.round) == round).collect()
    };
    let gone = |rows: &[&Row]| -> Vec<usize> {
        rows.iter().filter(|r| r.log_alpha.is_infinite()).map(|r| r.feature).collect()
    };
    let noise = |gone: &[usize]| gone.iter().filter(|f| 2 * **f >= features).count();
    let (machine, dropout) = (last("rvm"), last("vd"));
    let (by_machine, by_dropout) = (gone(&machine), gone(&dropout));
    let both = by_machine.iter().filter(|f| by_dropout.contains(f)).count();
    // The RVM's priors of the weights that it keeps have moved too.
    let widths: Vec<f64> = machine.iter().filter(|r| r.prior_std > 0.0).map(|r| r.prior_std).collect();
    let narrowest = widths.iter().copied().fold(f64::INFINITY, f64::min);
    let widest = widths.iter().copied().fold(0.0, f64::max);
    format!(
        "On diabetes with {} noise columns, both at the same noise level, the RVM fits {features} parameters of its prior to the data: {} \
         prior precisions go to infinity ({} of them of noise columns), those priors become δ(0) and take the posterior with them, and the \
         priors that are left have standard deviations from {narrowest:.1} to {widest:.1}. Variational dropout fits no parameter of \
         its prior: {} dropout rates of the posterior go to infinity ({} of noise columns, {both} of them the RVM's), the mean goes to 0 \
         so that αθ² does too, and it is the posterior that becomes δ(0).",
        features / 2,
        by_machine.len(),
        noise(&by_machine),
        by_dropout.len(),
        noise(&by_dropout),
    )
}

#[cfg(test)]
mod tests {
    use super::{problem, run};

    #[test]
    fn in_the_machine_the_prior_becomes_a_point_in_dropout_the_posterior() {
        let (x, ..) = problem().expect("embedded data");
        assert_eq!(x.shape(), (442, 20));
        let output = run().expect("both fits");
        let rows = &output.tables[0].rows;
        let at_end = |method: &str| {
            let last =
                rows.iter().filter(|r| r[0] == method).map(|r| r[1].parse::<usize>().expect("round")).max();
            rows.iter().filter(move |r| r[0] == method && r[1].parse().ok() == last).collect::<Vec<_>>()
        };
        for (method, prior) in [("rvm", "0"), ("vd", "log-uniform")] {
            let gone: Vec<_> = at_end(method).into_iter().filter(|r| r[3] == "inf").collect();
            assert!(gone.len() >= 5, "{method}: {} pruned", gone.len());
            assert!(gone.iter().all(|r| r[4] == prior && r[5] == "0" && r[6] == "0"), "{method}");
        }
        assert!(at_end("rvm").iter().any(|r| r[3] != "inf"));
    }
}

//! A training run seen from inside: ELBO, sparsity and accuracy against epochs.

use vd_dsvi::Progress;

use super::findings::percent;
use super::{Context, Experiment, Finding, Output, Table, Unit};
use crate::error::Result;
use crate::figure::{Axis, Chart, Figure, Line, Series};
use crate::fits;
use crate::protocol::{Digits, LOG_ALPHA_THRESHOLD, ProtocolVariant, prepare};

const ID: &str = "trajectories";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "Training seen from inside on DIGITS + noise: ELBO, sparsity, accuracy by epoch",
    needs_mnist: false,
    by_default: true,
    units: |_| vec![Unit::new("training trajectory", 2.0, run)],
    finish: super::nothing_more,
};

fn run(_: &Context) -> Result<Output> {
    let data = prepare(Digits::Noise, ProtocolVariant::Poster, 0)?;
    let params =
        fits::ard_params(1.0, 0).report_every(1).report_accuracy(true).threshold(LOG_ALPHA_THRESHOLD);
    let (_, _, report) = fits::dsvi(&data, &params, LOG_ALPHA_THRESHOLD)?;
    let trace = &report.trace;
    let (Some(first), Some(last)) = (trace.first(), trace.last()) else {
        return Ok(Output::default());
    };
    let half = trace.iter().find(|p| p.sparsity[0] > 0.5 * last.sparsity[0]);
    let text = format!(
        "From the first report to the last the ELBO rises from {:.0} to {:.0} nats, and the sparsity from {} to {}. Half of the final \
         sparsity is reached after {} of {} epochs, when the train accuracy is {}.",
        first.elbo,
        last.elbo,
        percent(first.sparsity[0]),
        percent(last.sparsity[0]),
        half.map_or(last.epoch, |p| p.epoch),
        last.epoch,
        half.and_then(|p| p.accuracy).map_or_else(|| "unknown".into(), percent)
    );
    Ok(Output {
        figures: figures(trace),
        tables: vec![table(trace)],
        findings: vec![Finding { experiment: ID, text }],
        ..Output::default()
    })
}

fn table(trace: &[Progress]) -> Table {
    let header = ["epoch", "elbo", "data_term", "kl", "sparsity", "train_accuracy", "learning_rate"];
    let row = |p: &Progress| {
        let accuracy = p.accuracy.unwrap_or(f64::NAN);
        let values = [p.elbo, p.data_term, p.kl, p.sparsity[0], accuracy, p.learning_rate];
        std::iter::once(p.epoch.to_string()).chain(values.iter().map(f64::to_string)).collect()
    };
    Table { id: ID.into(), header: header.map(str::to_owned).into(), rows: trace.iter().map(row).collect() }
}

fn figures(trace: &[Progress]) -> Vec<Figure> {
    let curve = |value: &dyn Fn(&Progress) -> f64| -> Vec<(f64, f64)> {
        trace.iter().map(|p| (p.epoch as f64, value(p))).collect()
    };
    let steps = || Axis::new("epoch");
    let mut elbo = Chart::new(steps(), Axis::new("ELBO, data term, KL (nats)"));
    // The first reports are far below; they would flatten the rest.
    let settled: Vec<f64> = trace.iter().skip(trace.len() / 10).map(|p| p.elbo).collect();
    let low = settled.iter().copied().fold(f64::INFINITY, f64::min);
    let high = trace.iter().map(|p| p.kl.max(p.elbo)).fold(f64::NEG_INFINITY, f64::max);
    if low < high {
        elbo.y = elbo.y.range(low - 0.05 * (high - low), high + 0.05 * (high - low));
    }
    elbo.series = vec![
        Series::line("ELBO", 0, curve(&|p| p.elbo)),
        Series::line("data term", 1, curve(&|p| p.data_term)).with_line(Line::Dashed),
        Series::line("KL", 2, curve(&|p| p.kl)).with_line(Line::Dotted),
    ];
    let mut shares = Chart::new(steps(), Axis::new("sparsity, accuracy (%)").range(0.0, 103.0));
    shares.series = vec![
        Series::line("sparsity (log α > 5)", 0, curve(&|p| 100.0 * p.sparsity[0])),
        Series::line("train accuracy", 1, curve(&|p| 100.0 * p.accuracy.unwrap_or(f64::NAN)))
            .with_line(Line::Dashed),
    ];
    let figure = |id: &str, title: &str, caption: &str, chart: &Chart| Figure {
        id: id.into(),
        experiment: ID,
        title: title.into(),
        caption: caption.into(),
        svg: chart.svg(),
        chart: Some(chart.clone()),
    };
    vec![
        figure(
            "trajectory-elbo",
            "The objective while training",
            "ELBO, its data term and the KL divergence by epoch, DIGITS + noise, the poster's single split; single noisy estimates, \
             the first reports cut off below.",
            &elbo,
        ),
        figure(
            "trajectory-shares",
            "Sparsity and accuracy while training",
            "The share of weights with log α > 5 and the train accuracy of the mean weights by epoch, the same run.",
            &shares,
        ),
    ]
}

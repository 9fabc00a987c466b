//! LeNet-300-100 on MNIST by sparse variational dropout: the ICML 2017 paper's network, error against compression.

use std::ops::ControlFlow;
use std::time::Instant;

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Model, Params, Progress, Removal, Schedule, ThetaInit};

use super::findings::percent;
use super::mnist::mnist;
use super::{Context, Experiment, Finding, Output, Table, Unit};
use crate::data::mnist::{Images, Mnist, PIXELS};
use crate::error::{Error, Result};
use crate::figure::{Axis, Chart, Figure, Line, Series};
use crate::fits;
use crate::record::Moments;

const ID: &str = "lenet";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "LeNet-300-100 on MNIST: error and compression, four seeds (minutes)",
    needs_mnist: true,
    by_default: false,
    units,
    finish,
};

const SEEDS: u64 = 4;
const EPOCHS: usize = 200;
/// Pruned above this log α, as the paper does.
const THRESHOLD: f64 = 3.0;
/// What the paper reports: test error, and how many times fewer weights.
const PAPER: (f64, f64) = (0.0192, 68.0);

fn units(context: &Context) -> Vec<Unit> {
    if context.mnist.is_none() || context.smoke {
        return Vec::new();
    }
    let unit =
        |seed| Unit::new(format!("lenet seed {seed}"), 150.0, move |context| run(mnist(context)?, seed));
    (0..SEEDS).map(unit).collect()
}

/// The paper's recipe: Adam at 1e-3, falling to 0 over the second half, batches of 100, 200 epochs, KL weight 0 for 5 epochs
/// then up to 1 at epoch 20, log σ² from −10. Ours: weights of log α > 6 are removed for good from epoch 20 on, for speed.
fn params(seed: u64) -> Params {
    let end = EPOCHS as f64;
    Params::default()
        .classes(10)
        .hidden(&[300, 100])
        .intercept(true)
        .batch(Batch::Size(100))
        .epochs(EPOCHS)
        .learning_rate(Schedule::linear(&[(0.5 * end, 1e-3), (end, 0.0)]))
        .lambda(Schedule::linear(&[(5.0, 0.0), (20.0, 1.0)]))
        .theta_init(ThetaInit::He)
        .log_sigma2_init(-10.0)
        .removal(Some(Removal { threshold: 6.0, from_epoch: 20 }))
        .threshold(THRESHOLD)
        .report_every(5)
        .threads(1)
        .seed(seed)
}

/// Pixels in 0 to 1, not centred: the network has biases.
fn inputs(part: &Images) -> DMatrix<f32> {
    part.matrix(&[0.0; PIXELS], 1.0 / 255.0, |v| v as f32)
}

fn run(mnist: &Mnist, seed: u64) -> Result<Output> {
    let fault = || Error::fit("vd-dsvi");
    let (train, test) = (inputs(&mnist.train), inputs(&mnist.test));
    let started = Instant::now();
    let fit = params(seed)
        .fit_with(&train, &mnist.train.classes(), |_| ControlFlow::Continue(()))
        .map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64();
    let pruned = fit.model.pruned(THRESHOLD);
    let error = 1.0 - pruned.accuracy(&test, &mnist.test.classes()).map_err(fault())?;
    let left: usize = pruned.layers().iter().map(|l| l.theta().iter().filter(|w| **w != 0.0).count()).sum();
    let compression = fit.model.weight_count() as f64 / left.max(1) as f64;
    let mut output = Output {
        tables: vec![table(
            seed,
            &fit.model,
            error,
            left,
            compression,
            seconds,
            fits::status(fit.report.status),
        )],
        note: format!("error {}, {compression:.1} times fewer weights, ", percent(error)),
        ..Output::default()
    };
    if seed == 0 {
        output.figures.push(figure(&fit.report.trace));
    }
    Ok(output)
}

const HEADER: [&str; 9] = [
    "seed",
    "error",
    "weights_left",
    "compression",
    "sparsity_1",
    "sparsity_2",
    "sparsity_3",
    "status",
    "seconds",
];

fn table(
    seed: u64,
    model: &Model<f32>,
    error: f64,
    left: usize,
    compression: f64,
    seconds: f64,
    status: &str,
) -> Table {
    let layer = |i: usize| model.layers()[i].sparsity_at(THRESHOLD).to_string();
    let row = vec![
        seed.to_string(),
        error.to_string(),
        left.to_string(),
        compression.to_string(),
        layer(0),
        layer(1),
        layer(2),
        status.to_owned(),
        seconds.to_string(),
    ];
    Table { id: String::new(), header: HEADER.map(str::to_owned).into(), rows: vec![row] }
}

/// One table of all seeds, and what it shows.
fn finish(_: &Context, output: &Output) -> Result<Output> {
    let rows: Vec<Vec<String>> = output.tables.iter().flat_map(|table| table.rows.clone()).collect();
    let column = |i: usize| Moments::of(rows.iter().filter_map(|row| row[i].parse::<f64>().ok()));
    let (Some(error), Some(compression)) = (column(1), column(3)) else {
        return Ok(Output::default());
    };
    let text = format!(
        "Over {} seeds LeNet-300-100 ends at a test error of {:.2} ± {:.2} % with {:.1} ± {:.1} times fewer weights; the paper of 2017 \
         reports {:.2} % at {:.0} times. Pruning needs no retraining: the error is that of the mean weights with log α ≤ {THRESHOLD}.",
        error.count,
        100.0 * error.mean,
        100.0 * error.sd.unwrap_or(0.0),
        compression.mean,
        compression.sd.unwrap_or(0.0),
        100.0 * PAPER.0,
        PAPER.1
    );
    Ok(Output {
        tables: vec![Table { id: ID.into(), header: HEADER.map(str::to_owned).into(), rows }],
        findings: vec![Finding { experiment: ID, text }],
        ..Output::default()
    })
}

fn figure(trace: &[Progress]) -> Figure {
    let axis = Axis::new(format!("weights with log α > {THRESHOLD} (%)")).range(0.0, 100.0);
    let mut chart = Chart::new(Axis::new("epoch"), axis);
    let names = ["784 to 300", "300 to 100", "100 to 10"];
    let lines = [Line::Solid, Line::Dashed, Line::Dotted];
    chart.series = names
        .iter()
        .zip(lines)
        .enumerate()
        .map(|(layer, (name, line))| {
            let points = trace.iter().map(|p| (p.epoch as f64, 100.0 * p.sparsity[layer]));
            Series::line(*name, layer, points).with_line(line)
        })
        .collect();
    Figure {
        id: "lenet-sparsity".into(),
        experiment: ID,
        title: "A network that empties".into(),
        caption: "Sparsity of the three layers of LeNet-300-100 while it is trained on MNIST, seed 0; the KL term is switched on \
                  between epochs 5 and 20."
            .into(),
        svg: chart.svg(),
        chart: Some(chart),
    }
}

//! MNIST: the poster's column, its N/A filled, curves, resplits, and the pixels that survive.

use std::time::Instant;

use l1_logreg::{Features, Grid, PathPoint};
use nalgebra::DMatrix;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use vd_dsvi::{Model, Params, Schedule};

use super::{Context, Experiment, Output, Unit, curves, words};
use crate::data::Classification;
use crate::data::mnist::{Images, Mnist, PIXELS};
use crate::error::{Error, Result};
use crate::figure::{Figure, Palette, Panel, grid};
use crate::fits::{self, Cell, Fitted};
use crate::protocol::{CURVE, LOG_ALPHA_THRESHOLD, POSTER, Prepared, RESPLIT_10K};

const ID: &str = "mnist";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "The poster's table on MNIST: VD-ARD, L1, RVM; curves; ten resplits of 10,000; the pixels that survive",
    needs_mnist: true,
    by_default: true,
    units,
    finish: |_, output| {
        let mut more = words::table(ID, ID, output);
        more.merge(curves::for_dataset(ID, ID, &output.records));
        Ok(more)
    },
};

/// λ of the curve; 1 is the table's.
const LAMBDAS: [f64; 4] = [1.0, 3.0, 8.0, 16.0];
/// C of the L1 softmax path, ascending (inputs of about unit size).
const C: [f64; 10] = [2e-3, 4e-3, 7e-3, 1e-2, 2e-2, 4e-2, 7e-2, 0.1, 0.2, 0.4];
/// Objects of a resplit, train and test each.
const RESPLIT: usize = 10_000;
const RESPLITS: u64 = 10;

fn units(context: &Context) -> Vec<Unit> {
    if context.mnist.is_none() || context.smoke {
        return Vec::new();
    }
    let mut units = vec![
        Unit::new("mnist rvm", 200.0, |context| rvm(mnist(context)?)),
        Unit::new("mnist l1-softmax path", 60.0, |context| l1(mnist(context)?)),
    ];
    for lambda in LAMBDAS {
        let label = format!("mnist vd-ard, λ = {lambda}");
        units.push(Unit::new(label, 20.0, move |context| vd_ard(mnist(context)?, lambda)));
    }
    for seed in 0..RESPLITS {
        let label = format!("mnist resplit {seed}: vd-ard, l1-softmax");
        units.push(Unit::new(label, 8.0, move |context| resplit(mnist(context)?, seed)));
    }
    units
}

fn mnist(context: &Context) -> Result<&Mnist> {
    context.mnist.as_deref().ok_or_else(|| Error::Usage("MNIST was not given".into()))
}

/// Pixels over 256, minus the mean train image.
fn inputs<T: nalgebra::Scalar>(train: &Images, part: &Images, cast: impl Fn(f64) -> T) -> DMatrix<T> {
    part.matrix(&train.mean(), 1.0 / 256.0, cast)
}

/// VD-ARD: batches of 200, Adam, step rate held for half the epochs and then taken to zero.
fn params(lambda: f64, seed: u64, epochs: usize) -> Params {
    let end = epochs as f64;
    Params::default()
        .classes(Some(10))
        .batch(vd_dsvi::Batch::Size(200))
        .epochs(epochs)
        .learning_rate(Schedule::linear(&[(0.5 * end, 0.01), (end, 0.0)]))
        .kl_weight(lambda)
        .report_every(epochs)
        .seed(seed)
}

fn cell(method: &'static str, protocol: &'static str, split: usize, seed: u64) -> Cell {
    Cell { dataset: ID, method, protocol, split, seed }
}

fn vd_ard(mnist: &Mnist, lambda: f64) -> Result<Output> {
    let (train, test) =
        (inputs(&mnist.train, &mnist.train, |v| v as f32), inputs(&mnist.train, &mnist.test, |v| v as f32));
    let (train_labels, test_labels) = (mnist.train.classes(), mnist.test.classes());
    let (fitted, model, _) = fits::dsvi_single(
        &train,
        &train_labels,
        &test,
        &test_labels,
        &params(lambda, 0, 40),
        LOG_ALPHA_THRESHOLD,
    )?;
    let record = |protocol| fitted.record(cell("vd-ard", protocol, 0, 0), &(0..0));
    let mut output = Output { records: vec![record(CURVE)], ..Output::default() };
    output.note = format!("accuracy {:.4}, sparsity {:.4}, ", fitted.accuracy, output.records[0].sparsity);
    if lambda == 1.0 {
        output.records.push(record(POSTER));
        output.figures.push(pixels(&model));
    }
    Ok(output)
}

/// Which pixels each class still looks at.
fn pixels(model: &Model<f32>) -> Figure {
    let log_alpha = model.layers[0].log_alpha();
    let panel = |class: usize| {
        let values: Vec<f64> =
            log_alpha.column(class).iter().map(|&l| f64::from(l).clamp(-5.0, 5.0)).collect();
        let kept = values.iter().filter(|l| **l < LOG_ALPHA_THRESHOLD).count();
        Panel {
            title: format!("{class}: {kept}"),
            columns: 28,
            values,
            divide_after: None,
            range: (-5.0, 5.0),
            palette: Palette::Heat,
        }
    };
    let panels: Vec<Panel> = (0..log_alpha.ncols()).map(panel).collect();
    Figure {
        id: "mnist-pixels".into(),
        experiment: ID,
        title: "The pixels that survive".into(),
        caption: "log α of every weight of the softmax model on MNIST at λ = 1, one picture a class with the number of pixels kept \
                  (log α ≤ 5); dark is pruned."
            .into(),
        svg: grid(&panels, 5, "log α (dark: pruned)"),
    }
}

/// An L1 softmax path, each point as a fit on this test part.
fn path<X: Features>(
    train: &X,
    labels: &[usize],
    test: &X,
    test_labels: &[usize],
    values: &[f64],
) -> Result<Vec<Fitted>> {
    let fault = || Error::fit("l1-logreg");
    let started = Instant::now();
    let model = l1_logreg::Params::new().classes(10).tolerance(1e-3).check().map_err(fault())?;
    let points = model.path(train, labels, &Grid::Values(values.to_vec())).map_err(fault())?;
    let seconds = started.elapsed().as_secs_f64() / points.len().max(1) as f64;
    let fitted = |point: PathPoint| {
        Ok(Fitted {
            weights: point.fit.model.weights().clone(),
            train_accuracy: point.fit.model.accuracy(train, labels).map_err(fault())?,
            accuracy: point.fit.model.accuracy(test, test_labels).map_err(fault())?,
            status: fits::status(point.fit.report.status),
            parameter: ("C", point.c),
            seconds,
        })
    };
    points.into_iter().map(fitted).collect()
}

/// The path on all train images; C for the table by a path on the first 50,000 scored on the last 10,000.
fn l1(mnist: &Mnist) -> Result<Output> {
    let (train, test) =
        (inputs(&mnist.train, &mnist.train, |v| v as f32), inputs(&mnist.train, &mnist.test, |v| v as f32));
    let (labels, test_labels) = (mnist.train.classes(), mnist.test.classes());
    let inner = labels.len() * 5 / 6;
    let (fit, held) =
        (train.rows(0, inner).into_owned(), train.rows(inner, labels.len() - inner).into_owned());
    let validation = path(&fit, &labels[..inner], &held, &labels[inner..], &C)?;
    drop((fit, held));
    let points = path(&train, &labels, &test, &test_labels, &C)?;
    // Of equal scores the sparser: the path ascends in C.
    let best = validation
        .iter()
        .enumerate()
        .fold(0, |b, (i, f)| if f.accuracy > validation[b].accuracy { i } else { b });
    let mut records: Vec<_> =
        points.iter().map(|fitted| fitted.record(cell("l1-softmax", CURVE, 0, 0), &(0..0))).collect();
    records.push(points[best].record(cell("l1-softmax", POSTER, 0, 0), &(0..0)));
    Ok(Output { records, ..Output::default() })
}

fn rvm(mnist: &Mnist) -> Result<Output> {
    let part = |images: &Images| Classification {
        x: inputs(&mnist.train, images, |v| v),
        labels: images.classes(),
        classes: 10,
    };
    let data = Prepared { train: part(&mnist.train), test: part(&mnist.test), noise_columns: 0..0 };
    let (fitted, _) = fits::relevance(&data, None)?;
    let records = [POSTER, CURVE].map(|protocol| fitted.record(cell("rvm", protocol, 0, 0), &(0..0))).into();
    Ok(Output { records, ..Output::default() })
}

/// 10,000 train and 10,000 test images drawn from all 70,000.
fn resplit(mnist: &Mnist, seed: u64) -> Result<Output> {
    let mut order: Vec<usize> = (0..mnist.train.len() + mnist.test.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let pick = |chosen: &[usize]| {
        let mut images = Images { pixels: Vec::with_capacity(chosen.len() * PIXELS), labels: Vec::new() };
        for &i in chosen {
            let (part, i) =
                if i < mnist.train.len() { (&mnist.train, i) } else { (&mnist.test, i - mnist.train.len()) };
            images.pixels.extend(&part.pixels[i * PIXELS..(i + 1) * PIXELS]);
            images.labels.push(part.labels[i]);
        }
        images
    };
    let (train, test) = (pick(&order[..RESPLIT]), pick(&order[RESPLIT..2 * RESPLIT]));
    let (x, x_test) = (inputs(&train, &train, |v| v as f32), inputs(&train, &test, |v| v as f32));
    let (labels, test_labels) = (train.classes(), test.classes());
    let params = params(1.0, seed, 60).threads(Some(1));
    let (ours, _, _) = fits::dsvi_single(&x, &labels, &x_test, &test_labels, &params, LOG_ALPHA_THRESHOLD)?;
    // C by the last fifth of the train images; then a fit to all of them at it.
    let inner = RESPLIT * 4 / 5;
    let (fit, held) = (x.rows(0, inner).into_owned(), x.rows(inner, RESPLIT - inner).into_owned());
    let validation = path(&fit, &labels[..inner], &held, &labels[inner..], &C[2..])?;
    let best = validation.iter().fold(&validation[0], |b, f| if f.accuracy > b.accuracy { f } else { b });
    let l1 = path(&x, &labels, &x_test, &test_labels, &[best.parameter.1])?;
    let split = seed as usize;
    let mut records = vec![ours.record(cell("vd-ard", RESPLIT_10K, split, seed), &(0..0))];
    records.extend(l1.iter().map(|f| f.record(cell("l1-softmax", RESPLIT_10K, split, seed), &(0..0))));
    Ok(Output { records, ..Output::default() })
}

//! MNIST: the poster's column, its N/A filled, curves, resplits, and the pixels that survive.

mod baselines;
mod resplit;

use nalgebra::DMatrix;
use vd_dsvi::{Model, Params};
use vd_glm::Coding;

use super::{Context, Experiment, Output, Unit, curves, findings};
use crate::data::mnist::{Images, Mnist};
use crate::error::{Error, Result};
use crate::figure::{Figure, Palette, Panel, grid};
use crate::fits::{self, RunId};
use crate::protocol::{CURVE, LOG_ALPHA_THRESHOLD, POSTER, RESPLIT_10K};

const ID: &str = "mnist";

pub(super) const EXPERIMENT: Experiment = Experiment {
    id: ID,
    about: "The poster's table on MNIST: every method; curves; ten resplits of 10,000; the pixels that survive",
    needs_mnist: true,
    by_default: true,
    units,
    finish: |_, output| {
        let mut more = findings::table(ID, ID, output);
        more.merge(curves::for_dataset(ID, ID, &output.records));
        Ok(more)
    },
};

/// λ of the curve; 1 is the table's.
const LAMBDAS: [f64; 5] = [0.3, 1.0, 3.0, 8.0, 16.0];

fn units(context: &Context) -> Vec<Unit> {
    if context.mnist.is_none() || context.smoke {
        return Vec::new();
    }
    let ard = LAMBDAS.iter().map(|&lambda| {
        let label = format!("mnist vd-ard, λ = {lambda}");
        Unit::new(label, 20.0, move |context| vd_ard(mnist(context)?, lambda))
    });
    let mut units: Vec<Unit> = ard.collect();
    units.extend([
        Unit::new("mnist l1-lr", 120.0, |context| baselines::one_vs_rest(mnist(context)?)),
        Unit::new("mnist rvm", 100.0, |context| baselines::rvm(mnist(context)?)),
        Unit::new("mnist vd-ard-recommended", 15.0, |context| {
            dropout(mnist(context)?, "vd-ard-recommended", &fits::recommended_params(0))
        }),
        Unit::new("mnist vd-glm", 100.0, |context| baselines::closed_form(mnist(context)?, Coding::Softmax)),
        Unit::new("mnist vd-glm-ovr", 40.0, |context| {
            baselines::closed_form(mnist(context)?, Coding::OneVsRest)
        }),
        Unit::new("mnist l1-softmax path", 80.0, |context| baselines::softmax(mnist(context)?)),
        Unit::new("mnist vdo", 40.0, |context| {
            dropout(mnist(context)?, "vdo", &shorter(fits::original_params(0)))
        }),
        Unit::new("mnist gaussian-dropout", 40.0, |context| {
            dropout(mnist(context)?, "gaussian-dropout", &shorter(fits::gaussian_params(0)))
        }),
        Unit::new("mnist ridge", 60.0, |context| baselines::ridge(mnist(context)?)),
    ]);
    for seed in 0..resplit::COUNT {
        let label = format!("mnist resplit {seed}: vd-ard, l1-softmax, rvm");
        units.push(Unit::new(label, 28.0, move |context| resplit::run(mnist(context)?, seed)));
    }
    units
}

/// MNIST, which [`units`] has seen to be there.
pub(super) fn mnist(context: &Context) -> Result<&Mnist> {
    context.mnist.as_deref().ok_or_else(|| Error::Usage("MNIST was not given".into()))
}

/// Pixels over 256, minus the mean train image.
fn inputs<T: nalgebra::Scalar>(train: &Images, part: &Images, cast: impl Fn(f64) -> T) -> DMatrix<T> {
    part.matrix(&train.mean(), 1.0 / 256.0, cast)
}

/// The standard split in single precision.
struct Single {
    train: DMatrix<f32>,
    train_labels: Vec<usize>,
    test: DMatrix<f32>,
    test_labels: Vec<usize>,
}

impl Single {
    fn new(mnist: &Mnist) -> Self {
        Self {
            train: inputs(&mnist.train, &mnist.train, |v| v as f32),
            train_labels: mnist.train.classes(),
            test: inputs(&mnist.train, &mnist.test, |v| v as f32),
            test_labels: mnist.test.classes(),
        }
    }

    fn fit(&self, params: &Params) -> Result<(fits::Fitted, Model<f32>)> {
        let (fitted, model, _) = fits::dsvi_single(
            &self.train,
            &self.train_labels,
            &self.test,
            &self.test_labels,
            params,
            LOG_ALPHA_THRESHOLD,
        )?;
        Ok((fitted, model))
    }
}

fn run_id(method: &'static str, protocol: &'static str, split: usize, seed: u64) -> RunId {
    RunId { dataset: ID, method, protocol, split, seed }
}

/// What a fit reached, for the progress line.
fn note(output: &Output) -> String {
    output.records.last().map_or_else(String::new, |record| {
        format!("accuracy {:.4}, sparsity {:.4}, ", record.accuracy, record.sparsity)
    })
}

/// A point of the curve; λ = 1 is the table's row as well.
fn vd_ard(mnist: &Mnist, lambda: f64) -> Result<Output> {
    let (fitted, model) = Single::new(mnist).fit(&fits::ard_params(lambda, 0))?;
    let record = |protocol| fitted.record(run_id("vd-ard", protocol, 0, 0), &(0..0));
    let mut output = Output { records: vec![record(CURVE)], ..Output::default() };
    output.note = note(&output);
    if lambda == 1.0 {
        output.records.push(record(POSTER));
        output.figures.push(pixels(&model));
    }
    Ok(output)
}

/// The dense kinds of dropout have nothing removed on the way, and an epoch takes them four times as long: half as many will do.
fn shorter(params: Params) -> Params {
    params.epochs(25).learning_rate(vd_dsvi::Schedule::linear(&[(12.5, 0.01), (25.0, 1e-5)]))
}

/// Another kind of dropout on the standard split.
fn dropout(mnist: &Mnist, method: &'static str, params: &Params) -> Result<Output> {
    let (fitted, _) = Single::new(mnist).fit(params)?;
    let record = fitted.record(run_id(method, POSTER, 0, 0), &(0..0));
    let mut output = Output { records: vec![record], ..Output::default() };
    output.note = note(&output);
    Ok(output)
}

/// Which pixels each class still looks at.
fn pixels(model: &Model<f32>) -> Figure {
    let log_alpha = model.layers()[0].log_alpha();
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
        chart: None,
    }
}

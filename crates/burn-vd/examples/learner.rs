//! Sparse training by burn's `Learner`: progress screen, metrics, checkpoints, resume, a learning-rate schedule, several devices.
//!
//! cargo run --release --features train --example learner -- [--out DIR] [--epochs N] [--resume EPOCH] [--devices N]
//!
//! Three of thirty inputs decide the class; the network has to find out which. `--resume 5` goes on from the end of epoch 5.
#![allow(clippy::print_stdout)]

use std::error::Error;

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::module::Module;
use burn::optim::AdamConfig;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{ExecutionStrategy, Learner, MultiDeviceOptim, SupervisedTraining, TrainingStrategy};
use burn_vd::train::{
    Classifier, CompressionMetric, KlMetric, LabelledBatch, LayerSparsityMetric, Objective, SparsityMetric,
};
use burn_vd::{LOG_ALPHA_THRESHOLD, Pruning, Report, SparseLinear, SparseLinearConfig, VdLoss, prune};

const INPUTS: usize = 30;
const BATCH: usize = 100;

#[derive(Module, Debug)]
struct Net {
    fc1: SparseLinear,
    fc2: SparseLinear,
}

impl Classifier for Net {
    type Input = Tensor<2>;

    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(relu(self.fc1.forward(x)))
    }
}

type Sample = ([f32; INPUTS], i32);

/// Samples whose class is the sign of x₀ x₁ + x₂.
fn samples(n: usize, seed: u64) -> InMemDataset<Sample> {
    let mut state = seed;
    let mut number = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let sample = |_| {
        let x = std::array::from_fn(|_| number());
        (x, i32::from(x[0] * x[1] + x[2] > 0.0))
    };
    InMemDataset::new((0..n).map(sample).collect())
}

struct Stack;

impl Batcher<Sample, LabelledBatch<Tensor<2>>> for Stack {
    fn batch(&self, items: Vec<Sample>, device: &Device) -> LabelledBatch<Tensor<2>> {
        let n = items.len();
        let x: Vec<f32> = items.iter().flat_map(|(x, _)| x).copied().collect();
        let labels: Vec<i32> = items.iter().map(|(_, label)| *label).collect();
        LabelledBatch {
            input: Tensor::from_data(TensorData::new(x, [n, INPUTS]), device),
            labels: Tensor::<1, Int>::from_data(TensorData::new(labels, [n]), device),
        }
    }
}

fn option(name: &str, default: &str) -> String {
    let args: Vec<String> = std::env::args().collect();
    args.windows(2).find(|pair| pair[0] == name).map_or_else(|| default.to_owned(), |pair| pair[1].clone())
}

fn main() -> Result<(), Box<dyn Error>> {
    let (n, epochs) = (5000, option("--epochs", "40").parse::<usize>()?);
    let device = Device::flex();
    device.seed(1);
    let steps = (epochs * n / BATCH) as f64;
    let training = device.clone().autodiff();
    let net = Net {
        fc1: SparseLinearConfig::new(INPUTS, 40).try_init(&training)?,
        fc2: SparseLinearConfig::new(40, 2).try_init(&training)?,
    };
    let objective = Objective::new(net, VdLoss::new(n)?.warm_up(0.2 * steps, 0.4 * steps)?)?;
    let adam = AdamConfig::new().with_epsilon(1e-9).init();
    let learner =
        Learner::new(objective, adam, LinearLrSchedulerConfig::new(0.01, 1e-6, steps as usize).init()?);
    let loader = |data| DataLoaderBuilder::new(Stack).batch_size(BATCH).shuffle(1).build(data);
    let mut run = SupervisedTraining::new(
        option("--out", "target/learner"),
        loader(samples(n, 1)),
        loader(samples(2000, 2)),
    )
    .metrics((LossMetric::new(), AccuracyMetric::new()))
    .metrics((
        KlMetric::new(),
        SparsityMetric::new(),
        LayerSparsityMetric::new("fc1"),
        CompressionMetric::new(),
    ))
    .with_default_checkpointers()
    .num_epochs(epochs)
    .summary();
    if let Ok(epoch) = option("--resume", "").parse() {
        run = run.checkpoint(epoch);
    }
    let devices: usize = option("--devices", "1").parse()?;
    if devices > 1 {
        let copies = vec![device; devices];
        let shared = ExecutionStrategy::MultiDevice(copies, MultiDeviceOptim::OptimSharded);
        run = run.with_training_strategy(TrainingStrategy::Default(shared));
    }
    let trained = run.launch(learner);
    if let Some(error) = trained.error {
        return Err(error.to_string().into());
    }
    let pruned = prune(trained.model.network, Pruning::LogAlpha(LOG_ALPHA_THRESHOLD))?;
    println!("{}", Report::of(&pruned, LOG_ALPHA_THRESHOLD)?);
    Ok(())
}

//! burn's `Learner` on a network with its objective: metrics, checkpoints, resume.
#![cfg(feature = "train")]
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

mod seeded;

use std::path::Path;

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::constant::ConstantLr;
use burn::module::Module;
use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::metric::{AccuracyMetric, LossMetric, Metric, Numeric};
use burn::train::renderer::{CliMetricsRenderer, MetricsRenderer};
use burn::train::{Learner, LearningResult, SupervisedTraining};
use burn_vd::train::{
    Classifier, CompressionMetric, KlMetric, LabelledBatch, LayerSparsityMetric, Objective, SparsityMetric,
};
use burn_vd::{Error, LOG_ALPHA_THRESHOLD, Report, SparseLinear, SparseLinearConfig, VdLoss};
use seeded::seeded;

#[derive(Module, Debug)]
struct Net {
    fc: SparseLinear,
}

impl Classifier for Net {
    type Input = Tensor<2>;

    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc.forward(x)
    }
}

struct Stack;

impl Batcher<[f32; 5], LabelledBatch<Tensor<2>>> for Stack {
    fn batch(&self, items: Vec<[f32; 5]>, device: &Device) -> LabelledBatch<Tensor<2>> {
        let n = items.len();
        let labels: Vec<i32> = items.iter().map(|x| i32::from(x[0] > 0.0)).collect();
        LabelledBatch {
            input: Tensor::from_data(TensorData::new(items.concat(), [n, 5]), device),
            labels: Tensor::<1, Int>::from_data(TensorData::new(labels, [n]), device),
        }
    }
}

fn samples() -> InMemDataset<[f32; 5]> {
    let number = |i: usize| 2.0 * (1e4 * (i as f64 + 0.5).sin()).fract() as f32;
    InMemDataset::new((0..200).map(|n| std::array::from_fn(|d| number(5 * n + d))).collect())
}

fn objective(device: &Device) -> Objective<Net> {
    let net = Net { fc: SparseLinearConfig::new(5, 2).init(device) };
    let loss = VdLoss::new(200).unwrap().warm_up(10.0, 20.0).unwrap();
    Objective::new(net, loss).unwrap()
}

/// Trains to the end of an epoch, from the end of another or from the start.
fn train(folder: &Path, from: Option<usize>, to: usize) -> LearningResult<Objective<Net>> {
    let device = Device::flex().autodiff();
    let loader = || DataLoaderBuilder::new(Stack).batch_size(20).build(samples());
    let renderer: Box<dyn MetricsRenderer> = Box::new(CliMetricsRenderer::new());
    let mut run = SupervisedTraining::new(folder, loader(), loader())
        .metrics((LossMetric::new(), AccuracyMetric::new(), KlMetric::new()))
        .metrics((SparsityMetric::new(), LayerSparsityMetric::new("fc"), CompressionMetric::new()))
        .with_default_checkpointers()
        .with_application_logger(None)
        .renderer(renderer)
        .num_epochs(to);
    if let Some(epoch) = from {
        run = run.checkpoint(epoch);
    }
    let adam = AdamConfig::new().with_epsilon(1e-9).init();
    run.launch(Learner::new(objective(&device), adam, ConstantLr::new(0.02)))
}

#[test]
fn steps_are_counted_and_a_resumed_training_goes_on_with_them() {
    let (_alone, _) = seeded(31, Device::flex());
    let folder = std::env::temp_dir().join(format!("burn-vd-learner-{}", std::process::id()));
    let first = train(&folder, None, 3);
    assert!(first.error.is_none());
    assert_eq!(first.model.steps().unwrap(), 30);
    let resumed = train(&folder, Some(3), 5);
    assert!(resumed.error.is_none());
    assert_eq!(resumed.model.steps().unwrap(), 50, "the warm-up goes on where it was");
    let logged = |split: &str, epoch: usize, metric: &str| {
        let path = folder.join(split).join(format!("epoch-{epoch}")).join(format!("{metric}.log"));
        std::fs::read_to_string(&path).unwrap_or_else(|e| format!("{}: {e}", path.display()))
    };
    for metric in ["KL", "Sparsity", "Sparsity_fc", "Compression", "Loss", "Accuracy"] {
        let text = logged("valid", 5, metric);
        assert!(
            text.lines().next().is_some_and(|l| l.starts_with(|c: char| c.is_ascii_digit())),
            "{metric}: {text}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn metrics_count_what_the_report_counts() {
    let (_alone, device) = seeded(32, Device::flex().autodiff());
    let mut model = objective(&device);
    // Of ten weights three are noise.
    let log_sigma2: Vec<f32> = (0..10).map(|i| if i < 3 { 20.0 } else { -20.0 }).collect();
    let tensor = Tensor::<2>::from_data(TensorData::new(log_sigma2, [5, 2]), &device);
    model.network.fc.log_sigma2 = burn::module::Param::from_tensor(tensor.require_grad());
    let batch = Stack.batch(vec![[1.0; 5]; 4], &device);
    let output = burn::train::TrainStep::step(&model, batch).item;
    let report = Report::of(&model.network, LOG_ALPHA_THRESHOLD).unwrap();
    let metadata = || burn::train::metric::MetricMetadata {
        progress: burn::data::dataloader::Progress::new(1, 1, None),
        iteration: Some(1),
        lr: None,
    };
    macro_rules! value {
        ($metric:expr) => {{
            let mut metric = $metric;
            metric.update(&burn::train::metric::Adaptor::adapt(&output), &metadata()).unwrap();
            metric.value().unwrap().current()
        }};
    }
    assert_eq!(value!(SparsityMetric::new()), 30.0);
    assert!((value!(SparsityMetric::new()) - 100.0 * report.sparsity()).abs() < 1e-9);
    assert!((value!(CompressionMetric::new()) - report.compression()).abs() < 1e-9);
    assert_eq!(value!(LayerSparsityMetric::new("fc")), 30.0);
    assert_eq!(value!(SparsityMetric::new().threshold(-100.0)), 100.0);
    assert!(value!(LayerSparsityMetric::new("elsewhere")).is_nan());
    let divergence = f64::from(burn_vd::kl(&model.network).unwrap().into_scalar::<f32>());
    assert!((value!(KlMetric::new()) / divergence - 1.0).abs() < 1e-6);
}

#[test]
fn a_network_without_sparse_layers_is_refused() {
    let device = Device::flex().autodiff();
    let dense = burn::nn::LinearConfig::new(3, 2).init(&device);
    assert!(matches!(Objective::new(dense, VdLoss::new(10).unwrap()), Err(Error::NoSparseLayers)));
}

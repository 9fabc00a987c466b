//! Whole networks: the loss's scaling, pruning, shrinking, sparsifying, training with batch normalisation, bad input.
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

mod seeded;

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_vd::{
    Activation, Error, LOG_ALPHA_THRESHOLD, Masks, Plan, Pruning, Report, SparseConv2d, SparseConv2dConfig,
    SparseLinear, SparseLinearConfig, UnitGate, UnitGateConfig, VdLoss, Width, copy_weights, kl, prune,
    sparsify, without_noise,
};
use seeded::seeded;

#[derive(Module, Debug)]
struct Dense {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
}

impl Dense {
    fn new(device: &Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([1, 6], [3, 3]).init(device),
            conv2: Conv2dConfig::new([6, 8], [3, 3]).init(device),
            fc1: LinearConfig::new(8 * 16, 20).init(device),
            fc2: LinearConfig::new(20, 3).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.conv2.forward(relu(self.conv1.forward(x))));
        self.fc2.forward(relu(self.fc1.forward(x.flatten(1, 3))))
    }
}

/// The same with sparse layers.
#[derive(Module, Debug)]
struct Sparse {
    conv1: SparseConv2d,
    conv2: SparseConv2d,
    fc1: SparseLinear,
    fc2: SparseLinear,
}

impl Sparse {
    fn new(device: &Device) -> Self {
        Self {
            conv1: SparseConv2dConfig::new([1, 6], [3, 3]).init(device),
            conv2: SparseConv2dConfig::new([6, 8], [3, 3]).init(device),
            fc1: SparseLinearConfig::new(8 * 16, 20).init(device),
            fc2: SparseLinearConfig::new(20, 3).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.conv2.forward(relu(self.conv1.forward(x))));
        self.fc2.forward(relu(self.fc1.forward(x.flatten(1, 3))))
    }

    fn plan() -> Plan {
        Plan::new()
            .width(Width::new("channels 1").made_by("conv1").read_by("conv2"))
            .width(Width::new("channels 2").made_by("conv2").read_flattened_by("fc1", 16))
            .width(Width::new("units").made_by("fc1").read_by("fc2"))
    }
}

fn values<const D: usize>(t: Tensor<D>) -> Vec<f32> {
    t.try_into_vec_as::<f32>().unwrap()
}

fn images(n: usize, device: &Device) -> Tensor<4> {
    let v: Vec<f32> = (0..n * 64).map(|i| ((i as f32) * 0.7).sin().max(0.0)).collect();
    Tensor::from_data(TensorData::new(v, [n, 1, 8, 8]), device)
}

fn close(a: &[f32], b: &[f32], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} for {b}");
    }
}

#[test]
fn the_loss_is_mean_nll_plus_lambda_over_n_kl() {
    let (_alone, device) = seeded(10, Device::flex().autodiff());
    let net = SparseLinearConfig::new(4, 3).init(&device);
    let n = 50;
    let loss = VdLoss::new(n).unwrap().kl_weight(2.0).unwrap().warm_up(10.0, 20.0).unwrap();
    let logits = Tensor::<2>::from_data([[1.0f32, 2.0, 0.5], [0.0, 0.0, 0.0]], &device);
    let labels = Tensor::<1, Int>::from_data([1, 2], &device);
    let divergence = f64::from(kl(&net).unwrap().into_scalar::<f32>());
    let nll = 0.5 * ((1f64.exp() + 2f64.exp() + 0.5f64.exp()).ln() - 2.0 + 3f64.ln());
    for (step, lambda) in [(0, 0.0), (10, 0.0), (15, 1.0), (20, 2.0), (1000, 2.0)] {
        let parts = loss.softmax(logits.clone(), labels.clone(), &net, step).unwrap();
        let expected = nll + lambda * divergence / n as f64;
        assert!((f64::from(parts.total.into_scalar::<f32>()) / expected - 1.0).abs() < 1e-5);
        assert_eq!(parts.kl_weight, lambda);
    }
    let zero = Tensor::<2>::zeros([2, 2], &device);
    let parts = loss.gaussian(zero.clone() + 3.0, zero.clone(), 0.5, &net, 0).unwrap();
    let expected = 0.5 * 2.0 * (core::f64::consts::TAU / 0.5).ln() + 0.25 * 18.0;
    assert!((f64::from(parts.total.into_scalar::<f32>()) / expected - 1.0).abs() < 1e-5);
    let parts = loss.bernoulli(zero.clone(), zero, &net, 0).unwrap();
    assert!((f64::from(parts.total.into_scalar::<f32>()) / 4f64.ln() - 1.0).abs() < 1e-5);
}

#[test]
fn pruning_by_size_threshold_and_compression() {
    let (_alone, device) = seeded(11, Device::flex());
    let net = Sparse::new(&device);
    let total = Report::of(&net, LOG_ALPHA_THRESHOLD).unwrap().weights;
    assert_eq!(total, 54 + 432 + 2560 + 60);
    let masks = Masks::of(&net, Pruning::Keep(100)).unwrap();
    assert_eq!(masks.kept(), 100);
    let pruned = masks.apply(net.clone());
    let report = Report::of(&pruned, f64::MAX).unwrap();
    assert_eq!((report.kept, report.weights), (100, total));
    // Twice changes nothing; and the kept weights are those of the smallest log α, by a sort of one's own.
    assert_eq!(Masks::of(&pruned, Pruning::Keep(3000)).unwrap().kept(), 100);
    let mut all: Vec<f32> =
        burn_vd::sparse_weights(&net).unwrap().iter().flat_map(|w| w.log_alpha().unwrap()).collect();
    all.sort_by(f32::total_cmp);
    let threshold = Masks::of(&net, Pruning::LogAlpha(f64::from(all[99]))).unwrap();
    assert_eq!(threshold.kept(), 100);
    assert_eq!(Masks::of(&net, Pruning::Compression(10.0)).unwrap().kept(), total / 10);
}

#[test]
fn shrinking_changes_no_output() {
    let (_alone, device) = seeded(3, Device::flex());
    for kept in [15, 60, 200, 800, 3000] {
        let net = prune(Sparse::new(&device), Pruning::Keep(kept)).unwrap();
        let x = images(5, &device);
        let before = values(net.forward(x.clone()));
        let weights = net.num_params();
        let small = Sparse::plan().shrink(net).unwrap();
        close(&values(small.module.forward(x)), &before, 1e-5);
        if kept <= 60 {
            assert!(small.module.num_params() * 2 < weights, "{kept}: {:?}", small.kept);
        }
        // Shrinking again finds nothing more.
        let sizes: Vec<usize> = small.kept.iter().map(|(_, k)| k.len()).collect();
        let again = Sparse::plan().shrink(small.module).unwrap();
        assert_eq!(again.kept.iter().map(|(_, k)| k.len()).collect::<Vec<_>>(), sizes);
    }
}

#[test]
fn a_constant_unit_moves_into_the_next_biases() {
    let (_alone, device) = seeded(12, Device::flex());
    let mut net = Sparse::new(&device);
    // Unit 7 of fc1 has no weights left, but a bias above 0.
    let dims = net.fc1.weight.dims();
    let mut w = values(net.fc1.weight.val());
    (0..dims[0]).for_each(|i| w[i * dims[1] + 7] = 0.0);
    net.fc1.weight = Param::from_tensor(Tensor::from_data(TensorData::new(w, dims), &device));
    net.fc1.bias = Some(Param::from_tensor(Tensor::full([20], 0.7, &device)));
    let x = images(4, &device);
    let before = values(net.forward(x.clone()));
    let small = Sparse::plan().shrink(net).unwrap();
    assert_eq!(small.kept[2].1.len(), 19);
    assert!(!small.kept[2].1.contains(&7));
    close(&values(small.module.forward(x)), &before, 1e-5);
}

#[test]
fn a_dense_networks_weights_go_into_its_sparse_twin() {
    let (_alone, device) = seeded(13, Device::flex());
    let dense = Dense::new(&device);
    let x = images(3, &device);
    let expected = values(dense.forward(x.clone()));
    let sparse = copy_weights(&dense, Sparse::new(&device)).unwrap();
    close(&values(sparse.forward(x.clone())), &expected, 0.0);
    // By its record, too; then by a file in between.
    let record = dense.clone().into_record().allow_partial(true);
    let sparse = Sparse::new(&device).try_load_record(record).unwrap();
    close(&values(sparse.forward(x)), &expected, 0.0);
    // Another network's record is refused.
    let other = LinearConfig::new(3, 2).init(&device);
    assert!(Sparse::new(&device).try_load_record(other.clone().into_record()).is_err());
    assert!(matches!(copy_weights(&other, Sparse::new(&device)), Err(Error::NoSuchPath { .. })));
    let wide = LinearConfig::new(4, 2).init(&device);
    assert!(matches!(copy_weights(&other, wide), Err(Error::Shape { .. })));
}

#[test]
fn sparsify_keeps_the_type_and_the_weights() {
    let (_alone, device) = seeded(4, Device::flex().autodiff());
    let dense = Dense::new(&device);
    let x = images(3, &device);
    let expected = values(dense.forward(x.clone()).inner());
    let net = sparsify(dense, -6.0).unwrap();
    let report = Report::of(&net, LOG_ALPHA_THRESHOLD).unwrap();
    assert_eq!((report.layers.len(), report.weights), (4, 54 + 432 + 2560 + 60));
    // Drawn in training, the trained weights in inference.
    let drawn = values(net.forward(x.clone()).inner());
    assert!(drawn.iter().zip(&expected).any(|(a, b)| (a - b).abs() > 1e-3));
    close(&values(net.valid().forward(x.clone().inner())), &expected, 1e-5);
    // θ and log σ² both have gradients.
    let labels = Tensor::<1, Int>::from_data([0, 1, 2], &device);
    let loss = VdLoss::new(100).unwrap().softmax(net.forward(x.clone()), labels, &net, 0).unwrap();
    let grads = GradientsParams::from_grads(loss.total.backward(), &net);
    assert_eq!(grads.len(), 4 + 4 + 4);
    // Pruned, folded into a plain network, shrunk.
    let pruned = prune(net.valid(), Pruning::Keep(60)).unwrap();
    let before = values(pruned.forward(x.clone().inner()));
    let refused = Sparse::plan().shrink(pruned.clone());
    assert!(matches!(refused, Err(Error::Plan { .. })), "{refused:?}");
    let small = Sparse::plan().shrink(pruned.materialize()).unwrap();
    close(&values(small.module.forward(x.inner())), &before, 1e-5);
}

/// A residual block with batch normalisation and gates on its inner channels.
#[derive(Module, Debug)]
struct Residual {
    stem: SparseConv2d,
    norm0: BatchNorm,
    conv1: SparseConv2d,
    norm1: BatchNorm,
    gate: UnitGate,
    conv2: SparseConv2d,
    norm2: BatchNorm,
    head: SparseLinear,
}

impl Residual {
    fn new(width: usize, log_sigma2: f64, initializer: Initializer, device: &Device) -> Self {
        let conv = |i, o| {
            SparseConv2dConfig::new([i, o], [3, 3])
                .with_padding(PaddingConfig2d::Same)
                .with_bias(false)
                .with_log_sigma2(log_sigma2)
                .with_initializer(initializer.clone())
                .init(device)
        };
        Self {
            stem: conv(1, 4),
            norm0: BatchNormConfig::new(4).init(device),
            conv1: conv(4, width),
            norm1: BatchNormConfig::new(width).init(device),
            gate: UnitGateConfig::new(width).with_log_sigma2(log_sigma2.min(0.0)).init(device),
            conv2: conv(width, 4),
            norm2: BatchNormConfig::new(4).init(device),
            head: SparseLinearConfig::new(4 * 64, 2).with_log_sigma2(log_sigma2).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(self.norm0.forward(self.stem.forward(x)));
        let h = self.gate.forward(relu(self.norm1.forward(self.conv1.forward(x.clone()))));
        let x = relu(x + self.norm2.forward(self.conv2.forward(h)));
        self.head.forward(x.flatten(1, 3))
    }

    fn plan() -> Plan {
        Plan::new().width(
            Width::new("inner")
                .made_by("conv1")
                .normalised_by("norm1", 1e-5)
                .activation(Activation::Relu)
                .gated_by("gate")
                .read_by_padded("conv2"),
        )
    }
}

/// Two classes: the bright half is the left or the right one.
fn halves(n: usize, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let noise = Tensor::<4>::random([n, 1, 8, 8], Distribution::Normal(0.0, 0.3), device);
    let labels: Vec<i32> = (0..n as i32).map(|i| i % 2).collect();
    let bright: Vec<f32> =
        (0..n * 64).map(|i| f32::from(u8::from((i % 8 < 4) == ((i / 64) % 2 == 0)))).collect();
    let x = Tensor::from_data(TensorData::new(bright, [n, 1, 8, 8]), device) + noise;
    (x, Tensor::from_data(TensorData::new(labels, [n]), device))
}

#[test]
fn a_residual_network_trains_without_nan_and_shrinks() {
    let (_alone, device) = seeded(14, Device::flex().autodiff());
    let normal = Initializer::Normal { mean: 0.0, std: 0.3 };
    let starts =
        [(-10.0, normal.clone()), (-80.0, normal), (2.0, Initializer::Zeros), (-4.0, Initializer::Zeros)];
    for (log_sigma2, initializer) in starts {
        device.seed(5);
        let mut net = Residual::new(12, log_sigma2, initializer, &device);
        let (x, labels) = halves(32, &device);
        let mut adam = AdamConfig::new().with_epsilon(1e-9).init();
        let loss = VdLoss::new(32).unwrap().warm_up(20.0, 50.0).unwrap();
        let mut first = None;
        let mut last = f32::NAN;
        for step in 0..70 {
            let parts = loss.softmax(net.forward(x.clone()), labels.clone(), &net, step).unwrap();
            last = parts.nll.into_scalar::<f32>();
            first.get_or_insert(last);
            assert!(last.is_finite(), "{log_sigma2}, step {step}");
            let grads = GradientsParams::from_grads(parts.total.backward(), &net);
            net = adam.step(0.02, net, grads);
        }
        assert!(last < 0.5 * first.unwrap() || log_sigma2 == 2.0, "{log_sigma2}: {last} after {first:?}");
        let pruned = prune(net.valid(), Pruning::LogAlpha(LOG_ALPHA_THRESHOLD)).unwrap();
        let x = x.inner();
        let before = values(pruned.forward(x.clone()));
        let small = Residual::plan().shrink(pruned).unwrap();
        close(&values(small.module.forward(x)), &before, 1e-3);
        println!("log σ² {log_sigma2}: {} of 12 inner channels", small.kept[0].1.len());
    }
}

#[test]
fn training_what_is_left_keeps_removed_weights_removed() {
    let (_alone, device) = seeded(6, Device::flex().autodiff());
    let mut net = Sparse::new(&device);
    let masks = Masks::of(&net, Pruning::Keep(500)).unwrap();
    net = without_noise(masks.apply(net));
    let x = images(6, &device);
    let labels = Tensor::<1, Int>::from_data([0, 1, 2, 0, 1, 2], &device);
    let mut adam = AdamConfig::new().init();
    let loss = VdLoss::new(6).unwrap().kl_weight(0.0).unwrap();
    let mut trace = Vec::new();
    for step in 0..30 {
        let parts = loss.softmax(net.forward(x.clone()), labels.clone(), &net, step).unwrap();
        trace.push(parts.nll.into_scalar::<f32>());
        let grads = GradientsParams::from_grads(parts.total.backward(), &net);
        net = masks.apply(adam.step(0.01, net, grads));
    }
    assert!(trace[29] < trace[0] && trace.iter().all(|l| l.is_finite()), "{trace:?}");
    assert_eq!(Report::of(&net, f64::MAX).unwrap().kept, 500);
}

#[test]
fn bad_input_gets_a_typed_error() {
    let (_alone, device) = seeded(15, Device::flex().autodiff());
    assert!(matches!(SparseLinearConfig::new(0, 3).try_init(&device), Err(Error::EmptyLayer { .. })));
    assert!(matches!(
        SparseConv2dConfig::new([1, 2], [0, 3]).try_init(&device),
        Err(Error::EmptyLayer { .. })
    ));
    assert!(matches!(
        SparseConv2dConfig::new([3, 2], [1, 1]).with_groups(2).try_init(&device),
        Err(Error::Groups { .. })
    ));
    assert!(matches!(UnitGateConfig::new(0).try_init(&device), Err(Error::EmptyLayer { .. })));
    for bad in [f64::NAN, 1000.0, -1000.0] {
        let config = SparseLinearConfig::new(2, 2).with_log_sigma2(bad);
        assert!(matches!(config.try_init(&device), Err(Error::OutOfRange { .. })), "{bad}");
        assert!(matches!(
            sparsify(LinearConfig::new(2, 2).init(&device), bad),
            Err(Error::OutOfRange { .. })
        ));
    }
    let dense = LinearConfig::new(3, 2).init(&device);
    assert_eq!(kl(&dense).unwrap_err(), Error::NoSparseLayers);
    assert_eq!(Masks::of(&dense, Pruning::Keep(1)).unwrap_err(), Error::NoSparseLayers);
    let net = SparseLinearConfig::new(3, 2).init(&device);
    for bad in [
        Pruning::LogAlpha(f64::NAN),
        Pruning::Keep(7),
        Pruning::Compression(0.5),
        Pruning::Compression(f64::NAN),
    ] {
        assert!(matches!(Masks::of(&net, bad), Err(Error::OutOfRange { .. })), "{bad:?}");
    }
    assert!(VdLoss::new(0).is_err());
    assert!(VdLoss::new(5).unwrap().kl_weight(f64::NAN).is_err());
    assert!(VdLoss::new(5).unwrap().warm_up(3.0, 2.0).is_err());
    let loss = VdLoss::new(5).unwrap();
    let labels = Tensor::<1, Int>::zeros([3], &device);
    let logits = Tensor::<2>::zeros([2, 2], &device);
    assert!(matches!(loss.softmax(logits, labels, &net, 0), Err(Error::Shape { .. })));
    let plan = |w: Width| Plan::new().width(w).shrink(Sparse::new(&Device::flex())).unwrap_err();
    assert!(matches!(plan(Width::new("w").made_by("nothing").read_by("fc2")), Error::NoSuchPath { .. }));
    assert!(matches!(plan(Width::new("w").made_by("conv1").read_by("fc2")), Error::Plan { .. }));
    assert!(matches!(plan(Width::new("w").made_by("conv1")), Error::Plan { .. }));
    assert!(matches!(plan(Width::new("w").made_by("conv2").read_flattened_by("fc1", 7)), Error::Plan { .. }));
    // NaN is found before it is pruned away.
    let mut broken = SparseLinearConfig::new(3, 2).init(&Device::flex());
    broken.weight = Param::from_tensor(Tensor::full([3, 2], f32::NAN, &Device::flex()));
    assert!(matches!(Masks::of(&broken, Pruning::Keep(1)), Err(Error::NotFinite { .. })));
}

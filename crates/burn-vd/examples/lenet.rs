//! LeNet-300-100 and LeNet-5 on MNIST: sparse training, pruning, training of what is left, report.
//!
//! cargo run --release --example lenet -- --mnist DIR --model lenet5 [--backend flex|cuda|wgpu] [--seed N] [--epochs N]
//!     [--batch N] [--lr X] [--kl-weight X] [--finetune FRACTION] [--hold-out N] [--seconds S] [--limit-steps N]
//!     [--csv FILE] [--checkpoint FILE] [--time N] [--check]
//!
//! `--hold-out N` takes the last N training samples instead of the test set: for choosing parameters.
//! `--seconds S` ends the schedule after S seconds, however many epochs that is: for borrowed machines.
//! `--time N` measures N training steps and says what an epoch takes (its peer: `peers/networks.py`).
//! `--check` compares the divergence and a network's gradients between the CPU and the backend, and stops.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::io::{Read, Write};
use std::time::Instant;

use burn::module::Module;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use burn_vd::{
    Kl, LOG_ALPHA_THRESHOLD, Masks, Pruning, SparseConv2d, SparseConv2dConfig, SparseLinear,
    SparseLinearConfig, VdLoss, sparse_weights, without_noise,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// LeNet-5 as Caffe has it: 20 and 50 kernels of 5 × 5, 500 units, 431,000 weights.
#[derive(Module, Debug)]
struct LeNet5 {
    conv1: SparseConv2d,
    conv2: SparseConv2d,
    fc1: SparseLinear,
    fc2: SparseLinear,
    pool: MaxPool2d,
}

/// 784-300-100-10, 266,200 weights.
#[derive(Module, Debug)]
struct LeNet300 {
    fc1: SparseLinear,
    fc2: SparseLinear,
    fc3: SparseLinear,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // There is one, and a Box is no burn module.
enum LeNet {
    Five(LeNet5),
    Dense(LeNet300),
}

impl LeNet {
    fn new(name: &str, device: &Device) -> Result<Self> {
        let linear = |i, o| SparseLinearConfig::new(i, o).try_init(device);
        match name {
            "lenet5" => Ok(Self::Five(LeNet5 {
                conv1: SparseConv2dConfig::new([1, 20], [5, 5]).try_init(device)?,
                conv2: SparseConv2dConfig::new([20, 50], [5, 5]).try_init(device)?,
                fc1: linear(800, 500)?,
                fc2: linear(500, 10)?,
                pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            })),
            "lenet300" => Ok(Self::Dense(LeNet300 {
                fc1: linear(784, 300)?,
                fc2: linear(300, 100)?,
                fc3: linear(100, 10)?,
            })),
            other => Err(format!("--model {other}: lenet5 or lenet300 was expected").into()),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Five(net) => {
                let n = x.dims()[0];
                let x = net.pool.forward(relu(net.conv1.forward(x.reshape([n, 1, 28, 28]))));
                let x = net.pool.forward(relu(net.conv2.forward(x)));
                net.fc2.forward(relu(net.fc1.forward(x.reshape([n, 800]))))
            }
            Self::Dense(net) => {
                let x = relu(net.fc2.forward(relu(net.fc1.forward(x))));
                net.fc3.forward(x)
            }
        }
    }
}

struct Options {
    mnist: String,
    backend: String,
    model: String,
    seed: u64,
    epochs: usize,
    batch: usize,
    lr: f64,
    kl_weight: f64,
    finetune: f64,
    hold_out: usize,
    seconds: f64,
    limit_steps: usize,
    csv: String,
    checkpoint: String,
    check: bool,
    time: usize,
    evaluate_every: usize,
}

impl Options {
    fn parse() -> Result<Self> {
        let mut o = Self {
            mnist: "data/mnist".into(),
            backend: "flex".into(),
            model: "lenet5".into(),
            seed: 1,
            epochs: 200,
            batch: 100,
            lr: 1e-3,
            kl_weight: 1.0,
            finetune: 0.15,
            hold_out: 0,
            seconds: f64::INFINITY,
            limit_steps: usize::MAX,
            csv: String::new(),
            checkpoint: String::new(),
            check: false,
            time: 0,
            evaluate_every: 1,
        };
        let mut args = std::env::args().skip(1);
        while let Some(flag) = args.next() {
            if flag == "--check" {
                o.check = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{flag}: a value was expected"))?;
            match flag.as_str() {
                "--mnist" => o.mnist = value,
                "--backend" => o.backend = value,
                "--model" => o.model = value,
                "--seed" => o.seed = value.parse()?,
                "--epochs" => o.epochs = value.parse()?,
                "--batch" => o.batch = value.parse()?,
                "--lr" => o.lr = value.parse()?,
                "--kl-weight" => o.kl_weight = value.parse()?,
                "--finetune" => o.finetune = value.parse()?,
                "--hold-out" => o.hold_out = value.parse()?,
                "--seconds" => o.seconds = value.parse()?,
                "--limit-steps" => o.limit_steps = value.parse()?,
                "--csv" => o.csv = value,
                "--time" => o.time = value.parse()?,
                "--checkpoint" => o.checkpoint = value,
                "--evaluate-every" => o.evaluate_every = value.parse()?,
                _ => return Err(format!("{flag} is no option").into()),
            }
        }
        Ok(o)
    }

    fn device(&self) -> Result<Device> {
        match self.backend.as_str() {
            #[cfg(feature = "flex")]
            "flex" => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            "cuda" => Ok(Device::cuda(0)),
            #[cfg(feature = "wgpu")]
            "wgpu" => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            other => Err(format!("--backend {other}: this program was built without it").into()),
        }
    }
}

/// Images as rows of 784 numbers in [0, 1], and labels.
struct Set {
    x: Vec<f32>,
    labels: Vec<i32>,
}

impl Set {
    fn read(dir: &str, part: &str) -> Result<Self> {
        let bytes = |name: String| -> Result<Vec<u8>> {
            let file = std::fs::File::open(&name).map_err(|e| format!("{name}: {e}"))?;
            let mut out = Vec::new();
            flate2::read::GzDecoder::new(file).read_to_end(&mut out)?;
            Ok(out)
        };
        let images = bytes(format!("{dir}/{part}-images-idx3-ubyte.gz"))?;
        let labels = bytes(format!("{dir}/{part}-labels-idx1-ubyte.gz"))?;
        let n = labels.len().saturating_sub(8);
        if n == 0 || images.len() != 16 + 784 * n {
            return Err(format!("{dir}: the {part} images and labels don't fit together").into());
        }
        Ok(Self {
            x: images[16..].iter().map(|&b| f32::from(b) / 255.0).collect(),
            labels: labels[8..].iter().map(|&b| i32::from(b)).collect(),
        })
    }

    fn split_off(&mut self, n: usize) -> Self {
        let at = self.labels.len().saturating_sub(n);
        Self { x: self.x.split_off(784 * at), labels: self.labels.split_off(at) }
    }

    fn upload(self, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let n = self.labels.len();
        (
            Tensor::from_data(TensorData::new(self.x, [n, 784]), device),
            Tensor::from_data(TensorData::new(self.labels, [n]), device),
        )
    }
}

/// The share of errors of the mean weights, in per cent.
fn error(net: &LeNet, (x, labels): &(Tensor<2>, Tensor<1, Int>)) -> Result<f64> {
    let n = labels.dims()[0];
    let mut right: Option<Tensor<1, Int>> = None;
    for from in (0..n).step_by(1000) {
        let size = 1000.min(n - from);
        let predicted = net.forward(x.clone().narrow(0, from, size)).argmax(1).reshape([size]);
        let here = predicted.equal(labels.clone().narrow(0, from, size)).int().sum();
        right = Some(match right {
            Some(sum) => sum + here,
            None => here,
        });
    }
    let right = right.ok_or("no test samples")?.try_into_vec_as::<i64>().map_err(|e| format!("{e:?}"))?;
    Ok(100.0 * (1.0 - right[0] as f64 / n as f64))
}

/// SplitMix64: the order of the samples is the same on each backend.
struct Shuffle(u64);

impl Shuffle {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn shuffle(&mut self, order: &mut [i32]) {
        for i in (1..order.len()).rev() {
            order.swap(i, (self.next() % (i as u64 + 1)) as usize);
        }
    }
}

fn train(o: &Options) -> Result<()> {
    let plain = o.device()?;
    let device = plain.clone().autodiff();
    device.seed(o.seed);
    let mut train = Set::read(&o.mnist, "train")?;
    let test = if o.hold_out > 0 { train.split_off(o.hold_out) } else { Set::read(&o.mnist, "t10k")? };
    let n = train.labels.len();
    let mut order: Vec<i32> = (0..n as i32).collect();
    let (x, labels) = train.upload(&plain);
    let test = test.upload(&plain);
    let mut net = LeNet::new(&o.model, &device)?;
    // Gradients of a mean over samples are small: (λ/N) ∂KL is below 1e-5, so burn's epsilon of 1e-5 would stop the KL.
    let adam = || AdamConfig::new().with_epsilon(1e-9).init();
    let mut optimiser = adam();
    let per_epoch = n / o.batch;
    let total = (o.epochs * per_epoch).min(o.limit_steps);
    let mut csv = match o.csv.as_str() {
        "" => None,
        path => Some(std::fs::File::create(path)?),
    };
    if let Some(f) = &mut csv {
        writeln!(
            f,
            "model,seed,phase,epoch,step,seconds,train_nll,kl,kl_weight,error_percent,kept,compression"
        )?;
    }
    let mut shuffle = Shuffle(o.seed);
    let start = Instant::now();
    let mut masks: Option<Masks> = None;
    let (mut step, mut epoch) = (0usize, 0usize);
    let progress =
        |step: usize| (step as f64 / total as f64).max(start.elapsed().as_secs_f64() / o.seconds).min(1.0);
    let last = 1.0 - o.finetune;
    while progress(step) < 1.0 {
        shuffle.shuffle(&mut order);
        let mut sums: Option<Tensor<1>> = None;
        let (mut kl, mut weight, mut steps) = (None, 0.0, 0usize);
        for batch in order.chunks_exact(o.batch) {
            let done = progress(step);
            if done >= 1.0 {
                break;
            }
            if done >= last && masks.is_none() {
                let chosen = Masks::of(&net, Pruning::LogAlpha(LOG_ALPHA_THRESHOLD))?;
                net = without_noise(chosen.apply(net));
                masks = Some(chosen);
                optimiser = adam();
            }
            let index = Tensor::<1, Int>::from_data(TensorData::new(batch.to_vec(), [o.batch]), &plain);
            let (bx, by) = (x.clone().select(0, index.clone()), labels.clone().select(0, index));
            let logits = net.forward(Tensor::from_inner(bx));
            // The published schedule: λ is 0 for 2.5 % of the steps and full at 10 %; the rate falls linearly to 0.
            let (lambda, lr) = match &masks {
                None => {
                    let p = done / last;
                    (o.kl_weight * ((p - 0.025) / 0.075).clamp(0.0, 1.0), o.lr * (1.0 - p))
                }
                Some(_) => (0.0, 0.5 * o.lr * (1.0 - (done - last) / o.finetune)),
            };
            let labels = Tensor::<1, Int>::from_inner(by);
            let loss = VdLoss::new(n)?.kl_weight(lambda)?.softmax(logits, labels, &net, step)?;
            let grads = GradientsParams::from_grads(loss.total.backward(), &net);
            net = optimiser.step(lr.max(1e-9), net, grads);
            if let Some(masks) = &masks {
                net = masks.apply(net);
            }
            let nll = loss.nll.inner();
            sums = Some(match sums {
                Some(sum) => sum + nll,
                None => nll,
            });
            (kl, weight) = (Some(loss.kl.inner()), loss.kl_weight);
            step += 1;
            steps += 1;
        }
        epoch += 1;
        let (Some(nll), Some(kl)) = (sums, kl) else { break };
        if epoch % o.evaluate_every != 0 && progress(step) < 1.0 {
            continue;
        }
        let valid = net.valid();
        let chosen = Masks::of(
            &valid,
            Pruning::LogAlpha(if masks.is_some() { f64::MAX } else { LOG_ALPHA_THRESHOLD }),
        )?;
        let wrong = error(&chosen.apply(valid), &test)?;
        let line = format!(
            "{},{},{},{epoch},{step},{:.1},{:.5},{:.1},{weight:.3},{wrong:.3},{},{:.2}",
            o.model,
            o.seed,
            if masks.is_some() { "finetune" } else { "sparse" },
            start.elapsed().as_secs_f64(),
            nll.into_scalar::<f32>() / steps as f32,
            kl.into_scalar::<f32>(),
            chosen.kept(),
            chosen.compression(),
        );
        println!("{line}");
        if let Some(f) = &mut csv {
            writeln!(f, "{line}")?;
        }
    }
    if !o.checkpoint.is_empty() {
        net.valid().save_file(&o.checkpoint)?;
    }
    Ok(())
}

/// Compares the divergence and a small network's gradients between the CPU and the backend.
fn check(o: &Options) -> Result<()> {
    let other = o.device()?;
    let host = Device::flex();
    let mut worst = 0.0f64;
    let mut compare = |what: &str, a: Vec<f32>, b: Vec<f32>| {
        let size = a.iter().fold(1e-30f32, |m, v| m.max(v.abs()));
        let gap = a
            .iter()
            .zip(&b)
            .fold(0.0f32, |m, (a, b)| if (a - b).is_nan() { f32::NAN } else { m.max((a - b).abs()) });
        println!("{what}: {} values, largest {size:.3e}, largest difference {gap:.3e}", a.len());
        worst = worst.max(f64::from(gap / size));
        if gap.is_nan() {
            worst = f64::INFINITY;
        }
    };
    // log α from −25 to 25, θ = 0, a removed weight.
    let mut theta: Vec<f32> = (0..4000).map(|i| if i % 2 == 0 { 0.3 } else { -0.02 }).collect();
    let mut rho: Vec<f32> = (0..4000).map(|i| -30.0 + 0.0125 * i as f32).collect();
    theta.extend([0.0, 0.0]);
    rho.extend([-10.0, f32::NEG_INFINITY]);
    for kl in [Kl::Exact, Kl::ICML_2017, Kl::EmpiricalBayes, Kl::KingmaCubic] {
        let run = |device: &Device| -> Result<[Vec<f32>; 3]> {
            let device = device.clone().autodiff();
            let mut layer = SparseLinearConfig::new(theta.len(), 1).init(&device);
            let set = |v: &[f32]| {
                let data = TensorData::new(v.to_vec(), [v.len(), 1]);
                burn::module::Param::from_tensor(Tensor::<2>::from_data(data, &device).require_grad())
            };
            layer.weight = set(&theta);
            layer.log_sigma2 = set(&rho);
            let value = kl.of(&layer)?;
            let grads = value.backward();
            let read = |t: Option<Tensor<2>>| -> Result<Vec<f32>> {
                Ok(t.ok_or("no gradient")?.try_into_vec_as::<f32>().map_err(|e| format!("{e:?}"))?)
            };
            let (a, b) = (read(layer.weight.val().grad(&grads))?, read(layer.log_sigma2.val().grad(&grads))?);
            Ok([vec![value.into_scalar::<f32>()], a, b])
        };
        let ([v0, t0, s0], [v1, t1, s1]) = (run(&host)?, run(&other)?);
        compare(&format!("{kl:?}, sum"), v0, v1);
        compare(&format!("{kl:?}, d theta"), t0, t1);
        compare(&format!("{kl:?}, d log sigma2"), s0, s1);
    }
    // The whole network with given draws.
    host.seed(1);
    let net = match LeNet::new("lenet5", &host.clone().autodiff())? {
        LeNet::Five(net) => net,
        LeNet::Dense(_) => return Err("not LeNet-5".into()),
    };
    let random =
        |shape: [usize; 4]| Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), &host).into_data();
    let (x, e1, e2) = (random([16, 1, 28, 28]), random([16, 20, 24, 24]), random([16, 50, 8, 8]));
    let e3 = Tensor::<2>::random([16, 500], Distribution::Normal(0.0, 1.0), &host).into_data();
    let e4 = Tensor::<2>::random([16, 10], Distribution::Normal(0.0, 1.0), &host).into_data();
    let run = |device: &Device| -> Result<Vec<Vec<f32>>> {
        let device = device.clone().autodiff();
        let net = net.clone().fork(&device);
        let four = |d: &TensorData| Tensor::<4>::from_data(d.clone(), &device);
        let two = |d: &TensorData| Tensor::<2>::from_data(d.clone(), &device);
        let h = net.pool.forward(relu(net.conv1.forward_with_noise(four(&x), four(&e1))));
        let h = net.pool.forward(relu(net.conv2.forward_with_noise(h, four(&e2))));
        let h = relu(net.fc1.forward_with_noise(h.reshape([16, 800]), two(&e3)));
        let z = net.fc2.forward_with_noise(h, two(&e4));
        let labels = Tensor::<1, Int>::arange(0..16, &device).remainder_scalar(10);
        let loss = VdLoss::new(1000)?.softmax(z, labels, &net, 0)?;
        let grads = loss.total.backward();
        let mut out = vec![vec![loss.total.into_scalar::<f32>()]];
        for w in sparse_weights(&net)? {
            out.push(w.theta.try_into_vec_as::<f32>().map_err(|e| format!("{e:?}"))?);
        }
        for layer in [&net.conv1, &net.conv2] {
            for p in [&layer.weight, &layer.log_sigma2] {
                let g = p.val().grad(&grads).ok_or("no gradient")?;
                out.push(g.try_into_vec_as::<f32>().map_err(|e| format!("{e:?}"))?);
            }
        }
        for layer in [&net.fc1, &net.fc2] {
            for p in [&layer.weight, &layer.log_sigma2] {
                let g = p.val().grad(&grads).ok_or("no gradient")?;
                out.push(g.try_into_vec_as::<f32>().map_err(|e| format!("{e:?}"))?);
            }
        }
        Ok(out)
    };
    let names = ["loss", "θ1", "θ2", "θ3", "θ4", "dθ1", "dρ1", "dθ2", "dρ2", "dθ3", "dρ3", "dθ4", "dρ4"];
    for ((name, a), b) in names.iter().zip(run(&host)?).zip(run(&other)?) {
        compare(&format!("LeNet-5 {name}"), a, b);
    }
    println!("largest difference relative to the largest value: {worst:.3e}");
    if worst < 2e-3 { Ok(()) } else { Err("the backends differ".into()) }
}

/// Times training steps at λ = 1: the median and the fastest, as seconds an epoch.
fn time(o: &Options) -> Result<()> {
    let device = o.device()?.autodiff();
    device.seed(o.seed);
    let train = Set::read(&o.mnist, "train")?;
    let n = train.labels.len();
    let (x, labels) = train.upload(&device.clone().without_autodiff());
    let mut net = LeNet::new(&o.model, &device)?;
    let mut adam = AdamConfig::new().with_epsilon(1e-9).init();
    let loss = VdLoss::new(n)?;
    let mut times = Vec::with_capacity(o.time);
    for step in 0..o.time + 5 {
        let start = Instant::now();
        let from = step * o.batch % (n - o.batch + 1);
        let logits = net.forward(Tensor::from_inner(x.clone().narrow(0, from, o.batch)));
        let batch = Tensor::<1, Int>::from_inner(labels.clone().narrow(0, from, o.batch));
        let parts = loss.softmax(logits, batch, &net, step)?;
        let gradients = GradientsParams::from_grads(parts.total.backward(), &net);
        net = adam.step(1e-3, net, gradients);
        parts.nll.into_scalar::<f32>();
        if step >= 5 {
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times.sort_by(f64::total_cmp);
    let epoch = (n / o.batch) as f64;
    let (median, least) = (epoch * times[times.len() / 2], epoch * times[0]);
    println!(
        "burn-vd, {}, {}, batch {}: {median:.2} s an epoch by the median step, {least:.2} by the fastest",
        o.backend, o.model, o.batch
    );
    Ok(())
}

fn main() -> Result<()> {
    let options = Options::parse()?;
    match (options.check, options.time) {
        (true, _) => check(&options),
        (false, 0) => train(&options),
        (false, _) => time(&options),
    }
}

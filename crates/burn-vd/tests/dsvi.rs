//! The same objective and the same minimum as vd-dsvi, the workspace's own trainer of ReLU networks, whose gradients are written by hand.
#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

mod seeded;

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_vd::{LOG_ALPHA_THRESHOLD, SparseLinear, SparseLinearConfig, VdLoss, kl, sparse_weights};
use seeded::seeded;
use vd_dsvi::nalgebra::{DMatrix, DVector};
use vd_dsvi::{Batch, Layer, Model, Params, Schedule, ThetaInit, TrainingReport};

const ROWS: usize = 400;
const INPUTS: usize = 6;
const CLASSES: usize = 3;
const STEPS: usize = 6000;

/// Three classes by |x₀| and x₁; four inputs are noise. Labels are wrong now and then, so that no optimum is at infinity.
fn problem() -> (DMatrix<f32>, Vec<usize>) {
    let number = |i: usize| 2.0 * (1e4 * (i as f64 + 0.5).sin()).fract();
    let x = DMatrix::from_fn(ROWS, INPUTS, |n, d| number(n * INPUTS + d) as f32);
    let class = |n: usize| {
        if n % 10 == 7 {
            return (n / 10) % CLASSES;
        }
        match (x[(n, 0)].abs() > 1.0, x[(n, 1)] > 0.0) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    };
    let t = (0..ROWS).map(class).collect();
    (x, t)
}

/// The recipe of both: the whole set in each step, a rate that falls linearly, λ = 1 throughout.
fn rate(step: usize) -> f64 {
    0.01 * (1.0 - step as f64 / STEPS as f64)
}

fn recipe() -> Params {
    Params::new()
        .hidden(&[8])
        .intercept(true)
        .batch(Batch::Full)
        .epochs(STEPS)
        .learning_rate(Schedule::linear(&[(0.0, rate(0)), (STEPS as f64, 0.0)]))
        .theta_init(ThetaInit::He)
        .log_sigma2_init(-6.0)
        .report_every(1)
        .threads(1)
        .seed(3)
}

#[derive(Module, Debug)]
struct Net {
    fc1: SparseLinear,
    fc2: SparseLinear,
}

impl Net {
    /// A model of vd-dsvi as a burn module.
    fn of(model: &Model<f32>, device: &Device) -> Self {
        let layer = |l: &vd_dsvi::Layer<f32>| {
            let (inputs, outputs) = (l.inputs(), l.outputs());
            let matrix = |m: &DMatrix<f32>| {
                let values = m.transpose().as_slice().to_vec();
                let tensor = Tensor::<2>::from_data(TensorData::new(values, [inputs, outputs]), device);
                Param::from_tensor(tensor.require_grad())
            };
            let vector = |v: &DVector<f32>| {
                let tensor =
                    Tensor::<1>::from_data(TensorData::new(v.as_slice().to_vec(), [outputs]), device);
                Param::from_tensor(tensor.require_grad())
            };
            let mut made = SparseLinearConfig::new(inputs, outputs).init(device);
            made.weight = matrix(l.theta());
            made.log_sigma2 = matrix(l.log_sigma2());
            made.bias = l.intercept().map(vector);
            made
        };
        let [first, second]: &[Layer; 2] = model.layers().try_into().unwrap();
        Self { fc1: layer(first), fc2: layer(second) }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.fc2.forward(relu(self.fc1.forward(x)))
    }

    /// Which weights are kept.
    fn kept(&self) -> Vec<bool> {
        let layers = sparse_weights(self).unwrap();
        let all = layers.iter().flat_map(|l| l.log_alpha().unwrap());
        all.map(|l| f64::from(l) <= LOG_ALPHA_THRESHOLD).collect()
    }
}

struct Data {
    x: Tensor<2>,
    labels: Tensor<1, Int>,
}

impl Data {
    fn new(device: &Device) -> Self {
        let (x, t) = problem();
        let values = x.transpose().as_slice().to_vec();
        let labels: Vec<i32> = t.iter().map(|&k| k as i32).collect();
        Self {
            x: Tensor::from_data(TensorData::new(values, [ROWS, INPUTS]), device),
            labels: Tensor::from_data(TensorData::new(labels, [ROWS]), device),
        }
    }

    /// Means over draws of the bound in nats, and its standard error.
    fn bound(&self, net: &Net, draws: usize) -> (f64, f64) {
        let loss = VdLoss::new(ROWS).unwrap();
        let draw = |_| {
            let parts = loss.softmax(net.forward(self.x.clone()), self.labels.clone(), net, 0).unwrap();
            -f64::from(parts.total.into_scalar::<f32>()) * ROWS as f64
        };
        mean(&(0..draws).map(draw).collect::<Vec<_>>())
    }
}

fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// The bound over a fit's last steps, whose rate is all but 0.
fn last_bound(report: &TrainingReport, steps: usize) -> (f64, f64) {
    let trace = &report.trace[report.trace.len() - steps..];
    mean(&trace.iter().map(|p| p.elbo).collect::<Vec<_>>())
}

#[test]
fn the_bound_of_a_trained_network_is_vd_dsvis() {
    let (_alone, device) = seeded(21, Device::flex().autodiff());
    let (x, t) = problem();
    let fit = recipe().fit(&x, &t).unwrap();
    let net = Net::of(&fit.model, &device);
    let divergence = f64::from(kl(&net).unwrap().into_scalar::<f32>());
    assert!((divergence / fit.report.last.kl - 1.0).abs() < 1e-5, "{divergence} for {}", fit.report.last.kl);
    let (ours, error) = Data::new(&device).bound(&net, 1600);
    let (theirs, other) = last_bound(&fit.report, 600);
    let both = error.hypot(other);
    // The comparison would see a hundredth of the divergence.
    assert!(both < 0.01 * divergence, "{both} of {divergence}");
    assert!((ours - theirs).abs() < 4.0 * both, "{ours} ± {error} for {theirs} ± {other}");
}

#[test]
fn training_from_the_same_start_ends_at_vd_dsvis_minimum() {
    let (_alone, device) = seeded(22, Device::flex().autodiff());
    let (x, t) = problem();
    let theirs = recipe().fit(&x, &t).unwrap();
    // The same initial values: a step of no length.
    let start = recipe().epochs(1).learning_rate(1e-12).fit(&x, &t).unwrap();
    let mut net = Net::of(&start.model, &device);
    let data = Data::new(&device);
    let loss = VdLoss::new(ROWS).unwrap();
    let mut adam = AdamConfig::new().with_epsilon(1e-9).init();
    for step in 0..STEPS {
        let parts = loss.softmax(net.forward(data.x.clone()), data.labels.clone(), &net, step).unwrap();
        let gradients = GradientsParams::from_grads(parts.total.backward(), &net);
        net = adam.step(rate(step).max(1e-12), net, gradients);
    }
    let same = Net::of(&theirs.model, &device);
    let ((a, ea), (b, eb)) = (data.bound(&net, 400), data.bound(&same, 400));
    println!("bound {a:.2} ± {ea:.2}, vd-dsvi's {b:.2} ± {eb:.2}");
    let (kept, expected) = (net.kept(), same.kept());
    let differ = kept.iter().zip(&expected).filter(|(a, b)| a != b).count();
    let count = |k: &[bool]| k.iter().filter(|&&k| k).count();
    println!("kept {} and {} of {}, {differ} differ", count(&kept), count(&expected), kept.len());
    assert!((a - b).abs() < 1.0 + 3.0 * ea.hypot(eb), "{a} ± {ea} for {b} ± {eb}");
    assert!(count(&expected) < expected.len() / 2, "nothing was pruned");
    assert!(differ <= 2, "{differ} weights are kept in one and not in the other");
}

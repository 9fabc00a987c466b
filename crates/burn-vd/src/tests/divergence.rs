//! The divergence and its gradient, on both roads, against kl-approx in double precision.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use crate::kl::{device, host};
use crate::{Kl, SparseLinear, SparseLinearConfig};

const KLS: [Kl; 6] =
    [Kl::Exact, Kl::POSTER, Kl::ICML_2017, Kl::EmpiricalBayes, Kl::KingmaCubic, Kl::KingmaBound];

/// (θ, log σ²) with log α from −60 to 80, of both signs, at several sizes of θ.
fn grid() -> (Vec<f32>, Vec<f32>) {
    let (mut theta, mut rho) = (Vec::new(), Vec::new());
    for i in 0..=2240 {
        let log_alpha = -60.0 + 0.0625 * f64::from(i);
        for size in [1e-6f64, 0.013, 0.8, 7.0] {
            let r = log_alpha + 2.0 * size.ln();
            // At log α = 0 the two forms of Kingma et al. end, with a jump of the slope that rounding may fall on either side of.
            if (-79.0..=60.0).contains(&r) && log_alpha != 0.0 {
                theta.push(if i % 2 == 0 { size as f32 } else { -(size as f32) });
                rho.push(r as f32);
            }
        }
    }
    (theta, rho)
}

/// KL, ∂θ, ∂ log σ² in double precision; beyond a divergence's domain what the type's documentation says.
fn truth(kl: &Kl, theta: f32, rho: f32) -> [f64; 3] {
    let (t, r) = (f64::from(theta), f64::from(rho));
    let log_alpha = r - 2.0 * t.abs().ln();
    let (value, grad) = kl.value_grad(log_alpha);
    let d_theta = if grad == 0.0 { 0.0 } else { kl.with(|d| kl_approx::weight::kl(d, t, r).d_theta) };
    [value, d_theta, grad]
}

/// The largest error of value, ∂θ·σ-free relative and ∂ log σ², each relative where the true value is not tiny.
fn errors(kl: &Kl, theta: &[f32], rho: &[f32], value: &[f32], d_theta: &[f32], d_rho: &[f32]) -> [f64; 3] {
    let mut worst = [0.0f64; 3];
    for i in 0..theta.len() {
        let truth = truth(kl, theta[i], rho[i]);
        let found = [f64::from(value[i]), f64::from(d_theta[i]), f64::from(d_rho[i])];
        for k in 0..3 {
            // f32 flushes what is below its normal numbers.
            let error = (found[k] - truth[k]).abs() / truth[k].abs().max(1e-30);
            assert!(
                error.is_finite(),
                "{kl:?} at θ = {}, log σ² = {}: {found:?} for {truth:?}",
                theta[i],
                rho[i]
            );
            if truth[k].abs() > 1e-30 {
                worst[k] = worst[k].max(error);
            }
        }
    }
    worst
}

fn tensor(v: &[f32]) -> Tensor<1> {
    Tensor::from_data(TensorData::new(v.to_vec(), [v.len()]), &Device::flex())
}

fn vec(t: Tensor<1>) -> Vec<f32> {
    t.try_into_vec_as::<f32>().unwrap()
}

#[test]
fn tensor_arithmetic_agrees_with_double_precision() {
    let (theta, rho) = grid();
    for kl in KLS {
        let (value, d_theta, d_rho) = device::value_grad(&kl, tensor(&theta), tensor(&rho));
        let worst = errors(&kl, &theta, &rho, &vec(value), &vec(d_theta), &vec(d_rho));
        // Found: 4.1e-7 at most.
        let budget = 8e-7;
        assert!(worst.iter().all(|e| *e < budget), "{kl:?}: {worst:?}");
        println!("tensor arithmetic, {kl:?}: {worst:?}");
    }
}

#[test]
fn the_cpu_road_agrees_with_double_precision() {
    let (theta, rho) = grid();
    for kl in KLS {
        let (sum, d_theta, d_rho) = host::value_grad(&kl, &theta, &rho);
        let values: Vec<f32> =
            (0..theta.len()).map(|i| host::value_grad(&kl, &theta[i..=i], &rho[i..=i]).0 as f32).collect();
        let worst = errors(&kl, &theta, &rho, &values, &d_theta, &d_rho);
        // Found: 2.0e-6 at most, the rounding of log α = 40 in f32.
        assert!(worst.iter().all(|e| *e < 4e-6), "{kl:?}: {worst:?}");
        let expected: f64 = (0..theta.len()).map(|i| truth(&kl, theta[i], rho[i])[0]).sum();
        assert!((sum - expected).abs() < 1e-6 * expected, "{kl:?}: {sum} for {expected}");
        println!("CPU, {kl:?}: {worst:?}");
    }
}

#[test]
fn edges_have_their_limits_on_both_roads() {
    // θ = 0; a removed weight; a tiny θ with its limit θ/σ²; no variance left; and variance without end.
    let theta = [0.0f32, 0.0, 1e-25, 0.5, 0.5, -0.5];
    let rho = [-10.0f32, f32::NEG_INFINITY, -10.0, f32::NEG_INFINITY, -200.0, 200.0];
    for kl in KLS {
        let (_, host_theta, host_rho) = host::value_grad(&kl, &theta, &rho);
        let (value, device_theta, device_rho) = device::value_grad(&kl, tensor(&theta), tensor(&rho));
        let value = vec(value);
        for (d_theta, d_rho) in [(host_theta, host_rho), (vec(device_theta), vec(device_rho))] {
            assert_eq!((d_theta[0], d_theta[1], d_rho[0], d_rho[1]), (0.0, 0.0, 0.0, 0.0), "{kl:?}");
            assert!(d_theta.iter().chain(&d_rho).all(|g| g.is_finite()), "{kl:?}: {d_theta:?} {d_rho:?}");
            if matches!(kl, Kl::Exact | Kl::EmpiricalBayes) {
                let limit = 1e-25 * 10.0f32.exp();
                assert!((d_theta[2] / limit - 1.0).abs() < 1e-5, "{kl:?}: {} for {limit}", d_theta[2]);
            }
            // Without variance ∂KL/∂θ = 1/θ.
            assert!(
                (d_theta[3] - 2.0).abs() < 1e-5 && (d_theta[4] - 2.0).abs() < 1e-5,
                "{kl:?}: {d_theta:?}"
            );
            assert!((d_rho[4] + 0.5).abs() < 1e-6, "{kl:?}");
        }
        assert_eq!(
            (value[0] == 0.0, value[1] == 0.0),
            if kl.value_grad(1e9).0 == 0.0 { (true, true) } else { (false, false) }
        );
        assert!(value[4].is_finite() && value[5].is_finite(), "{kl:?}: {value:?}");
    }
}

#[test]
fn nan_is_passed_on() {
    for kl in KLS {
        for (theta, rho) in [(f32::NAN, -3.0), (0.5, f32::NAN)] {
            let (_, d_theta, d_rho) = host::value_grad(&kl, &[theta], &[rho]);
            assert!(d_theta[0].is_nan() && d_rho[0].is_nan(), "{kl:?}");
        }
    }
}

/// A layer with given (θ, log σ²) on an autodiff device.
fn layer(theta: &[f32], rho: &[f32]) -> SparseLinear {
    let device = Device::flex().autodiff();
    let mut layer = SparseLinearConfig::new(theta.len(), 1).with_bias(false).init(&device);
    let set = |v: &[f32]| {
        Param::from_tensor(
            Tensor::<2>::from_data(TensorData::new(v.to_vec(), [v.len(), 1]), &device).require_grad(),
        )
    };
    layer.weight = set(theta);
    layer.log_sigma2 = set(rho);
    layer
}

#[test]
fn autodiff_sees_the_true_gradient() {
    let (theta, rho) = grid();
    for kl in KLS {
        let layer = layer(&theta, &rho);
        let total = kl.of(&layer).unwrap();
        // A factor, as the loss has one.
        let grads = (total.clone() * 3.0).backward();
        let read = |t: Option<Tensor<2>>| t.unwrap().try_into_vec_as::<f32>().unwrap();
        let d_theta: Vec<f32> = read(layer.weight.val().grad(&grads)).iter().map(|g| g / 3.0).collect();
        let d_rho: Vec<f32> = read(layer.log_sigma2.val().grad(&grads)).iter().map(|g| g / 3.0).collect();
        let values: Vec<f32> = (0..theta.len()).map(|i| truth(&kl, theta[i], rho[i])[0] as f32).collect();
        let worst = errors(&kl, &theta, &rho, &values, &d_theta, &d_rho);
        assert!(worst[1] < 4e-6 && worst[2] < 4e-6, "{kl:?}: {worst:?}");
        let expected: f64 = values.iter().map(|&v| f64::from(v)).sum();
        let sum = f64::from(total.into_scalar::<f32>());
        assert!((sum / expected - 1.0).abs() < 1e-5, "{kl:?}: {sum} for {expected}");
    }
}

#[test]
fn removed_and_silent_weights_have_no_gradient_and_no_nan() {
    let layer = layer(&[0.0, 0.5, 0.0], &[f32::NEG_INFINITY, f32::NEG_INFINITY, -8.0]);
    let total = Kl::Exact.of(&layer).unwrap();
    let grads = total.backward();
    let d_theta = layer.weight.val().grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
    let d_rho = layer.log_sigma2.val().grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
    assert_eq!(d_rho, [0.0, 0.0, 0.0]);
    assert_eq!((d_theta[0], d_theta[2]), (0.0, 0.0));
    assert!((d_theta[1] - 2.0).abs() < 1e-5);
}

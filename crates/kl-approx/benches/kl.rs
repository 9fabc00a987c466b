//! Cost per value of the exact divergence, of the sigmoid approximation, and of Dawson's function alone.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kl_approx::{Divergence, EmpiricalBayes, Exact, Sigmoid, ard, exact};

/// log α over [−8, 8], in an order that no branch predictor can learn.
fn points(n: usize) -> Vec<f64> {
    (0..n).map(|i| 16.0 * ((i as f64 * 0.618_033_988_749_894_9) % 1.0) - 8.0).collect()
}

fn scalar(c: &mut Criterion) {
    let x = points(4096);
    let mut group = c.benchmark_group("scalar");
    group.throughput(Throughput::Elements(x.len() as u64));
    macro_rules! run {
        ($name:literal, $f:expr) => {
            group.bench_function($name, |b| b.iter(|| black_box(&x).iter().map(|&v| $f(v)).sum::<f64>()));
        };
    }
    run!("exact value", exact::kl);
    run!("exact gradient", exact::kl_grad);
    run!("exact value and gradient", |v: f64| {
        let (a, b) = exact::kl_with_grad(v);
        a + b
    });
    run!("sigmoid value and gradient", |v: f64| {
        let (a, b) = Sigmoid::POSTER.value_grad(v);
        a + b
    });
    run!("threshold_u", |v: f64| ard::threshold_u(9.0 + v).unwrap_or(0.0));
    run!("errorfunctions dawson", errorfunctions::RealErrorFunctions::dawson);
    group.finish();
}

fn slices(c: &mut Criterion) {
    for n in [1 << 10, 1 << 20] {
        let x = points(n);
        let x32: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let (mut v, mut g) = (vec![0.0; n], vec![0.0; n]);
        let (mut v32, mut g32) = (vec![0.0; n], vec![0.0; n]);
        let mut group = c.benchmark_group("slice");
        group.throughput(Throughput::Elements(n as u64));
        let kinds: [&dyn Divergence; 3] = [&Exact, &Sigmoid::POSTER, &EmpiricalBayes];
        for kind in kinds {
            group.bench_function(BenchmarkId::new(format!("{} f64", kind.name()), n), |b| {
                b.iter(|| kind.value_grad_slice(black_box(&x), &mut v, &mut g).unwrap());
            });
            group.bench_function(BenchmarkId::new(format!("{} f32", kind.name()), n), |b| {
                b.iter(|| kind.value_grad_slice_f32(black_box(&x32), &mut v32, &mut g32).unwrap());
            });
        }
        group.bench_function(BenchmarkId::new("copy twice f64", n), |b| {
            b.iter(|| {
                v.copy_from_slice(black_box(&x));
                g.copy_from_slice(black_box(&x));
            });
        });
        group.bench_function(BenchmarkId::new("copy twice f32", n), |b| {
            b.iter(|| {
                v32.copy_from_slice(black_box(&x32));
                g32.copy_from_slice(black_box(&x32));
            });
        });
        group.finish();
    }
}

criterion_group!(benches, scalar, slices);
criterion_main!(benches);

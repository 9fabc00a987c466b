//! One sample and a batch of 256: sparse forms beside dense panels of the same function's full matrix.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparse_inference::{Layer, Memory, Network};
use std::hint::black_box;

/// Layers of the given widths with so many weights each, spread over rows and columns as training leaves them: few inputs and units
/// have many, most have few or none.
fn layers(widths: &[usize], weights: &[usize]) -> Vec<Layer> {
    let mut state = 7_u64;
    let mut number = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let mut made = Vec::new();
    for (pair, &count) in widths.windows(2).zip(weights) {
        let mut w = vec![0.0_f32; pair[0] * pair[1]];
        let mut left = count;
        while left > 0 {
            let j = (number() * number() * pair[0] as f64) as usize;
            let k = (number() * number() * pair[1] as f64) as usize;
            if w[j * pair[1] + k] == 0.0 {
                w[j * pair[1] + k] = (number() - 0.4) as f32;
                left -= 1;
            }
        }
        made.push(Layer::from_dense(pair[0], vec![0.1; pair[1]], |j, k| w[j * pair[1] + k]).unwrap());
    }
    made
}

/// The same with every weight there.
fn dense(widths: &[usize]) -> Vec<Layer> {
    let layer = |pair: &[usize]| {
        Layer::from_dense(pair[0], vec![0.1; pair[1]], |j, k| ((j * 7 + k * 3) as f32).sin() + 1e-3).unwrap()
    };
    widths.windows(2).map(layer).collect()
}

/// A fifth of the inputs is not zero, in runs, as in images of digits.
fn images(n: usize) -> Vec<f32> {
    (0..n * 784).map(|i| if (i / 6 + i / 784) % 5 == 0 { 0.5 } else { 0.0 }).collect()
}

fn forward(c: &mut Criterion) {
    let lenet = [784, 300, 100, 10];
    let nets = [
        ("lenet, 2951 weights", layers(&lenet, &[2100, 600, 251])),
        ("lenet, dense", dense(&lenet)),
        ("softmax, 1550 weights", layers(&[784, 10], &[1550])),
        ("softmax, dense", dense(&[784, 10])),
    ];
    let x = images(256);
    for (name, layers) in nets {
        let net = Network::new(&layers).unwrap();
        let mut group = c.benchmark_group(name);
        let (mut y, mut memory) = (vec![0.0; 2560], Memory::default());
        group.throughput(Throughput::Elements(1));
        let mut at = 0;
        group.bench_function("one", |b| {
            b.iter(|| {
                at = (at + 1) % 256;
                net.forward(black_box(&x[at * 784..(at + 1) * 784]), &mut y[..10], &mut memory).unwrap();
            });
        });
        group.throughput(Throughput::Elements(256));
        group.bench_function("batch of 256", |b| {
            b.iter(|| net.forward_batch(black_box(&x), &mut y, &mut memory).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, forward);
criterion_main!(benches);

//! An epoch by the fast path and by the generic engine, on made-up data of MNIST's and of DIGITS' shape.
#![allow(missing_docs)] // criterion's macros.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nalgebra_sparse::CsrMatrix;
use vd_dsvi::{Batch, Optimiser, Params, Rows};

/// N rows over D inputs, of which a row has the share `density` in one run, as strokes of a picture come.
fn rows(samples: usize, inputs: usize, density: f64) -> Option<Rows<f32>> {
    let length = ((inputs as f64 * density) as usize).max(1);
    let (mut offsets, mut index, mut value) = (vec![0], Vec::new(), Vec::new());
    for n in 0..samples {
        let start = n * 7919 % (inputs - length + 1);
        index.extend(start..start + length);
        value.extend((0..length).map(|i| (1.0 + ((n + i) as f32).sin()) / 2.0));
        offsets.push(index.len());
    }
    Rows::from_csr(&CsrMatrix::try_from_csr_data(samples, inputs, offsets, index, value).ok()?).ok()
}

fn epochs(c: &mut Criterion) {
    let cases = [
        ("mnist-like, batch 100", 6_000, 784, 0.19, Batch::Size(100), vec![]),
        ("mnist-like, batch 1000", 6_000, 784, 0.19, Batch::Size(1000), vec![]),
        ("digits-like, full batch", 1_200, 64, 1.0, Batch::Full, vec![]),
        ("mnist-like, 300-100, batch 100", 6_000, 784, 0.19, Batch::Size(100), vec![300, 100]),
    ];
    for (name, samples, inputs, density, batch, hidden) in cases {
        let Some(x) = rows(samples, inputs, density) else { continue };
        let labels: Vec<usize> = (0..samples).map(|n| n * 7919 % inputs * 10 / inputs).collect();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(samples as u64)).sample_size(10);
        let base = Params::new()
            .classes(Some(10))
            .intercept(true)
            .batch(batch)
            .hidden(&hidden)
            .report_every(10_usize);
        for threads in [1, 2] {
            // Ten epochs a fit, so that setting up weighs little.
            let fast = base.clone().epochs(10_usize).threads(Some(threads));
            group.bench_function(BenchmarkId::new("fast, 10 epochs", threads), |b| {
                b.iter(|| fast.fit(&x, &labels))
            });
        }
        // Plain gradient ascent is not on the fast path: the generic engine, in the same precision.
        let generic = base.epochs(1_usize).threads(Some(2)).optimiser(Optimiser::Sgd);
        group
            .bench_function(BenchmarkId::new("generic, 1 epoch", 2), |b| b.iter(|| generic.fit(&x, &labels)));
        group.finish();
    }
}

criterion_group!(benches, epochs);
criterion_main!(benches);

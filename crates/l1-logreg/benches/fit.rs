//! Fits on DIGITS: one C, a path, the poster's cross-validation. `cargo bench -p l1-logreg`.
#![allow(clippy::expect_used, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{Criterion, criterion_group, criterion_main};
use l1_logreg::{CrossValidation, Grid, Intercept, Loss, Params};

fn fits(c: &mut Criterion) {
    let (x, t) = common::digits(1200);
    let softmax = Params::new().tolerance(1e-4);
    let ovr = Params::new().loss(Loss::OneVsRest).intercept(Intercept::Penalised).tolerance(1e-4);
    let mut group = c.benchmark_group("digits 1200 x 64");
    group.sample_size(10);
    group.bench_function("softmax, C = 1", |b| b.iter(|| softmax.fit(&x, &t).expect("a fit")));
    group.bench_function("one-vs-rest, C = 1", |b| b.iter(|| ovr.fit(&x, &t).expect("a fit")));
    let grid = Grid::FromCMin { points: 10, ratio: 1000.0 };
    group.bench_function("softmax path of 10", |b| b.iter(|| softmax.path(&x, &t, &grid).expect("a path")));
    let cv = CrossValidation::new();
    group.bench_function("one-vs-rest, 3-fold, 10 values of C", |b| {
        b.iter(|| ovr.cross_validate(&x, &t, &cv).expect("a choice"));
    });
    group.finish();
}

criterion_group!(benches, fits);
criterion_main!(benches);

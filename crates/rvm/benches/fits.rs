//! Fits on made-up problems: `cargo bench -p rvm`.
#![allow(missing_docs, clippy::expect_used)] // criterion's macros make the functions.

use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rvm::{Basis, Kernel, OneVsRestParams, RegressionParams, SoftmaxParams};

fn sinc(n: usize) -> (DMatrix<f64>, DVector<f64>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let x = DMatrix::from_fn(n, 1, |_, _| rng.random_range(-10.0..10.0));
    let t = x.column(0).map(|v: f64| v.sin() / v + 0.1 * rng.sample::<f64, _>(rand_distr::StandardNormal));
    (x, t)
}

fn regression(c: &mut Criterion) {
    let rbf = Basis::Kernel(Kernel::Rbf { gamma: 1.0 / 9.0 });
    let machine = RegressionParams::new().basis(rbf).intercept(false);
    for n in [200, 1000, 3000] {
        let (x, t) = sinc(n);
        c.bench_function(&format!("sinc rbf n={n}"), |b| b.iter(|| machine.fit(&x, &t).expect("fits")));
    }
}

fn classification(c: &mut Criterion) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let x = DMatrix::from_fn(1000, 40, |_, _| rng.random_range(-1.0..1.0));
    let labels: Vec<usize> = (0..1000)
        .map(|i| usize::from(2.0 * x[(i, 0)] - x[(i, 1)] + rng.random_range(-1.0..1.0) > 0.0))
        .collect();
    let (machine, joint) = (OneVsRestParams::new(), SoftmaxParams::new());
    c.bench_function("one-vs-rest 1000 x 40", |b| b.iter(|| machine.fit(&x, &labels).expect("fits")));
    c.bench_function("softmax 1000 x 40", |b| b.iter(|| joint.fit(&x, &labels).expect("fits")));
}

criterion_group! { name = fits; config = Criterion::default().sample_size(10); targets = regression, classification }
criterion_main!(fits);

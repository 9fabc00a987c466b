//! `cargo bench -p vd-linreg`: one fit, one cross-validation, on seeded problems.
use criterion::{Criterion, criterion_group, criterion_main};
use vd_linreg::{CrossValidation, Params, synthetic::Spec};

fn fits(c: &mut Criterion) {
    for (n, d, k, noise) in [(500, 200, 20, 1.0), (500, 1000, 20, 1.0), (2000, 500, 50, 2.0)] {
        let problem = Spec::new(n, d, k, noise).problem(0);
        let mut group = c.benchmark_group(format!("{n}x{d}"));
        group.sample_size(10);
        group.bench_function("lambda 1", |b| b.iter(|| Params::new().fit(&problem.x, &problem.t)));
        let cv = CrossValidation::new();
        group.bench_function("cross-validated", |b| {
            b.iter(|| Params::new().cross_validate(&problem.x, &problem.t, &cv))
        });
        group.finish();
    }
}

criterion_group!(benches, fits);
criterion_main!(benches);

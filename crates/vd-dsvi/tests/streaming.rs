//! A fit in blocks: one block is the plain fit to the bit; several reach the same optimum.
#![allow(clippy::unwrap_used)] // Helpers of tests, which clippy does not see as tests.

use nalgebra::DMatrix;
use vd_dsvi::{Batch, Error, InputError, Likelihood, Params, Schedule, Status, Streaming};

fn noise(i: usize) -> f64 {
    let mut z = (i as u64).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn classes(n: usize) -> (DMatrix<f32>, Vec<usize>) {
    let x = DMatrix::from_fn(n, 6, |i, d| noise(6 * i + d) as f32);
    let t = (0..n).map(|i| if x[(i, 0)] > 0.3 { 2 } else { usize::from(x[(i, 1)] > x[(i, 2)]) }).collect();
    (x, t)
}

fn params(epochs: usize) -> Params {
    let end = epochs as f64;
    Params::new()
        .classes(3)
        .batch(Batch::Size(32))
        .intercept(true)
        .epochs(epochs)
        .learning_rate(Schedule::linear(&[(0.5 * end, 0.02), (end, 0.0)]))
        .threads(1)
        .seed(3)
}

fn in_blocks(params: &Params, x: &DMatrix<f32>, t: &[usize], sizes: &[usize]) -> vd_dsvi::Model<f32> {
    let mut fit = Streaming::new(params.clone(), x.nrows()).unwrap();
    for _ in 0..params.max_epochs() {
        let mut from = 0;
        for &size in sizes {
            let rows = DMatrix::from(x.rows(from, size));
            fit.block(&rows, &t[from..from + size]).unwrap();
            from += size;
        }
        fit.end_epoch().unwrap();
    }
    fit.finish(Status::MaxIterations).unwrap().model
}

#[test]
fn one_block_is_the_plain_fit_to_the_bit() {
    let (x, t) = classes(150);
    let plain = params(12).fit(&x, &t).unwrap().model;
    assert_eq!(in_blocks(&params(12), &x, &t, &[150]), plain);
    // The generic engine too.
    let generic = params(12).parametrisation(vd_dsvi::Parametrisation::LogAlpha);
    let plain = generic.fit(&x, &t).unwrap().model;
    assert_eq!(in_blocks(&generic, &x, &t, &[150]), plain);
}

/// The same features are kept, and the weights agree within a few of their posterior deviations: the order of the
/// minibatches is all that differs.
#[test]
fn blocks_reach_the_same_optimum() {
    let (x, t) = classes(1000);
    let plain = params(200).fit(&x, &t).unwrap().model;
    let blocks = in_blocks(&params(200), &x, &t, &[250, 250, 250, 250]);
    let (a, b) = (&plain.layers()[0], &blocks.layers()[0]);
    for i in 0..a.theta().len() {
        let (kept_a, kept_b) = (a.log_alpha()[i] < 0.0, b.log_alpha()[i] < 0.0);
        assert_eq!(kept_a, kept_b, "weight {i}: log α {} and {}", a.log_alpha()[i], b.log_alpha()[i]);
        if kept_a {
            let deviation = (0.5 * a.log_sigma2()[i]).exp();
            assert!(
                (a.theta()[i] - b.theta()[i]).abs() < 3.0 * deviation,
                "{} {}",
                a.theta()[i],
                b.theta()[i]
            );
        }
    }
}

#[test]
fn regressions_learn_their_noise_in_blocks() {
    let x = DMatrix::from_fn(800, 4, |i, d| noise(5 * i + d));
    let t = DMatrix::from_fn(800, 1, |i, _| 2.0 * x[(i, 1)] + 0.2 * noise(5 * i + 4));
    let params = params(150).classes(None).likelihood(Likelihood::Gaussian);
    let mut fit = Streaming::new(params, 800).unwrap();
    for _ in 0..150 {
        for block in 0..4 {
            let part = |m: &DMatrix<f64>| DMatrix::from(m.rows(200 * block, 200));
            fit.block(&part(&x), &part(&t)).unwrap();
        }
        fit.end_epoch().unwrap();
    }
    let model = fit.finish(Status::MaxIterations).unwrap().model;
    // The noise is uniform on ±0.2: variance 0.04/3.
    let sd = model.beta().powf(-0.5);
    assert!((sd / (0.04_f64 / 3.0).sqrt() - 1.0).abs() < 0.1, "{sd}");
    assert!((model.layers()[0].theta()[1] - 2.0).abs() < 0.05);
    assert!([0, 2, 3].iter().all(|&d| model.layers()[0].log_alpha()[d] > 0.0));
}

#[test]
fn what_blocks_cannot_do_is_refused() {
    let (x, t) = classes(60);
    assert!(matches!(
        Streaming::<f32>::new(params(1).batch(Batch::Full), 60),
        Err(Error::Input(InputError::Combination { .. }))
    ));
    assert!(matches!(
        Streaming::<f32>::new(params(1).classes(None), 60),
        Err(Error::Input(InputError::Combination { .. }))
    ));
    assert!(Streaming::<f32>::new(params(1), 0).is_err());
    let mut fit = Streaming::new(params(1), 100).unwrap();
    assert!(fit.model().is_none() && fit.end_epoch().is_err());
    fit.block(&x, &t).unwrap();
    assert!(fit.end_epoch().is_err(), "40 samples are missing");
    assert!(fit.block(&x, &t).is_err(), "20 samples too many");
    let narrow = DMatrix::from(x.columns(0, 3));
    assert!(matches!(
        fit.block(&DMatrix::from(narrow.rows(0, 10)), &t[..10]),
        Err(Error::Input(InputError::Shape { .. }))
    ));
    assert!(fit.finish(Status::MaxIterations).is_err());
}
